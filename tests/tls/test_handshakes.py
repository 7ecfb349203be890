"""Handshakes that fail are traffic: counted, told in one sentence with what to do, and bounded in time."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from tests.proxy.lab import Lab, Place, everywhere, lab, named, spec_of
from tests.tls.authority import Certificates
from tests.tls.peers import Peer, connect, echo, serving
from vaurien_core.behaviors.hang import Hang
from vaurien_core.errors import OptionError
from vaurien_core.protocols.http import Http
from vaurien_core.protocols.redis import Redis
from vaurien_core.protocols.smtp import Smtp
from vaurien_core.proxy.tls.settings import check_tls


def told(it: Lab) -> list[tuple[str, str]]:
    return [(e.outcome, e.text) for e in it.journal.entries if e.kind == "connection"]


def ending(pem: Certificates, **more: Any) -> dict[str, Any]:
    return {"protocol": "tcp", "tls": "terminate", "certificate": str(pem.both), **more}


def refused(port: int, context: ssl.SSLContext | None = None, said: bytes = b"") -> str:
    """How a connection ends that can't begin."""
    try:
        peer = connect(port, context)
        try:
            peer.send(said)
            return f"closed after {peer.all()!r}"
        finally:
            peer.close()
    except (ssl.SSLError, OSError) as error:
        return type(error).__name__


@everywhere
def test_a_client_that_does_not_trust_us_is_told_from_one_that_speaks_no_tls(place: Place, pem: Certificates) -> None:
    async def main() -> None:
        async with lab(handler=None, backend="127.0.0.1:9", **ending(pem)) as it:
            port = it.server.bound.port
            with serving(echo) as behind:
                it.server.use(dataclasses.replace(it.server.spec, backend=f"127.0.0.1:{behind}"))
                stranger = await asyncio.to_thread(refused, port, ssl.create_default_context())
                assert stranger == "SSLCertVerificationError"
                plain = await asyncio.to_thread(refused, port, None, b"GET / HTTP/1.0\r\n\r\n")
                assert plain.startswith(("closed", "Connection"))
                await it.until(lambda: len(told(it)) == 2)
                with connect_silently(port) as sock:
                    sock.close()  # a look whether somebody listens is no error
                    await asyncio.sleep(0.05)
        assert [outcome for outcome, _ in told(it)] == ["client TLS failed"] * 2
        assert told(it)[0][1].startswith("The client refused the certificate that it was shown: ")
        assert told(it)[1][1] == "The client does not speak TLS, and tls = terminate expects it to."
        assert (it.server.counters.errors_client, it.server.counters.errors_backend) == (2, 0)

    place.run(main)


def connect_silently(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


@everywhere
def test_a_backend_that_is_not_what_it_should_be_is_told(place: Place, pem: Certificates) -> None:
    async def attempt(port: int, **keys: Any) -> str:
        async with lab(handler=None, backend=f"127.0.0.1:{port}", protocol="tcp", backend_tls="on", **keys) as it:
            await asyncio.to_thread(refused, it.server.bound.port, None, b"hello")
            await it.until(lambda: told(it))
            assert (it.server.counters.errors_client, it.server.counters.errors_backend) == (0, 1)
        ((outcome, text),) = told(it)
        assert outcome == "backend TLS failed"
        return text

    def greet(peer: Peer) -> None:
        peer.send(b"220 plain text here\r\n")
        peer.all()

    async def main() -> None:
        with serving(echo, pem.server()) as port:
            text = await attempt(port)
            assert "can't be verified for 127.0.0.1 by the system's authorities" in text
            assert "backend_verify" in text
            text = await attempt(port, backend_verify=str(pem.authority), backend_name="db.example")
            assert "can't be verified for db.example" in text
            assert "backend_name" in text
        with serving(greet) as port:
            text = await attempt(port)
            assert text.endswith("does not speak TLS from the first byte; use backend_tls = off or starttls.")
        with serving(lambda peer: peer.recv()) as port:
            assert (await attempt(port)).endswith("failed: the backend closed the connection.")

    place.run(main)


async def test_the_system_s_authorities_may_be_named_by_the_environment(
    pem: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem.authority))
    with serving(echo, pem.server()) as port:
        async with lab(handler=None, backend=f"127.0.0.1:{port}", protocol="tcp", backend_tls="on") as it:
            peer = await asyncio.to_thread(connect, it.server.bound.port)
            await asyncio.to_thread(peer.send, b"hi")
            assert await asyncio.to_thread(peer.recv) == b"hi"
            peer.close()


async def test_a_backend_is_asked_for_its_name_and_need_not_be_verified(pem: Certificates) -> None:
    asked: list[str | None] = []
    context = pem.server()
    context.sni_callback = lambda _sock, name, _context: asked.append(name)
    keys: list[dict[str, str]] = [
        {"backend_verify": str(pem.authority), "backend_name": "mail.example"},
        {"backend_verify": "no", "backend_name": "anything.example"},
        {"backend_verify": "no"},
    ]
    with serving(echo, context) as port:
        for given in keys:
            async with lab(handler=None, backend=f"127.0.0.1:{port}", protocol="tcp", backend_tls="on", **given) as it:
                peer = await asyncio.to_thread(connect, it.server.bound.port)
                await asyncio.to_thread(peer.send, b"hi")
                assert await asyncio.to_thread(peer.recv) == b"hi"
                peer.close()
    assert asked == ["mail.example", "anything.example", None]  # an address is no name to ask for


@pytest.mark.parametrize("side", ["client", "backend"])
async def test_a_handshake_that_never_ends_is_ended(side: str, pem: Certificates) -> None:
    def silent(peer: Peer) -> None:
        peer.all()

    keys = {"backend_tls": "on"} if side == "backend" else {"tls": "terminate", "certificate": str(pem.both)}
    with serving(silent) as port:
        async with lab(handler=None, backend=f"127.0.0.1:{port}", protocol="tcp", connect_timeout=0.5, **keys) as it:
            began = time.monotonic()
            with connect_silently(it.server.bound.port) as sock:
                sock.sendall(b"\x16\x03\x01")  # the beginning of a record, no more
                assert await asyncio.to_thread(sock.recv, 10) in (b"", b"\x15\x03\x03\x00\x02\x02\x50")
            assert 0.4 < time.monotonic() - began < 5
            await it.until(lambda: told(it))
        ((outcome, text),) = told(it)
        assert outcome == f"{side} TLS failed"
        assert "it was not done within 0.5 s" in text


async def test_a_certificate_is_made_on_request_and_its_authority_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAURIEN_CERTIFICATES", str(tmp_path))
    with serving(echo) as port:
        async with lab(
            handler=None, backend=f"127.0.0.1:{port}", protocol="tcp", tls="terminate", certificate="auto"
        ) as it:
            (text,) = [e.text for e in it.journal.entries if e.kind == "notice"]
            authority = text.rpartition("let them trust ")[2].removesuffix(".")
            trusting = ssl.create_default_context(cafile=authority)
            peer = await asyncio.to_thread(connect, it.server.bound.port, trusting)
            await asyncio.to_thread(peer.send, b"hi")
            assert await asyncio.to_thread(peer.recv) == b"hi"
            peer.close()


# -- the life of a connection with TLS on both sides


def both(pem: Certificates, **more: Any) -> dict[str, Any]:
    return ending(pem, backend_tls="on", backend_verify=str(pem.authority), **more)


@everywhere
def test_hang_release_all_normal_and_stop_work_through_tls(place: Place, pem: Certificates) -> None:
    async def main() -> None:
        with serving(echo, pem.server()) as port:
            async with lab(Hang, mix="100:hang", handler=None, backend=f"127.0.0.1:{port}", **both(pem)) as it:
                for letting_go in (it.server.release, lambda: it.server.set_normal(True)):
                    peer = await asyncio.to_thread(connect, it.server.bound.port, pem.client())
                    await asyncio.to_thread(peer.send, b"hello")
                    await it.until(lambda: it.server.counters.held == 1)
                    letting_go()
                    assert await asyncio.to_thread(peer.recv) == b"hello"
                    peer.close()
                    it.server.set_normal(False)
                peer = await asyncio.to_thread(connect, it.server.bound.port, pem.client())
                await asyncio.to_thread(peer.send, b"hello")
                await it.until(lambda: it.server.counters.held == 1)
                await it.server.stop()
                assert await asyncio.to_thread(peer.recv) == b""  # close_notify, not a broken stream
                peer.close()

    place.run(main)


async def test_stay_connected_dials_tls_again_and_keep_alive_reaches_the_sockets(pem: Certificates) -> None:
    def once(peer: Peer) -> None:
        peer.send(b"ok " + peer.recv())
        peer.end()

    with serving(once, pem.server()) as port:
        keys = both(pem, stay_connected=True, protocol_options=(("keep_alive", True),))
        async with lab(handler=None, backend=f"127.0.0.1:{port}", **keys) as it:
            peer = await asyncio.to_thread(connect, it.server.bound.port, pem.client())
            for n in range(3):
                await asyncio.to_thread(peer.send, b"%d" % n)
                assert await asyncio.to_thread(peer.recv) == b"ok %d" % n
                await it.until(lambda: next(iter(it.server.open)).backend is None)
            peer.close()


async def test_other_keys_are_for_new_connections(pem: Certificates) -> None:
    with serving(echo) as port:
        async with lab(handler=None, backend=f"127.0.0.1:{port}", protocol="tcp") as it:
            old = await asyncio.to_thread(connect, it.server.bound.port)
            old.send(b"a")
            assert await asyncio.to_thread(old.recv) == b"a"
            it.server.use(dataclasses.replace(it.server.spec, tls="terminate", certificate=str(pem.both)))
            old.send(b"b")
            assert await asyncio.to_thread(old.recv) == b"b"
            new = await asyncio.to_thread(connect, it.server.bound.port, pem.client())
            await asyncio.to_thread(new.send, b"c")
            assert await asyncio.to_thread(new.recv) == b"c"
            with pytest.raises(OptionError):
                it.server.use(dataclasses.replace(it.server.spec, certificate="nowhere.pem"))
            assert it.server.spec.certificate == str(pem.both)
            old.close()
            new.close()


# -- keys that can't be meant


def test_what_is_wrong_with_the_keys_is_one_clear_sentence(pem: Certificates) -> None:
    def wrong(kind: Any, **keys: str) -> str:
        with pytest.raises(OptionError) as caught:
            check_tls(spec_of(protocol=kind.name, **keys), kind, pem.folder)
        return str(caught.value)

    assert wrong(Http, tls="terminate") == (
        "certificate: expected a PEM file, or auto (with tls = terminate clients are shown one), got nothing."
    )
    assert "certificate: expected a PEM file that can be read" in wrong(Http, tls="terminate", certificate="no.pem")
    assert wrong(Http, tls="terminate", certificate="certificate.pem", key="other-key.pem") == (
        "key: expected the key of the certificate, got another one's, in other-key.pem."
    )
    assert wrong(Http, tls="terminate", certificate="certificate.pem") == (
        "key: expected a PEM file, as the certificate's holds no key, got nothing."
    )
    assert wrong(Http, tls="terminate", certificate="key.pem").startswith("certificate: expected a PEM file with a")
    assert "as redis has no way from plain text to TLS" in wrong(Redis, backend_tls="starttls")
    assert "as http doesn't negotiate TLS" in wrong(Http, tls="strip")
    assert "backend_verify: expected a PEM file that can be read" in wrong(Smtp, backend_verify="no.pem")
    assert "yes, no, or a PEM file of authorities" in wrong(Smtp, backend_tls="on", backend_verify="key.pem")
    assert wrong(Smtp, tls="maybe") == 'tls: expected passthrough, terminate, strip, got "maybe".'
    assert wrong(Smtp, backend_tls="on", backend_name=".") == 'backend_name: expected a host name, got ".".'


def test_files_are_looked_for_beside_the_profile(pem: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    spec = spec_of(protocol="http", tls="terminate", certificate="certificate.pem", key="key.pem")
    check_tls(spec, Http, pem.folder)
    with pytest.raises(OptionError):
        check_tls(spec, Http, Path("/"))
    assert named("error").kind == "error"
