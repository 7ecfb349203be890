"""The slides' line as written, only host and port changed, against a server that speaks TLS from the first byte.

`vaurien --proxy 127.0.0.1:P --backend HOST:PORT --protocol smtp --behavior 5:error,10:delay`
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.servers.smtp_server import smtp_server
from tests.tls.authority import Certificates
from vaurien_core.model.profile import ProxySpec, Rule
from vaurien_core.proxy import draw

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
SEED = 465
MIX = tuple(Rule(name, Decimal(weight)) for name, weight in (("error", 5), ("delay", 10)))


@asynccontextmanager
async def vaurien(
    tmp_path: Path, backend: int, pem: Certificates
) -> AsyncIterator[tuple[int, list[dict[str, Any]], Path]]:
    """Run the line; yields the port, the journal (filled at the end), and what it said on standard error."""
    journal, said = tmp_path / "journal.jsonl", tmp_path / "stderr"
    with said.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "vaurien_core.cli.main", "--proxy", "127.0.0.1:0",
            "--backend", f"localhost:{backend}", "--protocol", "smtp", "--behavior", "5:error,10:delay",
            "--behavior-delay-sleep", "1ms", "--seed", str(SEED), "--journal", str(journal), "--journal-all",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=stderr,
            env={**os.environ, "SSL_CERT_FILE": str(pem.authority)},
        )  # fmt: skip
    entries: list[dict[str, Any]] = []
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        yield int(line.split("default=")[1].split()[0].rpartition(":")[2]), entries, said
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 20)
        if journal.exists():
            entries += [json.loads(line) for line in journal.read_text().splitlines()]


def exchanges(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [e for e in entries if e["kind"] == "exchange"]


def plain_session(port: int, count: int) -> list[tuple[bytes, bytes]]:
    """Commands and the codes that they were answered with, by a client that speaks no TLS."""
    seen: list[tuple[bytes, bytes]] = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock, sock.makefile("rb") as heard:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def reply() -> bytes:
            while (line := heard.readline())[3:4] == b"-":
                pass
            return line

        assert reply()[:3] == b"220"
        hello = [b"EHLO me.example"]
        for command in hello + [c for n in range(count // 2) for c in (b"MAIL FROM:<a%d@example.com>" % n, b"RSET")]:
            sock.sendall(command + b"\r\n")
            seen.append((command, reply()[:3]))
    return seen


def secure_sessions(port: int, pem: Certificates, count: int) -> Counter[str]:
    """How connections of a client that speaks TLS end, until the proxy has counted so many turns."""
    ends: Counter[str] = Counter()
    context = pem.client()
    turns = 0
    while turns < count:
        try:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=30) as sock,
                context.wrap_socket(sock, server_hostname="localhost") as secure,
                secure.makefile("rb") as heard,
            ):
                secure.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                turns += 1
                if heard.readline()[:3] != b"220":  # how Python tells of a reset right behind the handshake
                    raise ConnectionResetError
                for n in range(8):
                    secure.sendall(b"NOOP %d\r\n" % n)
                    turns += 1
                    if heard.readline()[:3] != b"250":
                        raise ConnectionResetError
                ends["fine"] += 1
        except ssl.SSLError as error:
            ends[error.reason or ""] += 1
            turns += 1
        except ConnectionError:
            ends["reset"] += 1
    return ends


async def plain(tmp_path: Path, pem: Certificates, count: int) -> None:
    with smtp_server(ssl_context=pem.server(), command_call_limit=10**6) as (backend, _):
        async with vaurien(tmp_path, backend, pem) as (port, entries, said):
            seen = await asyncio.to_thread(plain_session, port, count)
        text = said.read_text()
    assert f"localhost:{backend} speaks TLS from the first byte; using backend_tls = on." in text
    found = draw.predict(ProxySpec("default", mix=MIX), SEED, [command for command, _ in seen])
    mail = [(p.rule, code) for p, (command, code) in zip(found, seen, strict=True) if command[:4] == b"MAIL"]
    refused = [rule == "error" for rule, _ in mail]
    assert [code[:1] == b"4" for _, code in mail] == refused
    assert sum(refused) > count // 100
    done = exchanges(entries)
    assert [e["rule"] or "dummy" for e in done] == [p.rule for p in found]
    assert [e["outcome"].startswith("not applicable") for e in done] == [
        p.rule == "error" and command[:4] != b"MAIL" for p, (command, _) in zip(found, seen, strict=True)
    ]
    assert len(done) == len(seen) >= count


async def secure(tmp_path: Path, pem: Certificates, count: int) -> None:
    with smtp_server(ssl_context=pem.server(), command_call_limit=10**6) as (backend, _):
        async with vaurien(tmp_path, backend, pem) as (port, entries, said):
            ends = await asyncio.to_thread(secure_sessions, port, pem, count)
        assert "can't act" not in said.read_text()  # a random error has something to do here
    done = exchanges(entries)
    assert len(done) >= count
    bounds = draw.bounds(rule.weight for rule in MIX)
    for entry in done:
        place = draw.ordinal_place(entry["conn"], entry["ex"])
        index = draw.choose(draw.number(SEED, "default", place, draw.MIX), bounds)
        assert (entry["rule"] or "dummy") == ("dummy" if index is None else MIX[index].behavior)
        if entry["rule"] == "error":
            alert = entry["ex"] == 1
            assert entry["outcome"] in (("TLS alert handshake_failure injected",) if alert else ("reset",))
    drawn = Counter(e["ex"] == 1 for e in done if e["rule"] == "error")
    assert ends["SSLV3_ALERT_HANDSHAKE_FAILURE"] == drawn[True] > 0
    assert ends["reset"] == drawn[False] > 0
    assert set(ends) <= {"SSLV3_ALERT_HANDSHAKE_FAILURE", "reset", "fine"}
    opaque = [e for e in entries if e["kind"] == "connection" and e["outcome"] == "opaque: TLS"]
    assert len(opaque) == len({e["conn"] for e in done})


async def test_200_exchanges_of_a_client_that_speaks_no_tls(tmp_path: Path, pem: Certificates) -> None:
    await plain(tmp_path, pem, 200)


async def test_200_exchanges_of_a_client_that_speaks_tls(tmp_path: Path, pem: Certificates) -> None:
    await secure(tmp_path, pem, 400)


@pytest.mark.slow
async def test_2000_exchanges_of_a_client_that_speaks_no_tls(tmp_path: Path, pem: Certificates) -> None:
    await plain(tmp_path, pem, 2000)


@pytest.mark.slow
async def test_2000_exchanges_of_a_client_that_speaks_tls(tmp_path: Path, pem: Certificates) -> None:
    await secure(tmp_path, pem, 2000)
