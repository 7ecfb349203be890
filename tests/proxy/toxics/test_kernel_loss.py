"""loss with how = kernel: segments are lost in fact, and what was said arrives nevertheless."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import random
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proxy.lab import Lab, Place, everywhere, on_both_ports, reset
from tests.proxy.toxics.bench import poisoned, round_trip, silent, toxic, use
from tests.support.kernel_loss import CLOSED, permitted, retransmitted, state
from vaurien_core.engine.local import LocalEngine
from vaurien_core.errors import UsageError
from vaurien_core.model.profile import Profile, ProxySpec, ToxicSpec
from vaurien_core.proxy import kernel_loss
from vaurien_core.registry import Registry

KB = 1024
IN_FLIGHT = 32 * KB
SENDERS = ("upstream", "downstream")


def lossy(stream: str, rate: float, name: str = "", **options: object) -> ToxicSpec:
    return toxic("loss", stream, name, how="kernel", rate=rate, **options)


class Crossing:
    """A backend that takes what comes and answers it with as many other bytes, and what the kernels counted."""

    def __init__(self) -> None:
        self.backend: socket.socket | None = None
        self.took, self.said = hashlib.sha256(), hashlib.sha256()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.backend = writer.get_extra_info("socket")
        while data := await reader.read(IN_FLIGHT):
            self.took.update(data)
            turned = data[::-1]
            self.said.update(turned)
            for start in range(0, len(turned), KB):
                writer.write(turned[start : start + KB])

    async def cross(self, it: Lab, size: int) -> tuple[int, int]:
        """Send and receive so much; how often the client and the backend had to send something again.

        In small pieces, so that there are many segments, and few at a time, so that no buffer is ever full: that makes
        kernels send again what was not lost.
        """
        reader, writer = await it.client()
        sent, got = hashlib.sha256(), hashlib.sha256()
        chance, come = random.Random(5), 0
        for said in range(KB, size + 1, KB):
            piece = chance.randbytes(KB)
            sent.update(piece)
            writer.write(piece)
            while said - come > IN_FLIGHT or (said == size and come < size):
                data = await reader.read(IN_FLIGHT)
                assert data
                got.update(data)
                come += len(data)
        assert self.took.digest() == sent.digest()
        assert got.digest() == self.said.digest()
        assert self.backend is not None
        return retransmitted(writer.get_extra_info("socket")), retransmitted(self.backend)


@permitted
@everywhere
@pytest.mark.parametrize(("stream", "rate"), [("upstream", 10), ("downstream", 10), ("both", 5), ("both", 30)])
def test_senders_retransmit_and_every_byte_arrives(place: Place, stream: str, rate: float) -> None:
    async def main() -> None:
        size = (64 if rate > 20 else 512) * KB
        control, crossing = Crossing(), Crossing()
        async with poisoned(handler=control.serve) as it:
            usual = await control.cross(it, size)  # a busy machine: one or two, though nothing was lost
            assert not it.journal.entries
        async with poisoned(lossy(stream, rate), handler=crossing.serve) as it:
            again = await crossing.cross(it, size)
            sample = it.server.sample()
            streams = ["upstream", "downstream"] if stream == "both" else [stream]
            lossless = [*usual, *(n for n, name in zip(again, SENDERS, strict=True) if name not in streams)]
            assert all(n > max(lossless) for n, name in zip(again, SENDERS, strict=True) if name in streams)
            told = [e for e in it.journal.entries if e.kind == "toxic"]
            assert sorted(e.label for e in told) == sorted(streams)
            assert all("not the seed's" in e.text and dict(e.options)["how"] == "kernel" for e in told)
            assert dict(sample.toxics) == {"loss": len(streams)}
            assert sample.errors_injected == 0
            counters = it.server.counters
            passed = (counters.client.read, counters.client.written, counters.backend.read, counters.backend.written)
            assert passed == (size,) * 4

    place.run(main)


ENDS = ("removed", "all normal", "toxicity 0", "switched off", "rate 0", "model")


@permitted
@on_both_ports
@pytest.mark.parametrize("how", ENDS)
def test_nothing_is_lost_once_it_has_gone(place: Place, how: str) -> None:
    async def main() -> None:
        async with poisoned(lossy("both", 100)) as it:
            reader, writer = await it.client()
            writer.write(b"ping")
            assert await silent(reader, 0.3)
            if how == "removed":
                use(it)
            elif how == "all normal":
                it.server.set_normal(True)
            elif how == "toxicity 0":
                use(it, lossy("both", 100, toxicity=0.0))
            elif how == "switched off":
                use(it, lossy("both", 100, enabled=False))
            elif how == "rate 0":
                use(it, lossy("both", 0))
            else:
                use(it, toxic("loss", "both", rate=0))
            assert await reader.readexactly(4) == b"ping"
            sock = writer.get_extra_info("socket")
            before = retransmitted(sock)
            assert before > 0
            for _ in range(200):
                await round_trip(reader, writer)
            assert retransmitted(sock) - before <= 5  # as a machine that is busy sends again what was not lost
            if how == "all normal":
                it.server.set_normal(False)
                writer.write(b"ping")
                assert await silent(reader, 0.3)
                assert retransmitted(sock) > before

    place.run(main)


@permitted
@on_both_ports
def test_it_is_put_on_a_connection_that_lives_and_is_counted_when_something_is_lost(place: Place) -> None:
    async def main() -> None:
        async with poisoned() as it:
            reader, writer = await it.client()
            for _ in range(5):
                await round_trip(reader, writer)
            use(it, lossy("upstream", 100))
            assert dict(it.server.sample().toxics).get("loss", 0) == 0
            writer.write(b"ping")
            assert await silent(reader, 0.3)
            use(it, lossy("upstream", 1e-9))
            assert await reader.readexactly(4) == b"ping"
            assert dict(it.server.sample().toxics) == {"loss": 1}

    place.run(main)


@permitted
@on_both_ports
def test_two_of_them_lose_each_their_share_of_the_rest(place: Place) -> None:
    async def main() -> None:
        async with poisoned(lossy("upstream", 20, "a"), lossy("upstream", 50, "b")) as it:
            await it.client()
            await it.until(lambda: it.server.open)
            conn = next(iter(it.server.open))
            assert conn.up.stage._sieve.share == pytest.approx(0.6)
            use(it, lossy("upstream", 50, "b"))
            assert conn.up.stage._sieve.share == pytest.approx(0.5)

    place.run(main)


@permitted
@on_both_ports
@pytest.mark.parametrize("end", ["kicked", "stopped"])
def test_a_connection_that_is_closed_is_not_held_up(place: Place, end: str) -> None:
    async def main() -> None:
        async with poisoned(lossy("both", 100)) as it:
            reader, writer = await it.client()
            sock = writer.get_extra_info("socket").dup()
            try:
                await it.until(lambda: it.server.open)
                await it.until(lambda: next(iter(it.server.open)).backend is not None)
                if end == "kicked":
                    it.server.kick()
                else:
                    await it.server.stop()
                assert await reader.read(1) == b""
                sock.shutdown(socket.SHUT_WR)
                await it.until(lambda: state(sock) == CLOSED)
                await it.until(lambda: not it.server.connections)
            finally:
                sock.close()

    place.run(main)


@permitted
@on_both_ports
def test_a_reset_is_never_lost(place: Place) -> None:
    async def main() -> None:
        async with poisoned(lossy("both", 100)) as it:
            _, writer = await it.client()
            await it.until(lambda: it.server.connections)
            reset(writer)
            await it.until(lambda: not it.server.connections)

    place.run(main)


@permitted
@on_both_ports
def test_a_backend_that_is_dialled_anew_is_lossy_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []
    drop = kernel_loss.drop
    monkeypatch.setattr(kernel_loss, "drop", lambda sock, share: (shares.append(share), drop(sock, share)))

    async def main() -> None:
        crossing = Crossing()

        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            crossing.backend = writer.get_extra_info("socket")
            writer.write((await reader.read(100)) * 1000)
            await writer.drain()
            await asyncio.sleep(0.3)

        async with poisoned(lossy("downstream", 1e-9), handler=once, stay_connected=True) as it:
            reader, writer = await it.client()
            writer.write(b"ping")
            await reader.readexactly(4000)
            conn = next(iter(it.server.open))
            await it.until(lambda: conn.backend is None)
            assert shares == [pytest.approx(1e-11), 0.0]
            use(it, lossy("downstream", 100))
            writer.write(b"ping")
            assert await silent(reader, 0.25)
            assert crossing.backend is not None
            assert retransmitted(crossing.backend) > 0
            use(it)
            await reader.readexactly(4000)

    place.run(main)


# -- where it can't be had


@on_both_ports
def test_a_kernel_that_refuses_is_told_of_once_and_bytes_pass(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(sock: socket.socket, share: float) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(kernel_loss, "drop", refuse)

    async def main() -> None:
        async with poisoned(lossy("upstream", 100)) as it:
            for _ in range(3):
                await round_trip(*await it.client())
            texts = [e.text for e in it.journal.entries if e.kind == "notice"]
            assert texts == ["The kernel drops nothing upstream: Operation not permitted."]
            assert dict(it.server.sample().toxics).get("loss", 0) == 0

    place.run(main)


WITHOUT_THE_RIGHT = """
import asyncio
from tests.support.kernel_loss import give_up_net_admin
give_up_net_admin()
from vaurien_core.proxy.kernel_loss import why_not
why_not.cache_clear()
from vaurien_core.cli.main import main
main(["doctor", "--core"])
raise SystemExit(main(["--config", "p.ini", "--duration", "1"]))
"""
PROFILE = """
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
toxics = lost

[toxic:lost]
type = loss
how = kernel
"""


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_a_process_without_the_right_says_so(tmp_path: Path) -> None:
    (tmp_path / "p.ini").write_text(PROFILE, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_RIGHT], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        check=False, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    if ran.returncode == 0 and "real packets" in ran.stdout:
        pytest.skip("this kernel lets everybody filter a TCP socket")
    assert ran.returncode == 2, ran
    why = "the kernel lets only processes with CAP_NET_ADMIN filter what a TCP socket receives"
    assert f"toxic lost: how = kernel can't be had here: {why}." in ran.stderr
    assert f"loss         note  {why}" in ran.stdout
    assert "Traceback" not in ran.stderr


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A system that is not Linux."""
    monkeypatch.setattr(kernel_loss.sys, "platform", "darwin")
    kernel_loss.why_not.cache_clear()
    yield
    kernel_loss.why_not.cache_clear()


def engine(stream: str = "both", enabled: bool = True, **places: str) -> LocalEngine:
    spec = ProxySpec("web", **{"proxy": "127.0.0.1:0", "backend": "127.0.0.1:9", **places})
    spec = spec.with_toxic(lossy(stream, 5, enabled=enabled))
    return LocalEngine(Profile(proxies=(spec,)), registry=Registry.builtin())


@pytest.mark.usefixtures("elsewhere")
async def test_other_systems_say_so_and_keep_a_toxic_that_is_switched_off() -> None:
    with pytest.raises(UsageError, match=r"how = kernel can't be had here: only Linux has filters for sockets\."):
        engine()
    with socket.socket() as sock, pytest.raises(OSError, match="not supported"):
        kernel_loss.drop(sock, 0.5)
    engine(enabled=False)


@permitted
async def test_a_unix_socket_says_so_on_the_sender_s_side_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a Unix socket has no packets"):
        engine("upstream", proxy=f"unix:{tmp_path}/s")
    with pytest.raises(UsageError, match="a Unix socket has no packets"):
        engine("both", backend=f"unix:{tmp_path}/s")
    engine("downstream", proxy=f"unix:{tmp_path}/s")


# -- the program


def run(code: bytes, segment: bytes, chance: Iterator[int]) -> int:
    """What the kernel's interpreter would keep of a segment (kernel/bpf/core.c, after bpf(4) of 4.4BSD)."""
    steps = list(struct.iter_unpack("=HBBI", code))
    at = accumulator = 0
    while True:
        what, if_true, if_false, value = steps[at]
        at += 1
        if what == 0x30:
            accumulator = segment[value]
        elif what == 0x20:
            assert value == 0xFFFFF038
            accumulator = next(chance)
        elif what == 0x45:
            at += if_true if accumulator & value else if_false
        elif what == 0x35:
            at += if_true if accumulator >= value else if_false
        else:
            assert what == 0x06
            return int(value)


def header(flags: int) -> bytes:
    return struct.pack("!HHIIBBHHH", 1, 2, 3, 4, 5 << 4, flags, 6, 7, 0)


@pytest.mark.parametrize("share", [1e-6, 0.01, 0.3, 0.9999, 1.0])
def test_the_program_drops_exactly_its_share_and_no_reset(share: float) -> None:
    code, edge = kernel_loss.program(share), round(share * 2**32)
    numbers = [0, 1, edge - 1, edge, edge + 1, 2**32 - 1]
    for number in (n for n in numbers if 0 <= n < 2**32):
        assert run(code, header(0x18) + b"data", iter([number])) == (0 if number < edge else 0xFFFFFFFF)
        assert run(code, header(0x14), iter([number])) == 0xFFFFFFFF


def test_the_program_is_told_from_one_that_drops_nothing() -> None:
    always = [run(kernel_loss.program(1.0), header(flags), iter([])) for flags in (0x02, 0x10, 0x11, 0x18)]
    assert always == [0, 0, 0, 0]
