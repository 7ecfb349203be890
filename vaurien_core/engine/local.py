"""The engine in this process: runs a profile on the loop on which it was made (stock, uvloop or qasync's).

Made by the command line, by the window (`--engine local`) and by tests. It owns its proxies, journal, samples, demo
and timers, and closes them in `aclose()`. Every change goes one way: checked completely, recorded under a new
revision, then reconciled with what runs.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vaurien_core import __version__
from vaurien_core.clock import Clock, SystemClock
from vaurien_core.engine.base import Revisioned
from vaurien_core.engine.broadcast import Broadcast, Reader
from vaurien_core.engine.checks import check_override
from vaurien_core.engine.journal import Journal, Subscriber
from vaurien_core.engine.ledger import Ledger
from vaurien_core.engine.making import Maker
from vaurien_core.engine.reconcile import Fleet
from vaurien_core.engine.sampling import Sampler, take
from vaurien_core.engine.stage import Stage
from vaurien_core.engine.wanted import Wanted
from vaurien_core.errors import ListenError, UsageError, did_you_mean
from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.change import Edit
from vaurien_core.model.events import EngineState, Entry, Event, Gap, ProbeResult, ProxySample, ProxyState, Sample
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.model.veil import Veil
from vaurien_core.options import OptionValues
from vaurien_core.registry import Registry

if TYPE_CHECKING:
    from vaurien_core.engine.demo import Demo

log = logging.getLogger("vaurien.engine")

CLOSE_S = 2.0
"""What `aclose` takes at most."""


def choose_seed() -> int:
    """A seed where none was given: 63 random bits."""
    return int.from_bytes(os.urandom(8)) >> 1


class LocalEngine:
    """Implements `engine.base.Engine` in this process.

    Args:
        profile: what it runs from the start; nothing listens before `start()`.
        registry: which behaviors and protocols there are.
        clock: where time comes from.
        seed: of all draws; None: the profile's, else a chosen one. Shown in the state.
        journal_size: entries kept in memory.
        journal_all: untouched exchanges are journalled too.
        folder: of the profile, where the files lie that it names; None: the current one.

    Raises:
        UsageError: the profile can't be run.
    """

    place = "local"

    def __init__(
        self,
        profile: Profile,
        *,
        registry: Registry,
        clock: Clock | None = None,
        seed: int | None = None,
        journal_size: int = 20_000,
        journal_all: bool = False,
        folder: Path | None = None,
    ) -> None:
        self._registry, self._folder = registry, folder
        self._clock = clock or SystemClock()
        self._journal = Journal(self._clock, journal_size, everything=journal_all)
        self._journal.veil = Veil(profile.references)
        self._events = Broadcast()
        self._journal.subscribe(self._events.publish)
        self._held_since: float | None = None
        self._ledger = Ledger(
            profile, registry, self._journal, self._events.publish, lambda: self._held_since is not None, folder
        )
        self._asked_seed = profile.seed
        given = profile.seed if seed is None else seed
        self._maker = Maker(registry, self._clock, self._journal, choose_seed() if given is None else given, folder)
        self._sampler = Sampler(self._tick)
        self._fleet = Fleet(self._maker.make, self._bind_failed)
        self._demo: Demo | None = None
        self._wanted = Wanted(registry)
        self._stage = Stage(
            self._clock, self._journal, self._maker, self._fleet, self._specs, self._settle, self._scenario_over
        )
        self._stage.player.load(profile.scenario)
        self._wanted.through(self._acted)
        self.on_scenario_over: Callable[[], None] | None = None
        """Called when a scenario that ends with `stop` is over and the proxies have stopped."""
        self._control: tuple[str, ...] = ()
        self._closed = False

    @property
    def seed(self) -> int:
        """Of all draws."""
        return self._maker.seed

    @property
    def running_profile(self) -> Profile:
        """What it runs now."""
        return self._ledger.profile

    def on_entry(self, subscriber: Subscriber) -> Callable[[], None]:
        """Hand every further journal entry to `subscriber`, on the loop; returns the way out."""
        return self._journal.subscribe(subscriber)

    def notice(self, text: str, *, severity: str = "info", proxy: str = "") -> None:
        """Put a sentence into the journal."""
        self._journal.notice(text, severity=severity, proxy=proxy)

    def show_control(self, urls: Sequence[str]) -> None:
        """Let the state name the public control sites."""
        self._control = tuple(urls)
        self._announce()

    async def catalogue(self) -> Catalogue:
        """What it offers."""
        return self._registry.catalogue()

    async def profile(self) -> Revisioned:
        """What it runs."""
        return Revisioned(self._ledger.profile, self._ledger.revision)

    async def state(self) -> EngineState:
        """How it stands."""
        return self._state()

    async def sample(self) -> Sample:
        """All counters now."""
        return self.sample_now()

    def sample_now(self) -> Sample:
        """All counters now."""
        counted = {sample.name: sample for sample in self._fleet.samples()}
        proxies = (counted.get(p.name, ProxySample(p.name)) for p in self._ledger.profile.proxies)
        return take(self._clock, self._journal.started, proxies)

    async def apply(self, profile: Profile, *, author: str = "", base: int | None = None) -> int:
        """Run this profile from now on; see `Engine.apply`."""
        return await self._changed(self._ledger.apply(profile, author, base))

    async def change(self, edits: Sequence[Edit], *, author: str = "", base: int | None = None) -> int:
        """Apply edits, all or none; see `Engine.change`."""
        return await self._changed(self._ledger.change(edits, author, base))

    async def _changed(self, revision: int) -> int:
        self._journal.veil = Veil(self._ledger.profile.references)
        seed = self._ledger.profile.seed
        if seed != self._asked_seed and seed is not None:
            self._maker.seed = seed
            self._fleet.reseed(seed)
        self._asked_seed = seed
        self._stage.player.load(self._ledger.profile.scenario)
        await self._settle()
        return revision

    async def start(self, proxy: str = "") -> None:
        """Listen: all enabled proxies, or one by name; what failed to bind is tried again."""
        await self._turn(proxy, True)

    async def stop(self, proxy: str = "") -> None:
        """Close listeners and connections: of all, or of one."""
        await self._turn(proxy, False)

    async def _turn(self, proxy: str, on: bool) -> None:
        if proxy:
            self._wanted.turn(self._ledger.proxy(proxy), on)
        else:
            self._wanted.turn_all(on)
        self._journal.add(kind="change", proxy=proxy, text="start" if on else "stop")
        if on:
            self._stage.player.launch()
        elif not proxy:
            self._stage.player.halt()
        await self._settle()

    async def scenario(self, action: str, phase: str = "") -> None:
        """Steer the scenario; see `Engine.scenario`."""
        self._stage.player.act(action, phase)
        self._journal.add(kind="change", text=f"scenario: {action} {phase}".rstrip())
        await self._settle()

    async def _scenario_over(self) -> None:
        self._wanted.turn_all(False)
        self._journal.add(kind="change", text="stop")
        await self._settle()
        if self.on_scenario_over is not None:
            self.on_scenario_over()

    async def _settle(self) -> None:
        await self._fleet.settle(lambda: self._wanted.proxies(self._ledger.profile))
        self._wanted.forget(self._fleet)
        self._announce()

    def _specs(self) -> list[ProxySpec]:
        """Every proxy as it is to be now."""
        return [spec for spec, _ in self._wanted.proxies(self._ledger.profile)]

    def _acted(self, spec: ProxySpec) -> ProxySpec:
        """A proxy as the scenario has it now; all-normal suspends states too, so that its listener is there."""
        spec = self._stage.player.spec(spec)
        return spec if self._held_since is None else spec.with_state("up")

    async def drain(self, grace_s: float) -> None:
        """Stop all: accept no more, let go what faults hold, give the rest `grace_s` seconds to end, then close."""
        self._fleet.release()
        self._wanted.turn_all(False)
        self._journal.add(kind="change", text="stop")
        await self._fleet.drain(grace_s)
        self._announce()

    async def release(self, proxy: str = "") -> int:
        """Let go what is held now; returns how many exchanges."""
        if proxy:
            self._ledger.proxy(proxy)
        return self._fleet.release(proxy)

    async def kick(self, proxy: str) -> int:
        """Close the open connections of one proxy, its listener stays; returns how many."""
        count = self._fleet.kick(self._ledger.proxy(proxy).name)
        self._journal.add(kind="change", proxy=proxy, text=f"kick: {count} closed")
        return count

    async def all_normal(self) -> None:
        """Suspend every fault at once; changes are stored without effect until `resume()`."""
        if self._held_since is None:
            self._held_since = self._now()
            self._fleet.set_normal(True)
            self._stage.player.hold(True)
            self._journal.add(kind="change", text="all normal: every fault is suspended")
            self._announce()
            await self._settle()

    async def resume(self) -> None:
        """End all-normal."""
        if self._held_since is not None:
            self._held_since = None
            self._fleet.set_normal(False)
            self._stage.player.hold(False)
            self._journal.add(kind="change", text="all normal ends")
            await self._settle()

    async def override(self, proxy: str, behavior: str, options: OptionValues = (), *, author: str = "") -> None:
        """Lay 100 % of one behavior over a proxy's mix; "" ends it."""
        spec = self._ledger.proxy(proxy)
        if behavior:
            laid = check_override(spec, behavior, options, self._registry)
            self._fleet.override(proxy, laid)
            text = f"{proxy}: held at {behavior}"
        else:
            self._fleet.override(proxy, None)
            text = f"{proxy}: back to the mix"
        self._ledger.note(f"{text} ({author})" if author else text, [("proxies", proxy, "override")], author)
        self._announce()

    async def probe(
        self,
        backend: str,
        protocol: str,
        *,
        own: Sequence[str] = (),
        backend_tls: str = "",
        backend_verify: str = "yes",
        backend_name: str = "",
    ) -> ProbeResult:
        """Say what speaks at an address; never raises for what it finds."""
        mine = [bound for name in self._fleet if (bound := self._fleet.bound(name))]
        known = protocol in self._registry.protocol_names
        port = self._registry.protocol(protocol).tls_port if known else 0
        from vaurien_core.engine.probe import ProbeTls, probe

        tls = ProbeTls(backend_tls, backend_verify, backend_name, port, self._folder)
        return await probe(backend, protocol, (*own, *mine), self._clock, tls)

    async def demo(self, action: str, *, proxy: str = "", rate: float = 20.0, protocol: str = "") -> str:
        """The built-in demo; see `Engine.demo`."""
        name = proxy
        if action == "traffic" and not name:
            main = self._ledger.profile.main
            if main is None:
                raise UsageError("The profile has no proxy to send traffic to.")
            name = main.name
        spoken = protocol or (self._ledger.proxy(name).protocol if name else "http")
        if spoken not in self._registry.protocol_names:
            raise UsageError(f'unknown protocol "{spoken}",{did_you_mean(spoken, self._registry.protocol_names)}')
        if self._demo is None:
            from vaurien_core.engine.demo import Demo

            self._demo = Demo(self._fleet.bound)
        return await self._demo.act(action, name, rate, spoken)

    async def journal(self, since: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        """Entries with n > since that are still in memory, oldest first."""
        return self._journal.since(since, limit)

    def events(self, since: int = 0) -> Reader:
        """All events from now on; see `Engine.events`. Samples come while there is a reader."""
        first: list[Event] = [self._state()]
        if (lost := self._journal.dropped - since) > 0:
            first.append(Gap(lost))
        first += self._journal.since(since, self._journal.last)
        reader = self._events.subscribe(first)
        if self._closed:
            reader.close()
        else:
            self._sampler.start()
        return reader

    async def aclose(self) -> None:
        """Close everything; idempotent, at most 2 s."""
        if self._closed:
            return
        self._closed = True
        self._wanted.close()
        self._sampler.stop()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._stage.aclose()
                if self._demo is not None:
                    await self._demo.aclose()
                await self._fleet.close()
        except TimeoutError:
            log.warning("closing took over %g s; the rest is left to the process", CLOSE_S)
        finally:
            self._events.publish(self._state())
            self._events.close()
            self._maker.close()

    def _bind_failed(self, name: str, error: ListenError) -> None:
        log.debug("%s: %s", name, error)
        self._journal.notice(str(error), severity="error", proxy=name)

    def _now(self) -> float:
        return self._clock.now() - self._journal.started

    def _tick(self) -> bool:
        if not self._events:
            return False
        self._events.publish(self.sample_now())
        return True

    def _announce(self) -> None:
        if self._events:
            self._events.publish(self._state())

    def _proxy_state(self, name: str) -> ProxyState:
        state = self._fleet.state(name)
        wanted = self._stage.player.spec(self._ledger.proxy(name)).state
        return replace(state, state=wanted, override_options=self._journal.veil.options(state.override_options))

    def _state(self) -> EngineState:
        return EngineState(
            revision=self._ledger.revision,
            seed=self.seed,
            started=self._wanted.started,
            held=self._held_since is not None,
            held_since=self._held_since or 0.0,
            version=__version__,
            pid=os.getpid(),
            proxies=tuple(self._proxy_state(p.name) for p in self._ledger.profile.proxies),
            control=self._control,
            scenario=self._stage.player.state,
        )
