"""A process of its own that makes HTTP exchanges at a steady pace: the clients and the backend of a workload.

Run as `python -m tests.support.load RATE`. It prints `{"backend": "127.0.0.1:PORT"}`, reads one line with a JSON list
of addresses, and sends RATE requests a second through them in turn, pipelined ten at a time, until its input is closed.
Then it prints how many were asked and answered, and its own processor seconds. Requests that a proxy leaves
unanswered close their connection in the end; it is dialled again.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time

BATCH = 10
MOST_OPEN = 100
"""A connection with so many requests unanswered gets no more: what can't be served is left out, not piled up."""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\nContent-Type: text/plain\r\n\r\n" + b"x" * 64


class Backend(asyncio.Protocol):
    """Answers every request at once; requests have no body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._rest = transport, b""

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        self._transport.write(ANSWER * data.count(b"\r\n\r\n"))
        self._rest = data[data.rfind(b"\r\n\r\n") + 4 :] if b"\r\n\r\n" in data else data


class Client(asyncio.Protocol):
    """One connection; counts the heads of answers."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked = self.answered = 0
        self._transport: asyncio.Transport | None = None
        self._tail = b""
        self._dialling = False

    async def send(self, number: int) -> None:
        if self._transport is None and not self._dialling:
            self._dialling = True
            host, _, port = self.address.rpartition(":")
            try:
                await asyncio.get_running_loop().create_connection(lambda: self, host, int(port))
            except OSError:
                return
            finally:
                self._dialling = False
        if self._transport is not None and self.asked - self.answered < MOST_OPEN:
            requests = (f"GET /item/{(number + n) % 977} HTTP/1.1\r\nHost: load\r\n\r\n" for n in range(BATCH))
            self._transport.write("".join(requests).encode())
            self.asked += BATCH

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._tail + data
        self.answered += data.count(b"HTTP/1.1 ")
        self._tail = data[-8:]

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self._tail = None, b""
        self.asked = self.answered


async def main(rate: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Backend, "127.0.0.1", 0)
    print(json.dumps({"backend": f"127.0.0.1:{server.sockets[0].getsockname()[1]}"}), flush=True)
    addresses = json.loads(await asyncio.to_thread(sys.stdin.readline) or "[]")
    clients = [Client(address) for address in addresses]
    over = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    began, sent = loop.time(), 0
    while clients and not over.done():
        due = int((loop.time() - began) * rate) - sent
        for _ in range(min(due // BATCH, len(clients))):
            await clients[sent // BATCH % len(clients)].send(sent)
            sent += BATCH
        await asyncio.sleep(0.005)
    server.close()
    print(
        json.dumps(
            {
                "asked": sum(c.asked for c in clients),
                "answered": sum(c.answered for c in clients),
                "cpu_s": time.process_time(),
                "seconds": loop.time() - began,
            }
        ),
        flush=True,
    )


class Load:
    """The process, as who starts it sees it; end it with `close`."""

    def __init__(self, rate: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.load", str(rate)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.backend: str = json.loads(self._process.stdout.readline())["backend"]

    @property
    def pid(self) -> int:
        return self._process.pid

    def aim(self, addresses: list[str]) -> None:
        """Send requests to these from now on."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(addresses).encode() + b"\n")
        self._process.stdin.flush()

    def close(self) -> dict[str, float]:
        """End it; what it counted."""
        out, _ = self._process.communicate(timeout=10)
        return dict(json.loads(out)) if out.strip() else {}


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
