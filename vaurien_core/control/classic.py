"""The classic API: `/behavior`, `/behaviors` and `/backend`, as old clients and test suites speak it.

Each speaks of one proxy: `?proxy=NAME`, else `default`, else the first. `PUT /behavior` lays an override over that
proxy's mix; the reserved name `mix` ends it. Errors have the shape of the original:
`{"status": "error", "errors": [{"location", "name", "description"}]}`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from vaurien_core.addresses import Address
from vaurien_core.control.answers import BODY_LIMIT, kind_of, reply
from vaurien_core.engine.base import Engine
from vaurien_core.errors import EngineLostError, OptionError, UsageError, VaurienError, did_you_mean
from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.change import Edit
from vaurien_core.model.profile import ProxySpec
from vaurien_core.model.veil import Veil
from vaurien_core.options import OptionValues, values_of
from vaurien_core.profiles.urls import is_url

MIX = "mix"
"""What `GET /behavior` calls a mix of several, and what `PUT` ends an override with."""
AUTHOR = "classic API"
OVERRIDE_HEADER = "Vaurien-Override"
"""Of `GET /behavior`: `yes` while an override holds, else `no`: our own client then goes back to the mix itself."""
_HELD_FULL = 100


class Refusal(Exception):  # noqa: N818 - an answer, not a failure
    """An answer in the classic error shape."""

    def __init__(self, name: str, description: str, location: str = "body", status: int = 400) -> None:
        super().__init__(description)
        self.name, self.description, self.location, self.status = name, description, location, status

    def answer(self) -> web.Response:
        """It as a response."""
        error = {"location": self.location, "name": self.name, "description": self.description}
        return reply({"status": "error", "errors": [error]}, self.status)


Classical = Callable[[web.Request, ProxySpec], Awaitable[web.Response]]


class Classic:
    """The handlers. Owns nothing; lives as long as its application."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register all paths."""
        router.add_get("/behavior", self._of_a_proxy(self._behavior))
        router.add_put("/behavior", self._of_a_proxy(self._put_behavior))
        router.add_get("/behaviors", self._of_a_proxy(self._behaviors))
        router.add_get("/backend", self._of_a_proxy(self._backend))
        router.add_put("/backend", self._of_a_proxy(self._put_backend))

    def _of_a_proxy(self, handler: Classical) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request, await self._proxy(request.query.get("proxy")))
            except Refusal as refusal:
                return refusal.answer()
            except web.HTTPRequestEntityTooLarge:
                return Refusal("", f"The body is larger than {BODY_LIMIT // 2**20} MiB.", status=413).answer()
            except VaurienError as error:
                return Refusal("", str(error), status=503 if isinstance(error, EngineLostError) else 400).answer()

        return answer

    async def _proxy(self, name: str | None) -> ProxySpec:
        profile = (await self._engine.profile()).profile
        if name is None:
            if profile.main is None:
                raise Refusal("proxy", "The profile has no proxy.", "querystring")
            return profile.main
        try:
            return profile.proxy(name)
        except KeyError:
            known = did_you_mean(name, (p.name for p in profile.proxies))
            raise Refusal("proxy", f'unknown proxy "{name}",{known}', "querystring") from None

    async def _behavior(self, request: web.Request, spec: ProxySpec) -> web.Response:
        state = (await self._engine.state()).proxy(spec.name)
        if state.override:
            name, options = state.override, state.override_options
        else:
            name, options = shown_mix(spec)
        answer = reply({"behavior": name, "options": dict(options)})
        answer.headers[OVERRIDE_HEADER] = "yes" if state.override else "no"
        return answer

    async def _put_behavior(self, request: web.Request, spec: ProxySpec) -> web.Response:
        body = await _body(request)
        if "name" not in body:
            raise Refusal("name", '"name" is missing: expected the name of a behavior.')
        name = body.pop("name")
        if not isinstance(name, str) or not name:
            raise Refusal("name", f"expected the name of a behavior, got {kind_of(name) if name != '' else 'nothing'}.")
        if name == MIX:
            if body:
                raise Refusal(next(iter(body)), f'"{MIX}" goes back to the mix and has no options.')
            await self._engine.override(spec.name, "", author=AUTHOR)
        else:
            known = (await self._engine.profile()).profile.references
            given = Veil(known).uncovered(body, ("proxies", spec.name, "behaviors", name))
            options = checked(await self._engine.catalogue(), spec, name, given)
            await self._engine.override(spec.name, name, options, author=AUTHOR)
        return reply({"status": "ok"})

    async def _behaviors(self, request: web.Request, spec: ProxySpec) -> web.Response:
        return reply({"behaviors": sorted(_known(await self._engine.catalogue(), spec))})

    async def _backend(self, request: web.Request, spec: ProxySpec) -> web.Response:
        return reply({"backend": spec.backend})

    async def _put_backend(self, request: web.Request, spec: ProxySpec) -> web.Response:
        backend = (await _body(request)).get("backend")
        if not isinstance(backend, str):
            raise Refusal("backend", "expected host:port or a URL.")
        known = (await self._engine.profile()).profile.references
        backend = str(Veil(known).uncovered(backend, ("proxies", spec.name, "backend")))
        try:
            if not is_url(backend):
                Address.parse(backend, name="backend")
            await self._engine.change([Edit(("proxies", spec.name, "backend"), backend)], author=AUTHOR)
        except UsageError as error:
            raise Refusal("backend", str(error)) from None
        return reply({"status": "ok"})


def shown_mix(spec: ProxySpec) -> tuple[str, OptionValues]:
    """What a proxy without override does, as one name: `dummy`, the only behavior at 100 %, or `mix`."""
    if not spec.faults:
        return "dummy", spec.behavior("dummy").options
    rule = spec.faults[0]
    if len(spec.faults) == 1 and rule.weight == _HELD_FULL and not spec.behavior(rule.behavior).selective():
        return rule.behavior, spec.behavior(rule.behavior).options
    return MIX, ()


def checked(catalogue: Catalogue, spec: ProxySpec, name: str, body: Mapping[str, object]) -> OptionValues:
    """The options of a PUT, each by its declaration.

    Raises:
        Refusal: the behavior or an option is unknown, or a value doesn't fit.
    """
    known = _known(catalogue, spec)
    info = catalogue.behavior(spec.behavior(name).kind) if name in known else None
    if info is None:
        raise Refusal("name", f'unknown behavior "{name}",{did_you_mean(name, known)}')
    declared = {o.name: o for o in catalogue.options(info.name)}
    for key in body:
        if key not in declared:
            raise Refusal(key, f'{name} has no option "{key}",{did_you_mean(key, declared)}')
    try:
        return values_of({key: declared[key].check(value) for key, value in body.items()})
    except OptionError as error:
        raise Refusal(error.option, str(error)) from None


def _known(catalogue: Catalogue, spec: ProxySpec) -> set[str]:
    """Every behavior, and the named variants that this proxy has."""
    registered = {b.name for b in catalogue.behaviors if "mix" in b.mounts}
    return registered | {b.name for b in spec.behaviors if b.kind in registered}


async def _body(request: web.Request) -> dict[str, object]:
    """The body as an object; its content type is not looked at, as old clients send none.

    Raises:
        Refusal: it isn't one; with an empty name.
    """
    raw = await request.read()
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refusal("", "the body is not JSON.") from None
    if not isinstance(body, dict):
        raise Refusal("", f"expected a JSON object, got {kind_of(body)}.")
    return body
