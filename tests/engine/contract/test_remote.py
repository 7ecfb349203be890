"""An engine over HTTP: what happens when the link or the other end fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import pytest
from aiohttp import web
from fake import FakeEngine

from vaurien_core.control import serve
from vaurien_core.engine.remote import RemoteEngine
from vaurien_core.errors import EngineLostError, UsageError
from vaurien_core.model.events import EngineState, Entry, Event, Lost
from vaurien_core.model.profile import Profile, ProxySpec

PROFILE = Profile((ProxySpec("web", "127.0.0.1:0", "127.0.0.1:9"),))


@asynccontextmanager
async def answering(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A server that gives one answer to everything; its URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*runner.addresses[0])
    finally:
        await runner.cleanup()


@asynccontextmanager
async def remote(url: str, token: str = "", retry_for_s: float = 0.0) -> AsyncIterator[RemoteEngine]:
    engine = RemoteEngine(url, token, retry_for_s=retry_for_s)
    try:
        yield engine
    finally:
        await engine.aclose()


async def collect(engine: RemoteEngine, within_s: float = 15.0) -> list[Event]:
    async with asyncio.timeout(within_s), aclosing(engine.events()) as events:
        return [event async for event in events]


async def test_nobody_there_is_one_sentence_and_lost() -> None:
    async with remote("127.0.0.1:1") as engine:
        assert engine.place == "http://127.0.0.1:1"
        with pytest.raises(EngineLostError, match=r"http://127\.0\.0\.1:1 can't be reached .* refused"):
            await engine.state()
        (event,) = await collect(engine)
        assert isinstance(event, Lost)
        assert "refused" in event.reason


async def test_another_server_is_not_taken_for_an_engine() -> None:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="<html>hello</html>")

    async with answering(hello) as url, remote(url) as engine:
        with pytest.raises(EngineLostError, match="not a Vaurien engine"):
            await engine.state()
        (event,) = await collect(engine)
        assert isinstance(event, Lost)


async def test_json_of_another_shape_is_not_taken_for_an_engine() -> None:
    async def hello(request: web.Request) -> web.Response:
        return web.json_response([1, 2])

    async with answering(hello) as url, remote(url) as engine:
        for call in (engine.state(), engine.profile(), engine.release(), engine.journal(), engine.sample()):
            with pytest.raises((EngineLostError, UsageError)):
                await call


async def test_a_wrong_token_is_a_usage_error_and_ends_the_stream() -> None:
    engine = FakeEngine(PROFILE)
    server = await serve(engine, token="right", private=True)
    try:
        async with remote(server.urls[0], "wrong", 5.0) as client:
            with pytest.raises(UsageError, match="token"):
                await client.state()
            (event,) = await collect(client)
            assert isinstance(event, Lost)
            assert "token" in event.reason
    finally:
        await server.aclose()
        await engine.aclose()


async def test_a_broken_stream_is_dialled_again_and_goes_on_where_it_was() -> None:
    engine = FakeEngine(PROFILE)
    server = await serve(engine)
    port = int(server.urls[0].rpartition(":")[2])
    engine.tell(text="one")
    try:
        texts = []
        async with (
            asyncio.timeout(20),
            remote(server.urls[0], retry_for_s=5.0) as client,
            aclosing(client.events()) as events,
        ):
            async for event in events:
                assert not isinstance(event, Lost)
                if isinstance(event, Entry):
                    texts.append(event.text)
                if texts == ["one"]:
                    await server.aclose()
                    engine.tell(text="two")
                    texts.append("- broken -")
                    server = await serve(engine, ports=(port,))
                if texts[-1:] == ["two"]:
                    break
        assert texts == ["one", "- broken -", "two"]
    finally:
        await server.aclose()
        await engine.aclose()


async def test_a_stream_that_stays_broken_is_lost_after_the_time_for_retries() -> None:
    engine = FakeEngine(PROFILE)
    server = await serve(engine)
    try:
        async with remote(server.urls[0], retry_for_s=0.5) as client, asyncio.timeout(20):
            began = 0.0
            loop = asyncio.get_running_loop()
            async with aclosing(client.events()) as events:
                async for event in events:
                    if isinstance(event, EngineState):
                        await server.aclose()
                        began = loop.time()
            assert isinstance(event, Lost)
            assert loop.time() - began > 0.25
    finally:
        await engine.aclose()


async def test_garbage_in_the_stream_ends_it_with_a_reason() -> None:
    async def garbage(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b'{"kind":"state"}\n\x00\xff\n')

    async with answering(garbage) as url, remote(url, retry_for_s=5.0) as engine:
        (event,) = await collect(engine)
    assert isinstance(event, Lost)


async def test_unknown_kinds_are_passed_over_and_lines_may_be_cut_anywhere() -> None:
    lines = b"".join(
        json.dumps(line).encode() + b"\n"
        for line in ({"kind": "heartbeat"}, {"kind": "from the future", "x": 1}, {"kind": "lost", "reason": "ü" * 500})
    )

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for at in range(0, len(lines), 7):
            await response.write(lines[at : at + 7])
        return response

    async with answering(drip) as url, remote(url) as engine:
        assert await collect(engine) == [Lost("ü" * 500)]


async def test_a_line_longer_than_the_readers_buffer_arrives() -> None:
    engine = FakeEngine(Profile(tuple(ProxySpec(f"p{n}", "127.0.0.1:0", "127.0.0.1:9") for n in range(3000))))
    server = await serve(engine)
    try:
        async with remote(server.urls[0]) as client, asyncio.timeout(20), aclosing(client.events()) as events:
            async for event in events:
                assert isinstance(event, EngineState)
                assert len(event.proxies) == 3000
                break
    finally:
        await server.aclose()
        await engine.aclose()
