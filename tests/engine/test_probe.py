"""The probe against small real servers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.support.backends import backend
from vaurien_core.clock import SystemClock
from vaurien_core.engine import probe as probing
from vaurien_core.engine.greetings import recognise
from vaurien_core.engine.probe import is_loop, probe

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
MYSQL = b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(60)


@asynccontextmanager
async def server(
    greeting: bytes = b"", answer: bytes = b"", *, close: bool = False
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Listens on a free port; yields its address and what it was sent."""
    heard: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if greeting:
            writer.write(greeting)
        if not close:
            heard.append(await reader.read(4096))
            writer.write(answer)
        writer.close()

    async with backend(handle) as it:
        yield it.address, heard


@pytest.mark.parametrize(
    ("greeting", "answer", "speaks"),
    [
        (b"220 mail.example.com ESMTP Postfix\r\n", b"", "SMTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", b"", "SSH"),
        (MYSQL, b"", "MySQL"),
        (b"", b"-ERR unknown command 'HEAD'\r\n", "Redis"),
    ],
)
async def test_a_backend_that_speaks_something_else_is_named(greeting: bytes, answer: bytes, speaks: str) -> None:
    async with server(greeting, answer) as (address, heard):
        result = await probe(address, "http", (), SystemClock())
    assert result.verdict == "wrong-protocol"
    assert result.message == f"Reachable, but speaks {speaks}, not HTTP"
    assert result.speaks == speaks.lower()
    if greeting:
        assert b"HEAD" not in b"".join(heard), "a server that speaks first is not spoken to"


async def test_an_http_backend_is_reachable_with_its_version_and_is_asked_without_credentials() -> None:
    async with server(answer=b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as (address, heard):
        result = await probe(address, "http", (), SystemClock())
    assert result.verdict == "ok"
    assert result.message.startswith("Reachable in ") and result.message.endswith(" ms, speaks HTTP/1.1")
    assert [s.name for s in result.steps] == ["dns", "connect", "handshake"]
    assert heard[0].startswith(b"HEAD / HTTP/1.1\r\n")
    assert b"authorization" not in heard[0].lower()


async def test_tcp_only_connects() -> None:
    async with server(b"whatever") as (address, heard):
        result = await probe(address, "tcp", (), SystemClock())
        await asyncio.sleep(0.01)
    assert (result.verdict, result.speaks) == ("ok", "")
    assert b"".join(heard) == b""


async def test_a_port_that_nobody_listens_on_is_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        result = await probe(f"127.0.0.1:{free.getsockname()[1]}", "http", (), SystemClock())
    assert result.verdict == "refused"
    assert result.message.startswith("Connection refused at 127.0.0.1:")


async def test_an_unknown_name_is_not_found() -> None:
    result = await probe("no-such-host.invalid:80", "http", (), SystemClock())
    assert result.verdict in ("not-found", "timeout"), result


@pytest.mark.parametrize("backend", ["nonsense", "host:99999", "", "localhost:0", "a b:80"])
async def test_what_is_no_address_is_invalid(backend: str) -> None:
    assert (await probe(backend, "http", (), SystemClock())).verdict == "invalid"


async def test_our_own_listener_is_a_loop() -> None:
    result = await probe("localhost:8123", "http", ("127.0.0.1:8123",), SystemClock())
    assert result.verdict == "loop"


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("127.0.0.1:80", True),
        ("0.0.0.0:80", True),
        ("localhost:80", True),
        ("127.0.0.1:81", False),
        ("10.1.2.3:80", False),
        ("nonsense", False),
    ],
)
def test_a_loop_is_the_same_port_on_the_same_machine(own: str, expected: bool) -> None:
    assert is_loop(["127.0.0.1"], 80, [own]) is expected


async def test_a_silent_backend_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "STEP_S", 0.2)
    monkeypatch.setattr(probing, "GREETING_S", 0.02)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with backend(silent) as it:
        result = await probe(it.address, "http", (), SystemClock())
    assert result.verdict == "timeout"
    assert "no HTTP answer within 0.2 s" in result.message


async def test_a_tls_backend_is_told_apart() -> None:
    async with server(answer=b"\x15\x03\x01\x00\x02\x02\x16") as (address, _):
        result = await probe(address, "http", (), SystemClock())
    assert result.verdict == "tls"


async def test_a_backend_that_hangs_up_is_not_called_http() -> None:
    async with server(close=True) as (address, _):
        result = await probe(address, "http", (), SystemClock())
    assert result.verdict == "wrong-protocol"


@pytest.mark.parametrize("data", [b"", b"\x00", b"hello\r\n", bytes(40), b"220", b"HTTP/"])
def test_what_is_unknown_is_not_guessed(data: bytes) -> None:
    assert recognise(data) is None


def test_mariadb_is_named_with_its_own_version() -> None:
    spoken = recognise(b"\x4a\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\x00" + bytes(60))
    assert spoken is not None and spoken.detail == "MariaDB 10.11.6"
