"""What measures is measured: clients, backends and judgements, against plain listeners of this process."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from vaurien_core.proxy.sockets import reset_on_close
from vaurien_core.verify.backend import Heard, answering, pattern
from vaurien_core.verify.contents import bits, twice
from vaurien_core.verify.endings import end_of
from vaurien_core.verify.judging import judge_times, percentile, rate_text
from vaurien_core.verify.stand import Way
from vaurien_core.verify.states import connecting
from vaurien_core.verify.writing import SIZE, Send, all_of_it, deliver, loop, once


@pytest.fixture
def way() -> Iterator[Way]:
    """Straight to the backend, without a proxy."""
    it = Way("straight")
    it.port = it.backend.port
    yield it
    it.backend.close()


def test_the_pattern_goes_on_where_a_piece_ended() -> None:
    assert pattern(1000) == pattern(300) + pattern(700, 300)
    assert len(set(pattern(251))) == 251


def test_bits_count_what_differs_and_what_is_missing() -> None:
    assert bits(b"abc", b"abc") == 0
    assert bits(b"\x01\xff", b"\x03\xff") == 1
    assert bits(b"\xff", b"") == 8


def test_a_client_tells_an_end_from_a_reset_and_from_silence(way: Way) -> None:
    way.serve(answering(4, 4))
    with way.connect() as client:
        assert client.ask(pattern(4), 4)[1] == pattern(4)
        assert client.ending(0.05) == "open"
    way.serve(answering(4, 4, once=True))
    with way.connect() as client:
        client.ask(pattern(4), 4)
        assert client.ending(2) == "FIN"

    def reset(heard: Heard) -> None:
        heard.read()
        reset_on_close(heard.sock)

    way.serve(reset)
    with way.connect() as client:
        client.say(b"x")
        assert client.ending(2) == "ECONNRESET"


def test_a_backend_tells_an_end_from_a_reset(way: Way) -> None:
    way.serve(answering(4, 4))
    end_of(way, 0.05)
    client = way.connect()
    reset_on_close(client.sock)
    client.ask(pattern(64), 64)
    client.sock.close()
    deadline = time.monotonic() + 2
    while not way.backend.heard[-1].ended and time.monotonic() < deadline:
        time.sleep(0.005)
    assert [heard.ended for heard in way.backend.heard] == ["FIN", "ECONNRESET"]


def test_times_are_never_early_and_seldom_late() -> None:
    assert judge_times([0.101, 0.109], [0.1, 0.1], [0.0, 0.0]) == []
    (early,) = judge_times([0.05], [0.1], [0.0])
    assert not early.late
    (late,) = judge_times([0.13, 0.12], [0.1, 0.1], [0.001, 0.001])
    assert late.late
    assert judge_times([0.13], [0.1], [0.025]) == []


def test_figures_in_words() -> None:
    assert [rate_text(r) for r in (12, 10_000, 49_960_000, 2.5e9)] == ["12 B/s", "10 KB/s", "50 MB/s", "2.5 GB/s"]
    assert [percentile([3, 1, 2], p) for p in (50, 99)] == [2, 3]
    assert percentile([], 50) == 0


def test_a_request_that_comes_once_is_counted_once(way: Way) -> None:
    assert twice(way) == (1, 1)


def test_a_refused_connect_is_told_from_one_that_works(way: Way) -> None:
    assert connecting(way.port)[0] == "connected"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert connecting(port)[0] == "ECONNREFUSED"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps silent where the queue of a listener is full")
def test_a_connect_into_a_full_queue_times_out() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        time.sleep(0.05)
        how, took = connecting(listener.getsockname()[1], 0.3)
        assert how == "timed out"
        assert took >= 0.29


@pytest.mark.skipif(sys.platform != "linux", reason="buffers are those of Linux")
@pytest.mark.parametrize("send", [once, loop, all_of_it])
def test_a_tiny_window_makes_one_send_short_and_loses_nothing_in_a_loop(way: Way, send: Send) -> None:
    assert deliver(way, send) == (SIZE, pattern(SIZE))
    tiny = Way("tiny window", window=4096)
    tiny.port = tiny.backend.port
    sent, got = deliver(tiny, send)
    tiny.backend.close()
    assert got == pattern(sent)
    assert (sent < SIZE) == (send is once)
