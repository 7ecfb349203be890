"""What the calls of this API do to an engine: each is one change on the newest revision, in turn.

Owned by the endpoints. An address is tried before anything is changed, so that a call which fails leaves a proxy as
Toxiproxy leaves it: not created, or with its new values and not enabled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vaurien_core.addresses import Address
from vaurien_core.control.toxiproxy.errors import Failure
from vaurien_core.control.toxiproxy.listening import not_bound, resolved, shown, tried
from vaurien_core.control.toxiproxy.objects import Stand, is_enabled, listen_of
from vaurien_core.engine.base import Engine
from vaurien_core.errors import OptionError
from vaurien_core.model.change import Edit
from vaurien_core.model.events import ProxyState
from vaurien_core.model.profile import ProxySpec, ToxicSpec
from vaurien_core.model.veil import Veil
from vaurien_core.profiles.toxiproxy import listen_address

AUTHOR = "toxiproxy"


class Writes:
    """The operations. Owns nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def stand(self) -> Stand:
        """The engine as it is now."""
        engine = self._engine
        return Stand((await engine.profile()).profile, await engine.state(), await engine.catalogue())

    async def proxy(self, name: str) -> ProxySpec:
        """A proxy by name.

        Raises:
            Failure: there is none (404).
        """
        spec = (await self.stand()).spec(name)
        if spec is None:
            raise Failure(404, "proxy not found")
        return spec

    async def shown(self, name: str) -> dict[str, Any]:
        """A proxy as JSON, as it is now."""
        stand = await self.stand()
        spec = stand.spec(name)
        if spec is None:
            raise Failure(404, "proxy not found")
        return stand.proxy(spec)

    async def create(self, name: str, listen: str, upstream: str, enabled: bool) -> None:
        """A new proxy.

        Raises:
            Failure: the name is taken (409), or it can't listen (500; then it isn't there).
        """
        if (await self.stand()).spec(name) is not None:
            raise Failure(409, "proxy already exists")
        place = tried(await resolved(listen)) if enabled else listen_address(listen)
        upstream = await self._uncovered(name, upstream)
        await self._change([Edit(("proxies", name), ProxySpec(name, place, upstream, enabled=enabled))])
        if enabled and (code := await self._listens(name)) is not None:
            await self._change([Edit(("proxies", name), None)])
            raise not_bound(place, code)

    async def update(self, name: str, listen: str | None, upstream: str | None, enabled: bool | None) -> None:
        """Other values for a proxy; None leaves one. What listens elsewhere or leads elsewhere is restarted.

        Raises:
            Failure: unknown (404), or it can't listen (500; then it has its new values and is not enabled).
        """
        spec = await self.proxy(name)
        state = (await self._engine.state()).proxy(name)
        on = is_enabled(spec, state)
        wanted = on if enabled is None else enabled
        place = None if listen is None else await resolved(listen, prefix="")
        if place is not None and place == await _place(spec, state):
            place = None
        backend = spec.backend if upstream is None else await self._uncovered(name, upstream)
        edits = [] if backend == spec.backend else [Edit(("proxies", name, "backend"), backend)]
        restarts = on and (place is not None or backend != spec.backend)
        if restarts:
            await self._engine.stop(name)
        if place is not None:
            edits.append(Edit(("proxies", name, "proxy"), place if wanted else listen_address(listen or "")))
        elif on and (restarts or not wanted) and _is_any_port(spec) and state.running:
            edits.append(Edit(("proxies", name, "proxy"), shown(state.bound)))
        if wanted != spec.enabled:
            edits.append(Edit(("proxies", name, "enabled"), wanted))
        if wanted and (place is not None or not on):
            try:
                found = tried(place if place is not None else await resolved(spec.proxy))
            except Failure:
                await self._stopped(name, edits, spec.enabled)
                raise
            if place is not None:
                edits = [replace(e, value=found) if e.path[-1] == "proxy" else e for e in edits]
        if edits:
            await self._change(edits)
        if wanted:
            await self._must_listen(name)

    async def delete(self, name: str) -> None:
        """Remove a proxy, with its listener and connections.

        Raises:
            Failure: unknown (404).
        """
        await self.proxy(name)
        await self._change([Edit(("proxies", name), None)])

    async def populate(self, name: str, listen: str, upstream: str, enabled: bool) -> None:
        """Have a proxy with these addresses: one that has them is left alone, any other is put in its place.

        Raises:
            Failure: it can't listen (500).
        """
        stand = await self.stand()
        spec = stand.spec(name)
        if spec is None:
            await self.create(name, listen, upstream, enabled)
            return
        state = stand.state.proxy(name)
        place, backend = await resolved(listen), await self._uncovered(name, upstream)
        if place == await _place(spec, state) and backend == spec.backend:
            return
        await self._engine.stop(name)
        new = replace(spec, proxy=listen_address(listen), backend=backend, enabled=False, toxics=())
        try:
            if enabled:
                new = replace(new, proxy=tried(place), enabled=True)
        finally:
            await self._change([Edit(("proxies", name), new)])
        if enabled:
            await self._must_listen(name)

    async def reset(self) -> None:
        """Enable every proxy, take every toxic off, and end every state that is a fault.

        Raises:
            Failure: a proxy can't listen (500).
        """
        profile = (await self.stand()).profile
        edits = []
        for spec in profile.proxies:
            for field, value in (("toxics", ()), ("enabled", True), ("state", "up")):
                if getattr(spec, field) != value:
                    edits.append(Edit(("proxies", spec.name, field), value))
        if edits:
            await self._change(edits)
        for spec in profile.proxies:
            await self._must_listen(spec.name)

    async def put_toxic(self, proxy: str, toxic: ToxicSpec) -> None:
        """Mount a toxic behind the others, or set the one of its name anew."""
        if (await self.proxy(proxy)).toxic(toxic.name) != toxic:
            await self._change([Edit(("proxies", proxy, "toxics", toxic.name), toxic)])

    async def drop_toxic(self, proxy: str, name: str) -> None:
        """Take a toxic off.

        Raises:
            Failure: unknown (404).
        """
        await self.toxic(proxy, name)
        await self._change([Edit(("proxies", proxy, "toxics", name), None)])

    async def toxic(self, proxy: str, name: str) -> ToxicSpec:
        """A toxic by name.

        Raises:
            Failure: unknown (404).
        """
        toxic = (await self.proxy(proxy)).toxic(name)
        if toxic is None:
            raise Failure(404, "toxic not found")
        return toxic

    async def _change(self, edits: Sequence[Edit]) -> None:
        await self._engine.change(edits, author=AUTHOR)

    async def _listens(self, name: str) -> str | None:
        """Start a proxy that doesn't listen yet; why it can't, as the code of a message."""
        state = (await self._engine.state()).proxy(name)
        if not state.running and not state.error and state.state == "up":
            await self._engine.start(name)
            state = (await self._engine.state()).proxy(name)
        return (state.error_code or "VA-103") if state.error else None

    async def _must_listen(self, name: str) -> None:
        code = await self._listens(name)
        if code is not None:
            spec = await self.proxy(name)
            await self._change([Edit(("proxies", name, "enabled"), False)])
            raise not_bound(spec.proxy, code)

    async def _stopped(self, name: str, edits: Sequence[Edit], was: bool) -> None:
        """Keep what was asked for of a proxy that can't listen there."""
        kept = [e for e in edits if e.path[-1] != "enabled"]
        off = [Edit(("proxies", name, "enabled"), False)] if was else []
        if kept or off:
            await self._change([*kept, *off])

    async def _uncovered(self, name: str, upstream: str) -> str:
        """What a client saw in the place of a value from the environment means that value."""
        known = (await self._engine.profile()).profile.references
        return str(Veil(known).uncovered(upstream, ("proxies", name, "backend")))


def _is_any_port(spec: ProxySpec) -> bool:
    try:
        address = Address.parse(spec.proxy)
    except OptionError:
        return False
    return not address.is_unix and address.port == 0


async def _place(spec: ProxySpec, state: ProxyState) -> str:
    """Where a proxy listens, or would, as a number; what can't be resolved as it is."""
    if state.running:
        return listen_of(spec, state)
    try:
        return await resolved(spec.proxy)
    except Failure:
        return spec.proxy
