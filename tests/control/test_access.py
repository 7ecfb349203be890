"""Who may call a control site."""

from __future__ import annotations

import aiohttp
import pytest
from fake import FakeEngine

from vaurien_core.control import ControlServer, serve
from vaurien_core.control.access import Access, host_name
from vaurien_core.errors import ListenError, UsageError

PAGE = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}


async def ask(server: ControlServer, path: str, method: str = "GET", **headers: str) -> tuple[int, object]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession(headers=named) as session,
        session.request(method, server.urls[0] + path) as response,
    ):
        return response.status, await response.json(content_type=None) if path != "/metrics" else await response.text()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "localhost.evil"])
async def test_a_host_that_is_not_ours_is_refused(server: ControlServer, host: str) -> None:
    status, body = await ask(server, "/behavior", Host=host)
    assert status == 403
    assert isinstance(body, dict)
    assert host in body["error"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:1", "[::1]:8080", "127.0.0.2"])
async def test_loopback_names_are_ours(server: ControlServer, host: str) -> None:
    assert (await ask(server, "/behavior", Host=host))[0] == 200


async def test_web_pages_and_browsers_are_refused_everywhere(server: ControlServer) -> None:
    for path in ("/behavior", "/v3/state", "/metrics", "/nothing"):
        assert (await ask(server, path, Origin="http://127.0.0.1"))[0] == 403
        assert (await ask(server, path, Origin="null"))[0] == 403
        assert (await ask(server, path, User_Agent=PAGE["User-Agent"]))[0] == 403
    assert (await ask(server, "/metrics", User_Agent="Prometheus/2.53"))[0] == 200


async def test_no_answer_invites_other_origins(server: ControlServer) -> None:
    async with aiohttp.ClientSession() as session, session.options(server.urls[0] + "/v3/state") as response:
        assert not [h for h in response.headers if h.lower().startswith("access-control")]


async def test_an_allowed_host_may_be_named_also_by_a_page(engine: FakeEngine) -> None:
    server = await serve(engine, allowed_hosts=("Lab.example",))
    try:
        assert (await ask(server, "/behavior", Host="lab.example:8080"))[0] == 200
        assert (await ask(server, "/behavior", Host="lab.example", Origin="http://lab.example:3000"))[0] == 200
        assert (await ask(server, "/behavior", Host="lab.example", **{"User_Agent": PAGE["User-Agent"]}))[0] == 200
        assert (await ask(server, "/behavior", Host="lab.example", Origin="http://evil.example"))[0] == 403
        assert (await ask(server, "/behavior", Host="localhost", Origin="null"))[0] == 403
    finally:
        await server.aclose()


async def test_a_private_site_asks_for_its_token_on_native_paths_only(engine: FakeEngine) -> None:
    server = await serve(engine, token="s3cret", private=True)
    try:
        assert (await ask(server, "/v3/state"))[0] == 401
        assert (await ask(server, "/v3/nothing"))[0] == 401
        assert (await ask(server, "/v3/events"))[0] == 401
        assert (await ask(server, "/v3/state", Authorization="Bearer wrong"))[0] == 401
        assert (await ask(server, "/v3/state", Authorization="Basic s3cret"))[0] == 401
        assert (await ask(server, "/v3/state", Authorization="Bearer s3cret"))[0] == 200
        assert (await ask(server, "/behavior"))[0] == 200
    finally:
        await server.aclose()


async def test_a_private_site_without_a_token_makes_one_up(engine: FakeEngine) -> None:
    server = await serve(engine, private=True)
    try:
        assert len(server.token) >= 24
        assert (await ask(server, "/v3/state"))[0] == 401
        assert (await ask(server, "/v3/state", Authorization=f"Bearer {server.token}"))[0] == 200
    finally:
        await server.aclose()


async def test_binding_beyond_loopback_must_be_asked_for(engine: FakeEngine) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        with pytest.raises(UsageError, match="--allow-remote"):
            await serve(engine, host=host)


async def test_a_site_beyond_loopback_needs_the_token_and_warns_once(
    engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    server = await serve(engine, host="0.0.0.0", allow_remote=True)
    try:
        port = server.urls[0].rpartition(":")[2]
        assert len([r for r in caplog.records if r.levelname == "WARNING"]) == 1
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            assert (await session.get("/behavior")).status == 200
            assert (await session.get("/v3/state")).status == 401
            token = {"Authorization": f"Bearer {server.token}"}
            assert (await session.get("/v3/state", headers=token)).status == 200
            assert (await session.get("/behavior", headers={"Host": "pod.evil.example"})).status == 403
    finally:
        await server.aclose()


async def test_a_taken_port_is_one_sentence_that_names_the_flag(engine: FakeEngine, server: ControlServer) -> None:
    port = int(server.urls[0].rpartition(":")[2])
    with pytest.raises(ListenError, match=rf"127\.0\.0\.1:{port} is in use .* --http-port") as caught:
        await serve(engine, ports=(0, port))
    assert caught.value.code == "VA-101"
    assert caught.value.exit_status == 3


async def test_an_unknown_host_is_one_sentence(engine: FakeEngine) -> None:
    with pytest.raises(ListenError, match=r"no-such-host\.invalid is unknown"):
        await serve(engine, host="no-such-host.invalid", allow_remote=True)


async def test_localhost_listens_on_every_loopback_address_and_several_ports(engine: FakeEngine) -> None:
    server = await serve(engine, host="localhost", ports=(0, 0))
    try:
        assert len(set(server.urls)) == 2
        async with aiohttp.ClientSession() as session:
            for url in server.urls:
                assert url.startswith("http://localhost:")
                assert (await session.get(url.replace("localhost", "127.0.0.1") + "/behaviors")).status == 200
    finally:
        await server.aclose()


async def test_closing_is_repeatable_and_frees_the_port(engine: FakeEngine) -> None:
    server = await serve(engine)
    port = int(server.urls[0].rpartition(":")[2])
    await server.aclose()
    await server.aclose()
    again = await serve(engine, ports=(port,))
    await again.aclose()


def test_host_headers_are_read_with_ports_brackets_and_a_last_dot() -> None:
    assert host_name("LocalHost.:80") == "localhost"
    assert host_name("[::1]:8080") == "::1"
    assert Access("127.0.0.1").refusal("/", {"Host": "10.0.0.7"}, "10.0.0.7") is None
    assert Access("127.0.0.1").refusal("/", {"Host": "10.0.0.7"}, "10.0.0.8") is not None
