"""One proxy: its listener, its connections, its plan, its counters.

Made and owned by the engine, one per `ProxySpec`; lives on the loop on which `listen` is called. Counters, occurrence
counts and connection numbers live as long as the object, over any number of stops and starts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from vaurien_core.addresses import Address
from vaurien_core.clock import Clock
from vaurien_core.errors import ListenError
from vaurien_core.model.events import ProxySample
from vaurien_core.model.opaque import OURS, begins_with_tls, opaque_sentence
from vaurien_core.model.profile import BehaviorSpec, ProxySpec
from vaurien_core.proxy import entries
from vaurien_core.proxy.briefs import Briefs
from vaurien_core.proxy.connection import Connection
from vaurien_core.proxy.counters import Counters
from vaurien_core.proxy.dial import Dialer
from vaurien_core.proxy.endings import Lingering
from vaurien_core.proxy.former import made_by, protocol_of
from vaurien_core.proxy.mute import why_not
from vaurien_core.proxy.outbox import LIMIT, TIME_LIMIT, Budget
from vaurien_core.proxy.pipes import Pipes
from vaurien_core.proxy.places import Places
from vaurien_core.proxy.plan import Plan, compile_plan, compile_rule
from vaurien_core.proxy.port import Listening, Network, Port, network_for
from vaurien_core.proxy.release import go_normal, let_go
from vaurien_core.proxy.seams import JournalSink, Timers
from vaurien_core.proxy.tls.settings import TlsSettings
from vaurien_core.proxy.toxics.rack import Rack
from vaurien_core.proxy.turn import Turn
from vaurien_core.registry import Registry

log = logging.getLogger("vaurien.proxy")


class ProxyServer:
    """See the module. `stop` closes everything that it opened.

    Args:
        spec: what it is; see `use` and `rebind` for changes.
        registry: the behaviors and protocols that there are.
        seed: of every draw.
        clock: times of exchanges; the same that `timers` use.
        timers: of this loop.
        journal: where exchanges are recorded.
        budget: of all outboxes of the engine.
        started_at: the engine's start by the clock, s.
        folder: of the profile, where the files lie that it names.

    Raises:
        UsageError: unknown protocol or behavior, or options that don't fit.
    """

    def __init__(
        self,
        spec: ProxySpec,
        *,
        registry: Registry,
        seed: int,
        clock: Clock,
        timers: Timers,
        journal: JournalSink,
        budget: Budget,
        started_at: float = 0.0,
        folder: Path | None = None,
    ) -> None:
        self.spec, self.registry, self.seed = spec, registry, seed
        self.clock, self.timers, self.journal, self.budget = clock, timers, journal, budget
        self.started_at, self.folder = started_at, folder
        self.backend = Address.parse(spec.backend, name="backend")
        self.protocol = protocol_of(spec, registry)
        self.tls = TlsSettings(spec, self.protocol, folder)
        self.plan: Plan = compile_plan(spec, registry)
        self.rack = Rack(spec, registry)
        self.counters = Counters()
        self.phase = ""
        """Of the scenario, for the journal."""
        self.places = Places()
        self.dialer = Dialer(self)
        self.pipes = Pipes()
        self.briefs = Briefs(self)
        self._open: dict[Connection, None] = {}
        self._former: set[Connection] = set()
        """Those of `open` that were made by settings that were replaced since."""
        self._lingering: dict[Lingering, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._network: Network | None = None
        self._listening: Listening | None = None
        self.reserved: Address | None = None
        """Where it listened before it went down, and will listen again."""

    # -- what the engine asks

    @property
    def bound(self) -> Address | None:
        """Where clients connect (port 0 resolved); None while it doesn't listen."""
        return self._listening.bound if self._listening is not None else None

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open) + len(self.briefs.open)

    @property
    def open(self) -> dict[Connection, None]:
        """Those that are open; short ones become whole for that."""
        self.briefs.unfold()
        return self._open

    async def listen(self) -> None:
        """Bind and accept; does nothing while listening.

        Raises:
            ListenError: VA-101 in use, VA-102 not permitted, VA-103 not an address of this machine.
        """
        if self._listening is not None:
            return
        self._network = network_for(asyncio.get_running_loop())
        address = self.reserved or Address.parse(self.spec.proxy, name="proxy")
        listen = self._network.listen
        self._listening = await listen(
            address, self.spec.backlog, self.counters.client, self._accepted, self.briefs.begin
        )
        self._narrow()
        if self.tls.authority is not None:
            shown = f"{self.spec.name}: clients are shown a certificate that was made for this run"
            self.tell_once("certificate", f"{shown}; let them trust {self.tls.authority}.")
        log.info("%s listens on %s", self.spec.name, self._listening.bound)  # the backend may be a secret

    def close_listener(self) -> None:
        """Accept no more; live connections stay."""
        if self._listening is not None:
            log.info("%s no longer listens on %s", self.spec.name, self._listening.bound)
            self._listening.close()
            self._listening = None

    async def mute(self, on: bool) -> None:
        """Let connects time out, or accept again; live connections stay.

        Raises:
            ListenError: no descriptor is left for it.
        """
        if self._listening is None or (on and why_not(unix=self._listening.bound.is_unix)):
            return
        try:
            await self._listening.mute(on)
        except OSError as error:
            where = f"{self.spec.name} can't let connects to {self._listening.bound} time out"
            raise ListenError(f"{where}: {error.strerror}. It accepts as before.", "") from None

    async def rebind(self, spec: ProxySpec) -> None:
        """Use a spec whose listen address or protocol changed: listen anew; live connections stay.

        Raises:
            UsageError: see the class; nothing has changed then.
            ListenError: see `listen`; the spec is in use, nothing listens.
        """
        moved = spec.proxy != self.spec.proxy or spec.backlog != self.spec.backlog
        listened = self._listening is not None
        self.use(spec)
        if listened and moved:
            self.close_listener()
            await asyncio.sleep(0)
            await self.listen()

    async def stop(self, grace_s: float = 0.0) -> None:
        """Close the listener, wait at most `grace_s` seconds for exchanges that no fault holds, close everything."""
        self.close_listener()
        if grace_s > 0:
            deadline = self.clock.now() + grace_s
            while any(c.busy for c in self.open) and self.clock.now() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(min(0.02, grace_s))
        self.kick()
        for lingering in list(self._lingering):
            lingering.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)
        self.pipes.trim()
        await asyncio.sleep(0)

    def kick(self) -> int:
        """Close every open connection with FIN on both sides, the listener stays; how many those were."""
        self.leave_lanes()
        there = list(self.open)
        for conn in there:
            conn.endings.stop()
        return len(there)

    def use(self, spec: ProxySpec) -> None:
        """Swap the plan; exchanges that have begun keep theirs, a new backend or protocol is for new connections.

        Raises:
            UsageError: see the class; nothing has changed then.
        """
        plan = compile_plan(spec, self.registry, self.plan)
        toxics = self.rack.compiled(spec, self.registry)
        protocol = protocol_of(spec, self.registry)
        self.leave_lanes()
        self.tls = self.tls.for_spec(spec, protocol)
        self.backend = Address.parse(spec.backend, name="backend")
        if made_by(spec) != made_by(self.spec):
            self._former.update(self.open)
        self.plan, self.protocol, self.spec = plan, protocol, spec
        self.rack.use(toxics, list(self.open))
        self._narrow()
        self._throttle()

    def count_anew(self) -> None:
        """The rules of the mix become active again: their counts begin at 0."""
        self.leave_lanes()
        override, normal = self.plan.override, self.plan.normal
        self.plan = compile_plan(self.spec, self.registry).with_override(override).with_normal(normal)

    def set_override(self, behavior: BehaviorSpec | None) -> None:
        """Lay 100 % of one behavior over the mix, from the next exchange on; None ends it.

        Raises:
            UsageError: an unknown behavior, or options that don't fit.
        """
        rule = compile_rule(behavior, self.registry) if behavior is not None else None
        self.leave_lanes()
        self.plan = self.plan.with_override(rule)
        self._throttle()

    def set_normal(self, normal: bool) -> None:
        """Suspend every fault at once, held exchanges included, or resume."""
        self.leave_lanes()
        self.plan = self.plan.with_normal(normal)
        if normal:
            for conn in list(self.open):
                go_normal(conn)
        self.rack.set_normal(normal, list(self.open))
        self._narrow()

    def release(self) -> int:
        """Let go what is held now: it goes on as dummy. Returns how many exchanges."""
        return sum(let_go(conn) for conn in list(self.open))

    def sample(self) -> ProxySample:
        """The counters now."""
        return self.counters.sample(self.spec.name, len(self._former))

    # -- what connections ask

    @property
    def network(self) -> Network:
        """How ports are made on this loop."""
        assert self._network is not None
        return self._network

    @property
    def keep_alive(self) -> bool | None:
        """The protocol's option, where it has one."""
        value = getattr(self.protocol.options, "keep_alive", None)
        return value if isinstance(value, bool) else None

    @property
    def draws_by_request(self) -> bool:
        """Whether a draw hangs on the request and its occurrence rather than on ordinals."""
        return (self.spec.draw_by or self.protocol.draw_by) == "request"

    @property
    def buffer_limit(self) -> int:
        """Bytes that may wait per direction of a connection."""
        return self.spec.buffer_limit or (TIME_LIMIT if self.plan.adds_time else LIMIT)

    def spawn(self, coro: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run a coroutine as a task of this proxy."""
        task = asyncio.get_running_loop().create_task(coro, name=f"{self.spec.name}: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def linger(self, port: Port) -> None:
        """Close a port with FIN."""
        lingering = Lingering(port, self.timers, self.clock.now(), self._lingered)
        self._lingering[lingering] = None
        lingering.start()

    def adopt(self, conn: Connection) -> None:
        """A connection has begun, or become whole."""
        self._open[conn] = None

    def closed(self, conn: Connection) -> None:
        """A connection has ended."""
        self._former.discard(conn)
        if self._open.pop(conn, self) is not self:
            self.counters.connections_open -= 1

    def report(self, conn: Connection, turn: Turn, *, again: bool = False) -> None:
        """Journal an exchange, if it is one for the journal; `again`: it will be journalled once more when it ends."""
        if turn.reported:
            return
        turn.reported = not again
        if turn.acted or turn.reason or turn.bad or self.journal.everything:
            self.journal.add(**entries.exchange(self.spec.name, conn, turn))

    def went_opaque(self, conn: Connection, reason: str) -> None:
        """A stream can't be framed any more."""
        reasons = self.counters.opaque_reasons
        reasons[reason] = count = reasons.get(reason, 0) + 1
        self.journal.add(**entries.connection(self.spec.name, conn, f"opaque: {reason}", ""))
        if reason in self.tls.told or reason == OURS:
            return
        upgrade = self.protocol.upgrade
        faults = self.plan.stuck(begins=begins_with_tls(reason, upgrade))
        if faults:
            self.tell_once(reason, opaque_sentence(self.spec.name, reason, count, faults, upgrade))

    def tell_once(self, about: str, text: str) -> None:
        """Journal a warning that people should see though they read no journal, once for these settings of TLS."""
        if about not in self.tls.told:
            self.tls.told.add(about)
            self.journal.add(kind="notice", proxy=self.spec.name, text=text, severity="warning", outcome=about)

    def tls_failed(self, conn: Connection, outcome: str, sentence: str) -> None:
        """TLS with one side of a connection failed."""
        self.journal.add(**entries.connection(self.spec.name, conn, outcome, sentence, severity="error"))

    def backend_failed(self, conn: Connection, outcome: str, sentence: str) -> None:
        """The backend can't be reached."""
        self.journal.add(**entries.connection(self.spec.name, conn, outcome, sentence, severity="error"))

    def warn(self, text: str) -> None:
        """Journal a warning."""
        self.notice(text, severity="warning")

    def notice(self, text: str, *, severity: str = "info") -> None:
        """Journal a sentence."""
        self.journal.add(kind="notice", proxy=self.spec.name, text=text, severity=severity)

    # -- inside

    def _accepted(self, port: Port) -> None:
        conn = Connection(self, port, self.counters.opened())
        self.adopt(conn)
        self.rack.mount(conn)
        conn.start()

    def _lingered(self, lingering: Lingering) -> None:
        self._lingering.pop(lingering, None)

    def leave_lanes(self) -> None:
        """Let every connection take the whole way, as something else than passing on bytes is about to happen."""
        for conn in list(self.open):
            conn.leave_lane()

    def _narrow(self) -> None:
        if self._listening is not None:
            self._listening.narrow(self.rack.window)

    def _throttle(self) -> None:
        for conn in list(self.open):
            conn.up.throttle()
            conn.down.throttle()

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            with suppress(asyncio.InvalidStateError):
                error = task.exception()
                if error is not None:
                    log.error("%s crashed: %r", task.get_name(), error, exc_info=error)
