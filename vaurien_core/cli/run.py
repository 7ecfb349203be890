"""One headless run: load the profile, listen, say ready, run the command or wait, judge, report, exit.

What only some runs have (a report, the control server, statsd, a command) is imported where it begins.

Called by `main` with a parsed command line. The run owns its loop, engine, control server, recorder and command, and
ends all of them on every way out.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from vaurien_core.cli import logs
from vaurien_core.cli.ending import Ending
from vaurien_core.cli.output import say_result
from vaurien_core.cli.parser import Invocation
from vaurien_core.cli.ready import Ready
from vaurien_core.clock import SystemClock
from vaurien_core.engine.local import LocalEngine
from vaurien_core.engine.loops import loop_factory, raise_descriptor_limit, run_until_done
from vaurien_core.errors import ListenError, UsageError, VaurienError
from vaurien_core.model.events import Entry
from vaurien_core.model.profile import PluginSpec, Profile
from vaurien_core.profiles import Document, Loaded, Verdict, implied, judge, load
from vaurien_core.registry import Registry

if TYPE_CHECKING:
    from vaurien_core.cli.command import Command
    from vaurien_core.cli.recorder import Recorder
    from vaurien_core.cli.witness import Witness
    from vaurien_core.control import ControlServer
    from vaurien_core.engine.statsd import Statsd

log = logging.getLogger("vaurien")

EXPECTATION_FAILED, INTERNAL = 4, 5
COMMAND_GRACE_S = 10.0
"""How long a command that was told to end gets before SIGKILL."""
DRAIN_S = 1.0
"""How long exchanges that were let go get to end."""
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def run(invocation: Invocation, registry: Registry) -> int:
    """Do what the command line asks for; returns the exit status.

    Raises:
        VaurienError: it can't even begin.
    """
    loaded = load(invocation.config, registry, flags=invocation.flags, load_plugins=_plugins(registry, invocation))
    if invocation.preset:
        loaded = _preset(loaded, invocation, registry)
    if not loaded.profile.proxies:
        raise UsageError("The profile has no proxy to run.")
    return _run(loaded, invocation, registry)


def serve_profile(profile: Profile, registry: Registry, invocation: Invocation) -> int:
    """Run a profile that was made, not read, until a signal: with its control server, and perhaps without a proxy.

    Raises:
        VaurienError: it can't even begin.
    """
    return _run(Loaded(profile, (), Document(None, ""), {}), invocation, registry)


def _run(loaded: Loaded, invocation: Invocation, registry: Registry) -> int:
    _, factory = loop_factory()
    raise_descriptor_limit()
    handler = logs.set_up(loaded.profile.log_level, loaded.profile.log_output)
    try:
        for problem in loaded.problems:
            log.warning("%s", problem)
        session = Session(invocation, loaded, registry, _recorder(invocation))
        status, stuck = run_until_done(factory, session.run())
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
    if stuck:
        sys.stdout.flush()
        os._exit(status)
    return status


def _recorder(invocation: Invocation) -> Recorder | None:
    """What writes the journal, and the report's folder for it."""
    if invocation.report is not None:
        from vaurien_core.cli.reports import prepare

        prepare(invocation.report)
    if not invocation.records:
        return None
    from vaurien_core.cli.recorder import Recorder

    return Recorder(invocation.records)


def _preset(loaded: Loaded, invocation: Invocation, registry: Registry) -> Loaded:
    """What `--preset` makes of the profile."""
    from vaurien_core.cli.preset_text import find
    from vaurien_core.profiles.preset_flag import with_preset

    preset = find(invocation.preset, registry)
    return replace(loaded, profile=with_preset(loaded.profile, preset, invocation.flags))


class Session:
    """What runs between start and exit. Made and awaited by `run`."""

    def __init__(self, invocation: Invocation, loaded: Loaded, registry: Registry, recorder: Recorder | None) -> None:
        self._asked, self._registry = invocation, registry
        self._profile: Profile = loaded.profile
        self._recorder = recorder
        self._clock = SystemClock()
        self._begun = self._clock.now()
        self._started = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat(timespec="milliseconds")
        self._engine = LocalEngine(
            loaded.profile, registry=registry, clock=self._clock, journal_all=invocation.journal_all,
            folder=invocation.config.parent if invocation.config is not None else None,
        )  # fmt: skip
        if recorder is not None:
            self._engine.on_entry(recorder.add)
        self._engine.on_entry(_tell)
        self._engine.on_scenario_over = lambda: self._end("the scenario is over")
        self._witness: Witness | None = None
        if invocation.report is not None:
            from vaurien_core.cli.witness import Witness

            self._witness = Witness(invocation.report, self._engine)
        self._control: ControlServer | None = None
        self._statsd: Statsd | None = None
        self._withdraw: Callable[[], None] | None = None
        """Takes the runtime file away."""
        self._command: Command | None = None
        self._ended: asyncio.Future[str]
        self._signalled = 0
        self._up = False

    async def run(self) -> int:
        """From start to exit; returns the exit status."""
        self._ended = asyncio.get_running_loop().create_future()
        give_back = self._catch_signals()
        try:
            ending = await self._work()
        except VaurienError as error:
            from vaurien_core.messages import with_id

            _say(with_id(error))
            ending = Ending(error.exit_status, str(error), failed=True)
        except Exception as error:
            log.debug("internal failure", exc_info=error)
            _say(f"internal failure: {type(error).__name__}: {error}. Please report it.")
            ending = Ending(INTERNAL, f"internal failure: {type(error).__name__}: {error}", failed=True)
        try:
            return await self._down(ending)
        finally:
            give_back()

    async def _work(self) -> Ending:
        ready = await self._listen()
        self._up = True
        if self._asked.duration_s is not None:
            asyncio.get_running_loop().call_later(self._asked.duration_s, self._end, "the duration is over")
        if not self._asked.command:
            return Ending(0, await self._ended)
        from vaurien_core.cli.command import Command

        self._command = Command.start(self._asked.command, ready.environment())
        return await self._attend(self._command)

    async def _listen(self) -> Ready:
        """Bind everything, then say so."""
        engine = self._engine
        control = self._profile.control
        if control.http:  # what takes long to import is there before the first client is
            from vaurien_core.control import serve

            self._registry.complete()
        await engine.start()
        state = await engine.state()
        for proxy in state.proxies:
            if proxy.error:
                raise ListenError(f"{proxy.name}: {proxy.error}", proxy.error_code)
        if self._profile.statsd.enabled:
            import random

            from vaurien_core.engine.statsd import Statsd

            self._statsd = Statsd(self._profile.statsd, engine.sample_now, random.random)
            await self._statsd.start()
        if control.http:
            self._control = await serve(
                engine, host=control.host, ports=control.ports, allowed_hosts=control.allowed_hosts,
                allow_remote=control.allow_remote, path=self._asked.config, any_host=self._asked.any_host,
                registry=self._registry,
            )  # fmt: skip
            engine.show_control(self._control.urls)
            log.info("control server on %s", ", ".join(self._control.urls))
        if self._witness is not None:
            self._witness.start()
        bound = {p.name: p.bound for p in state.proxies if p.bound}
        url, token = (self._control.urls[0], self._control.token) if self._control else ("", "")
        ready = Ready(state.seed, bound, url, token)
        if self._asked.ready_file is not None:
            ready.write(self._asked.ready_file)
        if url:
            from vaurien_core.cli import runtime

            name = self._asked.config.name if self._asked.config is not None else ""
            announced = runtime.announce(runtime.RunningEngine(os.getpid(), url, token, name, state.seed))
            self._withdraw = partial(runtime.withdraw, announced)
        say_result(ready.line)
        return ready

    async def _attend(self, command: Command) -> Ending:
        """Wait for the command; when the run is to end first, end it."""
        waiting = asyncio.ensure_future(command.wait())
        ends: set[asyncio.Future[Any]] = {waiting, self._ended}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        why = ""
        if not waiting.done():
            why = f"{self._ended.result()}; "
            if not self._signalled:
                command.signal(signal.SIGTERM)
            await asyncio.wait({waiting}, timeout=COMMAND_GRACE_S)
            command.signal(signal.SIGKILL)
        status = await waiting
        await command.clear()
        self._command = None
        return Ending(status, f"{why}the command ended with status {status}")

    async def _down(self, ending: Ending) -> int:
        """Stop accepting, let go, judge, report, close."""
        if self._withdraw is not None:
            self._withdraw()
        if self._command is not None:
            await self._command.clear()
        if self._statsd is not None:
            self._statsd.close()
        if self._control is not None:
            await self._control.aclose()
        await self._engine.drain(DRAIN_S)
        status = self._finish(ending)
        await self._engine.aclose()
        return status

    def _finish(self, ending: Ending) -> int:
        """Judge, say what failed, write the artefacts; returns the exit status."""
        sample, profile = self._engine.sample_now(), self._engine.running_profile
        verdicts: tuple[Verdict, ...] = ()
        if self._up and not ending.failed:
            implicit = implied(self._profile, command=bool(self._asked.command))
            verdicts = judge(profile.expectations, sample, implicit=implicit)
        failed = [v for v in verdicts if not v.ok]
        if failed and not ending.status:
            ending = Ending(EXPECTATION_FAILED, "; ".join(v.sentence for v in failed))
        for verdict in failed:
            _say(f"expectation failed: {verdict.sentence}")
        if self._recorder is not None:
            self._recorder.close()
            if self._recorder.problem:
                log.warning("%s", self._recorder.problem)
        if self._witness is not None:
            from vaurien_core.cli.reports import Run

            run = Run(
                self._engine.seed, str(self._asked.config or ""), profile.proxies, self._started,
                self._clock.now() - self._begun, sample, verdicts, ending,
                self._asked.command[0] if self._asked.command else "", self._recorder.dropped if self._recorder else 0,
            )  # fmt: skip
            try:
                self._witness.write(run)
            except UsageError as error:
                _say(str(error))
                return ending.status or error.exit_status
        return ending.status

    def _catch_signals(self) -> Callable[[], None]:
        """Hear signals on the loop; returns the way out. Loops of Windows can't, so there a handler hands them over."""
        loop = asyncio.get_running_loop()
        former = {}

        def hand_over(number: int, _: object) -> None:
            loop.call_soon_threadsafe(self._on_signal, number)

        for number in SIGNALS:
            try:
                loop.add_signal_handler(number, self._on_signal, number)
            except NotImplementedError:
                former[number] = signal.signal(number, hand_over)

        def give_back() -> None:
            for number in SIGNALS:
                if number in former:
                    signal.signal(number, former[number])
                else:
                    loop.remove_signal_handler(number)

        return give_back

    def _end(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)

    def _on_signal(self, number: int) -> None:
        """The first one ends the run in order, the second at once."""
        if self._command is not None:
            self._command.signal(number)
        if not self._signalled:
            self._signalled = number
            self._end(f"ended by {signal.Signals(number).name}")
            return
        if self._command is not None:
            self._command.signal(signal.SIGKILL)
        if self._withdraw is not None:
            self._withdraw()
        self._finish(Ending(128 + number, f"ended at once by a second {signal.Signals(number).name}"))
        sys.stdout.flush()
        os._exit(128 + number)


def _plugins(registry: Registry, asked: Invocation) -> Callable[[PluginSpec], None]:
    """Loads what a profile names into the registry, when it names something."""

    def load_plugin(spec: PluginSpec) -> None:
        from vaurien_core import plugins

        plugins.load(registry, spec, asked.config.parent if asked.config is not None else None)

    return load_plugin


def _tell(entry: Entry) -> None:
    """What people should see though they read no journal: notices that are given once."""
    if entry.kind == "notice" and entry.outcome:
        _say(entry.text)


def _say(sentence: str) -> None:
    print(f"vaurien: {sentence}", file=sys.stderr, flush=True)
