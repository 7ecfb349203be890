"""What clients do over the API acts on live connections at once, and no call waits for a peer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from toxiproxy_client import Api

from tests.support.backends import backend
from tests.support.timing import slack

AT = "/proxies/web/toxics"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(api: Api, upstream: str) -> Streams:
    body = {"name": "web", "listen": "127.0.0.1:0", "upstream": upstream}
    host, _, port = (await api("POST", "/proxies", body)).json["listen"].rpartition(":")
    return await asyncio.open_connection(host, int(port))


@pytest.fixture
async def echo(api: Api) -> AsyncIterator[Streams]:
    async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

    async with backend(repeat) as running:
        reader, writer = await connect(api, running.address)
        yield reader, writer
        writer.close()


async def said(echo: Streams, data: bytes = b"hello") -> float:
    """Seconds that an echo takes."""
    reader, writer = echo
    began = time.monotonic()
    writer.write(data)
    async with asyncio.timeout(20):
        assert await reader.readexactly(len(data)) == data
    return time.monotonic() - began


async def test_latency_is_added_changed_and_taken_away(api: Api, echo: Streams) -> None:
    plain = min([await said(echo) for _ in range(5)])
    await api("POST", AT, {"type": "latency", "attributes": {"latency": 100}})
    assert 0.1 <= min([await said(echo) for _ in range(3)]) < 0.15 + plain
    await api("POST", AT, {"type": "latency", "stream": "upstream", "attributes": {"latency": 100}})
    assert await said(echo) >= 0.2
    await api("POST", f"{AT}/latency_upstream", {"attributes": {"latency": 0}})
    assert 0.1 <= min([await said(echo) for _ in range(3)]) < 0.15 + plain
    await api("POST", "/reset")
    assert min([await said(echo) for _ in range(5)]) < 0.1


async def test_a_rate_of_0_keeps_the_bytes_until_it_is_removed(api: Api, echo: Streams) -> None:
    reader, writer = echo
    await said(echo)
    for stream in ("upstream", "downstream"):
        await api(
            "POST", AT, {"name": f"CUT_{stream}", "type": "bandwidth", "stream": stream, "attributes": {"rate": 0}}
        )
    writer.write(b"kept")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.3)
    for stream in ("upstream", "downstream"):
        assert (await api("DELETE", f"{AT}/CUT_{stream}")).status == 204
    assert await asyncio.wait_for(reader.readexactly(4), 5) == b"kept"


async def test_removing_a_timeout_that_swallowed_bytes_closes_the_connection(api: Api, echo: Streams) -> None:
    reader, writer = echo
    await said(echo)
    await api("POST", AT, {"type": "timeout", "attributes": {"timeout": 0}})
    writer.write(b"lost")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.3)
    await api("DELETE", f"{AT}/timeout_downstream")
    assert await asyncio.wait_for(reader.read(), 5) == b""


async def test_limit_data_passes_exactly_its_bytes(api: Api, echo: Streams) -> None:
    reader, writer = echo
    await api("POST", AT, {"type": "limit_data", "attributes": {"bytes": 7}})
    writer.write(b"0123456789")
    assert await asyncio.wait_for(reader.read(), 5) == b"0123456"


async def test_toxicity_0_leaves_all_alone(api: Api, echo: Streams) -> None:
    await api("POST", AT, {"type": "timeout", "toxicity": 0})
    await said(echo, bytes(range(256)) * 100)


async def test_every_call_is_answered_while_a_link_is_blocked(api: Api) -> None:
    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(bytes(65536))
            await writer.drain()

    async with backend(flood) as running:
        _, writer = await connect(api, running.address)
        await asyncio.sleep(0.2)
        times = []
        for kind, change in [
            ("latency", {"latency": 5}),
            ("bandwidth", {"rate": 1}),
            ("timeout", {}),
            ("slow_close", {}),
        ] * 10:
            for method, path, body in (
                ("POST", AT, {"type": kind, "attributes": change}),
                ("POST", f"{AT}/{kind}_downstream", {"attributes": change, "toxicity": 0.5}),
                ("DELETE", f"{AT}/{kind}_downstream", None),
            ):
                began = time.monotonic()
                async with asyncio.timeout(10):
                    assert (await api(method, path, body)).status in (200, 204)
                times.append(time.monotonic() - began)
        assert (await api("DELETE", "/proxies/web")).status == 204
        writer.close()
    spare = slack()
    assert max(times) < 1.0 + spare, (max(times), spare)


async def test_a_client_that_hangs_up_leaves_no_proxy_half_restarted(api: Api, echo: Streams) -> None:
    host, _, port = api.url.removeprefix("http://").rpartition(":")
    before = (await api("GET", "/proxies/web")).json["upstream"]
    seen = {before}
    for number, pause in enumerate((0.0, 0.001, 0.002, 0.005, 0.02) * 4):
        body = f'{{"upstream": "127.0.0.1:{number + 1}"}}'.encode()
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"POST /proxies/web HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        await writer.drain()
        await asyncio.sleep(pause)
        writer.transport.abort()
        assert (await api("POST", AT, {"type": "noop", "name": f"behind-{number}"})).status == 200
        proxy = (await api("GET", "/proxies/web")).json
        assert proxy["enabled"] is True
        seen.add(proxy["upstream"])
    assert len(seen) > 1
