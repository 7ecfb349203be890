"""smtplib and a real server with the proxy between them; errors told to the client, and what the server has then."""

from __future__ import annotations

import asyncio
import random
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from tests.proxy.lab import lab, named
from tests.servers.book_relay import Decide, relay
from tests.servers.smtp_server import Mailbox, smtp_server
from vaurien_core.behaviors.error import Error
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


def mails(port: int, count: int) -> list[object]:
    """Generated sessions and what they gave."""
    chance = random.Random(11)
    results: list[object] = []
    client = smtp(port)
    lines = [
        b".",
        b"..",
        b"",
        b"QUIT",
        b".x",
        bytes(range(32, 127)),
        b"\xff\xfe\r\n.\r\nnot the end".replace(b"\r\n.\r\n", b"\r\n..\r\n"),
    ]
    for _ in range(count):
        kind = chance.randrange(8)
        if kind == 0:
            results.append(client.noop())
        elif kind == 1:
            results.append(client.verify("joe@example"))
        elif kind == 2:
            results.append(client.docmd("HELP"))
        elif kind == 3:
            results.append(client.rset())
        elif kind == 4:
            results.append(client.docmd("DATA"))
        elif kind == 5:
            client.quit()
            client = smtp(port)
            results.append(client.ehlo())
        else:
            body = b"\r\n".join(chance.choice(lines) for _ in range(chance.randrange(6)))
            names = chance.sample(["a", "b", "450", "550", "452", "c"], chance.randrange(1, 5))
            to = [f"{name}@example.com" for name in names]
            results.append(
                told(
                    lambda client=client, to=to, body=body: client.sendmail(
                        "me@example.com", to, b"Subject: x\r\n\r\n" + body
                    )
                )
            )
    client.quit()
    return results


async def test_generated_sessions_give_the_same_as_directly():
    def direct() -> tuple[list[object], Mailbox]:
        with smtp_server() as (port, mailbox):
            return mails(port, 700), mailbox

    given, delivered = await asyncio.to_thread(direct)
    with smtp_server() as (backend, mailbox):
        async with lab(handler=None, backend=f"127.0.0.1:{backend}", protocols=(Smtp,), protocol="smtp") as it:
            assert await asyncio.to_thread(mails, it.server.bound.port, 700) == given
            assert it.server.counters.exchanges > 1500
            assert it.server.counters.opaque == 0
    assert mailbox.mails == delivered.mails


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


REFUSED = [
    ("mail-451", "MAIL", ("SMTPSenderRefused", 451)), ("mail-452", "MAIL", ("SMTPSenderRefused", 452)),
    ("mail-530", "MAIL", ("SMTPSenderRefused", 530)), ("mail-550", "MAIL", ("SMTPSenderRefused", 550)),
    ("mail-552", "MAIL", ("SMTPSenderRefused", 552)), ("mail-553", "MAIL", ("SMTPSenderRefused", 553)),
    ("rcpt-450", "RCPT", ("SMTPRecipientsRefused", 450)), ("rcpt-451", "RCPT", ("SMTPRecipientsRefused", 451)),
    ("rcpt-452", "RCPT", ("SMTPRecipientsRefused", 452)), ("rcpt-550", "RCPT", ("SMTPRecipientsRefused", 550)),
    ("rcpt-551", "RCPT", ("SMTPRecipientsRefused", 551)), ("rcpt-552", "RCPT", ("SMTPRecipientsRefused", 552)),
    ("rcpt-553", "RCPT", ("SMTPRecipientsRefused", 553)), ("data-503", "DATA", ("SMTPDataError", 503)),
    ("data-554", "DATA", ("SMTPDataError", 554)), ("message-451", "DATA", ("SMTPDataError", 451)),
    ("message-452", "DATA", ("SMTPDataError", 452)), ("message-550", "DATA", ("SMTPDataError", 550)),
    ("message-552", "DATA", ("SMTPDataError", 552)), ("message-554", "DATA", ("SMTPDataError", 554)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "label", "expected"), REFUSED, ids=[r[0] for r in REFUSED])
def test_a_refused_mail_is_not_delivered_and_the_session_goes_on(server, name, label, expected):
    port, mailbox = server
    mailbox.mails.clear()
    with relay(Smtp(Smtp.Options()), port, at(**{label: name})) as between:
        client = smtp(between.port)
        assert send(client) == expected
        assert mailbox.mails == []
        assert client.noop()[0] == 250
        if name.startswith("data"):  # as on a real server, the transaction is still open
            assert client.mail("b@example.com")[0] == 503
            client.rset()
        assert send(client, "after@example.com") == {}
        assert client.quit()[0] == 221
    assert [m[1] for m in mailbox.mails] == [["after@example.com"]]
    assert between.injected == [name]
    assert between.opaque == [""]


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


async def told_by_server(port: int, *lines: bytes) -> list[bytes]:
    """The last line of each reply, the greeting first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    replies = []
    for line in (b"", *lines):
        writer.write(line)
        while (reply := await reader.readline())[3:4] == b"-":
            pass
        replies.append(reply)
    writer.close()
    await writer.wait_closed()
    return replies


def ours(name: str, *script: bytes) -> bytes:
    machine = Smtp(Smtp.Options()).framer()
    machine.downstream(b"220 hi\r\n")
    for line in script:
        exchange = machine.upstream(line)[-1].exchange
    assert exchange is not None
    answer = Smtp(Smtp.Options()).error(name, exchange, close=False, wall=0.0, extra={"phase": "before"})
    assert answer is not None
    return answer


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
async def test_codes_are_those_of_the_real_server():
    hello, mail = b"EHLO me\r\n", b"MAIL FROM:<a@b.example>\r\n"
    with smtp_server(auth_required=True) as (port, _):
        assert (await told_by_server(port, hello, mail))[-1] == ours("mail-530", mail)
    with smtp_server(data_size_limit=100) as (port, _):
        large = b"MAIL FROM:<a@b.example> SIZE=1000\r\n"
        replies = await told_by_server(port, hello, large, mail, b"DATA\r\n", b"STARTTLS\r\n")
        assert [r[:3] for r in replies[2:]] == [b"552", b"250", b"503", b"454"]
        assert ours("mail-552", large)[:3] == b"552"
        assert ours("data-503", b"DATA\r\n")[:3] == b"503"
        assert ours("starttls-454", b"STARTTLS\r\n")[:3] == b"454"


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


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mail-452", ("SMTPSenderRefused", 452)),
        ("rcpt-550", ("SMTPRecipientsRefused", 550)),
        ("data-554", ("SMTPDataError", 554)),
    ],
)
async def test_the_client_raises_what_it_documents_through_the_data_plane(server, name, expected):
    port, mailbox = server
    mailbox.mails.clear()

    def work(port: int) -> Any:
        client = smtp(port)
        result = send(client)
        client.quit()
        return result

    async with lab(
        Error, mix="100:error", handler=None, backend=f"127.0.0.1:{port}", protocols=(Smtp,), protocol="smtp",
        behaviors=(named("error", error=name),),
    ) as it:  # fmt: skip
        assert await asyncio.to_thread(work, it.server.bound.port) == expected
    assert mailbox.mails == []
