"""What sockets of this machine are told for bulk, and which pipes it passes through."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
from collections.abc import Iterator

import pytest

from vaurien_core.proxy import bulk
from vaurien_core.proxy.pipes import LARGE, MOST, SMALLER, Pipes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="splice(2) and tcp(7) of Linux")
GET_SIZE = 1032
"""F_GETPIPE_SZ (fcntl(2))."""


@pytest.fixture(params=[("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)], ids=["IPv4", "IPv6"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    host, family = request.param
    try:
        listener = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("no such addresses here")
    with listener, socket.create_connection(listener.getsockname()[:2]) as one, listener.accept()[0] as other:
        yield one, other


def receive_buffer(sock: socket.socket) -> int:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def test_the_sender_does_not_pace_and_the_buffer_is_as_large_as_allowed(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    source, sink = pair
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, bulk.WINDOW)
        granted = receive_buffer(probe) >= 2 * bulk.WINDOW
    before = receive_buffer(source)
    bulk.prepare(source, sink)
    assert not sink.getsockopt(socket.IPPROTO_TCP, 13, 16).startswith(b"bbr")
    assert receive_buffer(source) == (2 * bulk.WINDOW if granted else before)


def test_a_buffer_that_is_larger_stays(pair: tuple[socket.socket, socket.socket]) -> None:
    source, sink = pair
    source.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * bulk.WINDOW)
    before = receive_buffer(source)
    bulk.prepare(source, sink)
    assert receive_buffer(source) >= before


def test_what_is_no_tcp_or_gone_is_left_as_it_is(pair: tuple[socket.socket, socket.socket]) -> None:
    one, other = socket.socketpair()
    with one, other:
        before = receive_buffer(one)
        bulk.prepare(one, other)
        assert receive_buffer(one) == before
    bulk.prepare(one, other)
    source, sink = pair
    sink.close()
    bulk.prepare(source, sink)


def test_few_pipes_are_large_and_no_more_than_so_many_are_lent() -> None:
    pipes = Pipes()
    lent = [pipe for _ in range(MOST + 3) if (pipe := pipes.borrow()) is not None]
    try:
        sizes = [fcntl.fcntl(pipe[1], GET_SIZE) for pipe in lent]
        assert len(lent) == MOST
        assert max(sizes[LARGE:]) <= SMALLER
        assert sizes[0] >= sizes[-1]
    finally:
        for pipe in lent:
            pipes.give(pipe)
        pipes.trim()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(lent[0][0])
