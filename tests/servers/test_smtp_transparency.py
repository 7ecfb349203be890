"""At weight 0 nobody can tell that the proxy is there: generated SMTP, directly and through it, gives the same."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.proxy.lab import lab
from tests.servers.postfix_server import Postfix, postfix
from tests.servers.sasl_server import sasl_server
from tests.servers.smtp_server import Mailbox, smtp_server
from tests.servers.smtp_speaker import Speaker
from tests.support.serving import served
from vaurien_core.protocols.smtp import Smtp
from vaurien_core.protocols.smtp.verbs import KNOWN

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


def proxied(backend: int):
    """A proxy without faults in front of it."""
    return lab(handler=None, backend=f"127.0.0.1:{backend}", protocols=(Smtp,), protocol="smtp")


@contextmanager
def crumbling(backend: int) -> Iterator[int]:
    """Passes single bytes on, both ways."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                for at in range(len(data)):
                    target.sendall(data[at : at + 1])
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for sock in (source, target):
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def serve(client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", backend)) as server:
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            other = threading.Thread(target=pump, args=(client, server))
            other.start()
            pump(server, client)
            other.join()

    with served(listener, serve):
        yield int(listener.getsockname()[1])


def speak(port: int, seed: int, operations: int, **options: bool) -> Speaker:
    speaker = Speaker(port, seed, **options)
    try:
        speaker.work(operations)
    finally:
        speaker.close()
    return speaker


async def on_aiosmtpd(operations: int, *, through_proxy: bool, crumbs: bool = False) -> tuple[Speaker, Mailbox]:
    options = {"chunking": False, "extended": False, "crumbs": crumbs}
    with ExitStack() as stack:
        port, mailbox = stack.enter_context(smtp_server())
        if crumbs:
            port = stack.enter_context(crumbling(port))
        if not through_proxy:
            return await asyncio.to_thread(speak, port, 5, operations, **options), mailbox
        async with proxied(port) as it:
            speaker = await asyncio.to_thread(speak, it.server.bound.port, 5, operations, **options)
            assert it.server.counters.injected == 0
            assert it.server.counters.exchanges > operations * 0.9
            assert it.server.counters.opaque < operations / 20
        return speaker, mailbox


async def same_on_aiosmtpd(operations: int, *, crumbs: bool = False) -> Speaker:
    direct, delivered = await on_aiosmtpd(operations, through_proxy=False)
    speaker, mailbox = await on_aiosmtpd(operations, through_proxy=True, crumbs=crumbs)
    assert speaker.heard == direct.heard
    assert mailbox.mails == delivered.mails
    assert len(mailbox.mails) > operations / 40
    return speaker


async def test_four_hundred_operations_on_aiosmtpd():
    await same_on_aiosmtpd(400)


async def test_two_hundred_operations_in_single_bytes_both_ways():
    await same_on_aiosmtpd(200, crumbs=True)


@pytest.mark.slow
async def test_ten_thousand_operations_on_aiosmtpd_with_every_command():
    speaker = await same_on_aiosmtpd(10_000)
    assert all(speaker.said[verb] >= 20 for verb in (*KNOWN, "message", "AUTH response")), speaker.said


@pytest.fixture(scope="module")
def real() -> Iterator[Postfix]:
    with sasl_server() as auth, postfix(auth) as running:
        yield running


def bodies(mails: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Without what Postfix puts in front: header lines of its own."""
    own = rb"(?m)^(Return-Path|X-Original-To|Delivered-To|Received|Message-Id|Date|From): .*\n(?:[ \t].*\n)*"
    return sorted((box, re.sub(own, b"", mail)) for box, mail in mails)


async def same_on_postfix(it: Postfix, operations: int, service: str) -> Speaker:
    options = {"chunking": True, "extended": True}
    it.forget()
    direct = await asyncio.to_thread(speak, it.ports[service], 9, operations, **options)
    delivered = await asyncio.to_thread(it.settle)
    it.forget()
    async with proxied(it.ports[service]) as between:
        speaker = await asyncio.to_thread(speak, between.server.bound.port, 9, operations, **options)
        assert between.server.counters.exchanges > operations * 0.9
    assert speaker.heard == direct.heard
    assert bodies(await asyncio.to_thread(it.settle)) == bodies(delivered)
    assert len(delivered) > operations / 40
    return speaker


async def test_three_hundred_operations_on_postfix(real: Postfix):
    await same_on_postfix(real, 300, "plain")


@pytest.mark.slow
@pytest.mark.parametrize("service", ["plain", "auth"])
async def test_thousands_of_operations_on_postfix_with_every_command(real: Postfix, service: str):
    speaker = await same_on_postfix(real, 6_000, service)
    assert all(speaker.said[verb] >= 20 for verb in KNOWN), speaker.said


@pytest.mark.parametrize("chunked", [False, True], ids=["DATA", "BDAT"])
async def test_twenty_megabytes_arrive_on_postfix(real: Postfix, chunked: bool):
    real.forget()
    line = b".%07d" + b"y" * 60 + b"\n"
    body = b"Subject: large\n\n" + b"".join(line % n for n in range(20_000_000 // 69))

    def send(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), 60) as sock, sock.makefile("rb") as heard:
            wire = body.replace(b"\n", b"\r\n")
            said = [b"", b"HELO me.example\r\n", b"MAIL FROM:<me@example.com>\r\n", b"RCPT TO:<a@example.com>\r\n"]
            if chunked:
                half = len(wire) // 2
                said += [b"BDAT %d\r\n%s" % (half, wire[:half])]
                said += [b"BDAT %d LAST\r\n%s" % (len(wire) - half, wire[half:])]
            else:
                said += [b"DATA\r\n", wire.replace(b"\r\n.", b"\r\n..") + b".\r\n"]
            for data in said:
                sock.sendall(data)
                assert heard.readline()[:1] in b"23"

    async with proxied(real.ports["plain"]) as between:
        await asyncio.to_thread(send, between.server.bound.port)
        assert between.server.counters.exchanges == 5
    stored = await asyncio.to_thread(real.settle, 120)
    assert [box for box, _ in stored] == ["a@example.com"]
    assert stored[0][1].endswith(body[body.index(b"\n\n") :])
