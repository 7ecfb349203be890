"""The head of a request for whoever asks: complete with the request's first piece, as it was sent, and no byte lost."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.http.framer import HttpFramer
from vaurien_core.protocols.http.lines import HELD_MAX

FIELDS = b"Host: shop.test\r\nX-User: 7\r\n"
ONE = b"GET /a HTTP/1.1\r\n" + FIELDS + b"\r\n"
TWO = b"POST /b HTTP/1.1\r\n" + FIELDS + b"Content-Length: 5\r\n\r\nhello"


def parts(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(edges)]


@given(st.lists(st.integers(0, 10_000), max_size=30), st.booleans())
def test_a_head_is_complete_with_the_first_piece_however_it_was_cut(cuts: list[int], rewrites: bool) -> None:
    framer = HttpFramer(host=b"backend:80" if rewrites else b"")
    framer.keep_heads()
    data = ONE + TWO + ONE
    seen: dict[int, bytes] = {}
    joined = b""
    for part in parts(data, cuts):
        for piece in framer.upstream(part):
            assert isinstance(piece.exchange, Exchange)
            assert piece.first is (piece.exchange.ordinal not in seen)
            seen.setdefault(piece.exchange.ordinal, piece.exchange.head)
            joined += piece.data
    assert joined == (data.replace(b"shop.test", b"backend:80") if rewrites else data)
    assert seen == {1: FIELDS + b"\r\n", 2: FIELDS + b"Content-Length: 5\r\n\r\n", 3: FIELDS + b"\r\n"}


@given(st.binary(max_size=300), st.lists(st.integers(0, 10_000), max_size=10), st.integers(0, 60))
def test_no_byte_is_lost_whatever_follows(junk: bytes, cuts: list[int], at: int) -> None:
    framer = HttpFramer()
    framer.keep_heads()
    data = ONE + TWO[:at] + junk
    joined = b"".join(p.data for part in parts(data, cuts) for p in framer.upstream(part))
    joined += b"".join(p.data for p in framer.upstream_eof())
    assert joined == data


def test_without_being_asked_no_head_is_kept_and_nothing_waits() -> None:
    framer = HttpFramer()
    (piece,) = framer.upstream(ONE[:30])
    assert piece.data == ONE[:30]
    assert piece.exchange is not None
    assert piece.exchange.head == b""


def test_a_request_under_way_when_it_is_asked_is_left_alone() -> None:
    framer = HttpFramer()
    framer.upstream(ONE[:30])
    framer.keep_heads()
    (piece,) = framer.upstream(ONE[30:40])
    assert piece.data == ONE[30:40]


def test_a_head_that_never_ends_waits_for_at_most_64_kib() -> None:
    framer = HttpFramer()
    framer.keep_heads()
    framer.upstream(b"GET / HTTP/1.1\r\n")
    sent, given_on = 0, 0
    while not given_on:
        sent += 1000
        given_on = sum(len(p.data) for p in framer.upstream(b"X: " + b"y" * 995 + b"\r\n"))
    assert sent <= HELD_MAX + 1000
    assert given_on == sent + 16
    (piece,) = framer.upstream(b"Z: 1\r\n")
    assert piece.data == b"Z: 1\r\n"


def test_a_head_that_the_client_gives_up_is_passed_on() -> None:
    framer = HttpFramer()
    framer.keep_heads()
    assert framer.upstream(ONE[:30]) == []
    (piece,) = framer.upstream_eof()
    assert piece.data == ONE[:30]
    assert piece.exchange is not None
    assert piece.exchange.head == ONE[17:30]
