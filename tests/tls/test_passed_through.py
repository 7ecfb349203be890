"""TLS that is passed through: what can be done to it without its keys, and what can't, is said."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from typing import Any

import pytest

from tests.proxy.lab import Lab, lab, named
from tests.tls.authority import Certificates
from tests.tls.peers import connect, echo, serving
from vaurien_core.behaviors.abort import Abort
from vaurien_core.behaviors.blackout import Blackout
from vaurien_core.behaviors.delay import Delay
from vaurien_core.behaviors.error import Error
from vaurien_core.behaviors.hang import Hang
from vaurien_core.behaviors.transient import Transient
from vaurien_core.protocols.http import Http
from vaurien_core.protocols.memcache import Memcache
from vaurien_core.protocols.redis import Redis
from vaurien_core.protocols.smtp import Smtp

FAULTS = (Abort, Blackout, Delay, Error, Hang, Transient)
PROTOCOLS = (Http, Memcache, Redis, Smtp)


def attempt(port: int, pem: Certificates, times: int = 1) -> str:
    """What a client that speaks TLS meets."""
    try:
        peer = connect(port, pem.client())
        try:
            for _ in range(times):
                peer.send(b"hello")
                if peer.recv() != b"hello":
                    return "closed"
            return "fine"
        finally:
            peer.close()
    except ConnectionResetError:
        return "reset"
    except ssl.SSLError as error:
        return error.reason or type(error).__name__


async def met(pem: Certificates, mix: str, *behaviors: Any, times: int = 1, **keys: Any) -> tuple[str, Lab]:
    """The same through a proxy that does this to everything."""
    with serving(echo, pem.server()) as port:
        async with lab(
            *FAULTS, mix=mix, handler=None, backend=f"127.0.0.1:{port}", protocols=PROTOCOLS, everything=True,
            behaviors=behaviors, **({"protocol": "redis"} | keys),
        ) as it:  # fmt: skip
            result = await asyncio.to_thread(attempt, it.server.bound.port, pem, times)
            await asyncio.sleep(0.05)
            return result, it


def outcomes(it: Lab) -> list[tuple[int, str]]:
    return [(e.ex, e.outcome) for e in it.journal.entries if e.kind == "exchange"]


@pytest.mark.parametrize("protocol", ["http", "memcache", "redis", "smtp"])
async def test_what_begins_with_a_clienthello_is_opaque_by_that_reason(protocol: str, pem: Certificates) -> None:
    result, it = await met(pem, "", protocol=protocol, backend_tls="off")
    assert result == "fine"
    sample = it.server.sample()
    assert (sample.opaque, sample.opaque_reasons, sample.errors_client) == (1, (("TLS", 1),), 0)
    assert ("connection", "opaque: TLS") in [(e.kind, e.outcome) for e in it.journal.entries]


@pytest.mark.parametrize("fault", ["error", "transient"])
async def test_a_random_error_answers_the_clienthello_with_a_fatal_alert(fault: str, pem: Certificates) -> None:
    result, it = await met(pem, f"100:{fault}")
    assert result == "SSLV3_ALERT_HANDSHAKE_FAILURE"
    assert outcomes(it) == [(1, "TLS alert handshake_failure injected")]
    assert it.server.counters.errors_injected == 1
    assert [e for e in it.journal.entries if e.kind == "notice"] == []


async def test_the_alert_is_the_one_of_the_rfc(pem: Certificates) -> None:
    with serving(echo, pem.server()) as port:
        async with lab(
            Error, mix="100:error", handler=None, backend=f"127.0.0.1:{port}", protocols=PROTOCOLS, protocol="http"
        ) as it:

            def ask() -> bytes:
                incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                client = pem.client().wrap_bio(incoming, outgoing, server_hostname="localhost")
                with pytest.raises(ssl.SSLWantReadError):
                    client.do_handshake()
                hello = outgoing.read()
                with socket.create_connection(("127.0.0.1", it.server.bound.port), timeout=10) as sock:
                    for n in range(3):  # a byte at a time is a ClientHello, too
                        sock.sendall(hello[n : n + 1])
                        time.sleep(0.01)
                    got = b""
                    while data := sock.recv(100):
                        got += data
                    return got

            assert await asyncio.to_thread(ask) == bytes.fromhex("15030300020228")


async def test_after_the_handshake_a_random_error_is_a_reset(pem: Certificates) -> None:
    result, it = await met(pem, "100:error", named("error", warmup=2), times=3)
    assert result == "reset"
    assert outcomes(it)[-1] == (3, "reset")


async def test_a_named_error_is_not_applicable_and_nothing_is_injected_in_its_place(pem: Certificates) -> None:
    result, it = await met(pem, "100:error", named("error", error="OOM"), times=3)
    assert result == "fine"
    sample = it.server.sample()
    assert (sample.injected, sample.errors_injected) == (0, 0)
    assert sample.not_applicable == sample.exchanges > 2
    assert {outcome for _, outcome in outcomes(it)} == {"not applicable: the stream is opaque: TLS"}
    (notice,) = [e.text for e in it.journal.entries if e.kind == "notice"]
    assert notice == (
        "p: 1 connection uses TLS, so error can't act on it. Use tls = terminate with a certificate, "
        "or let clients speak plain text and set backend_tls = on."
    )


async def test_a_named_error_of_the_connect_phase_is_not_applicable_either(pem: Certificates) -> None:
    keys = {"protocol": "smtp", "backend_tls": ""}
    with serving(echo, pem.server()) as port, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Smtp, "tls_port", port)
        async with lab(
            *FAULTS, mix="100:error", handler=None, backend=f"127.0.0.1:{port}", protocols=PROTOCOLS,
            behaviors=(named("error", error="greeting-421"),), everything=True, **keys,
        ) as it:  # fmt: skip
            assert await asyncio.to_thread(attempt, it.server.bound.port, pem) == "fine"
            await asyncio.sleep(0.05)
            assert (0, "not applicable: the stream is opaque: TLS") in outcomes(it)
            assert (it.server.counters.injected, it.server.counters.not_applicable) == (0, 1)


@pytest.mark.parametrize(
    ("mix", "expected"),
    [("100:abort", "reset"), ("100:blackout", "UNEXPECTED_EOF_WHILE_READING"), ("100:delay", "fine")],
)
async def test_faults_that_need_no_keys_act_on_its_turns(mix: str, expected: str, pem: Certificates) -> None:
    result, it = await met(pem, mix, named("delay", sleep=0.05))
    assert result in (expected, "SSLEOFError")
    assert it.server.counters.injected > 0
    assert it.server.counters.not_applicable == 0


async def test_a_hang_holds_the_handshake_until_it_is_let_go(pem: Certificates) -> None:
    with serving(echo, pem.server()) as port:
        async with lab(
            Hang, mix="100:hang", handler=None, backend=f"127.0.0.1:{port}", protocols=PROTOCOLS, protocol="redis"
        ) as it:
            waiting = asyncio.create_task(asyncio.to_thread(attempt, it.server.bound.port, pem))
            await it.until(lambda: it.server.counters.held == 1)
            it.server.set_normal(True)
            assert await waiting == "fine"


async def test_a_notice_is_given_once_for_each_reason(pem: Certificates) -> None:
    with serving(echo, pem.server()) as port:
        async with lab(
            *FAULTS, mix="50:error", handler=None, backend=f"127.0.0.1:{port}", protocols=PROTOCOLS, protocol="redis",
            behaviors=(named("error", error="OOM"),),
        ) as it:  # fmt: skip
            for _ in range(3):
                assert await asyncio.to_thread(attempt, it.server.bound.port, pem) == "fine"
            notices = [e.outcome for e in it.journal.entries if e.kind == "notice"]
    assert notices == ["TLS"]
    assert it.server.sample().opaque_reasons == (("TLS", 3),)
