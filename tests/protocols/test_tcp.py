"""tcp: exchanges by who speaks; no byte is lost, changed or held back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.tcp import Tcp, TcpFramer, TcpOptions

UP, DOWN = True, False


def play(*said: tuple[bool, bytes]) -> list[Piece]:
    framer = TcpFramer()
    pieces = []
    for up, data in said:
        pieces += framer.upstream(data) if up else framer.downstream(data)
    return pieces


def ordinals(*said: tuple[bool, bytes]) -> list[int | None]:
    return [p.exchange.ordinal if p.exchange else None for p in play(*said)]


def test_an_exchange_begins_when_none_is_open_or_the_backend_has_spoken() -> None:
    assert ordinals((UP, b"a"), (UP, b"b"), (DOWN, b"1"), (DOWN, b"2"), (UP, b"c"), (DOWN, b"3")) == [1, 1, 1, 1, 2, 2]


def test_what_the_backend_says_first_is_exchange_0() -> None:
    assert ordinals((DOWN, b"220 hello"), (DOWN, b"..."), (UP, b"EHLO"), (DOWN, b"250")) == [0, 0, 1, 1]


def test_the_first_bytes_of_request_and_answer_are_marked() -> None:
    pieces = play((UP, b"a"), (UP, b"b"), (DOWN, b"1"), (DOWN, b"2"), (UP, b"c"))
    assert [p.first for p in pieces] == [True, False, True, False, True]


def test_an_exchange_ends_when_the_next_one_begins() -> None:
    framer = TcpFramer()
    (request,) = framer.upstream(b"a")
    exchange = request.exchange
    assert exchange is not None
    framer.downstream(b"1")
    assert (exchange.request_done, exchange.answer_done) == (True, False)
    framer.upstream(b"b")
    assert exchange.answer_done


def test_after_an_answer_of_ours_the_next_byte_begins_an_exchange() -> None:
    framer = TcpFramer()
    (request,) = framer.upstream(b"a")
    assert request.exchange is not None
    framer.dropped(request.exchange)
    framer.answered(request.exchange)
    (after,) = framer.upstream(b"b")
    assert after.exchange is not None
    assert after.exchange.ordinal == 2


def test_the_end_of_stream_ends_an_answer_that_has_begun() -> None:
    framer = TcpFramer()
    (request,) = framer.upstream(b"a")
    assert framer.downstream_eof() == []
    assert request.exchange is not None
    assert not request.exchange.answer_done
    framer.downstream(b"1")
    framer.downstream_eof()
    assert request.exchange.answer_done


@given(st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=9)), max_size=30))
def test_every_byte_comes_out_at_once_and_in_order(said: list[tuple[bool, bytes]]) -> None:
    framer = TcpFramer()
    for up, data in said:
        pieces = framer.upstream(data) if up else framer.downstream(data)
        assert b"".join(p.data for p in pieces) == data
    assert framer.opaque == ""
    assert all(p.data == b"" for p in (*framer.upstream_eof(), *framer.downstream_eof()))


def test_draws_hang_on_ordinals_and_there_is_no_catalogue() -> None:
    assert Tcp.draw_by == "ordinal"
    protocol = Tcp(TcpOptions())
    assert protocol.errors == ()
    assert protocol.error("503", Exchange(1), close=False, wall=0.0, extra={}) is None
    assert [(o.name, o.default) for o in Tcp.Options.describe()] == [("keep_alive", None)]
