"""smtplib and aiosmtpd with TLS on either side, begun at once or by STARTTLS: the mail arrives, the errors too."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from tests.proxy.lab import Lab, Place, everywhere, lab, named
from tests.servers.smtp_server import smtp_server
from tests.tls.authority import Certificates
from tests.tls.peers import Peer, connect, serving
from vaurien_core.behaviors.error import Error
from vaurien_core.protocols.smtp import Smtp

pytestmark = [pytest.mark.server, pytest.mark.timeout(40)]
SUBJECT = b"Subject: x\r\n\r\nhello\r\n"
Work = Callable[[int], Any]


def backend_of(kind: str, pem: Certificates) -> Any:
    """A server that speaks plain text, offers STARTTLS, or speaks TLS from the first byte."""
    options: dict[str, Any] = {}
    if kind == "starttls":
        options["tls_context"] = pem.server()
    elif kind == "implicit":
        options["ssl_context"] = pem.server()
    return smtp_server(**options)


def client_of(kind: str, pem: Certificates) -> Callable[[int], smtplib.SMTP]:
    """A client of the same kinds."""
    given: dict[str, Any] = {"local_hostname": "me.example", "timeout": 10}

    def make(port: int) -> smtplib.SMTP:
        if kind == "implicit":
            return smtplib.SMTP_SSL("localhost", port, context=pem.client(), **given)
        client = smtplib.SMTP("localhost", port, **given)
        if kind == "starttls":
            client.starttls(context=pem.client())
        return client

    return make


def mails(client: Callable[[int], smtplib.SMTP], count: int = 2) -> Work:
    """Send some over one connection; returns how the client's side was at the end."""

    def work(port: int) -> bool:
        session = client(port)
        for n in range(count):
            assert session.sendmail("a@example.com", [f"c{n}@example.com"], SUBJECT) == {}
        assert not (session.has_extn("starttls") and isinstance(session.sock, ssl.SSLSocket))
        secure = isinstance(session.sock, ssl.SSLSocket)
        session.quit()
        return secure

    return work


async def through(
    backend: int, work: Work, *behaviors: Any, look: Callable[[Lab], object] | None = None, **keys: Any
) -> Any:
    async with lab(
        Error, handler=None, backend=f"localhost:{backend}", protocols=(Smtp,), protocol="smtp", everything=True,
        behaviors=tuple(behaviors), **keys,
    ) as it:  # fmt: skip
        result = await asyncio.to_thread(work, it.server.bound.port)
        await asyncio.sleep(0.05)
        if look is not None:
            look(it)
        return result


def keys_of(pem: Certificates, tls: str, backend_tls: str) -> dict[str, Any]:
    keys: dict[str, Any] = {"tls": tls, "backend_tls": backend_tls, "backend_verify": str(pem.authority)}
    return keys | ({"certificate": str(pem.both)} if tls == "terminate" else {})


# client, tls, backend_tls, server: opaque?
COMBINATIONS = [
    ("plain", "passthrough", "", "plain", False),
    ("starttls", "passthrough", "", "starttls", True),
    ("implicit", "passthrough", "", "implicit", True),
    ("plain", "passthrough", "on", "implicit", False),
    ("plain", "passthrough", "starttls", "starttls", False),
    ("plain", "strip", "off", "starttls", False),
    ("plain", "strip", "starttls", "starttls", False),
    ("starttls", "terminate", "off", "plain", False),
    ("starttls", "terminate", "off", "starttls", False),
    ("starttls", "terminate", "starttls", "starttls", False),
    ("starttls", "terminate", "on", "implicit", False),
    ("implicit", "terminate", "off", "plain", False),
    ("implicit", "terminate", "off", "starttls", False),
    ("implicit", "terminate", "starttls", "starttls", False),
    ("implicit", "terminate", "on", "implicit", False),
    ("implicit", "terminate", "", "implicit", False),
    ("plain", "terminate", "off", "plain", False),
    ("plain", "terminate", "on", "implicit", False),
]


@everywhere
def test_mail_arrives_by_every_combination(place: Place, pem: Certificates) -> None:
    async def main() -> None:
        servers = {kind: stack.enter_context(backend_of(kind, pem)) for kind in ("plain", "starttls", "implicit")}

        async def one(client: str, tls: str, backend_tls: str, server: str, opaque: bool) -> None:
            case = (client, tls, backend_tls, server)

            def look(it: Lab) -> None:
                sample = it.server.sample()
                assert bool(sample.opaque) == opaque, case
                assert sample.errors_backend == 0, case
                assert opaque or sample.errors_client == 0, case
                if opaque:
                    assert sample.opaque_reasons == (({"implicit": "TLS"}.get(client, "STARTTLS"), 1),), case

            secure = await through(
                servers[server][0], mails(client_of(client, pem)), look=look, **keys_of(pem, tls, backend_tls)
            )
            assert secure == (client != "plain"), case

        for at in range(0, len(COMBINATIONS), 3):  # the executor's threads resolve names, too
            await asyncio.gather(*(one(*case) for case in COMBINATIONS[at : at + 3]))
        delivered = sum(len(mailbox.mails) for _, mailbox in servers.values())
        assert delivered == 2 * len(COMBINATIONS)

    with ExitStack() as stack:
        place.run(main)


@pytest.mark.parametrize(("client", "tls"), [("implicit", "terminate"), ("starttls", "terminate"), ("plain", "strip")])
async def test_errors_reach_a_client_whose_tls_ends_here(client: str, tls: str, pem: Certificates) -> None:
    def work(port: int) -> int:
        session = client_of(client, pem)(port)
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            session.sendmail("a@example.com", ["c@example.com"], SUBJECT)
        session.quit()
        return refused.value.smtp_code

    with backend_of("starttls", pem) as (port, mailbox):
        error = named("error", error="mail-452")
        keys = keys_of(pem, tls, "starttls")
        assert await through(port, work, error, mix="100:error", **keys) == 452
    assert mailbox.mails == []


async def test_starttls_itself_can_be_refused_and_tried_again(pem: Certificates) -> None:
    def work(port: int) -> tuple[int, int]:
        session = smtplib.SMTP("localhost", port, local_hostname="me.example", timeout=10)
        session.ehlo()
        refused = session.docmd("STARTTLS")[0]
        after = session.noop()[0]
        session.quit()
        return refused, after

    with backend_of("plain", pem) as (port, _):
        error = named("error", error="starttls-454")
        keys = keys_of(pem, "terminate", "off")
        assert await through(port, work, error, mix="100:error", **keys) == (454, 250)


def reply(peer: Peer) -> bytes:
    lines = b""
    while not lines.endswith(b"\n") or lines.splitlines()[-1][3:4] == b"-":
        data = peer.recv(1)
        if not data:
            break
        lines += data
    return lines


@pytest.mark.parametrize("injected", [b"NOOP\r\n", b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<x@example.com>\r\n"])
async def test_plain_text_behind_starttls_is_discarded(injected: bytes, pem: Certificates) -> None:
    """RFC 3207 section 4.2: what a man in the middle put behind STARTTLS must not count as said within TLS."""

    def work(port: int) -> list[bytes]:
        plain = connect(port)
        assert reply(plain)[:3] == b"220"
        plain.send(b"EHLO me\r\n")
        assert b"STARTTLS\r\n" in reply(plain)
        plain.send(b"STARTTLS\r\n" + injected)
        assert reply(plain)[:3] == b"220"
        secure = Peer(plain.sock, pem.client(), server=False, name="localhost")
        secure.send(b"EHLO me\r\n")
        said = [reply(secure)]
        secure.send(b"RCPT TO:<y@example.com>\r\n")
        said.append(reply(secure))
        secure.send(b"QUIT\r\n")
        said.append(secure.all())
        secure.close()
        return said

    for kind, backend_tls in (("plain", "off"), ("starttls", "starttls")):
        with backend_of(kind, pem) as (port, _):
            hello, rcpt, bye = await through(port, work, **keys_of(pem, "terminate", backend_tls))
        assert hello.startswith(b"250-")
        assert b"STARTTLS" not in hello
        assert rcpt[:3] == b"503"  # no MAIL was heard
        assert bye[:3] == b"221"
        assert bye.count(b"\n") == 1


async def test_what_the_backend_says_behind_its_220_in_plain_text_is_discarded(pem: Certificates) -> None:
    def fake(peer: Peer) -> None:
        peer.send(b"220 mx\r\n")
        peer.recv()
        peer.send(b"250-mx\r\n250 STARTTLS\r\n")
        assert peer.recv() == b"STARTTLS\r\n"
        peer.send(b"220 go\r\n250-injected\r\n250 evil\r\n")
        secure = Peer(peer.sock, pem.server(), server=True)
        assert secure.recv() == b"EHLO me\r\n"
        secure.send(b"250 mx\r\n")
        secure.end()

    def work(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            got = sock.recv(100)
            sock.sendall(b"EHLO me\r\n")
            while data := sock.recv(100):
                got += data
            return got

    with serving(fake) as port:
        assert await through(port, work, **keys_of(pem, "passthrough", "starttls")) == b"220 mx\r\n250 mx\r\n"


async def test_a_backend_without_starttls_is_an_error_that_says_so(pem: Certificates) -> None:
    def work(port: int) -> None:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtplib.SMTP("localhost", port, timeout=10)

    def look(it: Lab) -> None:
        (told,) = [e.text for e in it.journal.entries if e.kind == "connection"]
        assert told == "The backend offers no STARTTLS (250 HELP); use backend_tls = off or on."

    with backend_of("plain", pem) as (port, _):
        await through(port, work, look=look, **keys_of(pem, "passthrough", "starttls"))


# -- a server that speaks TLS from the first byte, though nobody said so


def found(it: Lab) -> list[str]:
    return [e.text for e in it.journal.entries if e.kind == "notice"]


@everywhere
def test_a_silent_backend_is_found_to_speak_tls(place: Place, pem: Certificates) -> None:
    times: list[float] = []

    def work(port: int) -> None:
        for _ in range(2):
            began = time.monotonic()
            session = client_of("plain", pem)(port)
            times.append(time.monotonic() - began)
            assert session.sendmail("a@example.com", ["c@example.com"], SUBJECT) == {}
            session.quit()
        assert mails(client_of("implicit", pem))(port)  # and one that speaks TLS itself is still passed through

    def look(it: Lab) -> None:
        (text,) = found(it)
        assert text == f"{it.server.spec.backend} speaks TLS from the first byte; using backend_tls = on."
        assert it.server.sample().opaque_reasons == (("TLS", 1),)
        assert it.server.sample().errors_backend == 0

    async def main() -> None:
        with backend_of("implicit", pem) as (port, mailbox):
            await through(port, work, look=look, **keys_of(pem, "passthrough", ""))
            assert len(mailbox.mails) == 4

    place.run(main)
    assert times[0] >= 1.0
    assert times[1] < times[0]  # the next ones know


async def test_a_silent_backend_whose_certificate_is_not_trusted_is_told(pem: Certificates) -> None:
    def work(port: int) -> None:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtplib.SMTP("localhost", port, timeout=10)

    def look(it: Lab) -> None:
        (text,) = found(it)
        assert "can't be verified for localhost by the system's authorities" in text
        assert "backend_verify" in text

    with backend_of("implicit", pem) as (port, _):
        await through(port, work, look=look)


async def test_a_backend_that_greets_late_keeps_its_connection_and_hears_nothing_strange(pem: Certificates) -> None:
    heard: list[bytes] = []

    def late(peer: Peer) -> None:
        first = not heard
        heard.append(b"")
        if first:
            time.sleep(1.6)
            peer.send(b"220 late\r\n")
        while data := peer.recv():
            heard[0 if first else -1] += data
            if first:
                peer.send(b"250 fine\r\n")

    def work(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            got = sock.recv(100)
            sock.sendall(b"NOOP\r\n")
            return got + sock.recv(100)

    with serving(late) as port:
        assert await through(port, work) == b"220 late\r\n250 fine\r\n"
    assert heard[0] == b"NOOP\r\n"
    assert heard[1][:1] == b"\x16"  # the question went over a connection of its own


async def test_a_client_that_speaks_first_is_no_reason_to_search(pem: Certificates) -> None:
    accepted: list[bytes] = []

    def listen(peer: Peer) -> None:
        accepted.append(peer.recv())
        time.sleep(1.5)
        peer.send(b"220 at last\r\n")
        peer.end()

    def work(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            sock.sendall(b"EHLO early\r\n")
            return sock.recv(100)

    with serving(listen) as port:
        assert await through(port, work) == b"220 at last\r\n"
    assert accepted == [b"EHLO early\r\n"]


async def test_at_the_implicit_port_both_kinds_of_client_are_served(
    pem: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    with backend_of("implicit", pem) as (port, mailbox):
        monkeypatch.setattr(Smtp, "tls_port", port)

        def work(listening: int) -> tuple[bool, bool]:
            began = time.monotonic()
            results = mails(client_of("plain", pem))(listening), mails(client_of("implicit", pem))(listening)
            assert time.monotonic() - began >= 0.4
            return results

        def look(it: Lab) -> None:
            assert it.server.sample().opaque_reasons == (("TLS", 1),)
            assert found(it) == []

        assert await through(port, work, look=look, **keys_of(pem, "passthrough", "")) == (False, True)
    assert len(mailbox.mails) == 4
