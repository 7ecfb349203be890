"""STARTTLS that ends at us: what the client hears and what the backend gets, however it is cut."""

from __future__ import annotations

import pytest

from tests.talks import CUTS, DOWN, UP, Talk, joined
from vaurien_core.protocols.negotiation import Deliver, Fail, Secure, Send
from vaurien_core.protocols.smtp.framer import SmtpFramer
from vaurien_core.protocols.smtp.upgrade import BackendStarttls

HI = b"220 mx\r\n"
cuts = pytest.mark.parametrize("size", CUTS)


@cuts
@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (b"250 mx\r\n", b"250-mx\r\n250 STARTTLS\r\n"),
        (b"250-mx\r\n250 SIZE 5\r\n", b"250-mx\r\n250-STARTTLS\r\n250 SIZE 5\r\n"),
        (b"250-mx\r\n250-STARTTLS\r\n250 SIZE 5\r\n", b"250-mx\r\n250-STARTTLS\r\n250 SIZE 5\r\n"),
        (b"250-mx\r\n250 starttls\r\n", b"250-mx\r\n250 starttls\r\n"),
        (b"502 what?\r\n", b"502 what?\r\n"),
    ],
)
def test_it_is_offered_whatever_the_backend_offers(said: bytes, heard: bytes, size: int) -> None:
    talk = Talk(SmtpFramer("offer"))
    talk.play([(DOWN, HI), (UP, b"EHLO me\r\n"), (DOWN, said)], size)
    assert joined(talk.down) == HI + heard


@cuts
def test_it_is_between_the_client_and_us_and_takes_its_turn(size: int) -> None:
    machine = SmtpFramer("offer")
    talk = Talk(machine)
    talk.play([(DOWN, HI), (UP, b"RSET\r\nSTARTTLS\r\n"), (UP, b"MAIL FROM:<evil@example.com>\r\n")], size)
    assert joined(talk.up) == b"RSET\r\nNOOP\r\n"  # what was sent behind it is gone
    talk.play([(DOWN, b"250 reset\r\n250-no\r\n250 op\r\n")], size)
    assert joined(talk.down) == HI + b"250 reset\r\n220 2.0.0 Ready to start TLS\r\n"
    assert talk.exchanges[-1].facts["secures"] is True
    talk.play([(UP, b"RCPT TO:<evil@example.com>\r\n"), (UP, b"half a li")], size)
    assert joined(talk.up) == b"RSET\r\nNOOP\r\n"
    machine.secured()
    talk.play([(UP, b"EHLO me\r\n"), (DOWN, b"250-mx\r\n250 STARTTLS\r\n"), (UP, b"STARTTLS\r\nNOOP\r\n")], size)
    assert joined(talk.up) == b"RSET\r\nNOOP\r\nEHLO me\r\nNOOP\r\nNOOP\r\n"
    talk.play([(DOWN, b"250 ok\r\n250 ok\r\n")], size)
    assert joined(talk.down).endswith(b"250 XXXXXXXX\r\n502 5.5.1 STARTTLS is not available\r\n250 ok\r\n")
    assert machine.opaque == ""


def test_a_backend_that_refuses_even_noop_is_heard() -> None:
    talk = Talk(SmtpFramer("offer"))
    talk.play([(DOWN, HI), (UP, b"STARTTLS\r\n"), (DOWN, b"421 closing\r\n")])
    assert joined(talk.down) == HI + b"421 closing\r\n"
    assert "secures" not in talk.exchanges[-1].facts


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_backend_s_side_is_secured_before_the_client_is_heard(size: int) -> None:
    side = BackendStarttls()
    script = [
        (b"220-mx\r\n220 hello\r\n", [Send(b"EHLO [127.0.0.1]\r\n")]),
        (b"250-mx\r\n250-STARTTLS\r\n250 SIZE\r\n", [Send(b"STARTTLS\r\n")]),
        (b"220 go\r\n", [Secure()]),
    ]
    assert side.sent(b"EHLO me\r\n") == []
    for said, expected in script:
        acts = [act for at in range(0, len(said), size) for act in side.received(said[at : at + size])]
        assert acts == expected
    assert side.held == 9
    assert side.secured() == [Deliver(b"220-mx\r\n220 hello\r\n"), Send(b"EHLO me\r\n")]
    assert side.settled
    assert side.held == 0


def test_a_backend_that_has_no_service_is_passed_on() -> None:
    side = BackendStarttls()
    assert side.received(b"554 no\r\n") == [Deliver(b"554 no\r\n")]
    assert side.settled


def test_a_backend_that_refuses_starttls_says_why() -> None:
    side = BackendStarttls()
    side.received(b"220 mx\r\n")
    side.received(b"250-mx\r\n250 STARTTLS\r\n")
    assert side.received(b"454 4.7.0 later\r\n") == [Fail("The backend refused STARTTLS: 454 4.7.0 later.")]
    assert BackendStarttls().received(b"x" * 70_000) == [Fail("The backend answers without an end, which is not SMTP.")]
