"""What the framer tells the data plane beside the pieces, and what the data plane tells it."""

from __future__ import annotations

import pytest
from talking import DOWN, UP, Talk, framer, talk

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
EXPECT = b"PUT / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
MIB = 2**20


def test_a_dropped_request_gets_no_answer_from_the_backend():
    heard = Talk(framer())
    heard.say(UP, GET + GET)
    first, second = heard.exchanges
    heard.machine.dropped(first)
    heard.machine.answered(first)
    heard.say(DOWN, OK)
    assert (first.status, first.answer_done) == ("", True)
    assert (second.status, second.answer_done) == ("200", True)


def test_a_request_that_is_dropped_at_its_first_byte_is_still_framed_to_its_end():
    heard = Talk(framer())
    heard.say(UP, b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")
    heard.machine.dropped(heard.exchanges[0])
    heard.say(UP, b"cde" + GET)
    assert [(e.request_done, e.label) for e in heard.exchanges] == [(True, "POST /"), (True, "GET /")]
    heard.say(DOWN, OK)
    assert [e.status for e in heard.exchanges] == ["", "200"]


def test_a_dropped_upgrade_leaves_the_connection_with_http():
    heard = Talk(framer())
    heard.say(UP, b"GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
    heard.machine.dropped(heard.exchanges[0])
    heard.say(UP, GET)
    assert [e.label for e in heard.exchanges] == ["GET /ws", "GET /"]
    assert heard.machine.opaque == ""


def test_bytes_behind_an_upgrade_that_is_refused_cannot_be_read_any_more():
    heard = talk([(UP, b"GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nGET /2"), (DOWN, OK)])
    assert heard.up.joined.endswith(b"GET /2")
    assert heard.machine.opaque == "bytes sent behind an Upgrade before its answer"


def test_a_client_that_waits_for_100_continue_is_answered_now():
    assert talk([(UP, EXPECT)]).exchanges[0].answer_now
    assert not talk([(UP, GET)]).exchanges[0].answer_now
    assert not talk([(UP, EXPECT.replace(b"1.1", b"1.0"))]).exchanges[0].answer_now


@pytest.mark.parametrize(("size", "now"), [(MIB, False), (MIB + 1, True)])
def test_a_body_over_1_mib_is_not_swallowed(size, now):
    by_length = talk([(UP, b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size)])
    assert by_length.exchanges[0].answer_now is now
    chunked = b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"
    assert talk([(UP, chunked)], cut=65536).exchanges[0].answer_now is now


def test_a_request_whose_end_is_lost_is_answered_now():
    heard = talk([(UP, b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")])
    assert heard.exchanges[0].answer_now


def test_keep_alive_off_closes_behind_every_answer_but_not_behind_an_upgrade():
    assert talk([(UP, GET), (DOWN, OK)], keep_alive=False).exchanges[0].facts["close_after"] is True
    assert "close_after" not in talk([(UP, GET), (DOWN, OK)]).exchanges[0].facts
    switched = talk(
        [(UP, b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"), (DOWN, b"HTTP/1.1 101 x\r\n\r\n")],
        keep_alive=False,
    )
    assert "close_after" not in switched.exchanges[0].facts


@pytest.mark.parametrize("cut", [0, 1])
@pytest.mark.parametrize(
    ("head", "closes"),
    [
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", False),
        (GET, False),
    ],
)
def test_a_client_that_relies_on_the_server_to_close_gets_that_after_an_error_too(head, closes, cut):
    heard = Talk(framer())
    begin = head.index(b"\n") + 1
    heard.say(UP, head[:begin] if cut else head)
    heard.machine.dropped(heard.exchanges[0])
    if cut:
        heard.say(UP, head[begin:])
    assert heard.exchanges[0].facts.get("close_after", False) is closes


@pytest.mark.parametrize("cut", [0, 1, 2, 5])
def test_the_host_header_is_rewritten_when_asked_for(cut):
    sent = (
        b"GET /host: HTTP/1.1\r\nX: host: no\r\nHOST: a.example\n b\r\nHostile: 1\r\n\r\n"
        b"PUT / HTTP/1.1\nhost:x\nContent-Length: 9\n\nHost: y\r\n"
    )
    heard = talk([(UP, sent)], cut=cut, overwrite_host_header=True)
    assert heard.up.joined == (
        b"GET /host: HTTP/1.1\r\nX: host: no\r\nHOST: backend.example:8080\nHostile: 1\r\n\r\n"
        b"PUT / HTTP/1.1\nhost: backend.example:8080\nContent-Length: 9\n\nHost: y\r\n"
    )
    assert [e.request_done for e in heard.exchanges] == [True, True]


@pytest.mark.parametrize(
    ("target", "label"),
    [
        (b"/", "GET /"),
        (b"/s?q=secret&page=2;x=3", "GET /s?q=?&page=?&x=?"),
        (b"/s?wsdl&eyJhbGciOi.J9", "GET /s?wsdl&?"),
        (b"/s?", "GET /s?"),
        (b"/s?a=b=c?d=e#f?g=h", "GET /s?a=?"),
        (b"/cart;jsessionid=12/x;y", "GET /cart;jsessionid=?/x;y"),
        (b"http://user:pw@host:1/p?a=1", "GET http://host:1/p?a=?"),
        (b"user:pw@host:1", "GET host:1"),
        (b"*", "GET *"),
        ("/ü\u202e".encode(), "GET /ü?"),
        (b"/" + b"x" * 300, "GET /" + "x" * 194 + "…"),
    ],
)
def test_labels_carry_names_not_values(target, label):
    assert talk([(UP, b"GET " + target + b" HTTP/1.1\r\n\r\n")]).exchanges[0].label == label
