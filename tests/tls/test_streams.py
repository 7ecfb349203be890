"""TLS that ends and begins in the data plane carries a stream as TCP does: on every port and loop, cut as it likes."""

from __future__ import annotations

import asyncio
import hashlib
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.proxy.lab import ALL, Lab, Place, everywhere, lab
from tests.support.kernel_loss import permitted
from tests.support.shipped import STREAM_FAULTS
from tests.tls.authority import Certificates
from tests.tls.peers import Peer, block_of, connect, echo, serving
from vaurien_core.model.profile import ToxicSpec
from vaurien_core.options import values_of

MB = 1_000_000
SIDES = [("terminate", "on"), ("terminate", "off"), ("passthrough", "on")]
sides = pytest.mark.parametrize(("tls", "backend_tls"), SIDES, ids=[f"{c}-{b}" for c, b in SIDES])


async def between(
    pem: Certificates, tls: str, backend_tls: str, work: Callable[[Peer], Any], behind: Callable[[Peer], object] = echo,
    check: Callable[[Lab], object] | None = None, toxics: tuple[ToxicSpec, ...] = (),
) -> Any:  # fmt: skip
    """What `work` makes of a client, with a proxy between it and a backend that does `behind`."""
    with serving(behind, pem.server() if backend_tls == "on" else None) as port:
        async with lab(
            *STREAM_FAULTS, toxics=toxics,
            handler=None, backend=f"127.0.0.1:{port}", protocol="tcp", tls=tls, backend_tls=backend_tls,
            certificate=str(pem.both) if tls == "terminate" else "", backend_verify=str(pem.authority),
        ) as it:  # fmt: skip

            def run() -> Any:
                peer = connect(it.server.bound.port, pem.client() if tls == "terminate" else None)
                try:
                    return work(peer)
                finally:
                    peer.close()

            result = await asyncio.to_thread(run)
            if check is not None:
                check(it)
            return result


def both_ways(size: int) -> Callable[[Peer], tuple[str, str]]:
    def work(peer: Peer) -> tuple[str, str]:
        block = block_of(MB)
        sent, got = hashlib.sha256(), hashlib.sha256()

        def send() -> None:
            for _ in range(size // MB):
                sent.update(block)
                peer.send(block)
            peer.end()

        sender = threading.Thread(target=send)
        sender.start()
        while data := peer.recv(256 * 1024):
            got.update(data)
        sender.join(30)
        return sent.hexdigest(), got.hexdigest()

    return work


@everywhere
@sides
def test_5_mb_arrive_both_ways(place: Place, tls: str, backend_tls: str, pem: Certificates) -> None:
    counted: list[int] = []

    def count(it: Lab) -> None:
        counters = it.server.counters
        counted.extend((counters.client.read, counters.client.written, counters.backend.read, counters.backend.written))

    sent, got = place.run(lambda: between(pem, tls, backend_tls, both_ways(5 * MB), check=count))
    assert sent == got
    assert all(5 * MB <= n < 5.2 * MB for n in counted)  # what the sockets carried, records included


@permitted
@everywhere
@sides
def test_records_whose_packets_the_kernel_loses_arrive_too(
    place: Place, tls: str, backend_tls: str, pem: Certificates
) -> None:
    acted: list[str] = []

    def note(it: Lab) -> None:
        acted.extend(e.label for e in it.journal.entries if e.kind == "toxic")

    lossy = ToxicSpec("loss", stream="both", options=values_of({"how": "kernel", "rate": 10.0}))
    sent, got = place.run(lambda: between(pem, tls, backend_tls, both_ways(8 * MB), check=note, toxics=(lossy,)))
    assert sent == got
    assert sorted(acted) == ["downstream", "upstream"]


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("place", ALL, ids=[f"{p.loop}-{p.port}" for p in ALL])
def test_50_mb_arrive_both_ways(place: Place, pem: Certificates) -> None:
    sent, got = place.run(lambda: between(pem, "terminate", "on", both_ways(50 * MB)))
    assert sent == got


@pytest.mark.gui
@pytest.mark.parametrize("port", ["reactor", "transport"])
def test_5_mb_arrive_both_ways_on_the_windows_loop(
    port: str, qapp: object, pem: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    import qasync

    monkeypatch.setenv("VAURIEN_PORT", port)
    loop = qasync.QEventLoop(qapp, set_running_loop=False)
    try:
        work = between(pem, "terminate", "on", both_ways(5 * MB))
        sent, got = loop.run_until_complete(asyncio.wait_for(work, 40))
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()
    assert sent == got


@everywhere
@sides
def test_single_bytes_arrive_in_order(place: Place, tls: str, backend_tls: str, pem: Certificates) -> None:
    data = random.Random(3).randbytes(2000)

    def work(peer: Peer) -> bytes:
        for n in range(len(data)):
            peer.send(data[n : n + 1])
        peer.end()
        return peer.all()

    assert place.run(lambda: between(pem, tls, backend_tls, work)) == data


@everywhere
@sides
def test_a_half_close_passes_and_the_answer_still_comes(
    place: Place, tls: str, backend_tls: str, pem: Certificates
) -> None:
    body = block_of(3 * MB)

    def answer_at_the_end(peer: Peer) -> None:
        asked = peer.all()
        peer.send(asked + body)
        peer.end()

    def work(peer: Peer) -> bytes:
        peer.send(b"please ")
        peer.end()
        return peer.all()

    assert place.run(lambda: between(pem, tls, backend_tls, work, answer_at_the_end)) == b"please " + body


@everywhere
@sides
def test_the_backend_may_end_first(place: Place, tls: str, backend_tls: str, pem: Certificates) -> None:
    heard: list[bytes] = []
    done = threading.Event()

    def end_first(peer: Peer) -> None:
        peer.send(b"that was all")
        peer.end()
        heard.append(peer.all())
        done.set()

    def work(peer: Peer) -> bytes:
        got = peer.all()
        peer.send(block_of(MB))
        peer.end()
        assert done.wait(10)
        return got

    assert place.run(lambda: between(pem, tls, backend_tls, work, end_first)) == b"that was all"
    assert heard == [block_of(MB)]


@everywhere
@sides
def test_a_reset_of_the_backend_is_one_for_the_client(
    place: Place, tls: str, backend_tls: str, pem: Certificates
) -> None:
    def break_off(peer: Peer) -> None:
        peer.recv(4)
        peer.reset()

    def work(peer: Peer) -> str:
        peer.send(b"ping")
        try:
            return repr(peer.recv())
        except ConnectionResetError:
            return "reset"

    assert place.run(lambda: between(pem, tls, backend_tls, work, break_off)) == "reset"


@everywhere
@sides
def test_a_reset_of_the_client_is_one_for_the_backend(
    place: Place, tls: str, backend_tls: str, pem: Certificates
) -> None:
    ends: list[str] = []
    over = threading.Event()

    def listen(peer: Peer) -> None:
        peer.send(peer.recv(4))
        try:
            ends.append(repr(peer.recv()))
        except ConnectionResetError:
            ends.append("reset")
        over.set()

    def work(peer: Peer) -> None:
        peer.send(b"ping")
        assert peer.recv(4) == b"ping"
        peer.reset()
        assert over.wait(10)

    place.run(lambda: between(pem, tls, backend_tls, work, listen))
    assert ends == ["reset"]


@everywhere
@sides
def test_a_slow_reader_stops_the_sender(place: Place, tls: str, backend_tls: str, pem: Certificates) -> None:
    sent = 0
    size = 60 * MB

    def flood(peer: Peer) -> None:
        nonlocal sent
        block = block_of(MB)
        for _ in range(size // MB):
            peer.send(block)
            sent += MB
        peer.end()

    def work(peer: Peer) -> tuple[int, int]:
        before = -1
        while sent != before:  # until the sender stands still
            before = sent
            time.sleep(0.3)
        stopped_at, got = sent, 0
        while data := peer.recv(1 << 20):
            got += len(data)
        return stopped_at, got

    stopped_at, got = place.run(lambda: between(pem, tls, backend_tls, work, flood))
    assert stopped_at < 30 * MB
    assert got == size
