"""The classic paths, as old clients speak them."""

from __future__ import annotations

import io
import json

import aiohttp
import pytest
from fake import FakeEngine

from vaurien_core.model.change import Edit


async def put(http: aiohttp.ClientSession, path: str, body: object, **headers: str) -> tuple[int, dict[str, object]]:
    raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
    async with http.put(path, data=raw, headers=headers) as response:
        return response.status, await response.json()


async def get(http: aiohttp.ClientSession, path: str) -> dict[str, object]:
    async with http.get(path) as response:
        assert response.status == 200, await response.text()
        body: dict[str, object] = await response.json()
        return body


def refused(name: str, description: str) -> dict[str, object]:
    return {"status": "error", "errors": [{"location": "body", "name": name, "description": description}]}


async def test_behaviors_are_listed_sorted_with_the_variants_of_the_proxy(http: aiohttp.ClientSession) -> None:
    assert await get(http, "/behaviors") == {"behaviors": ["delay", "dummy", "error", "hang"]}
    assert await get(http, "/behaviors?proxy=all") == {"behaviors": ["delay", "dummy", "error", "hang", "pay-fails"]}


async def test_a_mix_is_mix_an_empty_one_dummy_a_single_one_at_100_its_name(http: aiohttp.ClientSession) -> None:
    assert await get(http, "/behavior") == {"behavior": "mix", "options": {}}
    assert await get(http, "/behavior?proxy=all") == {"behavior": "delay", "options": {"sleep": 2.0}}
    assert await get(http, "/behavior?proxy=none") == {"behavior": "dummy", "options": {}}


async def test_put_lays_an_override_that_mix_ends(http: aiohttp.ClientSession, engine: FakeEngine) -> None:
    assert await put(http, "/behavior", {"name": "error", "inject": True}) == (200, {"status": "ok"})
    assert await get(http, "/behavior") == {"behavior": "error", "options": {"inject": True}}
    assert (await engine.state()).proxy("web").override == "error"
    assert (await engine.state()).proxy("all").override == ""
    before = (await engine.profile()).profile
    assert await put(http, "/behavior", {"name": "mix"}) == (200, {"status": "ok"})
    assert await get(http, "/behavior") == {"behavior": "mix", "options": {}}
    assert (await engine.profile()).profile == before


async def test_put_is_read_whatever_its_content_type(http: aiohttp.ClientSession) -> None:
    async with http.put("/behavior", data=b'{"name": "delay"}', skip_auto_headers=["Content-Type"]) as response:
        assert response.status == 200
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"):
        assert (await put(http, "/behavior", {"name": "delay"}, **{"Content-Type": kind}))[0] == 200


async def test_option_texts_are_read_as_in_the_ini(http: aiohttp.ClientSession) -> None:
    assert (await put(http, "/behavior?proxy=none", {"name": "delay", "sleep": "250ms", "before": "no"}))[0] == 200
    expected = {"behavior": "delay", "options": {"before": False, "sleep": 0.25}}
    assert await get(http, "/behavior?proxy=none") == expected


async def test_an_unknown_name_is_refused_in_the_old_shape(http: aiohttp.ClientSession) -> None:
    status, body = await put(http, "/behavior", {"name": "dealy"})
    assert status == 400
    assert body == refused("name", 'unknown behavior "dealy", did you mean "delay"?')


@pytest.mark.parametrize("raw", ["", "{", "name=delay", "[]", '"delay"', "[" * 100_000, b"\xff\xfe"])
async def test_a_body_that_is_no_json_object_is_refused_with_an_empty_name(
    http: aiohttp.ClientSession, raw: str | bytes
) -> None:
    status, body = await put(http, "/behavior", raw)
    assert status == 400
    assert body["status"] == "error"
    assert body["errors"][0]["location"] == "body"  # type: ignore[index]
    assert body["errors"][0]["name"] == ""  # type: ignore[index]


@pytest.mark.parametrize(
    ("body", "name", "says"),
    [
        ({}, "name", "missing"),
        ({"name": 3}, "name", "a number"),
        ({"name": ""}, "name", "nothing"),
        ({"name": "delay", "slep": 1}, "slep", 'did you mean "sleep"'),
        ({"name": "delay", "sleep": -1}, "sleep", "at least 0"),
        ({"name": "delay", "sleep": [1]}, "sleep", "a number"),
        ({"name": "delay", "before": "perhaps"}, "before", "yes or no"),
        ({"name": "mix", "sleep": 1}, "sleep", "no options"),
        ({"name": "pay-fails"}, "name", "unknown behavior"),
    ],
)
async def test_what_does_not_fit_names_its_key(
    http: aiohttp.ClientSession, engine: FakeEngine, body: dict[str, object], name: str, says: str
) -> None:
    status, answer = await put(http, "/behavior", body)
    assert status == 400
    error = answer["errors"][0]  # type: ignore[index]
    assert error["name"] == name
    assert says in error["description"]
    assert (await engine.state()).proxy("web").override == ""


async def test_an_old_client_that_puts_back_what_it_got_restores_the_mix(
    http: aiohttp.ClientSession, engine: FakeEngine
) -> None:
    before = (await get(http, "/behavior"))["behavior"]
    await put(http, "/behavior", {"name": "error"})
    await put(http, "/behavior", {"name": before})
    assert (await engine.state()).proxy("web").override == ""


async def test_the_backend_is_read_and_changed(http: aiohttp.ClientSession, engine: FakeEngine) -> None:
    assert await get(http, "/backend") == {"backend": "127.0.0.1:9000"}
    assert await put(http, "/backend?proxy=none", {"backend": "example.com:443"}) == (200, {"status": "ok"})
    assert await get(http, "/backend?proxy=none") == {"backend": "example.com:443"}
    assert await get(http, "/backend") == {"backend": "127.0.0.1:9000"}
    status, body = await put(http, "/backend", {"backend": "nonsense"})
    assert status == 400
    assert body["errors"][0]["name"] == "backend"  # type: ignore[index]
    assert (await put(http, "/backend", {"backend": 80}))[0] == 400


async def test_the_proxy_called_default_is_meant_before_the_first(
    http: aiohttp.ClientSession, engine: FakeEngine
) -> None:
    spec = (await engine.profile()).profile.proxy("none")
    from dataclasses import replace

    await engine.change([Edit(("proxies", "default"), replace(spec, name="default", backend="b:1"))])
    assert await get(http, "/backend") == {"backend": "b:1"}


async def test_an_unknown_proxy_and_a_profile_without_one_are_refused(
    http: aiohttp.ClientSession, engine: FakeEngine
) -> None:
    async with http.get("/behavior?proxy=wep") as response:
        assert response.status == 400
        error = (await response.json())["errors"][0]
    assert (error["location"], error["name"]) == ("querystring", "proxy")
    assert 'did you mean "web"' in error["description"]
    for name in ("web", "all", "none"):
        await engine.change([Edit(("proxies", name), None)])
    async with http.get("/behavior") as response:
        assert response.status == 400


async def test_a_body_that_is_too_large_is_refused_in_the_old_shape(http: aiohttp.ClientSession) -> None:
    async with http.put("/behavior", data=io.BytesIO(b" " * (9 * 2**20))) as response:
        assert response.status == 413
        assert (await response.json())["status"] == "error"
