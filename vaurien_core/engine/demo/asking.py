"""What the demo's client says: an `Asker` per connection, one request and its whole answer at a time.

An asker waits on the streams that it is given; time limits and connections are the client's.
"""

from __future__ import annotations

from asyncio import StreamReader as Reader
from asyncio import StreamWriter as Writer
from collections.abc import Callable, Mapping
from typing import Protocol

from vaurien_core.engine.demo.web import PAGES

_PATHS = (*PAGES, "/items", "/search?q=chaos", "/", "/nowhere", "/cart", "/items/7")


class Asker(Protocol):
    """One connection's requests. `number` counts those of the whole client, so that the mix of requests is steady.

    Raises (both): what streams raise; ValueError: the answer is none.
    """

    async def begin(self, reader: Reader, writer: Writer) -> None:
        """Greeting and login."""
        ...

    async def ask(self, reader: Reader, writer: Writer, number: int) -> bool:
        """One request and its answer; False if the connection is of no further use."""
        ...


class _ClientFirst:
    async def begin(self, reader: Reader, writer: Writer) -> None:
        """Nothing is said before the first request."""


class HttpAsker(_ClientFirst):
    """GET, over the pages of the demo's backend."""

    async def ask(self, reader: Reader, writer: Writer, number: int) -> bool:
        """See `Asker`."""
        path = _PATHS[number % len(_PATHS)]
        writer.write(f"GET {path} HTTP/1.1\r\nHost: demo\r\nUser-Agent: vaurien-demo\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        _, marked, value = head.partition("content-length:")
        length = value.partition("\r\n")[0].strip()
        if not marked or not length.isdigit():
            return False
        await reader.readexactly(int(length))
        return "connection: close" not in head


class TcpAsker(_ClientFirst):
    """A line, which comes back."""

    async def ask(self, reader: Reader, writer: Writer, number: int) -> bool:
        """See `Asker`."""
        line = f"hello {number} {'.' * (number * 37 % 400)}\n".encode()
        writer.write(line)
        await reader.readexactly(len(line))
        return True


class RedisAsker(_ClientFirst):
    """Counters and a small cache."""

    async def ask(self, reader: Reader, writer: Writer, number: int) -> bool:
        """See `Asker`."""
        key = f"cart:{number % 50}"
        words = (("INCR", "visits"), ("SET", key, "x" * (number % 200), "EX", "60"), ("GET", key), ("EXISTS", key))
        asked = words[number % len(words)]
        writer.write("".join([f"*{len(asked)}\r\n", *(f"${len(w)}\r\n{w}\r\n" for w in asked)]).encode())
        answer = (await reader.readuntil(b"\r\n")).rstrip()
        if answer[:1] == b"$" and answer != b"$-1":
            await reader.readexactly(int(answer[1:]) + 2)
        return True


class MemcacheAsker(_ClientFirst):
    """A small cache."""

    async def ask(self, reader: Reader, writer: Writer, number: int) -> bool:
        """See `Asker`."""
        key, value = f"cart:{number // 2 % 50}", "x" * (number % 200)
        writer.write((f"set {key} 0 60 {len(value)}\r\n{value}\r\n" if number % 2 == 0 else f"get {key}\r\n").encode())
        answer = await reader.readuntil(b"\r\n")
        if answer.startswith(b"VALUE "):
            await reader.readexactly(int(answer.split()[3]) + 2)
            await reader.readuntil(b"END\r\n")
        return True


class SmtpAsker:
    """Mails, one command after the other."""

    def __init__(self) -> None:
        self._step = 0

    async def begin(self, reader: Reader, writer: Writer) -> None:
        """See `Asker`."""
        if not (await _reply(reader)).startswith("220"):
            raise ValueError
        writer.write(b"EHLO demo.test\r\n")
        await _reply(reader)

    async def ask(self, reader: Reader, writer: Writer, number: int) -> bool:
        """See `Asker`."""
        mail = f"Subject: demo {number}\r\n\r\n{'Hello. ' * (number % 90)}\r\n.\r\n"
        line = ("MAIL FROM:<demo@demo.test>", f"RCPT TO:<user{number % 20}@demo.test>", "DATA", mail)[self._step]
        writer.write(line.encode() if self._step == 3 else f"{line}\r\n".encode())
        code = (await _reply(reader))[:3]
        if code == "421":
            return False
        if code[:1] in ("2", "3"):
            self._step = (self._step + 1) % 4
        else:
            self._step = 0
            writer.write(b"RSET\r\n")
            return (await _reply(reader)).startswith("250")
        return True


class MysqlAsker:
    """Reads of the demo's table, and a change in a transaction now and then."""

    _QUERIES = (
        "SELECT 1", "SELECT id, item FROM orders WHERE id = {n}", "SELECT COUNT(*) FROM orders", "BEGIN",
        "UPDATE orders SET quantity = {n} WHERE id = {n}", "COMMIT",
    )  # fmt: skip

    def __init__(self) -> None:
        self._step = 0

    async def begin(self, reader: Reader, writer: Writer) -> None:
        """See `Asker`."""
        await self._packet(reader)
        # PROTOCOL_41, SECURE_CONNECTION, LONG_PASSWORD; no password
        login = (0x8201).to_bytes(4, "little") + (2**24).to_bytes(4, "little") + b"\x2d" + bytes(23) + b"demo\0\0"
        writer.write(len(login).to_bytes(3, "little") + b"\x01" + login)
        if (await self._packet(reader))[:1] != b"\0":
            raise ValueError

    async def ask(self, reader: Reader, writer: Writer, number: int) -> bool:
        """See `Asker`."""
        query = b"\x03" + self._QUERIES[self._step].format(n=1 + number % 3).encode()
        self._step = (self._step + 1) % len(self._QUERIES)
        writer.write(len(query).to_bytes(3, "little") + b"\0" + query)
        if (await self._packet(reader))[:1] in (b"\0", b"\xff"):
            return True
        for _ in range(2):  # columns, then rows, each up to an EOF packet
            while (packet := await self._packet(reader))[:1] != b"\xfe":
                if packet[:1] == b"\xff":
                    return True
        return True

    @staticmethod
    async def _packet(reader: Reader) -> bytes:
        head = await reader.readexactly(4)
        return await reader.readexactly(int.from_bytes(head[:3], "little"))


ASKERS: Mapping[str, Callable[[], Asker]] = {
    "http": HttpAsker, "memcache": MemcacheAsker, "mysql": MysqlAsker, "redis": RedisAsker, "smtp": SmtpAsker,
    "tcp": TcpAsker,
}  # fmt: skip


async def _reply(reader: Reader) -> str:
    """An SMTP reply of one or several lines."""
    while True:
        line = (await reader.readuntil(b"\r\n")).decode("latin-1")
        if line[3:4] != "-":
            return line
