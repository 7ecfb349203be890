"""Proxies as the clients of Toxiproxy make, change and delete them."""

# ruff: noqa: E501 - one case a line
from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from typing import Any

import pytest
from toxiproxy_client import Api, free_port, serving

from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.change import Edit


async def made(
    api: Api, name: str = "web", listen: str = "localhost:0", upstream: str = "127.0.0.1:9", **more: object
) -> Any:
    answer = await api("POST", "/proxies", {"name": name, "listen": listen, "upstream": upstream, **more})
    assert answer.status == 201, answer.text
    return answer.json


async def test_a_created_proxy_listens_at_a_numeric_address(api: Api) -> None:
    port = free_port()
    proxy = await made(api, listen=f"localhost:{port}")
    assert proxy == {
        "name": "web", "listen": f"127.0.0.1:{port}", "upstream": "127.0.0.1:9", "enabled": True, "toxics": [],
    }  # fmt: skip
    assert (await api("GET", "/proxies")).json == {"web": proxy}
    assert (await api("GET", "/proxies/web")).json == proxy
    with closing(socket.create_connection(("127.0.0.1", port), 5)):
        pass


async def test_port_0_becomes_the_real_one_and_stays_it(api: Api) -> None:
    listen = (await made(api))["listen"]
    assert not listen.endswith(":0")
    assert (await api("POST", "/proxies/web", {"enabled": False})).json["listen"] == listen
    assert (await api("POST", "/proxies/web", {"enabled": True})).json["listen"] == listen


@pytest.mark.parametrize("listen", ["", ":0", "0.0.0.0:0", "[::]:0"])
async def test_no_host_means_every_interface(api: Api, listen: str) -> None:
    shown = (await made(api, listen=listen))["listen"]
    assert shown.startswith("[::]:")
    port = int(shown.rpartition(":")[2])
    assert port
    with closing(socket.create_connection(("127.0.0.1", port), 5)):
        pass


async def test_a_proxy_that_is_created_disabled_keeps_its_text(api: Api) -> None:
    port = free_port()
    proxy = await made(api, listen=f"localhost:{port}", enabled=False)
    assert (proxy["listen"], proxy["enabled"]) == (f"localhost:{port}", False)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
    assert (await api("POST", "/proxies/web", {"enabled": True})).json["listen"] == f"127.0.0.1:{port}"


async def test_null_and_absent_leave_the_default_and_keys_mind_no_case(api: Api) -> None:
    body = '{"NAME": "a", "Listen": null, "upstream": "127.0.0.1:9", "enabled": null, "unknown": 1, "toxics": [1]} rest'
    proxy = (await api("POST", "/proxies", body)).json
    assert (proxy["name"], proxy["enabled"], proxy["toxics"]) == ("a", True, [])


REFUSED: list[tuple[str, tuple[int, str]]] = [
    ("", (400, "bad request body: EOF")),
    ("{", (400, "bad request body: unexpected EOF")),
    ("nonsense", (400, "bad request body: invalid character 'n' looking for beginning of value")),
    ("[]", (400, "bad request body: json: cannot unmarshal array into Go value of type Proxy")),
    ('{"name": 1}', (400, "bad request body: json: cannot unmarshal number into Go struct field Proxy.name of type string")),
    ('{"enabled": "yes"}', (400, "bad request body: json: cannot unmarshal string into Go struct field Proxy.enabled of type bool")),
    ("{}", (400, "missing required field: name")),
    ("null", (400, "missing required field: name")),
    ('{"upstream": "a:1"}', (400, "missing required field: name")),
    ('{"name": "a"}', (400, "missing required field: upstream")),
    ('{"name": "a", "upstream": "a:1", "listen": "nonsense"}', (500, "listen tcp: address nonsense: missing port in address")),
    ('{"name": "a", "upstream": "a:1", "listen": "::1:80"}', (500, "listen tcp: address ::1:80: too many colons in address")),
    ('{"name": "a", "upstream": "a:1", "listen": "localhost:70000"}', (500, "listen tcp: address 70000: invalid port")),
    ('{"name": "a", "upstream": "a:1", "listen": "localhost:web"}', (500, "listen tcp: lookup tcp/web: unknown port")),
    ('{"name": "a", "upstream": "a:1", "listen": "no.such.invalid:1"}', (500, "listen tcp: lookup no.such.invalid: no such host")),
    ('{"name": "a", "upstream": "a:1", "listen": "192.0.2.1:1"}', (500, "listen tcp 192.0.2.1:1: bind: cannot assign requested address")),
]  # fmt: skip


@pytest.mark.parametrize(("body", "error"), REFUSED, ids=[body[:40] for body, _ in REFUSED])
async def test_what_can_t_be_created_is_said_as_toxiproxy_says_it(api: Api, body: str, error: tuple[int, str]) -> None:
    assert (await api("POST", "/proxies", body)).error == error
    assert (await api("GET", "/proxies")).json == {}


async def test_a_taken_port_is_refused_in_go_s_words_and_leaves_nothing(api: Api, engine: LocalEngine) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        answer = await api("POST", "/proxies", {"name": "a", "upstream": "b:1", "listen": f"localhost:{port}"})
        assert answer.error == (500, f"listen tcp 127.0.0.1:{port}: bind: address already in use")
    assert (await api("GET", "/proxies/a")).error == (404, "proxy not found")
    assert (await engine.profile()).profile.proxies == ()


async def test_a_name_that_is_taken_is_refused_before_its_address_is(api: Api) -> None:
    listen = (await made(api))["listen"]
    answer = await api("POST", "/proxies", {"name": "web", "upstream": "b:1", "listen": listen})
    assert answer.error == (409, "proxy already exists")


async def test_unknown_proxies_are_404_everywhere(api: Api) -> None:
    for method, path in (
        ("GET", ""), ("POST", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/toxics"), ("POST", "/toxics"),
        ("GET", "/toxics/a"), ("POST", "/toxics/a"), ("PATCH", "/toxics/a"), ("DELETE", "/toxics/a"),
    ):  # fmt: skip
        assert (await api(method, f"/proxies/no{path}", "{}")).error == (404, "proxy not found")


@pytest.mark.parametrize("method", ["PATCH", "POST"])
async def test_another_upstream_restarts_a_proxy_and_keeps_its_toxics(api: Api, method: str) -> None:
    async with serving(b"one") as first, serving(b"two") as second:
        proxy = await made(api, upstream=first)
        await api("POST", "/proxies/web/toxics", {"type": "noop"})
        host, _, port = proxy["listen"].rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        assert await reader.read(3) == b"one"
        answer = await api(method, "/proxies/web", {"upstream": second})
        assert answer.status == 200
        assert (answer.json["upstream"], answer.json["listen"]) == (second, proxy["listen"])
        assert [toxic["name"] for toxic in answer.json["toxics"]] == ["noop_downstream"]
        assert await reader.read() == b""
        writer.close()
        reader, writer = await asyncio.open_connection(host, int(port))
        assert await reader.read(3) == b"two"
        writer.close()


async def test_the_same_host_by_name_is_no_change_and_connections_survive(api: Api) -> None:
    async with serving(b"hi") as backend:
        proxy = await made(api, upstream=backend)
        port = int(proxy["listen"].rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read(2) == b"hi"
        answer = await api("POST", "/proxies/web", {**proxy, "listen": f"localhost:{port}", "name": "other"})
        assert answer.json == proxy
        writer.write(b"x")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        writer.close()


async def test_another_listen_moves_a_proxy(api: Api) -> None:
    await made(api)
    port = free_port()
    assert (await api("PATCH", "/proxies/web", {"listen": f"localhost:{port}"})).json["listen"] == f"127.0.0.1:{port}"
    with closing(socket.create_connection(("127.0.0.1", port), 5)):
        pass


async def test_a_restart_that_fails_leaves_the_proxy_disabled_with_its_new_address(api: Api) -> None:
    await made(api)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        answer = await api("POST", "/proxies/web", {"listen": f"localhost:{port}"})
        assert answer.error == (500, f"listen tcp 127.0.0.1:{port}: bind: address already in use")
        proxy = (await api("GET", "/proxies/web")).json
        assert (proxy["enabled"], proxy["listen"]) == (False, f"127.0.0.1:{port}")
        assert (await api("POST", "/proxies/web", {"enabled": True})).status == 500
        assert (await api("GET", "/proxies/web")).json["enabled"] is False
    assert (await api("POST", "/proxies/web", {"enabled": True})).json["enabled"] is True


async def test_a_listen_that_can_t_be_resolved_changes_nothing(api: Api) -> None:
    proxy = await made(api)
    answer = await api("POST", "/proxies/web", {"listen": "no.such.invalid:1", "upstream": "x:1"})
    assert answer.error == (500, "lookup no.such.invalid: no such host")
    assert (await api("GET", "/proxies/web")).json == proxy


async def test_a_disabled_proxy_just_stores_what_it_is_told(api: Api) -> None:
    await made(api, enabled=False)
    answer = await api("POST", "/proxies/web", {"listen": "localhost:1", "upstream": "x:1"})
    assert (answer.json["listen"], answer.json["upstream"], answer.json["enabled"]) == ("localhost:1", "x:1", False)


@pytest.mark.parametrize("how", ["disable", "delete"])
async def test_disabling_and_deleting_close_listener_and_connections(api: Api, how: str) -> None:
    async with serving(b"hi") as backend:
        port = int((await made(api, upstream=backend))["listen"].rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read(2) == b"hi"
        if how == "delete":
            answer = await api("DELETE", "/proxies/web")
            assert (answer.status, answer.text) == (204, "")
        else:
            assert (await api("POST", "/proxies/web", {"enabled": False})).json["enabled"] is False
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)


@pytest.mark.parametrize("name", ["my proxy", "a:b", "ümlaut", "a,b", "100%", "a+b", "{x}", "a?b#c"])
async def test_names_are_taken_verbatim(api: Api, name: str) -> None:
    from urllib.parse import quote

    await made(api, name=name)
    path = f"/proxies/{quote(name, safe='')}"
    assert (await api("GET", path)).json["name"] == name
    assert (await api("DELETE", path)).status == 204


async def test_a_proxy_of_the_profile_that_was_stopped_in_the_window_is_not_enabled_until_it_runs(
    api: Api, engine: LocalEngine
) -> None:
    await made(api)
    await engine.stop("web")
    assert (await api("GET", "/proxies/web")).json["enabled"] is False
    assert (await api("POST", "/proxies/web", {"enabled": True})).json["enabled"] is True
    await engine.change([Edit(("proxies", "web", "state"), "down")])
    assert (await api("GET", "/proxies/web")).json["enabled"] is True


async def test_every_write_is_one_change_by_toxiproxy(api: Api, engine: LocalEngine) -> None:
    before = (await engine.profile()).revision
    await made(api)
    await api("POST", "/proxies/web", {"upstream": "x:1"})
    await api("POST", "/proxies/web/toxics", {"type": "latency", "attributes": {"latency": 1}})
    await api(
        "POST", "/proxies/web/toxics/latency_downstream", {"attributes": {"latency": 2, "jitter": 1}, "toxicity": 0.5}
    )
    await api("DELETE", "/proxies/web/toxics/latency_downstream")
    await api("POST", "/reset")
    await api("DELETE", "/proxies/web")
    assert (await engine.profile()).revision == before + 6
