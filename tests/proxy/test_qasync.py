"""The data plane on the window's loop."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.proxy.lab import behavior, echo_bytes, lab
from vaurien_core.behaviors.base import Intervention

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("port", ["reactor", "transport"])
def test_bytes_and_delays_pass_on_the_qasync_loop(port: str, qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    import qasync

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

    loop = qasync.QEventLoop(qapp, set_running_loop=False)
    try:
        loop.run_until_complete(asyncio.wait_for(main(), 20))
    finally:
        loop.close()
