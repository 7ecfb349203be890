"""A backend that comes as a URL from outside (API, window) is read at once: no URL and no password is left."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest
from traffic import engine, proxy

from vaurien_core.control import serve
from vaurien_core.engine.local import LocalEngine
from vaurien_core.errors import OptionError
from vaurien_core.model.change import Edit
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.registry import Registry

PLACE = ("proxies", "web")
URL = "https://me:geheim@shop.example/cart"
HTTP = (("overwrite_host_header", True), ("rewrite_answers", True))


async def web(running: LocalEngine) -> ProxySpec:
    return (await running.profile()).profile.proxy("web")


async def said(running: LocalEngine) -> str:
    return repr(await running.journal()) + repr((await running.profile()).profile)


@pytest.mark.parametrize("tls", ["", "starttls"])
async def test_a_url_in_an_edit_sets_protocol_tls_and_options(tls: str) -> None:
    before = replace(proxy("db:1"), protocol="smtp", backend_tls=tls, backend_name="former.example")
    async with engine(before, start=False) as running:
        await running.change([Edit((*PLACE, "backend"), URL)], author="ann")
        spec = await web(running)
        assert spec == replace(
            before,
            backend="shop.example:443",
            protocol="http",
            backend_tls="on",
            backend_name="",
            protocol_options=HTTP,
        )
        texts = [entry.text for entry in await running.journal()]
        assert "Of the URL, user name and password and the path /cart are not used: requests keep their own." in texts
        assert "geheim" not in await said(running)


async def test_what_the_same_change_says_besides_wins() -> None:
    async with engine(proxy("db:1"), start=False) as running:
        edits = [
            Edit((*PLACE, "backend_tls"), "off"),
            Edit((*PLACE, "backend"), URL),
            Edit((*PLACE, "protocol"), "tcp"),
        ]
        await running.change(edits)
        assert (await web(running)).protocol == "tcp"
        assert (await web(running)).backend_tls == "off"


async def test_a_plain_address_changes_nothing_else() -> None:
    before = replace(proxy("shop.example:443"), backend_tls="on", protocol_options=HTTP)
    async with engine(before, start=False) as running:
        await running.change([Edit((*PLACE, "backend"), "10.0.0.1:443")])
        assert await web(running) == replace(before, backend="10.0.0.1:443")


async def test_a_url_without_tls_ends_it() -> None:
    async with engine(replace(proxy("shop.example:443"), backend_tls="on"), start=False) as running:
        await running.change([Edit((*PLACE, "backend"), "redis://cache")])
        spec = await web(running)
        assert (spec.protocol, spec.backend, spec.backend_tls) == ("redis", "cache:6379", "")


async def test_whole_proxies_and_profiles_may_have_one() -> None:
    pasted = ProxySpec("web", "127.0.0.1:0", URL)
    async with engine(pasted, start=False) as running:
        expected = replace(pasted, backend="shop.example:443", protocol="http", backend_tls="on", protocol_options=HTTP)
        assert await web(running) == expected
        await running.apply(Profile((replace(pasted, backend="smtps://mail", backend_tls="off"),)))
        spec = await web(running)
        assert (spec.protocol, spec.backend, spec.backend_tls) == ("smtp", "mail:465", "off")
        await running.change([Edit(PLACE, pasted)])
        assert await web(running) == expected
        assert "geheim" not in await said(running)


async def test_a_bad_url_is_refused_without_its_password() -> None:
    async with engine(proxy("db:1"), start=False) as running:
        with pytest.raises(OptionError) as caught:
            await running.change([Edit((*PLACE, "backend"), "gopher://me:geheim@shop.example")])
        assert str(caught.value).startswith("web: backend: expected a URL that begins with http")
        assert "geheim" not in str(caught.value)
        assert (await web(running)).backend == "db:1"


async def test_the_control_api_takes_urls_and_never_shows_a_password() -> None:
    running = LocalEngine(Profile((proxy("db:1"),), seed=1), registry=Registry.builtin())
    server = await serve(running)
    try:
        async with aiohttp.ClientSession(server.urls[0]) as http:
            edits = [{"path": ["proxies", "web", "backend"], "value": URL}]
            async with http.post("/v3/change", json={"edits": edits}) as answer:
                assert answer.status == 200
            async with http.get("/v3/profile") as answer:
                assert (await answer.json())["profile"]["proxies"][0]["backend"] == "shop.example:443"
            async with http.put("/backend", json={"backend": "http://other.example"}) as answer:
                assert answer.status == 200
            async with http.get("/backend") as answer:
                assert await answer.json() == {"backend": "other.example:80"}
            assert (await web(running)).backend_tls == "off"
            async with http.put("/backend", json={"backend": "gopher://me:geheim@h"}) as answer:
                assert answer.status == 400
                assert "geheim" not in await answer.text()
            async with http.get("/v3/journal") as answer:
                assert "geheim" not in await answer.text()
    finally:
        await server.aclose()
        await running.aclose()
