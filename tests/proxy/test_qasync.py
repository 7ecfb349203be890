"""The data plane on the window's loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from tests.proxy.lab import behavior, echo_bytes, lab
from vaurien_core.behaviors.base import Intervention

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("port", ["reactor", "transport"])
def test_bytes_and_delays_pass_on_the_qasync_loop(port: str, qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAURIEN_PORT", port)

    def late(act: Intervention) -> None:
        act.hold_request(0.03)

    async def main() -> None:
        async with lab(protocol="tcp", handler=echo_bytes) as it:
            reader, writer = await it.client()
            data = bytes(range(256)) * 4000
            writer.write(data)
            writer.write_eof()
            assert await reader.read(-1) == data
        async with lab(behavior("late", late, fails=False), mix="100:late") as it:
            reader, writer = await it.client()
            for _ in range(5):
                before = time.monotonic()
                writer.write(b"a\n")
                assert await reader.readline() == b"ok a\n"
                assert time.monotonic() - before >= 0.03

    run(main, qapp)


def test_short_connections_pass_on_the_qasync_loop(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAURIEN_PORT", "reactor")

    async def main() -> None:
        async with lab(protocol="tcp", handler=echo_bytes) as it:
            for count in range(1, 4):
                reader, writer = await it.client()
                writer.write(b"ping")
                assert await reader.readexactly(4) == b"ping"
                assert len(it.server.briefs.open) == 1
                writer.write_eof()
                assert await reader.read() == b""
                await it.until(lambda: not it.server.connections)
                assert it.server.counters.exchanges == count

    run(main, qapp)


def run(main: Callable[[], Awaitable[None]], qapp: object) -> None:
    import qasync

    loop = qasync.QEventLoop(qapp, set_running_loop=False)
    try:
        loop.run_until_complete(asyncio.wait_for(main(), 20))
    finally:
        loop.close()
