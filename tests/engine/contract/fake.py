"""An engine in memory that moves no bytes. It passes the same contract as the real ones, so tests may use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

from vaurien_core.behaviors.delay import Delay
from vaurien_core.behaviors.dummy import Dummy
from vaurien_core.behaviors.error import Error
from vaurien_core.behaviors.hang import Hang
from vaurien_core.engine.base import Engine, Revisioned
from vaurien_core.engine.broadcast import Broadcast
from vaurien_core.engine.player import Player
from vaurien_core.engine.revisions import Revisions, edits_between
from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.model.catalogue import Catalogue, ProtocolInfo
from vaurien_core.model.change import Edit, edit_all
from vaurien_core.model.events import (
    Changed,
    EngineState,
    Entry,
    Event,
    ProbeResult,
    ProxySample,
    ProxyState,
    Sample,
)
from vaurien_core.model.profile import Profile
from vaurien_core.options import OptionValues

Make = Callable[[Profile], Awaitable[Engine]]
"""Makes an engine of some kind that runs a profile."""

CATALOGUE = Catalogue(
    tuple(b.info() for b in (Delay, Error, Hang, Dummy)),
    (ProtocolInfo("tcp", "TCP", "Any byte stream"), ProtocolInfo("http", "HTTP", "HTTP/1.1", 80)),
)


class FakeEngine:
    """See `Engine`. `tell` and `counters` let a test make things happen."""

    def __init__(self, profile: Profile, seed: int = 7) -> None:
        self._profile = profile
        self._seed = seed
        self._revisions = Revisions(profile)
        self._broadcast = Broadcast()
        self._running: dict[str, int] = {}
        self._ports = iter(range(40_001, 65_000))
        self._overrides: dict[str, tuple[str, OptionValues]] = {}
        self._started = self._held = False
        self._entries: list[Entry] = []
        self._ticker: asyncio.Task[None] | None = None
        self.counters: tuple[ProxySample, ...] = ()
        self.closed = False
        self.control: tuple[str, ...] = ()
        self._player = Player(self)
        self._player.load(profile.scenario)

    @property
    def place(self) -> str:
        return "local"

    async def catalogue(self) -> Catalogue:
        return CATALOGUE

    async def profile(self) -> Revisioned:
        return Revisioned(self._profile, self._revisions.number)

    async def state(self) -> EngineState:
        return self._state()

    def _state(self) -> EngineState:
        proxies = tuple(
            ProxyState(
                p.name,
                p.name in self._running,
                f"127.0.0.1:{self._running[p.name]}" if p.name in self._running else "",
                override=self._overrides.get(p.name, ("", ()))[0],
                override_options=self._overrides.get(p.name, ("", ()))[1],
            )
            for p in self._profile.proxies
        )
        number = self._revisions.number
        return EngineState(
            number, self._seed, self._started, self._held, 0.0, "3", 1, proxies, self.control, self._player.state
        )

    async def sample(self) -> Sample:
        named = {p.name: p for p in self.counters}
        return Sample(1.0, 2.0, tuple(named.get(p.name, ProxySample(p.name)) for p in self._profile.proxies), 0.5)

    async def apply(self, profile: Profile, *, author: str = "", base: int | None = None) -> int:
        return await self.change(edits_between(self._profile, profile), author=author, base=base)

    async def change(self, edits: Sequence[Edit], *, author: str = "", base: int | None = None) -> int:
        paths = [e.path for e in edits]
        self._revisions.check_base(base, paths)
        after = edit_all(self._profile, edits)
        for spec in after.proxies:
            if CATALOGUE.protocol(spec.protocol) is None:
                raise UsageError(f'unknown protocol "{spec.protocol}"; known: http, tcp.')
            for rule in spec.mix:
                self._info(spec.behavior(rule.behavior).kind)
        self._profile = after
        self._player.load(after.scenario)
        revision = self._revisions.record(after, paths, author)
        names = [p.name for p in after.proxies]
        self._running = {n: port for n, port in self._running.items() if n in names}
        self._overrides = {n: o for n, o in self._overrides.items() if n in names}
        self.tell(kind="change", text="changed")
        self._broadcast.publish(Changed(revision, author, tuple(e.text for e in edits), self._held))
        self._publish_state()
        return revision

    async def start(self, proxy: str = "") -> None:
        self._known(proxy)
        self._started = self._started or not proxy
        self._player.launch()
        for spec in self._profile.proxies:
            if proxy == spec.name and not spec.enabled:
                raise UsageError(f"{proxy} is not enabled: set its enabled to true first.")
            if proxy in ("", spec.name) and spec.enabled and spec.name not in self._running:
                self._running[spec.name] = next(self._ports)
        self._publish_state()

    async def stop(self, proxy: str = "") -> None:
        self._known(proxy)
        self._started = self._started and bool(proxy)
        if not proxy:
            self._player.halt()
        self._running = {n: p for n, p in self._running.items() if proxy not in ("", n)}
        self._publish_state()

    async def release(self, proxy: str = "") -> int:
        self._known(proxy)
        return 0

    async def kick(self, proxy: str) -> int:
        self._known(proxy)
        return 0

    async def all_normal(self) -> None:
        if not self._held:
            self._held = True
            self._player.hold(True)
            self._publish_state()

    async def resume(self) -> None:
        if self._held:
            self._held = False
            self._player.hold(False)
            self._publish_state()

    async def scenario(self, action: str, phase: str = "") -> None:
        self._player.act(action, phase)
        self._publish_state()

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def call_at(self, t: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_at(t, callback)

    def exchanges(self) -> int:
        return sum(p.exchanges for p in self.counters)

    def moved(self, text: str, *, fresh: bool) -> None:
        if text:
            self.tell(kind="change", text=text)
        self._publish_state()

    def ended(self) -> None:
        self._running.clear()

    async def override(self, proxy: str, behavior: str, options: OptionValues = (), *, author: str = "") -> None:
        self._known(proxy)
        if behavior:
            declared = {o.name: o for o in self._info(behavior).options}
            for name, value in options:
                if name not in declared:
                    raise UsageError(f'unknown option "{name}",{did_you_mean(name, declared)}')
                declared[name].check(value)
            self._overrides[proxy] = behavior, options
        else:
            self._overrides.pop(proxy, None)
        revision = self._revisions.record(self._profile, [("proxies", proxy, "override")], author)
        self._broadcast.publish(Changed(revision, author, (f"proxies/{proxy}/override",), self._held))
        self._publish_state()

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
        if backend in own:
            return ProbeResult("loop", f"{backend} is one of our own listeners.")
        return ProbeResult("refused", f"Connection refused at {backend}.")

    async def demo(self, action: str, *, proxy: str = "", rate: float = 20.0, protocol: str = "") -> str:
        if action not in ("backend", "traffic", "stop"):
            raise UsageError(f'unknown action "{action}".')
        return "127.0.0.1:39999" if action == "backend" else ""

    async def journal(self, since: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        return tuple(e for e in self._entries if e.n > since)[:limit]

    def events(self, since: int = 0) -> AsyncIterator[Event]:
        if self._ticker is None:
            self._ticker = asyncio.create_task(self._tick(), name="fake ticks")
        return self._broadcast.subscribe((self._state(), *(e for e in self._entries if e.n > since)))

    async def aclose(self) -> None:
        self.closed = True
        self._player.close()
        self._running.clear()
        self._broadcast.close()
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)

    def tell(self, kind: str = "notice", **fields: object) -> None:
        """Write a journal entry."""
        n = len(self._entries) + 1
        entry = replace(Entry(n, n / 10, "2026-01-01T00:00:00.000+00:00", kind), **fields)  # type: ignore[arg-type]
        self._entries.append(entry)
        self._broadcast.publish(entry)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            self._broadcast.publish(await self.sample())

    def _publish_state(self) -> None:
        self._broadcast.publish(self._state())

    def _info(self, behavior: str) -> object:
        info = CATALOGUE.behavior(behavior)
        if info is None:
            known = did_you_mean(behavior, (b.name for b in CATALOGUE.behaviors))
            raise UsageError(f'unknown behavior "{behavior}",{known}')
        return info

    def _known(self, proxy: str) -> None:
        names = [p.name for p in self._profile.proxies]
        if proxy and proxy not in names:
            raise UsageError(f'unknown proxy "{proxy}",{did_you_mean(proxy, names)}')
