"""A table of conversations: what was said, and the exchanges that it is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.talks import CUTS, DOWN, UP, Row, Talk, joined, rows
from vaurien_core.protocols.smtp import Smtp
from vaurien_core.protocols.smtp.framer import SmtpFramer


@dataclass(frozen=True)
class Conversation:
    """`exchanges`: (label, status, request done, answer done), the greeting first."""

    name: str
    script: list[tuple[str, bytes]]
    exchanges: list[tuple[str, str, bool, bool]]
    down: list[Row]
    opaque: str = ""


def done(label: str, status: str) -> tuple[str, str, bool, bool]:
    return (label, status, True, True)


HI = b"220 mx.example ESMTP\r\n"
GREET = (DOWN, HI)
EHLO = b"250-mx.example\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
HELLO = done("greeting", "220")
MAIL, RCPT = done("MAIL FROM:<?>", "250 2.1.0"), done("RCPT TO:<?>", "250 2.1.5")
MAIL_OK, RCPT_OK, NO_USER = b"250 2.1.0 Ok\r\n", b"250 2.1.5 Ok\r\n", b"550 5.1.1 no such user\r\n"
GO, QUEUED = b"354 go ahead\r\n", b"250 2.0.0 queued\r\n"
MESSAGE = b"Subject: x\r\n\r\n..dot\r\n.not the end\r\nquit\r\nlast\r\n.\r\n"
TABLE = [
    Conversation(
        "a mail, line by line",
        [
            GREET, (UP, b"EHLO me\r\n"), (DOWN, EHLO), (UP, b"mail from:<a@b> SIZE=5\r\n"), (DOWN, MAIL_OK),
            (UP, b"RCPT TO:<c@d>\r\n"), (DOWN, RCPT_OK), (UP, b"DATA\r\n"), (DOWN, GO), (UP, MESSAGE), (DOWN, QUEUED),
            (UP, b"QUIT\r\n"), (DOWN, b"221 bye\r\n"),
        ],
        [
            HELLO, done("EHLO", "250"), MAIL, RCPT, done("DATA", "354"), done("message", "250 2.0.0"),
            done("QUIT", "221"),
        ],
        [(0, HI), (1, EHLO), (2, MAIL_OK), (3, RCPT_OK), (4, GO), (5, QUEUED), (6, b"221 bye\r\n")],
    ),
    Conversation(
        "pipelining, some recipients refused",
        [
            (DOWN, b"220-mx\r\n220 two lines\r\n"),
            (UP, b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n"),
            (DOWN, MAIL_OK + RCPT_OK + NO_USER + GO), (UP, b".\r\nRSET\r\nNOOP\r\n"),
            (DOWN, QUEUED + b"250\r\n250 ok\r\n"),
        ],
        [
            HELLO, MAIL, RCPT, done("RCPT TO:<?>", "550 5.1.1"), done("DATA", "354"), done("message", "250 2.0.0"),
            done("RSET", "250"), done("NOOP", "250"),
        ],
        [
            (0, b"220-mx\r\n220 two lines\r\n"), (1, MAIL_OK), (2, RCPT_OK), (3, NO_USER), (4, GO), (5, QUEUED),
            (6, b"250\r\n"), (7, b"250 ok\r\n"),
        ],
    ),
    Conversation(
        "DATA refused: what follows are commands",
        [GREET, (UP, b"DATA\r\n"), (DOWN, b"503 5.5.1 no\r\n"), (UP, b"QUIT\r\n"), (DOWN, b"221 bye\r\n")],
        [HELLO, done("DATA", "503 5.5.1"), done("QUIT", "221")],
        [(0, HI), (1, b"503 5.5.1 no\r\n"), (2, b"221 bye\r\n")],
    ),
    Conversation(
        "chunks that look like anything",
        [
            GREET, (UP, b"MAIL FROM:<>\r\n"),
            (UP, b"BDAT 12\r\n\r\n.\r\nQUIT\r\n\x16BDAT 0 LAST\r\nBDAT 3 last\r\n\x00\r\nNOOP\r\n"),
            (DOWN, MAIL_OK + b"250 12\r\n250 2.6.0 ok\r\n503 5.5.1 no\r\n250 ok\r\n"),
        ],
        [
            HELLO, MAIL, done("BDAT", "250"), done("BDAT LAST", "250 2.6.0"), done("BDAT LAST", "503 5.5.1"),
            done("NOOP", "250"),
        ],
        [
            (0, HI), (1, MAIL_OK), (2, b"250 12\r\n"), (3, b"250 2.6.0 ok\r\n"), (4, b"503 5.5.1 no\r\n"),
            (5, b"250 ok\r\n"),
        ],
    ),
    Conversation(
        "the dialogue of AUTH",
        [
            GREET, (UP, b"AUTH LOGIN\r\n"), (DOWN, b"334 VXNlcg==\r\n"), (UP, b"QUIT\r\n"), (DOWN, b"334 UGFzcw==\r\n"),
            (UP, b"c2VjcmV0\r\n"), (DOWN, b"535 5.7.8 no\r\n"), (UP, b"auth plain AGEAYg==\r\n"),
            (DOWN, b"235 2.7.0 ok\r\n"), (UP, b"VRFY joe\r\n"), (DOWN, b"252 2.0.0 perhaps\r\n"),
        ],
        [
            HELLO, done("AUTH LOGIN", "334"), done("AUTH response", "334"), done("AUTH response", "535 5.7.8"),
            done("AUTH PLAIN", "235 2.7.0"), done("VRFY", "252 2.0.0"),
        ],
        [
            (0, HI), (1, b"334 VXNlcg==\r\n"), (2, b"334 UGFzcw==\r\n"), (3, b"535 5.7.8 no\r\n"),
            (4, b"235 2.7.0 ok\r\n"), (5, b"252 2.0.0 perhaps\r\n"),
        ],
    ),
    Conversation(
        "STARTTLS turns the stream opaque",
        [
            GREET, (UP, b"STARTTLS\r\n"), (DOWN, b"454 4.7.0 not now\r\n"),
            (UP, b"STARTTLS\r\n"), (DOWN, b"220 go\r\n"), (UP, b"\x16\x03\x01"), (DOWN, b"\x16\x03\x03"),
        ],
        [HELLO, done("STARTTLS", "454 4.7.0"), done("STARTTLS", "220"), ("exchange 3", "", True, True)],
        [(0, HI), (1, b"454 4.7.0 not now\r\n"), (2, b"220 go\r\n"), (3, b"\x16\x03\x03")],
        opaque="STARTTLS",
    ),
    Conversation(
        "an unknown command and an empty line are answered like others",
        [GREET, (UP, b"XFOO bar\r\n\r\nHELP\n"), (DOWN, b"500 5.5.2 what\r\n500 what\r\n214-a\r\n214 b\r\n")],
        [HELLO, done("unknown command", "500 5.5.2"), done("(empty line)", "500"), done("HELP", "214")],
        [(0, HI), (1, b"500 5.5.2 what\r\n"), (2, b"500 what\r\n"), (3, b"214-a\r\n214 b\r\n")],
    ),
    Conversation(
        "a farewell that nobody asked for",
        [GREET, (DOWN, b"421 4.4.2 timeout\r\n")], [HELLO], [(0, HI), (None, b"421 4.4.2 timeout\r\n")],
    ),
    Conversation(
        "a message refused before its end",
        [
            GREET, (UP, b"DATA\r\n"), (DOWN, GO), (UP, b"Subject: x\r\n"), (DOWN, b"552 too much\r\n"),
            (UP, b"more\r\n.\r\n"),
        ],
        [HELLO, done("DATA", "354"), ("message", "552", False, True), ("exchange 3", "", True, False)],
        [(0, HI), (1, GO), (2, b"552 too much\r\n")], opaque="an answer before the end of the message",
    ),
    Conversation(
        "a message sent before it was asked for",
        [GREET, (UP, b"DATA\r\n"), (UP, b"Subject: x\r\n.\r\n"), (DOWN, GO), (DOWN, QUEUED), (UP, b"QUIT\r\n")],
        [HELLO, done("DATA", "354"), ("exchange 2", "", True, False)],
        [(0, HI), (1, GO), (None, QUEUED)], opaque="bytes sent behind DATA before its answer",
    ),
    Conversation(
        "TLS from the start", [(UP, b"\x16\x03\x01"), (DOWN, b"\x16\x03\x03")],
        [("greeting", "", True, True), ("exchange 1", "", True, True)], [(1, b"\x16\x03\x03")], opaque="TLS",
    ),
    Conversation(
        "a backend that is none", [(UP, b"EHLO me\r\n"), (DOWN, b"HTTP/1.1 400 Bad Request\r\n")],
        [("greeting", "", True, True), ("EHLO", "", True, True)],
        [(1, b"HTTP/1.1 400 Bad Request\r\n")], opaque="an answer that is not SMTP",
    ),
]  # fmt: skip
READ_AS_SAID = {"a message sent before it was asked for", "a message refused before its end"}


@pytest.mark.parametrize("size", CUTS)
@pytest.mark.parametrize("it", TABLE, ids=lambda c: c.name)
def test_a_conversation_is_cut_into_its_exchanges(it, size):
    if size and it.name in READ_AS_SAID:
        size = 0  # turns of unframed bytes depend on how they were read
    heard = Talk(Smtp(Smtp.Options()).framer()).play(it.script, size)
    heard.end()
    found = sorted(heard.exchanges, key=lambda e: e.ordinal)
    assert [(e.label, e.status, e.request_done, e.answer_done) for e in found] == it.exchanges
    assert rows(heard.down) == it.down
    for way, pieces in ((UP, heard.up), (DOWN, heard.down)):
        assert joined(pieces) == b"".join(data for said, data in it.script if said == way)
    assert heard.machine.opaque == it.opaque


def heard_to(*script: tuple[str, bytes]) -> Talk:
    return Talk(Smtp(Smtp.Options()).framer()).play([GREET, *script])


def test_no_address_and_no_credential_is_in_a_label_and_no_credential_in_a_key():
    heard = heard_to(
        (UP, b"AUTH PLAIN AHNlY3JldA==\r\n"), (DOWN, b"334 \r\n"), (UP, b"c2VjcmV0\r\n"), (DOWN, b"235 ok\r\n"),
        (UP, b"MAIL FROM:<joe@example.com>\r\nRCPT TO:<ann@example.com>\r\nVRFY joe\r\nc2VjcmV0 AHNlY3JldA\r\n"),
    )  # fmt: skip
    labels = " ".join(e.label for e in heard.exchanges)
    assert not any(word in labels for word in ("joe", "ann", "c2Vj", "AHNl"))
    assert [e.key for e in heard.exchanges[1:3]] == [b"AUTH PLAIN", b"AUTH response"]


def test_the_sender_identifies_what_belongs_to_a_mail():
    heard = heard_to((UP, b"MAIL FROM:<a@b>\r\n"), (DOWN, MAIL_OK), (UP, b"DATA\r\n"), (DOWN, GO), (UP, b"x"))
    assert [e.key for e in heard.exchanges[1:]] == [
        b"MAIL FROM:<a@b>", b"DATA MAIL FROM:<a@b>", b"message MAIL FROM:<a@b>",
    ]  # fmt: skip


def test_a_dropped_request_leaves_the_answers_of_the_others_alone():
    heard = heard_to((UP, b"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nRCPT TO:<c>\r\n"))
    heard.machine.dropped(heard.exchanges[2])
    heard.machine.answered(heard.exchanges[2])
    heard.say(DOWN, MAIL_OK + RCPT_OK)
    assert rows(heard.down) == [(0, HI), (1, MAIL_OK), (3, RCPT_OK)]


def test_a_message_is_refused_at_its_end_though_the_backend_never_saw_data():
    protocol = Smtp(Smtp.Options())
    heard = Talk(protocol.framer()).play([GREET, (UP, b"MAIL FROM:<a>\r\n"), (DOWN, MAIL_OK)])
    heard.play([(UP, b"RCPT TO:<b>\r\n"), (DOWN, RCPT_OK), (UP, b"DATA\r\n")])
    data = heard.exchanges[-1]
    assert protocol.error("message-452", data, close=False, wall=0, extra={"phase": "before"})[:4] == b"354 "
    heard.machine.dropped(data)
    heard.machine.substituted(data, protocol.remedy("message-452", data))
    heard.machine.failed(data, "message-452")
    heard.machine.answered(data)
    heard.say(UP, b"Subject: x\r\n")
    heard.say(DOWN, b"250 2.0.0 flushed\r\n")
    message = heard.exchanges[-1]
    assert message.label == "message"
    duty = heard.machine.duty(message)
    assert (duty.reply, duty.upstream) == (b"452 4.3.1 Insufficient system storage\r\n", b"")
    heard.machine.dropped(message)
    heard.say(UP, b".\r\n")
    heard.machine.answered(message)
    heard.play([(UP, b"MAIL FROM:<b>\r\n"), (DOWN, MAIL_OK)])
    assert rows(heard.down)[3:] == [(3, b"250 2.0.0 flushed\r\n"), (5, MAIL_OK)]
    assert heard.machine.duty(heard.exchanges[-1]) is None
    assert heard.machine.opaque == ""


def test_after_a_greeting_of_554_only_quit_is_in_sequence():
    heard = heard_to()
    heard.machine.failed(heard.exchanges[0], "greeting-554")
    heard.play([(UP, b"EHLO me\r\nQUIT\r\n")])
    first, last = heard.exchanges[1:]
    assert heard.machine.duty(first).reply == b"503 5.5.1 Bad sequence of commands\r\n"
    assert heard.machine.duty(last) is None


@pytest.mark.parametrize("size", CUTS)
def test_starttls_can_be_taken_out_of_the_offer(size):
    heard = Talk(SmtpFramer("hide"))
    heard.play(
        [GREET, (UP, b"EHLO me\r\n"), (DOWN, b"250-mx\r\n250-SIZE 5\r\n250 StartTLS\r\n"), (UP, b"HELP\r\n")], size
    )
    heard.play([(DOWN, b"250 STARTTLS\r\n")], size)
    assert joined(heard.down) == HI + b"250-mx\r\n250-SIZE 5\r\n250 XXXXXXXX\r\n250 STARTTLS\r\n"
