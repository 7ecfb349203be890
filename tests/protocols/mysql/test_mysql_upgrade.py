"""The login of a side that turns to TLS, as the other side and the framer see it, however it is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from vaurien_core.protocols.mysql.greeting import offering, read_greeting
from vaurien_core.protocols.mysql.upgrade import BackendLogin, ClientLogin
from vaurien_core.protocols.negotiation import Act, Deliver, Fail, Notice, Secure, Send

SSL = 0x800
CUTS = (0, 1, 2, 3, 7)
cuts = pytest.mark.parametrize("size", CUTS)


def packet(sequence: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([sequence]) + payload


def greeting(*, tls: bool) -> bytes:
    """Of a MySQL 8.0 (page_protocol_connection_phase_packets_protocol_handshake_v10)."""
    flags = 0xFFFFFFFF if tls else 0xFFFFFFFF & ~SSL
    low, high = (flags & 0xFFFF).to_bytes(2, "little"), (flags >> 16).to_bytes(2, "little")
    return (
        b"\x0a8.0.36\0" + b"\x08\0\0\0" + b"saltsalt" + b"\0" + low + b"\x21" + b"\x02\0" + high + b"\x15"
        + bytes(10) + b"moresaltmore\0" + b"caching_sha2_password\0"
    )  # fmt: skip


def login(*, tls: bool) -> bytes:
    flags = (0x00000200 | 0x00000001 | 0x00088000) | (SSL if tls else 0)
    return flags.to_bytes(4, "little") + b"\0\0\0\x01" + b"\x21" + bytes(23) + b"app\0" + b"\x04pass"


OK = b"\0\0\0\x02\0\0\0"
SWITCH = b"\xfemysql_native_password\0salt\0"


class Heard:
    """What comes of a negotiator's acts."""

    def __init__(self) -> None:
        self.delivered = self.sent = b""
        self.secured: list[bytes] = []
        self.said: list[str] = []

    def take(self, acts: Sequence[Act]) -> None:
        for act in acts:
            if isinstance(act, Deliver):
                self.delivered += act.data
            elif isinstance(act, Send):
                self.sent += act.data
            elif isinstance(act, Secure):
                self.secured.append(act.first)
            else:
                assert isinstance(act, (Fail, Notice))
                self.said.append(act.sentence)

    def feed(self, call: Callable[[bytes], Sequence[Act]], data: bytes, size: int) -> None:
        for at in range(0, len(data), size or len(data)):
            self.take(call(data[at : at + (size or len(data))]))


@cuts
def test_a_client_that_upgrades_is_one_number_ahead_until_its_login_is_over(size: int) -> None:
    side, heard = ClientLogin(offer=True, backend_plain=True), Heard()
    heard.feed(side.sent, packet(0, greeting(tls=False)), size)
    assert heard.sent == packet(0, greeting(tls=True))
    hello = b"\x16\x03\x01\x00\x05hello"
    heard.feed(side.received, packet(1, login(tls=True)[:32]), size)
    assert heard.secured == [b""]
    assert heard.delivered == b""
    heard.take(side.secured())
    heard.feed(side.received, packet(2, login(tls=True)), size)
    assert heard.delivered == packet(1, login(tls=False))
    heard.sent = heard.delivered = b""
    heard.feed(side.sent, packet(2, SWITCH), size)
    heard.feed(side.received, packet(4, b"scramble"), size)
    heard.feed(side.sent, packet(4, OK), size)
    assert heard.sent == packet(3, SWITCH) + packet(5, OK)
    assert heard.delivered == packet(3, b"scramble")
    assert side.settled
    assert heard.said == []
    together = ClientLogin(offer=True, backend_plain=True)
    together.sent(packet(0, greeting(tls=True)))
    (secure,) = together.received(packet(1, login(tls=True)[:32]) + hello)
    assert secure == Secure(hello)  # clients don't wait


@cuts
def test_a_client_that_does_not_is_left_alone(size: int) -> None:
    side, heard = ClientLogin(offer=True, backend_plain=True), Heard()
    heard.feed(side.sent, packet(0, greeting(tls=False)), size)
    heard.feed(side.received, packet(1, login(tls=False)), size)
    assert heard.delivered == packet(1, login(tls=False))
    assert side.settled


@cuts
def test_where_tls_is_not_to_be_offered_the_greeting_says_so_and_nothing_else_changes(size: int) -> None:
    side, heard = ClientLogin(offer=False, backend_plain=True), Heard()
    heard.feed(side.sent, packet(0, greeting(tls=True)), size)
    assert heard.sent == packet(0, greeting(tls=False))
    assert side.settled


@cuts
def test_the_backend_is_asked_for_tls_with_the_client_s_own_flags(size: int) -> None:
    side, heard = BackendLogin(), Heard()
    heard.feed(side.received, packet(0, greeting(tls=True)), size)
    assert heard.delivered == packet(0, greeting(tls=True))
    heard.feed(side.sent, packet(1, login(tls=False)), size)
    assert heard.sent == packet(1, login(tls=True)[:32])
    assert heard.secured == [b""]
    assert side.held == len(packet(2, login(tls=True)))
    heard.sent = heard.delivered = b""
    heard.take(side.secured())
    assert side.held == 0
    heard.feed(side.received, packet(3, SWITCH), size)
    heard.feed(side.sent, packet(3, b"scramble"), size)
    heard.feed(side.received, packet(5, OK), size)
    assert heard.sent == packet(2, login(tls=True)) + packet(4, b"scramble")
    assert heard.delivered == packet(2, SWITCH) + packet(4, OK)
    assert side.settled


def test_a_backend_without_tls_can_not_be_asked() -> None:
    side, heard = BackendLogin(), Heard()
    heard.take(side.received(packet(0, greeting(tls=False))))
    assert heard.said == ["The backend offers no TLS (no CLIENT_SSL in its greeting); use backend_tls = off."]


@pytest.mark.parametrize("side", [BackendLogin(), ClientLogin(offer=True, backend_plain=True)])
def test_a_refusal_in_the_greeting_s_place_is_passed_on(side: BackendLogin | ClientLogin) -> None:
    error, heard = packet(0, b"\xff\x10\x04Too many connections"), Heard()
    heard.take(side.received(error) if isinstance(side, BackendLogin) else side.sent(error))
    assert error in (heard.delivered, heard.sent)
    assert side.settled


@pytest.mark.parametrize("asked", [b"\x01\x04", b"\xfesha256_password\0salt"])
@pytest.mark.parametrize("plain", [True, False])
def test_a_login_that_a_plain_backend_will_refuse_is_explained(asked: bytes, plain: bool) -> None:
    side, heard = ClientLogin(offer=True, backend_plain=plain), Heard()
    heard.take(side.sent(packet(0, greeting(tls=True))))
    heard.take(side.received(packet(1, login(tls=True)[:32])))
    heard.take(side.received(packet(2, login(tls=True))))
    heard.take(side.sent(packet(2, asked)))
    heard.take(side.sent(packet(2, asked)))
    assert len(heard.said) == plain
    assert all("Use backend_tls = starttls" in sentence for sentence in heard.said)


def test_a_greeting_is_changed_in_place() -> None:
    changed = offering(greeting(tls=False), on=SSL)
    assert changed == greeting(tls=True)
    read = read_greeting(changed)
    assert read is not None
    assert read.capabilities & SSL
