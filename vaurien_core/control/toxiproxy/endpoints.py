"""The paths of Toxiproxy's API and what each reads and answers (`api.go`). Registered on every control site."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from vaurien_core.control.toxiproxy.bodies import fields, items, read_value
from vaurien_core.control.toxiproxy.errors import Failure, missing, reply
from vaurien_core.control.toxiproxy.writes import Writes
from vaurien_core.engine.base import Engine
from vaurien_core.errors import UsageError
from vaurien_core.model.profile import ToxicSpec
from vaurien_core.profiles.toxiproxy import STREAMS, options

VERSION = "2.12.0"
"""Of the API: clients decide by it what they may send. Ours stands in the header `Vaurien-Version`."""
Handler = Callable[[web.Request], Awaitable[web.Response]]
_PROXY = {"name": str, "listen": str, "upstream": str, "enabled": bool}
_TOXIC = {"name": str, "type": str, "stream": str, "toxicity": float, "attributes": dict}


class Toxiproxy:
    """The handlers. Writes go one at a time, so that two clients never see half of each other's."""

    def __init__(self, engine: Engine) -> None:
        self._writes = Writes(engine)
        self._turn = asyncio.Lock()

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register all paths."""
        proxy = "/proxies/{proxy:[^/]+}"
        toxics, toxic = f"{proxy}/toxics", f"{proxy}/toxics/{{toxic:[^/]+}}"
        reads: dict[str, Handler] = {
            "/proxies": self._proxies, proxy: self._proxy, toxics: self._toxics, toxic: self._toxic,
            "/version": self._version,
        }  # fmt: skip
        writes: tuple[tuple[str, str, Handler], ...] = (
            ("POST", "/proxies", self._create), ("POST", "/populate", self._populate), ("POST", "/reset", self._reset),
            ("POST", proxy, self._update), ("PATCH", proxy, self._update), ("DELETE", proxy, self._delete),
            ("POST", toxics, self._add_toxic), ("POST", toxic, self._update_toxic),
            ("PATCH", toxic, self._update_toxic), ("DELETE", toxic, self._remove_toxic),
        )  # fmt: skip
        for path, handler in reads.items():
            router.add_get(path, handler, allow_head=False)
        for method, path, handler in writes:
            router.add_route(method, path, self._in_turn(handler))

    def _in_turn(self, handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            await request.read()
            async with self._turn:
                return await handler(request)

        return answer

    # -- proxies

    async def _proxies(self, request: web.Request) -> web.Response:
        stand = await self._writes.stand()
        return reply({spec.name: stand.proxy(spec) for spec in stand.profile.proxies})

    async def _proxy(self, request: web.Request) -> web.Response:
        return reply(await self._writes.shown(request.match_info["proxy"]))

    async def _create(self, request: web.Request) -> web.Response:
        body = fields(await read_value(request), "Proxy", **_PROXY)
        for key in ("name", "upstream"):
            if not body.get(key):
                raise missing(key)
        await self._writes.create(**_asked(body))
        return reply(await self._writes.shown(body["name"]), 201)

    async def _update(self, request: web.Request) -> web.Response:
        name = request.match_info["proxy"]
        await self._writes.proxy(name)
        body = fields(await read_value(request), "Proxy", **_PROXY)
        await self._writes.update(name, body.get("listen"), body.get("upstream"), body.get("enabled"))
        return reply(await self._writes.shown(name))

    async def _delete(self, request: web.Request) -> web.Response:
        await self._writes.delete(request.match_info["proxy"])
        return web.Response(status=204)

    # -- all of them

    async def _populate(self, request: web.Request) -> web.Response:
        done: list[dict[str, Any]] = []
        try:
            wanted = [fields(item, "Proxy", **_PROXY) for item in items(await read_value(request))]
            for number, body in enumerate(wanted, start=1):
                for key in ("name", "upstream"):
                    if not body.get(key):
                        raise missing(key, number)
            for body in wanted:
                await self._writes.populate(**_asked(body))
                done.append(await self._writes.shown(body["name"]))
        except Failure as failure:
            failure.more["proxies"] = done
            raise
        except UsageError as error:
            raise Failure(500, str(error), proxies=done) from None
        return reply({"proxies": done}, 201)

    async def _reset(self, request: web.Request) -> web.Response:
        await self._writes.reset()
        return web.Response(status=204)

    async def _version(self, request: web.Request) -> web.Response:
        text = f'{{"version": "{VERSION}"}}\n'
        return web.Response(body=text.encode(), headers={"Content-Type": "application/json;charset=utf-8"})

    # -- toxics

    async def _toxics(self, request: web.Request) -> web.Response:
        name = request.match_info["proxy"]
        return reply((await self._writes.stand()).toxics(await self._writes.proxy(name)))

    async def _toxic(self, request: web.Request) -> web.Response:
        return await self._shown_toxic(request.match_info["proxy"], request.match_info["toxic"])

    async def _add_toxic(self, request: web.Request) -> web.Response:
        proxy = request.match_info["proxy"]
        spec = await self._writes.proxy(proxy)
        body = fields(await read_value(request), "Toxic", **_TOXIC)
        stream = body.get("stream", "downstream").lower()
        if stream not in STREAMS:
            raise Failure(400, "stream was invalid, can be either upstream or downstream")
        catalogue = (await self._writes.stand()).catalogue
        kind = body.get("type", "")
        if kind not in {info.name for info in catalogue.toxics}:
            raise Failure(400, "invalid toxic type")
        name = body.get("name") or f"{kind}_{stream}"
        if spec.toxic(name) is not None:
            raise Failure(409, "toxic already exists")
        given = options(kind, body.get("attributes", {}), catalogue)
        toxicity = float(body.get("toxicity", 1.0))
        await self._writes.put_toxic(
            proxy, ToxicSpec(name, kind if kind != name else "", stream, toxicity, True, given)
        )
        return await self._shown_toxic(proxy, name)

    async def _update_toxic(self, request: web.Request) -> web.Response:
        proxy, name = request.match_info["proxy"], request.match_info["toxic"]
        toxic = await self._writes.toxic(proxy, name)
        body = fields(await read_value(request), "Toxic", toxicity=float, attributes=dict)
        catalogue = (await self._writes.stand()).catalogue
        given = options(toxic.kind, body.get("attributes", {}), catalogue, toxic.options)
        toxicity = float(body.get("toxicity", toxic.toxicity))
        await self._writes.put_toxic(proxy, replace(toxic, toxicity=toxicity, options=given))
        return await self._shown_toxic(proxy, name)

    async def _remove_toxic(self, request: web.Request) -> web.Response:
        await self._writes.drop_toxic(request.match_info["proxy"], request.match_info["toxic"])
        return web.Response(status=204)

    async def _shown_toxic(self, proxy: str, name: str) -> web.Response:
        return reply((await self._writes.stand()).toxic(await self._writes.toxic(proxy, name)))


def _asked(body: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a proxy that is created."""
    return {
        "name": body["name"],
        "listen": body.get("listen", ""),
        "upstream": body["upstream"],
        "enabled": body.get("enabled", True),
    }
