"""Numbers, lists and choices that came from the environment are covered as texts are, and survive the round trip."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import aiohttp
import pytest

from vaurien_core.control import serve
from vaurien_core.engine.local import LocalEngine
from vaurien_core.engine.remote import RemoteEngine
from vaurien_core.model.profile import Profile
from vaurien_core.model.veil import Reference, Veil
from vaurien_core.model.wire import from_json, to_json
from vaurien_core.profiles import loads
from vaurien_core.registry import Registry

INI = """
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 20:delay, 5:pick
[behavior:delay]
sleep = ${SLEEP}
before = ${BEFORE}
[behavior:pick]
type = error
client = ${NETS}, 127.0.0.1
skip = ${SKIP}
"""
ENV = {"SLEEP": "1.375", "BEFORE": "no", "NETS": "10.9.8.0/24", "SKIP": "31337"}
VALUES = ("1.375", "10.9.8.0/24", "31337")
SHOWN = {
    "delay": {"sleep": "${SLEEP}", "before": "${BEFORE}"},
    "pick": {"client": "${NETS}, 127.0.0.1", "skip": "${SKIP}"},
}


def profile() -> Profile:
    return loads(INI, "p.ini", Registry.builtin(), env=ENV).profile


@pytest.fixture
def veil() -> Iterator[Veil]:
    yield Veil(profile().references)


async def test_a_public_site_shows_them_as_written_and_takes_them_back() -> None:
    engine = LocalEngine(profile(), registry=Registry.builtin())
    server = await serve(engine)
    try:
        async with aiohttp.ClientSession(server.urls[0]) as http:
            shown = await (await http.get("/v3/profile")).json()
            [proxy] = shown["profile"]["proxies"]
            assert {b["name"]: b["options"] for b in proxy["behaviors"]} == SHOWN
            assert (await http.put("/v3/profile", json={"profile": shown["profile"]})).status == 200
            assert engine.running_profile == profile()
            edits = [{"path": ["proxies", "default", "behaviors", "pick", "client"], "value": "${NETS}, 127.0.0.1"}]
            assert (await http.post("/v3/change", json={"edits": edits})).status == 200
            assert engine.running_profile == profile()
            options = {"sleep": "${SLEEP}", "before": "${BEFORE}"}
            assert (await http.put("/behavior", json={"name": "delay", **options})).status == 200
            assert dict((await engine.state()).proxy("default").override_options) == options
            assert (await (await http.get("/behavior")).json())["options"] == options
            for path in ("/v3/profile", "/v3/state", "/v3/journal", "/v3/export", "/behavior", "/metrics"):
                text = await (await http.get(path)).text()
                assert not [value for value in VALUES if value in text], (path, text)
            exported = await (await http.get("/v3/export")).text()
            assert loads(exported, "exported.ini", Registry.builtin(), env=ENV).profile == profile()
        remote = RemoteEngine(server.urls[0])
        assert dict((await remote.profile()).profile.proxy("default").behavior("delay").options) == SHOWN["delay"]
        await remote.aclose()
    finally:
        await server.aclose()
        await engine.aclose()


def test_an_option_is_covered_under_its_own_name_only(veil: Veil) -> None:
    assert veil.options((("sleep", 1.375), ("jitter", 1.375), ("skip", 31337))) == (
        ("sleep", "${SLEEP}"), ("jitter", 1.375), ("skip", "${SKIP}"),
    )  # fmt: skip
    assert veil.sentences({"skip": True, "before": False, "n": 31337}) == {
        "skip": True, "before": "${BEFORE}", "n": 31337,
    }  # fmt: skip
    assert veil.sentence("clients of 10.9.8.0/24 and 127.0.0.1") == "clients of ${NETS}, 127.0.0.1 and 127.0.0.1"


def test_references_of_any_kind_survive_the_private_link() -> None:
    sent = json.loads(json.dumps(to_json(profile())))
    assert from_json(Profile, sent).references == profile().references
    assert replace(profile(), references=()) == profile()
    assert {type(r.value) for r in profile().references} == {float, bool, int, tuple}
    assert Veil([Reference(("a",), "${A}", "")]).sentence("a") == "a"
