"""CPython's own tests of smtplib, with every connection to their servers made through a proxy, or directly.

Run as a program: `python -m tests.servers.smtplib_suite through|directly`; prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import io
import json
import smtplib
import socket
import sys
import threading
import unittest
from contextlib import AsyncExitStack
from typing import Any

from tests.proxy.lab import Lab, lab
from vaurien_core.protocols.smtp import Smtp


class Detour:
    """A loop in a thread of its own, and in it one proxy for each server that is asked for."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.stack = AsyncExitStack()
        self.labs: list[Lab] = []

    def port(self, port: int) -> int:
        """Where the proxy in front of this server listens; each connection has one of its own."""

        async def enter() -> Lab:
            return await self.stack.enter_async_context(
                lab(handler=None, backend=f"127.0.0.1:{port}", protocols=(Smtp,), protocol="smtp")
            )

        self.labs.append(asyncio.run_coroutine_threadsafe(enter(), self.loop).result(20))
        bound = self.labs[-1].server.bound
        assert bound is not None
        return bound.port

    def install(self) -> None:
        """Send smtplib's connections here, but for those of mock sockets."""
        self.thread.start()
        usual = smtplib.SMTP._get_socket  # type: ignore[attr-defined]

        def get_socket(client: Any, host: str, port: int, timeout: Any) -> Any:
            real = smtplib.socket is socket and isinstance(port, int)  # type: ignore[attr-defined]
            return usual(client, host, self.port(port) if real else port, timeout)

        smtplib.SMTP._get_socket = get_socket  # type: ignore[attr-defined]

    def end(self) -> None:
        """Stop everything."""
        asyncio.run_coroutine_threadsafe(self.stack.aclose(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


def main(way: str) -> None:
    """Run them all."""
    from test import test_smtplib

    detour = Detour()
    if way == "through":
        detour.install()
    said = io.StringIO()
    result = unittest.TextTestRunner(said, verbosity=0).run(
        unittest.defaultTestLoader.loadTestsFromModule(test_smtplib)
    )
    exchanges = sum(it.server.counters.exchanges for it in detour.labs)
    if way == "through":
        detour.end()
    print(json.dumps({
        "ran": result.testsRun, "failed": sorted(t.id() for t, _ in (*result.failures, *result.errors)),
        "skipped": len(result.skipped), "proxies": len(detour.labs), "exchanges": exchanges,
    }))  # fmt: skip
    print(said.getvalue()[-4000:], file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
