"""reset_peer, half_open, slow_close, corrupt, slicer and loss, through a real proxy."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.proxy.lab import Place, echo_bytes, everywhere, on_both_ports
from tests.proxy.toxics.bench import outcome, poisoned, round_trip, silent, toxic, use
from vaurien_core.behaviors.corrupt import Flips
from vaurien_core.behaviors.loss import Losses, LossOptions
from vaurien_core.behaviors.slicer import SlicerOptions, sizes
from vaurien_core.proxy import draw
from vaurien_core.proxy.sockets import reset_on_close


def numbers(connection: int, name: str, purpose: str, *, upstream: bool = False, seed: int = 7):
    """What a toxic of the proxy `p` draws."""
    return draw.sequence(seed, "p", draw.stream_place(connection, upstream=upstream), draw.toxic_purpose(name, purpose))


@everywhere
@pytest.mark.parametrize("stream", ["upstream", "downstream"])
@pytest.mark.parametrize("timeout", [0, 60])
def test_reset_peer_resets_both_ends(place: Place, stream: str, timeout: int) -> None:
    async def main() -> None:
        ends: list[object] = []

        async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async def converse() -> bytes:
                while data := await reader.read(100):
                    writer.write(data)
                return data

            ends.append(await outcome(converse))

        async with poisoned(toxic("reset_peer", stream, timeout=timeout), handler=watch) as it:
            reader, writer = await it.client()
            assert await silent(reader)
            before = time.monotonic()
            writer.write(b"x")
            assert await outcome(lambda: reader.read(1)) is ConnectionResetError
            assert time.monotonic() - before >= timeout / 1000
            await it.until(lambda: ends)
            assert ends == [ConnectionResetError]
            assert it.server.sample().errors_injected == 1

    place.run(main)


@on_both_ports
def test_reset_peer_turns_an_orderly_end_into_a_reset(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("reset_peer", "upstream")) as it:
            reader, writer = await it.client()
            writer.write_eof()
            assert await outcome(lambda: reader.read(1)) is ConnectionResetError

    place.run(main)


@on_both_ports
@pytest.mark.parametrize("rst", [False, True])
def test_half_open_leaves_a_client_waiting_though_the_backend_has_gone(place: Place, rst: bool) -> None:
    async def main() -> None:
        leaving = asyncio.Event()

        async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await leaving.wait()
            if rst:
                reset_on_close(writer.get_extra_info("socket"))
                writer.transport.abort()

        async with poisoned(handler=leave) as it:
            reader, writer = await it.client()
            await it.until(lambda: it.received == [b""])
            use(it, toxic("half_open"))
            writer.write(b"hello?")
            leaving.set()
            assert await silent(reader, 0.15)
            writer.write(b"anybody?")
            assert await silent(reader, 0.15)
            assert it.received == [b""]
            assert it.server.connections == 1
            writer.close()
            await it.until(lambda: not it.server.connections)

    place.run(main)


@on_both_ports
def test_removing_half_open_closes_what_has_lost_something(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("half_open")) as it:
            reader, writer = await it.client()
            other = await it.client()
            writer.write(b"lost")
            assert await silent(reader)
            use(it)
            assert await reader.read(1) == b""
            await round_trip(*other)

    place.run(main)


@on_both_ports
def test_half_open_hides_a_backends_end_and_a_clients_end(place: Place) -> None:
    async def main() -> None:
        read: list[bytes] = []

        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.1)
            writer.write_eof()
            read.append(await reader.read(-1))

        async with poisoned(toxic("half_open"), handler=once) as it:
            reader, writer = await it.client()
            assert await silent(reader, 0.25)
            writer.write(b"last words")
            await asyncio.sleep(0.05)
            assert read == []
            writer.write_eof()
            await it.until(lambda: not it.server.connections and read)
            assert read == [b""]

    place.run(main)


@on_both_ports
def test_slow_close_holds_the_end_back(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("slow_close", delay=150)) as it:
            reader, writer = await it.client()
            writer.write(b"bye")
            writer.write_eof()
            assert await reader.readexactly(3) == b"bye"
            before = time.monotonic()
            assert await reader.read(1) == b""
            assert time.monotonic() - before >= 0.14

        async with poisoned(toxic("slow_close", delay=60_000)) as it:
            reader, writer = await it.client()
            writer.write_eof()
            assert await silent(reader, 0.1)
            use(it)
            assert await reader.read(1) == b""

    place.run(main)


@on_both_ports
@pytest.mark.parametrize("probability", [0.001, 0.3, 1.0])
def test_corrupt_flips_exactly_the_bits_that_the_seed_says(place: Place, probability: float) -> None:
    data = bytes(range(256)) * 200

    async def main() -> None:
        async with poisoned(toxic("corrupt", name="c", probability=probability)) as it:
            reader, writer = await it.client()
            writer.write(data)
            got = await reader.readexactly(len(data))
            draws = numbers(1, "c", "flip")
            assert got == Flips(probability, lambda: next(draws)).apply(data)
            assert got != data
            assert it.received == [data]

    place.run(main)


@on_both_ports
def test_slicer_delivers_the_pieces_that_the_seed_says(place: Place) -> None:
    options = SlicerOptions(average_size=40, size_variation=10, delay=6000)

    async def main() -> None:
        async with poisoned(toxic("slicer", name="s", average_size=40, size_variation=10, delay=6000)) as it:
            reader, writer = await it.client()
            draws = numbers(1, "s", "slice")
            expected = sizes(400, options, lambda: draw.as_fraction(next(draws)))
            before = time.monotonic()
            writer.write(b"x" * 400)
            got: list[int] = []
            while sum(got) < 400:
                got.append(len(await reader.read(1000)))
            assert time.monotonic() - before >= (len(expected) - 1) * 0.006
            cuts, made = [sum(got[:n]) for n in range(len(got))], {sum(expected[:n]) for n in range(len(expected))}
            assert set(cuts) <= made
            assert len(got) > len(expected) // 2

    place.run(main)


@on_both_ports
def test_a_sliced_stream_is_complete(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("slicer", "both", average_size=100, size_variation=100)) as it:
            data = bytes(range(256)) * 800
            assert await round_trip(*await it.client(), data) < 10

    place.run(main)


@on_both_ports
def test_loss_stalls_the_pieces_that_the_seed_says(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("loss", name="l", rate=20)) as it:
            client = await it.client()
            draws = numbers(1, "l", "loss")
            losses = Losses(LossOptions(rate=20), lambda: draw.as_fraction(next(draws)))
            stalled = 0
            for number in range(25):
                stall = losses.stall()
                if stall > 1:
                    break
                took = await round_trip(*client, b"%04d" % number)
                assert took >= stall
                stalled += stall > 0
                assert stall or took < 0.19
            assert stalled >= 2
            assert it.server.sample().errors_injected == 0

    place.run(main)


@on_both_ports
def test_a_toxic_that_crashes_lets_bytes_pass(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("noop"), handler=echo_bytes) as it:
            client = await it.client()
            await round_trip(*client)
            conn = next(iter(it.server.open))
            conn.down.stage._mounts[0].toxic.received = lambda data: 1 / 0
            await round_trip(*client)
            await round_trip(*client)
            assert len(it.journal.outcomes("notice")) == 1

    place.run(main)
