"""Populate, reset, version, and what holds for all paths."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing

import pytest
from toxiproxy_client import Api, free_port, serving

from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.change import Edit


async def test_populate_creates_in_order_and_answers_all(api: Api) -> None:
    one, two = free_port(), free_port()
    body = [{"name": "a", "listen": f"localhost:{one}", "upstream": "x:1"},
            {"name": "b", "listen": f"localhost:{two}", "upstream": "x:1", "enabled": False, "toxics": [{"type": "noop"}]}]  # fmt: skip
    answer = await api("POST", "/populate", body)
    assert answer.status == 201
    assert [(p["name"], p["listen"], p["enabled"], p["toxics"]) for p in answer.json["proxies"]] == [
        ("a", f"127.0.0.1:{one}", True, []), ("b", f"localhost:{two}", False, []),
    ]  # fmt: skip


async def test_populate_keeps_what_is_the_same_and_replaces_what_is_not(api: Api) -> None:
    async with serving(b"hi") as backend:
        port = free_port()
        same = {"name": "a", "listen": f"localhost:{port}", "upstream": backend}
        await api("POST", "/populate", [same])
        await api("POST", "/proxies/a/toxics", {"type": "noop"})
        await api("POST", "/proxies", {"name": "alone", "upstream": "x:1"})
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read(2) == b"hi"
        answer = await api("POST", "/populate", [{**same, "enabled": False}])
        assert answer.json["proxies"][0]["enabled"] is True
        assert len(answer.json["proxies"][0]["toxics"]) == 1
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        answer = await api("POST", "/populate", [{**same, "upstream": "127.0.0.1:9"}])
        assert answer.json["proxies"][0]["toxics"] == []
        assert answer.json["proxies"][0]["listen"] == f"127.0.0.1:{port}"
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        assert sorted((await api("GET", "/proxies")).json) == ["a", "alone"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('[{"name": "a", "upstream": "x:1"}, {"upstream": "x:1"}]', "missing required field: name at proxy 2"),
        ('[{"name": "a", "upstream": "x:1"}, {"name": "b"}]', "missing required field: upstream at proxy 2"),
        ("", "bad request body: EOF"),
        ("{}", "bad request body: json: cannot unmarshal object into Go value of type []Proxy"),
    ],
)
async def test_populate_checks_all_before_it_makes_any(api: Api, body: str, text: str) -> None:
    answer = await api("POST", "/populate", body)
    assert answer.error == (400, text)
    assert answer.json["proxies"] == []
    assert (await api("GET", "/proxies")).json == {}


async def test_an_empty_list_populates_nothing(api: Api) -> None:
    assert (await api("POST", "/populate", "[]")).json == {"proxies": []}


async def test_the_first_failure_stops_populating_and_says_what_was_done(api: Api) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        answer = await api("POST", "/populate", [
            {"name": "a", "upstream": "x:1"}, {"name": "b", "upstream": "x:1", "listen": f"127.0.0.1:{port}"},
            {"name": "c", "upstream": "x:1"},
        ])  # fmt: skip
    assert answer.error == (500, f"listen tcp 127.0.0.1:{port}: bind: address already in use")
    assert [p["name"] for p in answer.json["proxies"]] == ["a"]
    assert list((await api("GET", "/proxies")).json) == ["a"]


async def test_reset_enables_all_and_takes_toxics_and_states_off(api: Api, engine: LocalEngine) -> None:
    for name in ("a", "b"):
        await api("POST", "/proxies", {"name": name, "upstream": "x:1", "enabled": name == "a"})
        await api("POST", f"/proxies/{name}/toxics", {"type": "timeout"})
    await engine.change([Edit(("proxies", "a", "state"), "down")])
    answer = await api("POST", "/reset")
    assert (answer.status, answer.text) == (204, "")
    proxies = (await api("GET", "/proxies")).json
    assert [(p["enabled"], p["toxics"]) for p in proxies.values()] == [(True, []), (True, [])]
    assert (await engine.profile()).profile.proxy("a").state == "up"


async def test_reset_says_which_proxy_can_t_listen(api: Api) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        await api("POST", "/proxies", {"name": "a", "upstream": "x:1", "listen": f"127.0.0.1:{port}", "enabled": False})
        answer = await api("POST", "/reset")
        assert answer.error == (500, f"listen tcp 127.0.0.1:{port}: bind: address already in use")
        assert (await api("GET", "/proxies/a")).json["enabled"] is False


async def test_the_version_is_one_that_clients_compare(api: Api) -> None:
    answer = await api("GET", "/version")
    assert (answer.status, answer.text) == (200, '{"version": "2.12.0"}\n')
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"


PATHS = [("GET", "/proxies"), ("GET", "/proxies/no"), ("POST", "/populate"), ("GET", "/reset"), ("GET", "/version/x")]


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_every_answer_has_a_request_id_of_its_own(api: Api, method: str, path: str) -> None:
    ids = {(await api(method, path)).headers["X-Toxiproxy-Request-Id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(("method", "path"), [*PATHS[:3], ("GET", "/proxies/no/more/words")])
async def test_browsers_are_sent_away(api: Api, method: str, path: str) -> None:
    answer = await api(method, path, User_Agent="Mozilla/5.0 (Linux)")
    assert (answer.status, answer.text) == (403, "User agent not allowed\n")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert (await api("GET", "/proxies", User_Agent="curl Mozilla/5.0")).status == 200


@pytest.mark.parametrize("path", ["/proxies/", "/proxies/a/b", "/populate/", "/version/x", "/proxies/a/toxics/b/c"])
async def test_unknown_paths_are_404_as_go_says_it(api: Api, path: str) -> None:
    answer = await api("GET", path)
    assert (answer.status, answer.text) == (404, "404 page not found\n")
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/proxies"),
        ("GET", "/populate"),
        ("GET", "/reset"),
        ("POST", "/version"),
        ("HEAD", "/version"),
        ("PUT", "/proxies/a"),
    ],
)
async def test_wrong_methods_are_405_with_nothing_said(api: Api, method: str, path: str) -> None:
    answer = await api(method, path)
    assert (answer.status, answer.text) == (405, "")


async def test_other_paths_keep_their_own_errors(api: Api) -> None:
    answer = await api("GET", "/unheard-of")
    assert (answer.status, answer.json) == (404, {"error": "There is nothing at /unheard-of."})
    assert (await api("GET", "/v3/state")).status == 200
    assert (await api("GET", "/behaviors")).status == 400


async def test_all_calls_answer_while_one_client_sends_its_body_slowly(api: Api) -> None:
    host, _, port = api.url.removeprefix("http://").rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /proxies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    async with asyncio.timeout(5):
        assert (await api("POST", "/reset")).status == 204
    writer.close()
