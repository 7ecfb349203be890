"""The probe and the protocols: against the demo's backends and small servers, in plain text and through TLS."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from tests.support.backends import backend
from vaurien_core.clock import SystemClock
from vaurien_core.engine import probe as probing
from vaurien_core.engine.demo.backends import make_backend
from vaurien_core.engine.probe import ProbeTls, probe
from vaurien_core.model.events import ProbeResult

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SPEAKS = {
    "http": "HTTP/1.1 (vaurien-demo)",
    "mysql": "MySQL 8.0.36",
    "redis": "Redis",
    "memcache": "memcached 1.6.21",
    "smtp": "SMTP with PIPELINING, SIZE, 8BITMIME, ENHANCEDSTATUSCODES",
}
TITLES = {"http": "HTTP", "mysql": "MySQL", "redis": "Redis", "memcache": "memcached", "smtp": "SMTP"}
OK = b"HTTP/1.1 200 OK\r\nServer: it/1.0\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "STEP_S", 1.0)


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    made = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    made.cert_pem.write_to_path(str(path))
    return made, path


def context_of(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(context)
    return context


async def ask(address: str, protocol: str, tls: str = "", verify: str = "yes", name: str = "") -> ProbeResult:
    return await probe(address, protocol, (), SystemClock(), ProbeTls(tls, verify, name))


@asynccontextmanager
async def demo(protocol: str) -> AsyncIterator[str]:
    made = make_backend(protocol)
    try:
        yield await made.start()
    finally:
        await made.aclose()


@asynccontextmanager
async def secure(handler: Handler, context: ssl.SSLContext) -> AsyncIterator[str]:
    """A TLS server; yields its address."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.sleep(0.05)


async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(OK)
    await writer.drain()


@pytest.mark.parametrize("protocol", SPEAKS)
async def test_what_is_expected_is_named_with_its_version(protocol: str) -> None:
    async with demo(protocol) as address:
        result = await ask(address, protocol)
    assert (result.verdict, result.speaks) == ("ok", protocol)
    assert re.fullmatch(rf"Reachable in \d+\.\d ms, speaks {re.escape(SPEAKS[protocol])}", result.message)
    assert [s.name for s in result.steps] == ["dns", "connect", "handshake"] and all(s.ok for s in result.steps)


@pytest.mark.parametrize("wanted", SPEAKS)
@pytest.mark.parametrize("spoken", SPEAKS)
async def test_what_speaks_something_else_is_named(wanted: str, spoken: str) -> None:
    if wanted == spoken:
        return
    async with demo(spoken) as address:
        result = await ask(address, wanted)
    assert (result.verdict, result.speaks) == ("wrong-protocol", spoken), result
    assert result.message == f"Reachable, but speaks {TITLES[spoken]}, not {TITLES[wanted]}"


@pytest.mark.parametrize(
    "answer",
    [
        b"-NOAUTH Authentication required.\r\n",
        b"-DENIED Redis is running in protected mode\r\n",
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-ERR max number of clients reached\r\n",
        b"+PONG\r\n",
    ],
)
async def test_a_redis_that_refuses_is_one(answer: bytes) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\r\n") == b"PING\r\n"
        writer.write(answer)
        await reader.read()

    async with backend(refuse) as it:
        result = await ask(it.address, "redis")
    assert (result.verdict, result.speaks) == ("ok", "redis")


async def test_a_server_that_does_not_answer_head_is_asked_its_options() -> None:
    async def shy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.readuntil(b"\r\n\r\n")).startswith(b"OPTIONS * HTTP/1.1\r\n"):
            writer.write(OK)
        writer.close()

    async with backend(shy) as it:
        result = await ask(it.address, "http")
    assert result.message.endswith("speaks HTTP/1.1 (it/1.0)")


async def test_the_host_of_the_question_is_the_name_that_the_backend_is_asked_for() -> None:
    heard: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)

    async with backend(note) as it:
        await ask(it.address, "http", name="shop.example")
        port = it.address.rpartition(":")[2].encode()
    assert b"\r\nHost: shop.example:" + port + b"\r\n" in heard[0]


# -- TLS


async def test_a_backend_behind_tls_is_probed_through_it(ca: tuple[trustme.CA, Path]) -> None:
    made, path = ca
    async with secure(web, context_of(made, "shop.example")) as address:
        result = await ask(address, "http", "on", str(path), "shop.example")
        assert re.fullmatch(r"Reachable in \d+\.\d ms, speaks HTTP/1.1 \(it/1.0\) over TLS 1\.3", result.message)
        assert [s.name for s in result.steps] == ["dns", "connect", "tls", "handshake"]
        assert result.steps[2].detail == "TLSv1.3"
        assert (await ask(address, "http", "on", "no")).verdict == "ok"


async def test_a_certificate_that_fails_is_named_with_its_reason(ca: tuple[trustme.CA, Path]) -> None:
    made, path = ca
    async with secure(web, context_of(made, "shop.example")) as address:
        wrong_name = await ask(address, "http", "on", str(path), "other.example")
        unknown = await ask(address, "http", "on", "yes", "shop.example")
    assert wrong_name.verdict == unknown.verdict == "untrusted"
    assert "certificate fails: hostname mismatch, certificate is not valid for 'other.example'" in wrong_name.message
    assert "certificate fails: unable to get local issuer certificate" in unknown.message


async def test_the_environments_authorities_are_trusted(
    ca: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, path = ca
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    async with secure(web, context_of(made, "127.0.0.1")) as address:
        assert (await ask(address, "http", "on")).verdict == "ok"


@pytest.mark.parametrize("protocol", ["http", "redis", "memcache", "mysql", "smtp"])
async def test_a_backend_that_wants_tls_is_found_out_in_plain_text(ca: tuple[trustme.CA, Path], protocol: str) -> None:
    async with secure(web, context_of(ca[0], "shop.example")) as address:
        result = await ask(address, protocol)
    assert (result.verdict, result.message, result.speaks) == ("tls", "Reachable, but it wants TLS", "tls")


async def test_an_https_port_that_answers_plain_text_with_a_refusal_wants_tls(ca: tuple[trustme.CA, Path]) -> None:
    """As nginx does."""
    context = context_of(ca[0], "shop.example")

    async def both(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(3)
        if first == b"\x16\x03\x01":
            writer.write(b"\x15\x03\x01\x00\x02\x02\x28")  # handshake_failure: it does speak TLS
        else:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        assert context
        await reader.read()

    async with backend(both) as it:
        result = await ask(it.address, "http")
    assert result.verdict == "tls"


async def test_a_plain_bad_request_is_no_tls() -> None:
    async def bad(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(3)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with backend(bad) as it:
        assert (await ask(it.address, "http")).verdict == "ok"


async def test_tls_is_not_expected_of_a_plain_backend() -> None:
    for protocol, reason in (("http", "no TLS answer within 1 s"), ("mysql", "it doesn't speak TLS")):
        async with demo(protocol) as address:
            result = await ask(address, protocol, "on")
        assert result.verdict == "no-tls" and result.message.endswith(f" ms, but {reason}"), protocol


async def test_tcp_says_whether_tls_answers(ca: tuple[trustme.CA, Path]) -> None:
    async with secure(web, context_of(ca[0], "shop.example")) as address:
        assert (await ask(address, "tcp")).message.endswith(" ms, answers TLS")
        through = await ask(address, "tcp", "on", "no")
        assert through.message.endswith(" ms over TLS 1.3")
    async with demo("tcp") as address:
        assert re.fullmatch(r"Reachable in \d+\.\d ms", (await ask(address, "tcp")).message)


@asynccontextmanager
async def starttls_server(ca: trustme.CA, *, offers: bool = True) -> AsyncIterator[str]:
    context = context_of(ca, "mail.example")

    async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ESMTP\r\n")
        while line := await reader.readline():
            if line.startswith(b"EHLO"):
                writer.write(b"250-mail\r\n250-SIZE\r\n" + (b"250 STARTTLS\r\n" if offers else b"250 HELP\r\n"))
            elif line.startswith(b"STARTTLS"):
                writer.write(b"220 go\r\n")
                await writer.drain()
                await writer.start_tls(context)
            else:
                writer.write(b"221 bye\r\n")
                writer.close()

    async with backend(mail) as it:
        yield it.address


async def test_smtp_turns_to_tls_by_starttls(ca: tuple[trustme.CA, Path]) -> None:
    made, path = ca
    async with starttls_server(made) as address:
        result = await ask(address, "smtp", "starttls", str(path), "mail.example")
        assert result.message.endswith("speaks SMTP with SIZE, STARTTLS over TLS 1.3"), result
        assert (await ask(address, "smtp", "starttls", str(path), "x.example")).verdict == "untrusted"
        assert (await ask(address, "smtp")).message.endswith("speaks SMTP with SIZE, STARTTLS")
    async with starttls_server(made, offers=False) as address:
        result = await ask(address, "smtp", "starttls", str(path), "mail.example")
        assert (result.verdict, result.message.partition(", ")[2]) == ("no-tls", "but no TLS: it offers no STARTTLS")


async def test_a_mysql_without_tls_is_named() -> None:
    async with demo("mysql") as address:
        result = await ask(address, "mysql", "starttls")
    assert (result.verdict, result.message.partition(", ")[2]) == ("no-tls", "but no TLS: it offers no TLS")


async def test_a_file_of_authorities_that_is_none_is_invalid(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("no")
    async with demo("http") as address:
        for path, reason in ((tmp_path / "gone.pem", "no such file"), (tmp_path / "x.pem", "which is none")):
            result = await ask(address, "http", "on", str(path))
            assert result.verdict == "invalid"
            assert str(path) in result.message and reason in result.message
        relative = ProbeTls("on", "x.pem", folder=tmp_path)
        result = await probe(address, "http", (), SystemClock(), relative)
        assert result.verdict == "invalid" and "which is none" in result.message


async def test_at_the_port_of_implicit_tls_unset_means_on(ca: tuple[trustme.CA, Path]) -> None:
    made, path = ca
    async with secure(web, context_of(made, "127.0.0.1")) as address:
        port = int(address.rpartition(":")[2])
        tls = ProbeTls("", path.name, tls_port=port, folder=path.parent)
        assert (await probe(address, "http", (), SystemClock(), tls)).message.endswith("over TLS 1.3")


async def test_a_probe_that_is_cancelled_closes_its_connection() -> None:
    left = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        left.set()

    async with backend(silent) as it:
        task = asyncio.create_task(ask(it.address, "mysql"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            await left.wait()
