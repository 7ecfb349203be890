"""smtplib and a real server with the proxy between them; errors told to the client, and what the server has then."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Callable

import pytest

from tests.proxy.lab import lab
from tests.servers.book_relay import Decide, relay
from tests.servers.smtp_server import smtp_server
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.smtp import Smtp

trustme = pytest.importorskip("trustme")
pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
SUBJECT = b"Subject: x\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def server():
    with smtp_server() as running:
        yield running


def at(**names: str) -> Decide:
    """The error for the first exchange with this label."""
    left = {label.replace("_", " "): name for label, name in names.items()}

    def decide(exchange: Exchange) -> str:
        return left.pop(exchange.label.partition(" FROM")[0].partition(" TO")[0], "")

    return decide


def smtp(port: int) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", port, local_hostname="me.example", timeout=10)


def told(call: Callable[[], object]) -> tuple[str, int] | object:
    """What a call gives, or the exception with its code."""
    try:
        return call()
    except smtplib.SMTPResponseException as error:
        return type(error).__name__, error.smtp_code
    except smtplib.SMTPRecipientsRefused as error:
        return type(error).__name__, sorted(code for code, _ in error.recipients.values())[0]


def test_a_large_mail_arrives_whole():
    body = b"Subject: x\r\n\r\n" + (b".line %d " + b"x" * 900 + b"\r\n") % 7 * 22_000
    with smtp_server(data_size_limit=None) as (port, mailbox), relay(Smtp(Smtp.Options()), port) as between:
        client = smtp(between.port)
        client.sendmail("a@b.example", ["c@d.example"], body)
        client.quit()
    assert mailbox.mails[0][2] == body
    assert [e.label for e in between.exchanges] == [
        "greeting", "EHLO", "MAIL FROM:<?>", "RCPT TO:<?>", "DATA", "message", "QUIT",
    ]  # fmt: skip
    assert all(e.request_done and e.answer_done and e.status for e in between.exchanges)


def send(client: smtplib.SMTP, *to: str) -> object:
    return told(lambda: client.sendmail("a@example.com", list(to) or ["c@example.com"], SUBJECT))


@pytest.mark.parametrize("name", ["message-451", "message-554"])
def test_a_mail_whose_answer_is_replaced_is_delivered_and_sent_again(server, name):
    port, mailbox = server
    mailbox.mails.clear()
    with relay(Smtp(Smtp.Options()), port, at(message=f"{name} after")) as between:
        client = smtp(between.port)
        assert send(client) == ("SMTPDataError", int(name[-3:]))
        assert send(client) == {}
        client.quit()
    assert len(mailbox.mails) == 2


def test_a_lost_250_closes_behind_a_mail_that_is_delivered(server):
    port, mailbox = server
    mailbox.mails.clear()
    with relay(Smtp(Smtp.Options()), port, at(message="lost-250 after")) as between:
        client = smtp(between.port)
        assert send(client) == ("SMTPDataError", 421)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()
        client.close()
    assert len(mailbox.mails) == 1


def test_some_recipients_are_refused_and_some_are_not(server):
    port, mailbox = server
    mailbox.mails.clear()
    with relay(Smtp(Smtp.Options()), port, at(RCPT="rcpt-450")) as between:
        client = smtp(between.port)
        assert send(client, "a@example.com", "b@example.com") == {
            "a@example.com": (450, b"4.2.1 Mailbox temporarily unavailable")
        }
        client.quit()
    assert [m[1] for m in mailbox.mails] == [["b@example.com"]]


@pytest.mark.parametrize("name", ["greeting-554", "greeting-421"])
def test_a_greeting_that_refuses_is_what_the_client_raises(server, name):
    with (
        relay(Smtp(Smtp.Options()), server[0], at(greeting=name)) as between,
        pytest.raises(smtplib.SMTPConnectError) as caught,
    ):
        smtp(between.port)
    assert caught.value.smtp_code == int(name[-3:])


def test_after_a_greeting_of_554_commands_are_out_of_sequence_and_quit_works(server):
    with (
        relay(Smtp(Smtp.Options()), server[0], at(greeting="greeting-554")) as between,
        socket.create_connection(("127.0.0.1", between.port), timeout=10) as sock,
        sock.makefile("rb") as heard,
    ):
        assert heard.readline()[:3] == b"554"
        sock.sendall(b"EHLO me\r\n")
        assert heard.readline()[:3] == b"503"
        sock.sendall(b"QUIT\r\n")
        assert heard.readline()[:3] == b"221"


def test_ehlo_refused_with_502_makes_the_client_say_helo(server):
    port, mailbox = server
    mailbox.mails.clear()
    with relay(Smtp(Smtp.Options()), port, at(EHLO="ehlo-502")) as between:
        client = smtp(between.port)
        assert send(client) == {}
        client.quit()
    assert [e.label for e in between.exchanges][1:3] == ["EHLO", "HELO"]
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("decide", "expected"),
    [
        (at(AUTH_LOGIN="auth-454"), ("SMTPAuthenticationError", 454)),
        (at(AUTH_LOGIN="auth-535"), ("SMTPAuthenticationError", 535)),
        (at(AUTH_response="auth-535"), ("SMTPAuthenticationError", 535)),
    ],
    ids=["temporary", "at AUTH", "in the dialogue"],
)
def test_a_refused_authentication_can_be_tried_again(server, decide, expected):
    with relay(Smtp(Smtp.Options()), server[0], decide) as between:
        client = smtp(between.port)
        client.ehlo()
        client.user, client.password = "joe", "secret"

        def login() -> object:
            return client.auth("LOGIN", client.auth_login, initial_response_ok=False)[0]

        assert told(login) == expected
        assert told(login) == 235
        assert send(client) == {}
        client.quit()


def test_credentials_that_the_server_refuses_give_the_same_as_ours(server):
    def attempt(port: int, password: str) -> object:
        client = smtp(port)
        try:
            return told(lambda: client.login("joe", password)), client.noop()[0]
        finally:
            client.quit()

    real = attempt(server[0], "wrong")
    every = lambda e: "auth-535" if e.label.startswith("AUTH ") else ""  # noqa: E731 - one word
    with relay(Smtp(Smtp.Options()), server[0], every) as between:
        assert attempt(between.port, "secret") == real == (("SMTPAuthenticationError", 535), 250)


async def test_starttls_passes_and_is_opaque_from_there():
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    def work(port: int) -> object:
        client = smtp(port)
        assert client.starttls(context=trusting)[0] == 220
        result = send(client)
        client.quit()
        return result

    with smtp_server(tls_context=context) as (backend, mailbox):
        async with lab(
            handler=None, backend=f"127.0.0.1:{backend}", protocols=(Smtp,), protocol="smtp", everything=True
        ) as it:
            assert await asyncio.to_thread(work, it.server.bound.port) == {}
            assert any("STARTTLS" in str(vars(e)) for e in it.journal.entries if e.kind != "exchange")
    assert len(mailbox.mails) == 1
