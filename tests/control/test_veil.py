"""What `${NAME}` stands for stays in the process, and a profile survives the way out and back in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from vaurien_core.control import serve
from vaurien_core.engine.child import ChildEngine
from vaurien_core.engine.local import LocalEngine
from vaurien_core.engine.remote import RemoteEngine
from vaurien_core.model.profile import Profile
from vaurien_core.model.veil import Reference, Veil
from vaurien_core.profiles import loads
from vaurien_core.registry import Registry

SECRET, OTHER = "127.0.0.1:9", "127.0.0.1:8"
INI = """
[vaurien]
proxy = ${LISTEN}
backend = ${DB}
protocol = http
behavior = 100:error
seed = 7
[behavior:error]
error = ${WHAT}
[proxy:open]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
[control]
http = yes
port = 0
"""
ENV = {"DB": SECRET, "WHAT": "503", "LISTEN": "127.0.0.1:0"}


def profile() -> Profile:
    return loads(INI, "p.ini", Registry.builtin(), env=ENV).profile


@asynccontextmanager
async def site(*, private: bool = False) -> AsyncIterator[tuple[LocalEngine, aiohttp.ClientSession]]:
    engine = LocalEngine(profile(), registry=Registry.builtin())
    server = await serve(engine, private=private, token="t")
    headers = {"Authorization": "Bearer t"}
    try:
        async with aiohttp.ClientSession(server.urls[0], headers=headers) as http:
            yield engine, http
    finally:
        await server.aclose()
        await engine.aclose()


def test_reading_remembers_what_is_a_secret_and_not_where_vaurien_listens() -> None:
    assert [(r.path, r.text) for r in profile().references if r.path[1] == "default"] == [
        (("proxies", "default", "backend"), "${DB}"),
        (("proxies", "default", "behaviors", "error", "error"), "${WHAT}"),
    ]
    assert profile() == replace(profile(), references=())


async def test_a_public_site_shows_what_was_written() -> None:
    async with site() as (_, http):
        shown = (await (await http.get("/v3/profile")).json())["profile"]
        assert shown["references"] == []
        assert [p["backend"] for p in shown["proxies"]] == ["${DB}", SECRET]
        assert shown["proxies"][0]["behaviors"][0]["options"] == {"error": "${WHAT}"}
        assert (await (await http.get("/backend")).json())["backend"] == "${DB}"
        assert (await (await http.get("/behavior")).json())["options"] == {"error": "${WHAT}"}
        assert "backend = ${DB}" in await (await http.get("/v3/export")).text()


async def test_what_was_shown_may_be_sent_back() -> None:
    async with site() as (engine, http):
        shown = await (await http.get("/v3/profile")).json()
        assert (await http.put("/v3/profile", json={"profile": shown["profile"]})).status == 200
        assert engine.running_profile == profile()
        options = (await (await http.get("/behavior")).json())["options"]
        assert (await http.put("/behavior", json={"name": "error", **options})).status == 200
        assert "503" not in json.dumps((await (await http.get("/v3/state")).json())["proxies"])
        assert (await http.put("/backend", json={"backend": OTHER})).status == 200
        edits = [{"path": ["proxies", "default", "backend"], "value": "${DB}"}]
        assert (await http.post("/v3/change", json={"edits": edits})).status == 200
        assert engine.running_profile == profile()
        assert (await (await http.get("/backend")).json())["backend"] == "${DB}"


async def test_a_changed_value_is_nobodys_secret_and_the_list_of_secrets_is_not_for_callers() -> None:
    async with site() as (_, http):
        await http.put("/backend", json={"backend": OTHER})
        assert (await (await http.get("/backend")).json())["backend"] == OTHER
        edits = [{"path": ["references"], "value": []}]
        assert (await http.post("/v3/change", json={"edits": edits})).status == 400
        shown = await (await http.get("/v3/profile")).json()
        shown["profile"]["references"] = [{"path": ["seed"], "text": "", "value": ""}]
        assert (await http.put("/v3/profile", json={"profile": shown["profile"]})).status == 200
        assert (await http.put("/backend", json={"backend": "${DB}"})).status == 200
        assert (await (await http.get("/backend")).json())["backend"] == "${DB}"


async def test_sentences_about_a_backend_that_is_down_name_it_as_written() -> None:
    async with site() as (engine, http):
        await engine.override("default", "dummy")
        await engine.start()
        bound = (await engine.state()).proxy("default").bound
        async with aiohttp.ClientSession() as client:
            with pytest.raises(aiohttp.ClientError):
                await client.get(f"http://{bound}/")
        texts = [entry.text for entry in await engine.journal()]
        assert any(text.startswith("The backend ${DB} refused the connection") for text in texts)
        assert SECRET not in await (await http.get("/v3/journal")).text()


async def test_the_private_site_carries_the_values() -> None:
    async with site(private=True) as (engine, http):
        remote = RemoteEngine(str(http._base_url), "t")
        assert (await remote.profile()).profile == profile()
        assert (await remote.profile()).profile.references == profile().references
        await remote.apply(replace(profile(), references=()))
        assert engine.running_profile.references == profile().references
        await remote.aclose()


async def test_the_public_site_of_the_windows_engine_is_covered_too() -> None:
    async with aclosing(await ChildEngine.launch(profile(), start_within_s=20.0)) as child:  # type: ignore[type-var]
        assert (await child.profile()).profile == profile()
        async with aiohttp.ClientSession((await child.state()).control[0]) as http:
            assert (await (await http.get("/backend")).json())["backend"] == "${DB}"
            assert SECRET not in (await (await http.get("/v3/profile")).text()).replace(f'"backend":"{SECRET}"', "", 1)


def test_short_values_are_covered_alone_and_long_ones_within_sentences() -> None:
    veil = Veil([Reference(("a",), "${A}", "up"), Reference(("b",), "${B}", "s3cret")])
    assert veil.sentence("up") == "${A}"
    assert veil.sentence("up to s3cret, not s3crets") == "up to ${B}, not s3crets"
    assert not Veil(())
