"""The native API, `/v3/...`: the engine's methods as HTTP. `engine.remote` is its client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

from vaurien_core.control.access import is_loopback_name
from vaurien_core.control.answers import (
    ForbiddenError,
    NotFoundError,
    read_object,
    reply,
    text_of,
    whole_of,
)
from vaurien_core.engine.base import Engine
from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.model.change import edit_all
from vaurien_core.model.profile import Profile
from vaurien_core.model.veil import Veil
from vaurien_core.model.wire import Json, edits_from_json, from_json, to_json
from vaurien_core.options import OptionValues, values_of

if TYPE_CHECKING:
    from vaurien_core.control.saving import Saver

JOURNAL_LIMIT = 10_000
"""Entries in one answer."""
_PROBE_TLS = {"backend_tls": "", "backend_verify": "yes", "backend_name": ""}
AUTHOR = "API"
"""Who changed something, where the caller doesn't say."""


class Native:
    """The handlers. Owns nothing; lives as long as its application.

    Args:
        engine: what they steer.
        saver: writes the profile's file; None: there is none.
        private: the only caller is the process that started this one; it sees what the environment held.
    """

    def __init__(self, engine: Engine, saver: Saver | None, *, private: bool) -> None:
        self._engine = engine
        self._saver = saver
        self._private = private

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register all paths."""
        proxy = "/v3/proxies/{name}"
        router.add_get("/v3/state", self._state)
        router.add_get("/v3/catalogue", self._catalogue)
        router.add_get("/v3/sample", self._sample)
        router.add_get("/v3/profile", self._profile)
        router.add_put("/v3/profile", self._put_profile)
        router.add_post("/v3/change", self._change)
        router.add_post("/v3/start", self._start)
        router.add_post("/v3/stop", self._stop)
        router.add_post(f"{proxy}/start", self._start)
        router.add_post(f"{proxy}/stop", self._stop)
        router.add_post(f"{proxy}/kick", self._kick)
        router.add_post("/v3/release", self._release)
        router.add_post("/v3/all-normal", self._all_normal)
        router.add_post("/v3/resume", self._resume)
        router.add_post("/v3/scenario", self._scenario)
        router.add_put(f"{proxy}/override", self._put_override)
        router.add_delete(f"{proxy}/override", self._delete_override)
        router.add_post("/v3/probe", self._probe)
        router.add_post("/v3/demo", self._demo)
        router.add_get("/v3/journal", self._journal)
        router.add_get("/v3/export", self._export)
        router.add_post("/v3/save", self._save)

    async def _state(self, request: web.Request) -> web.Response:
        return reply(to_json(await self._engine.state()))

    async def _catalogue(self, request: web.Request) -> web.Response:
        return reply(to_json(await self._engine.catalogue()))

    async def _sample(self, request: web.Request) -> web.Response:
        return reply(to_json(await self._engine.sample()))

    async def _profile(self, request: web.Request) -> web.Response:
        stand = await self._engine.profile()
        shown = to_json(stand.profile)
        if not self._private:
            shown = Veil(stand.profile.references).covered({**shown, "references": []})
        return reply({"revision": stand.revision, "profile": shown})

    async def _put_profile(self, request: web.Request) -> web.Response:
        body = await read_object(request, "profile", "base", "author")
        if "profile" not in body:
            raise UsageError('"profile": expected an object, got nothing.')
        known = (await self._engine.profile()).profile.references
        profile = from_json(Profile, Veil(known).uncovered(body["profile"]), "profile")
        if not self._private or not profile.references:
            profile = replace(profile, references=known)
        await self._refuse_new_code(profile)
        author, base = text_of(body, "author", AUTHOR), _base(body)
        return await self._accepted(await self._engine.apply(profile, author=author, base=base))

    async def _change(self, request: web.Request) -> web.Response:
        body = await read_object(request, "base", "edits", "author")
        edits = edits_from_json(await self._uncovered(body.get("edits")))
        if any(e.path[:1] == ("plugins",) for e in edits):
            await self._refuse_new_code(edit_all((await self._engine.profile()).profile, edits))
        author, base = text_of(body, "author", AUTHOR), _base(body)
        return await self._accepted(await self._engine.change(edits, author=author, base=base))

    async def _uncovered(self, edits: Json) -> Json:
        """Edits with what the environment held in the place of `${NAME}`; what is no list of edits is left alone."""
        veil = Veil((await self._engine.profile()).profile.references)
        if not veil or not isinstance(edits, list):
            return edits
        return [
            {**e, "value": veil.uncovered(e.get("value"), tuple(e["path"]))}
            if isinstance(e, dict) and isinstance(e.get("path"), list) and all(isinstance(p, str) for p in e["path"])
            else e
            for e in edits
        ]

    async def _accepted(self, revision: int) -> web.Response:
        return reply({"revision": revision, "held": (await self._engine.state()).held})

    async def _refuse_new_code(self, profile: Profile) -> None:
        """Hold that the control API never brings code into the engine."""
        running = (await self._engine.profile()).profile
        for plugin in profile.plugins:
            if plugin not in running.plugins:
                raise ForbiddenError(
                    f"{plugin.kind} {plugin.name}: the engine was not started with the code {plugin.callable}."
                )

    async def _start(self, request: web.Request) -> web.Response:
        await self._engine.start(await self._named(request))
        return await self._state(request)

    async def _stop(self, request: web.Request) -> web.Response:
        await self._engine.stop(await self._named(request))
        return await self._state(request)

    async def _named(self, request: web.Request) -> str:
        """The proxy that the path names, "" for all."""
        name: str = request.match_info.get("name", "")
        if name:
            known = [p.name for p in (await self._engine.profile()).profile.proxies]
            if name not in known:
                raise NotFoundError(f'unknown proxy "{name}",{did_you_mean(name, known)}')
        return name

    async def _release(self, request: web.Request) -> web.Response:
        body = await read_object(request, "proxy")
        return reply({"released": await self._engine.release(text_of(body, "proxy", ""))})

    async def _kick(self, request: web.Request) -> web.Response:
        return reply({"kicked": await self._engine.kick(await self._named(request))})

    async def _all_normal(self, request: web.Request) -> web.Response:
        await self._engine.all_normal()
        return reply({"held": True})

    async def _resume(self, request: web.Request) -> web.Response:
        await self._engine.resume()
        return reply({"held": False})

    async def _scenario(self, request: web.Request) -> web.Response:
        body = await read_object(request, "action", "phase")
        await self._engine.scenario(text_of(body, "action"), text_of(body, "phase", ""))
        return reply(to_json((await self._engine.state()).scenario))

    async def _put_override(self, request: web.Request) -> web.Response:
        name = await self._named(request)
        body = await read_object(request, "behavior", "options", "author")
        behavior, author = text_of(body, "behavior"), text_of(body, "author", AUTHOR)
        veil = Veil((await self._engine.profile()).profile.references)
        options = _options(veil.uncovered(body.get("options", {}), ("proxies", name, "behaviors", behavior)))
        await self._engine.override(name, behavior, options, author=author)
        return reply({"proxy": name, "override": behavior})

    async def _delete_override(self, request: web.Request) -> web.Response:
        name = await self._named(request)
        author = text_of(await read_object(request, "author"), "author", AUTHOR)
        await self._engine.override(name, "", author=author)
        return reply({"proxy": name, "override": ""})

    async def _probe(self, request: web.Request) -> web.Response:
        body = await read_object(request, "backend", "protocol", "own", *_PROBE_TLS)
        own = body.get("own", [])
        if not isinstance(own, list) or not all(isinstance(o, str) for o in own):
            raise UsageError('"own": expected a list of texts.')
        backend, protocol = text_of(body, "backend"), text_of(body, "protocol", "tcp")
        tls = {key: text_of(body, key, default) for key, default in _PROBE_TLS.items()}
        return reply(to_json(await self._engine.probe(backend, protocol, own=own, **tls)))

    async def _demo(self, request: web.Request) -> web.Response:
        body = await read_object(request, "action", "proxy", "rate", "protocol")
        rate = body.get("rate", 20.0)
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate <= 10_000:
            raise UsageError('"rate": expected requests a second over 0 and at most 10,000.')
        action, proxy, protocol = text_of(body, "action"), text_of(body, "proxy", ""), text_of(body, "protocol", "")
        address = await self._engine.demo(action, proxy=proxy, rate=float(rate), protocol=protocol)
        return reply({"address": address})

    async def _journal(self, request: web.Request) -> web.Response:
        since = whole_of(request.query.get("since"), "since", 0, 2**62)
        limit = whole_of(request.query.get("limit"), "limit", 1000, JOURNAL_LIMIT)
        return reply({"entries": to_json(await self._engine.journal(since, limit))})

    async def _export(self, request: web.Request) -> web.Response:
        """The running profile as INI text: as it would be saved, or a fresh one where there is no file."""
        profile = (await self._engine.profile()).profile
        if self._saver is not None:
            return web.Response(text=self._saver.text(profile))
        from vaurien_core.profiles import dumps_covered

        try:
            return web.Response(text=dumps_covered(profile, await self._engine.catalogue()))
        except ValueError as error:
            raise UsageError(f"the profile can't be written: {error}.") from None

    async def _save(self, request: web.Request) -> web.Response:
        """Write the running profile beside its file; `file` is a plain name, the profile's own without one."""
        body = await read_object(request, "file")
        if self._saver is None:
            raise ForbiddenError("The engine runs no profile from a file, so there is no folder to save in.")
        if request.remote is None or not is_loopback_name(request.remote):
            raise ForbiddenError("Saving is allowed from this machine only.")
        profile = (await self._engine.profile()).profile
        return reply({"file": str(await self._saver.save(profile, text_of(body, "file", "")))})


def _base(body: Mapping[str, Any]) -> int | None:
    base = body.get("base")
    if base is not None and (isinstance(base, bool) or not isinstance(base, int)):
        raise UsageError('"base": expected a revision.')
    return base


def _options(data: object) -> OptionValues:
    if not isinstance(data, dict):
        raise UsageError('"options": expected an object.')
    return values_of({k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})
