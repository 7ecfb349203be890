"""From the proxies that are wanted to those that run: the new are made, the changed changed, the gone closed.

Unchanged proxies keep their connections; a changed listen address is bound anew; bind failures don't raise, they stand
in the state of their proxy. Owned by the local engine, lives on its loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from vaurien_core.errors import ListenError
from vaurien_core.model.events import ProxySample, ProxyState
from vaurien_core.model.profile import BehaviorSpec, ProxySpec
from vaurien_core.proxy.places import Places
from vaurien_core.proxy.server import ProxyServer

DOWN = "down"
"""The state of a proxy that refuses connections and cuts those that are open."""


SYN_BLACKHOLE = "syn_blackhole"
"""The state of one whose connects time out; open connections live."""


class Fleet:
    """The running proxies by name, and why some of them don't listen.

    Args:
        make: makes the server of a proxy.
        failed: told when a proxy can't listen.
    """

    def __init__(self, make: Callable[[ProxySpec], ProxyServer], failed: Callable[[str, ListenError], None]) -> None:
        self._make, self._failed = make, failed
        self._servers: dict[str, ProxyServer] = {}
        self._specs: dict[str, ProxySpec] = {}
        self._at: dict[str, tuple[str, int]] = {}
        self._errors: dict[str, ListenError] = {}
        self._overrides: dict[str, BehaviorSpec] = {}
        self._normal = False
        self._phase = ""
        self._lock = asyncio.Lock()

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._servers))

    def bound(self, name: str) -> str:
        """Where a proxy listens, or ""."""
        server = self._servers.get(name)
        return str(server.bound) if server is not None and server.bound is not None else ""

    def state(self, name: str) -> ProxyState:
        """How one proxy stands."""
        error, override = self._errors.get(name), self._overrides.get(name)
        bound, server = self.bound(name), self._servers.get(name)
        place = str(server.reserved) if server is not None and server.reserved is not None else bound
        return ProxyState(
            name, bool(bound), place, str(error) if error else "", error.code if error else "",
            override.name if override else "", override.options if override else (),
        )  # fmt: skip

    def samples(self) -> tuple[ProxySample, ...]:
        """The counters of all."""
        return tuple(server.sample() for server in self._servers.values())

    @property
    def exchanges(self) -> int:
        """Of all proxies, so far."""
        return sum(server.counters.exchanges for server in self._servers.values())

    def enter(self, phase: str, specs: Sequence[ProxySpec], *, fresh: bool) -> None:
        """A phase of the scenario is in force ("": none); `fresh`: it begins, so rules count from 0 again.

        Its mixes and its name change in one step, so that no exchange is journalled under a phase that didn't break
        it. Listeners follow with the next `settle`.
        """
        self._phase = phase
        for spec in specs:
            if spec.name in self._servers:
                self._place(spec)
        for server in self._servers.values():
            server.phase = phase
            if fresh:
                server.count_anew()

    def override(self, name: str, behavior: BehaviorSpec | None) -> None:
        """Lay an override over one proxy, or take it off; it outlives a stop."""
        if behavior is None:
            self._overrides.pop(name, None)
        else:
            self._overrides[name] = behavior
        if (server := self._servers.get(name)) is not None:
            server.set_override(behavior)

    def set_normal(self, normal: bool) -> None:
        """Suspend every fault of every proxy at once, or end that."""
        self._normal = normal
        for server in self._servers.values():
            server.set_normal(normal)

    def release(self, name: str = "") -> int:
        """Let go what one proxy, or all, hold."""
        return sum(s.release() for n, s in self._servers.items() if name in ("", n))

    def kick(self, name: str) -> int:
        """Close the open connections of one proxy; how many those were."""
        server = self._servers.get(name)
        return server.kick() if server is not None else 0

    async def settle(self, wanted: Callable[[], Sequence[tuple[ProxySpec, bool]]]) -> None:
        """Make what runs be what is wanted: each proxy, and whether it is to listen.

        One at a time; `wanted` is asked when it is this call's turn, so the newest always wins.
        """
        async with self._lock:
            proxies = wanted()
            await self._remove({spec.name for spec, _ in proxies})
            for spec, _ in proxies:
                self._place(spec)
            for spec, listens in proxies:
                if listens and spec.state == DOWN:
                    await self._reserve(spec)
                elif not listens:
                    self._servers[spec.name].reserved = None
            silent = [spec.name for spec, listens in proxies if not listens or spec.state == DOWN]
            await asyncio.gather(*(self._quiet(name, 0.0) for name in silent))
            for spec, _ in proxies:
                if self._at.get(spec.name) != _listening_place(spec):
                    self._servers[spec.name].close_listener()
            for spec, listens in proxies:
                if listens and spec.state != DOWN:
                    await self._listen(spec)

    async def drain(self, grace_s: float) -> None:
        """Stop all; exchanges that no fault holds get `grace_s` seconds to end."""
        async with self._lock:
            await asyncio.gather(*(self._quiet(name, grace_s) for name in self._servers))

    def reseed(self, seed: int) -> None:
        """Draw by another seed from the next exchange on, and count occurrences anew, as a fresh run would."""
        for server in self._servers.values():
            server.seed, server.places = seed, Places()

    async def close(self) -> None:
        """Close all."""
        async with self._lock:
            await self._remove(set())

    async def _remove(self, keep: set[str]) -> None:
        gone = [name for name in self._servers if name not in keep]
        servers = [self._servers.pop(name) for name in gone]
        for name in gone:
            del self._specs[name]
            self._at.pop(name, None)
            self._errors.pop(name, None)
            self._overrides.pop(name, None)
        await asyncio.gather(*(server.stop() for server in servers))

    def _place(self, spec: ProxySpec) -> None:
        server = self._servers.get(spec.name)
        if server is None:
            server = self._servers[spec.name] = self._make(spec)
            server.set_normal(self._normal)
            server.phase = self._phase
            if (override := self._overrides.get(spec.name)) is not None:
                server.set_override(override)
        elif self._specs[spec.name] != spec:
            if self._specs[spec.name].proxy != spec.proxy:
                server.reserved = None
            server.use(spec)
        self._specs[spec.name] = spec

    async def _quiet(self, name: str, grace_s: float) -> None:
        self._errors.pop(name, None)
        self._at.pop(name, None)
        await self._servers[name].stop(grace_s)

    async def _reserve(self, spec: ProxySpec) -> None:
        """Know where a proxy that is down would listen: it comes back there, also when any free port would do."""
        server = self._servers[spec.name]
        if self._at.get(spec.name) != _listening_place(spec) and server.reserved is None:
            await self._listen(spec)
        server.reserved = server.bound or server.reserved

    async def _listen(self, spec: ProxySpec) -> None:
        try:
            await self._servers[spec.name].listen()
            await self._servers[spec.name].mute(spec.state == SYN_BLACKHOLE)
        except ListenError as error:
            self._errors[spec.name] = error
            self._failed(spec.name, error)
            return
        self._errors.pop(spec.name, None)
        self._at[spec.name] = _listening_place(spec)


def _listening_place(spec: ProxySpec) -> tuple[str, int]:
    """What a listener hangs on; when it changes, the proxy listens anew."""
    return spec.proxy, spec.backlog
