"""Which error may answer what, and that its bytes are replies of SMTP."""

from __future__ import annotations

import re

import pytest

from tests.talks import DOWN, UP, Talk
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.smtp import Smtp
from vaurien_core.protocols.smtp.errors import SMTP_ERRORS

REPLY = re.compile(rb"[2-5][0-9][0-9] ([245]\.[0-9]+\.[0-9]+ )?[ -~]+\r\n")


def said(*script: tuple[str, bytes]) -> Exchange:
    return Talk(Smtp(Smtp.Options()).framer()).play([(DOWN, b"220 hi\r\n"), *script]).exchanges[-1]


MAIL = [(UP, b"MAIL FROM:<a>\r\n"), (DOWN, b"250 ok\r\n"), (UP, b"RCPT TO:<b>\r\n"), (DOWN, b"250 ok\r\n")]
PLACES = {
    "EHLO": said((UP, b"EHLO me\r\n")),
    "HELO": said((UP, b"HELO me\r\n")),
    "MAIL": said((UP, b"MAIL FROM:<a>\r\n")),
    "RCPT": said((UP, b"RCPT TO:<a>\r\n")),
    "DATA": said(*MAIL, (UP, b"DATA\r\n")),
    "message": said(*MAIL, (UP, b"DATA\r\n"), (DOWN, b"354 go\r\n"), (UP, b"x\r\n.\r\n")),
    "BDAT": said(*MAIL, (UP, b"BDAT 1\r\nx")),
    "BDAT LAST": said(*MAIL, (UP, b"BDAT 1 LAST\r\nx")),
    "AUTH": said((UP, b"AUTH PLAIN\r\n")),
    "AUTH response": said((UP, b"AUTH PLAIN\r\n"), (DOWN, b"334 \r\n"), (UP, b"x\r\n")),
    "STARTTLS": said((UP, b"STARTTLS\r\n")),
    "RSET": said((UP, b"RSET\r\n")),
    "QUIT": said((UP, b"QUIT\r\n")),
}
# RFC 5321 section 4.3.2, RFC 4954 sections 4 and 6, RFC 3207 section 4; 421 may answer anything; RFC 2821: 451 at DATA
ALLOWED = {
    "EHLO": {"502", "504", "550"}, "HELO": {"504", "550"},
    "MAIL": {"552", "451", "452", "550", "553", "503", "455", "555", "530"},
    "RCPT": {"550", "551", "552", "553", "450", "451", "452", "503", "455", "555"},
    "DATA": {"451", "503", "554"}, "message": {"552", "554", "451", "452", "450", "550"},
    "BDAT": {"552", "554", "451", "452", "450", "550", "503"},
    "BDAT LAST": {"552", "554", "451", "452", "450", "550", "503"},
    "AUTH": {"454", "535"}, "AUTH response": {"454", "535"}, "STARTTLS": {"454"}, "RSET": set(), "QUIT": set(),
}  # fmt: skip


def render(name: str, exchange: Exchange, phase: str) -> bytes | None:
    return Smtp(Smtp.Options()).error(name, exchange, close=False, wall=0.0, extra={"phase": phase})


@pytest.mark.parametrize("place", PLACES)
def test_codes_answer_only_where_the_standard_has_them(place):
    found = set()
    for entry in SMTP_ERRORS:
        for phase in ("before", "after"):
            data = render(entry.name, PLACES[place], phase)
            if data is not None:
                assert REPLY.fullmatch(data)
                assert phase in entry.phases
                found.add(data[:3].decode())
    assert "421" in found
    assert found - ALLOWED[place] <= ({"421", "354"} if place == "DATA" else {"421"})
    assert len(found) > (0 if place in ("RSET", "QUIT") else 1)


@pytest.mark.parametrize("entry", SMTP_ERRORS, ids=lambda e: e.name)
def test_every_entry_is_legal_somewhere_and_says_what_it_says(entry):
    places = [Exchange(0)] if entry.at == "connect" else list(PLACES.values())
    found = {d for p in places for phase in entry.phases if (d := render(entry.name, p, phase)) is not None}
    code = entry.wire[:3].encode()
    assert {d[:3] for d in found} <= {code, b"354"}
    said_so = entry.wire.removesuffix(", then close").replace(
        "<domain>", "localhost" if entry.at == "connect" else "hi"
    )
    assert any(d.rstrip().decode() == said_so for d in found)
    assert entry.closes is (code == b"421")
    assert entry.source.startswith("RFC ")


def test_an_enhanced_code_has_the_class_of_its_reply():
    for entry in SMTP_ERRORS:
        code, second = entry.wire.split()[:2]
        if "." in second:
            assert second[0] == code[0]


# RFC 3463 section 3, X.7.8: RFC 4954 section 6
MEANINGS = {
    "1.1": "no such mailbox", "1.3": "destination mailbox syntax", "1.7": "sender's mailbox syntax",
    "2.1": "mailbox disabled", "2.2": "mailbox full", "3.0": "mail system", "3.1": "mail system full",
    "3.2": "system not accepting network messages", "3.4": "message too big for system", "4.2": "bad connection",
    "5.1": "invalid command", "5.3": "too many recipients", "7.0": "security", "7.1": "delivery not authorized",
    "7.8": "authentication credentials invalid",
}  # fmt: skip
FITTING = {
    "1.1": {"550"}, "1.3": {"553"}, "1.7": {"553"}, "2.1": {"450"}, "2.2": {"552"}, "3.0": {"451"}, "3.1": {"452"},
    "3.2": {"421"}, "3.4": {"552"}, "4.2": {"421"}, "5.1": {"503", "554"}, "5.3": {"452"}, "7.0": {"454", "530"},
    "7.1": {"451", "550", "551", "554"}, "7.8": {"535"},
}  # fmt: skip


@pytest.mark.parametrize("entry", SMTP_ERRORS, ids=lambda e: e.name)
def test_an_enhanced_code_is_one_of_the_standard_and_fits_its_reply(entry):
    code, enhanced = re.fullmatch(r"([0-9]{3}) (?:[245]\.([0-9]\.[0-9]) )?.+", entry.wire).groups()
    if enhanced is None:  # RFC 2034 section 4: not in greetings, nor in answers to EHLO
        assert entry.name == "greeting-554" or entry.name.startswith("ehlo-")
        return
    assert enhanced in MEANINGS
    assert code in FITTING[enhanced]
    if "RFC 3463" in entry.source:
        assert f"X.{enhanced}" in entry.source


def test_an_error_that_closes_names_the_server_as_its_greeting_did():
    protocol = Smtp(Smtp.Options())
    protocol.configure("10.1.2.3:25")
    ask = {"close": True, "wall": 0.0, "extra": {"phase": "before"}}
    assert b" [10.1.2.3] " in protocol.error("greeting-421", Exchange(0), **ask)
    assert protocol.error("421", PLACES["RSET"], **ask).startswith(b"421 4.3.2 hi Service")
    protocol.configure("mx.example:25")
    assert b" mx.example " in protocol.error("greeting-421", Exchange(0), **ask)


@pytest.mark.parametrize(
    ("script", "legal"),
    [
        ([], False),
        (MAIL[:2], False),
        (MAIL, True),
        (MAIL[:3], True),  # pipelined: its answer isn't known
        ([*MAIL[:3], (DOWN, b"550 no\r\n")], False),
        ([*MAIL, (UP, b"RSET\r\n"), (DOWN, b"250 ok\r\n")], False),
        ([*MAIL, (UP, b"DATA\r\n"), (DOWN, b"354 go\r\n"), (UP, b".\r\n"), (DOWN, b"250 ok\r\n")], False),
        ([*MAIL, (UP, b"BDAT 1\r\nx"), (DOWN, b"250 ok\r\n")], True),
        ([*MAIL, (UP, b"BDAT 1\r\nx"), (DOWN, b"452 no\r\n")], False),
    ],
)
def test_a_message_is_refused_only_where_the_server_would_take_one(script, legal):
    for line in (b"DATA\r\n", b"BDAT 1 LAST\r\nx"):
        assert (render("message-452", said(*script, (UP, line)), "before") is not None) is legal


def test_a_message_can_be_lost_but_not_refused_once_it_is_under_way():
    assert render("message-451", PLACES["message"], "before") is None
    assert (
        render("message-451", PLACES["message"], "after")
        == b"451 4.3.0 Requested action aborted: local error in processing\r\n"
    )
    assert render("message-451", PLACES["DATA"], "before")[:3] == b"354"
    assert render("message-451", PLACES["DATA"], "after") is None
    assert render("lost-250", PLACES["BDAT"], "after") is None
    assert render("lost-250", PLACES["BDAT LAST"], "after")[:3] == b"421"


def test_the_backend_forgets_what_the_client_was_told_it_refused():
    remedy = Smtp(Smtp.Options()).remedy
    assert remedy("message-552", PLACES["DATA"]) == remedy("message-552", PLACES["BDAT"]) == b"RSET\r\n"
    assert remedy("auth-535", PLACES["AUTH response"]) == b"*\r\n"
    assert remedy("auth-535", PLACES["AUTH"]) == remedy("rcpt-550", PLACES["RCPT"]) == b""


def test_random_picks_temporary_errors_that_leave_the_session_usable():
    picked = [e for e in SMTP_ERRORS if e.random]
    assert {e.wire[0] for e in picked} == {"4"}
    assert not any(e.closes or e.at == "connect" for e in picked)
    for place in ("MAIL", "RCPT", "DATA", "BDAT", "AUTH", "STARTTLS"):
        assert [e.name for e in picked if render(e.name, PLACES[place], "before")]
