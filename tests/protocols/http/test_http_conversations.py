"""A table of conversations: what was said, and the exchanges that it is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from talking import DOWN, UP, Script, talk

CUTS = [0, 1, 2, 3, 7]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@dataclass(frozen=True)
class Conversation:
    """`exchanges`: (label, status, request done, answer done); `down`: whose bytes came back, in order."""

    name: str
    script: Script
    exchanges: list[tuple[str, str, bool, bool]]
    down: list[tuple[int | None, bytes]]
    opaque: str = ""


def done(label: str, status: str) -> tuple[str, str, bool, bool]:
    return (label, status, True, True)


CHUNKED = b'5\r\nhello\r\n1;name="v"\r\n!\r\n0\r\nTrailer: x\r\n\r\n'
TABLE = [
    Conversation("one", [(UP, GET), (DOWN, OK)], [done("GET /", "200")], [(1, OK)]),
    Conversation(
        "keep-alive",
        [(UP, GET), (DOWN, OK), (UP, b"PUT /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"), (DOWN, OK)],
        [done("GET /", "200"), done("PUT /x", "200")],
        [(1, OK), (2, OK)],
    ),
    Conversation(
        "a pipeline",
        [(UP, GET + b"HEAD /h HTTP/1.1\r\n\r\n" + GET), (DOWN, OK + OK[:-2] + OK)],
        [done("GET /", "200"), done("HEAD /h", "200"), done("GET /", "200")],
        [(1, OK), (2, OK[:-2]), (3, OK)],
    ),
    Conversation(
        "chunked both ways, with extension and trailer",
        [
            (UP, b"POST /c HTTP/1.1\r\nTRANSFER-ENCODING : gzip,  Chunked\r\n\r\n" + CHUNKED + GET),
            (DOWN, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKED + OK),
        ],
        [done("POST /c", "200"), done("GET /", "200")],
        [(1, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKED), (2, OK)],
    ),
    Conversation(
        "until close",
        [(UP, b"GET /old HTTP/1.0\r\n\r\n"), (DOWN, b"HTTP/1.0 200 OK\r\n\r\nHTTP/1.0 200 looks like one\r\n\r\n")],
        [done("GET /old", "200")],
        [(1, b"HTTP/1.0 200 OK\r\n\r\nHTTP/1.0 200 looks like one\r\n\r\n")],
    ),
    Conversation(
        "204 and 304 have no body whatever they say",
        [
            (UP, GET + GET + GET),
            (
                DOWN,
                b"HTTP/1.1 204 N\r\nContent-Length: 9\r\n\r\nHTTP/1.1 304 N\r\nTransfer-Encoding: chunked\r\n\r\n" + OK,
            ),
        ],
        [done("GET /", "204"), done("GET /", "304"), done("GET /", "200")],
        [
            (1, b"HTTP/1.1 204 N\r\nContent-Length: 9\r\n\r\n"),
            (2, b"HTTP/1.1 304 N\r\nTransfer-Encoding: chunked\r\n\r\n"),
            (3, OK),
        ],
    ),
    Conversation(
        "interim answers",
        [
            (UP, GET),
            (
                DOWN,
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 5\r\n\r\n" + OK,
            ),
        ],
        [done("GET /", "200")],
        [
            (1, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 5\r\n\r\n"),
            (1, OK),
        ],
    ),
    Conversation(
        "leading empty lines, bare line feeds, odd spelling, folded lines",
        [
            (UP, b"\r\n\n\r\nPOST  /a b  HTTP/1.1\nCONTENT-length\t:  \r\n  00003\nX: y\r\n\tz\n\nabc" + GET),
            (DOWN, b"HTTP/1.1 201\nContent-Length:2\nContent-Length: 2, 2\n\nok" + OK),
        ],
        [done("POST /a b", "201"), done("GET /", "200")],
        [(1, b"HTTP/1.1 201\nContent-Length:2\nContent-Length: 2, 2\n\nok"), (2, OK)],
    ),
    Conversation(
        "an answer before the end of the request",
        [(UP, b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), (DOWN, OK), (UP, b"cd" + GET), (DOWN, OK)],
        [done("POST /", "200"), done("GET /", "200")],
        [(1, OK), (2, OK)],
    ),
    Conversation(
        "chunked wins over a length",
        [
            (UP, b"POST / HTTP/1.1\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET),
            (DOWN, OK + OK),
        ],
        [done("POST /", "200"), done("GET /", "200")],
        [(1, OK), (2, OK)],
    ),
    Conversation(
        "upgrade refused",
        [
            (UP, b"GET /ws HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n"),
            (DOWN, OK),
            (UP, GET),
            (DOWN, OK),
        ],
        [done("GET /ws", "200"), done("GET /", "200")],
        [(1, OK), (2, OK)],
    ),
    Conversation(
        "upgrade",
        [
            (UP, b"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
            (DOWN, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nContent-Length: 7\r\n\r\n"),
            (DOWN, b"\x81\x01a"),
            (UP, b"\x81\x81xxxx1"),
            (DOWN, b"\x81\x01b"),
        ],
        [done("GET /ws", "101"), done("exchange 2", "")],
        [
            (1, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nContent-Length: 7\r\n\r\n"),
            (None, b"\x81\x01a"),
            (2, b"\x81\x01b"),
        ],
        "upgraded to websocket",
    ),
    Conversation(
        "CONNECT refused, then granted",
        [
            (UP, b"CONNECT a:443 HTTP/1.1\r\n\r\n"),
            (DOWN, b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"),
            (UP, b"CONNECT a:443 HTTP/1.1\r\n\r\n"),
            (DOWN, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
            (UP, b"\x16\x03"),
            (DOWN, b"\x16\x03"),
        ],
        [done("CONNECT a:443", "407"), done("CONNECT a:443", "200"), done("exchange 3", "")],
        [
            (1, b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"),
            (2, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
            (3, b"\x16\x03"),
        ],
        "CONNECT",
    ),
    Conversation(
        "408 on an idle connection",
        [(UP, GET), (DOWN, OK), (DOWN, b"HTTP/1.1 408 Timeout\r\nContent-Length: 1\r\n\r\nx"), (UP, GET), (DOWN, OK)],
        [done("GET /", "200"), done("GET /", "200")],
        [(1, OK), (None, b"HTTP/1.1 408 Timeout\r\nContent-Length: 1\r\n\r\nx"), (2, OK)],
    ),
    Conversation(
        "408 before the first request",
        [(DOWN, b"HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n")],
        [("", "408", False, True)],
        [(0, b"HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n")],
    ),
    Conversation(
        "TLS",
        [(UP, b"\x16\x03\x01\x02\x00\x01"), (DOWN, b"\x15\x03")],
        [done("exchange 1", "")],
        [(1, b"\x15\x03")],
        "TLS",
    ),
    Conversation(
        "HTTP/2",
        [(UP, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), (DOWN, b"\x00\x00\x00\x04")],
        [done("exchange 1", "")],
        [(1, b"\x00\x00\x00\x04")],
        "HTTP/2",
    ),
    Conversation(
        "HTTP/0.9",
        [(UP, b"GET /\r\n"), (DOWN, b"<p>hello")],
        [done("exchange 1", "")],
        [(1, b"<p>hello")],
        "HTTP/0.9",
    ),
    Conversation(
        "a backend that is not HTTP",
        [(DOWN, b"220 mail ESMTP\r\n"), (UP, b"EHLO x\r\n"), (DOWN, b"250 x\r\n")],
        [("", "", False, True), done("exchange 1", "")],
        [(0, b"220 mail ESMTP\r\n"), (1, b"250 x\r\n")],
        "not HTTP",
    ),
    Conversation(
        "conflicting lengths: nobody can know where it ends, and the answer is still read",
        [
            (UP, b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
            (DOWN, OK),
            (UP, GET),
            (DOWN, OK),
        ],
        [done("POST /", "200"), done("exchange 2", "")],
        [(1, OK), (2, OK)],
        "conflicting Content-Length headers",
    ),
    Conversation(
        "a bad chunk size",
        [(UP, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nxyz"), (DOWN, OK)],
        [done("POST /", "200")],
        [(1, OK)],
        "a chunk size that is none",
    ),
    Conversation(
        "garbage behind a request, whose answer is still read",
        [(UP, GET + b"\x00\x01"), (DOWN, OK), (DOWN, b"HTTP/1.1 400 Bad\r\n\r\n")],
        [done("GET /", "200"), done("exchange 2", "")],
        [(1, OK), (2, b"HTTP/1.1 400 Bad\r\n\r\n")],
        "not HTTP",
    ),
]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("conversation", TABLE, ids=lambda c: c.name)
def test_a_conversation_is_framed_as_the_table_says(conversation, cut):
    heard = talk(conversation.script, cut=cut)
    for direction, side in ((UP, heard.up), (DOWN, heard.down)):
        assert side.joined == b"".join(data for way, data in conversation.script if way == direction)
    facts = [(e.label, e.status, e.request_done, e.answer_done) for e in heard.exchanges]
    assert facts == conversation.exchanges
    assert [(ordinal, data) for ordinal, data, _, _ in heard.down.by_exchange() if data] == conversation.down
    assert heard.machine.opaque == conversation.opaque


def test_garbage_instead_of_an_answer_goes_to_the_newest_request_and_ends_the_older_ones():
    heard = talk([(UP, GET + GET), (DOWN, b"\x00\x01\x02")])
    assert [(p.exchange and p.exchange.ordinal, p.data, p.first, p.last) for p in heard.down.pieces] == [
        (1, b"", True, True),
        (2, b"\x00\x01\x02", True, False),
        (2, b"", False, True),
    ]
    assert heard.machine.opaque == "not HTTP"


def test_pieces_say_where_requests_and_answers_begin_and_end():
    heard = talk(
        [(UP, b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), (UP, b"cd"), (DOWN, OK[:-1]), (DOWN, OK[-1:])]
    )
    assert [(p.first, p.last) for p in heard.up.pieces] == [(True, False), (False, True)]
    assert [(p.first, p.last) for p in heard.down.pieces] == [(True, False), (False, True)]


def test_an_interim_answer_is_not_what_the_client_waits_for():
    heard = talk([(UP, GET), (DOWN, b"HTTP/1.1 100 Continue\r\n\r\n"), (DOWN, OK)])
    assert [(p.interim, p.first, p.last) for p in heard.down.pieces] == [(True, False, False), (False, True, True)]


def test_an_answer_that_is_cut_off_is_not_done():
    heard = talk([(UP, GET), (DOWN, OK[:-1])])
    assert not heard.exchanges[0].answer_done
    assert heard.exchanges[0].status == "200"


def test_the_draw_hangs_on_the_request_line_as_it_was_sent():
    heard = talk([(UP, b"\r\nGET /a?secret=1#f  HTTP/1.1\r\n\r\n")])
    assert heard.exchanges[0].key == b"GET /a?secret=1#f  HTTP/1.1"


@pytest.mark.parametrize(("status", "failed"), [(499, False), (500, True), (503, True)])
def test_an_answer_of_5xx_is_an_error_by_the_protocol(status, failed):
    heard = talk([(UP, GET), (DOWN, b"HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n" % status)])
    assert heard.exchanges[0].failed is failed
