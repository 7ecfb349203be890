"""Nothing drawn: the bytes arrive as they were sent, and so do the ends."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket

from tests.proxy.lab import Place, echo_bytes, echo_lines, everywhere, lab
from tests.support.backends import backend


@everywhere
def test_a_request_and_its_answer_pass(place: Place) -> None:
    async def main() -> None:
        async with lab() as it:
            reader, writer = await it.client()
            writer.write(b"hello\n")
            assert await reader.readline() == b"ok hello\n"
            writer.close()
            await it.until(lambda: not it.server.connections)
            sample = it.server.sample()
            assert (sample.up_read, sample.up_written, sample.down_read, sample.down_written) == (6, 6, 9, 9)
            assert (sample.connections, sample.exchanges, sample.injected) == (1, 1, 0)
            assert sum(sample.latency) == 1
            assert it.journal.entries == []

    place.run(main)


@everywhere
def test_random_chunks_arrive_identical(place: Place) -> None:
    async def main() -> None:
        dice = random.Random(1)
        data = dice.randbytes(3_000_000)
        async with lab(protocol="tcp", handler=echo_bytes) as it:
            reader, writer = await it.client()

            async def send() -> None:
                at = 0
                while at < len(data):
                    size = dice.choice((1, 7, 100, 1500, 70_000, 300_000))
                    writer.write(data[at : at + size])
                    at += size
                    await writer.drain()
                writer.write_eof()

            sending = asyncio.create_task(send())
            got = await reader.read(-1)
            await sending
            assert hashlib.sha256(got).digest() == hashlib.sha256(data).digest()
            writer.close()
            await it.until(lambda: not it.server.connections)
            sample = it.server.sample()
            assert sample.up_read == sample.up_written == sample.down_read == sample.down_written == len(data)

    place.run(main)


@everywhere
def test_the_clients_half_close_reaches_the_backend_and_the_answer_still_comes(place: Place) -> None:
    async def main() -> None:
        async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            data = await reader.read(-1)
            await asyncio.sleep(0.02)
            writer.write(b"%d" % len(data))
            writer.close()

        async with lab(protocol="tcp", handler=count) as it:
            reader, writer = await it.client()
            writer.write(b"x" * 1000)
            writer.write_eof()
            assert await reader.read(-1) == b"1000"
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert it.server.counters.errors_backend == it.server.counters.errors_client == 0

    place.run(main)


@everywhere
def test_the_backends_half_close_reaches_the_client_and_requests_still_pass(place: Place) -> None:
    async def main() -> None:
        async def speak_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"bye")
            writer.write_eof()
            await reader.read(-1)

        async with lab(protocol="tcp", handler=speak_first) as it:
            reader, writer = await it.client()
            assert await reader.read(-1) == b"bye"
            writer.write(b"late words")
            await it.until(lambda: it.received == [b"late words"])
            writer.close()
            await it.until(lambda: not it.server.connections)

    place.run(main)


@everywhere
def test_a_client_that_stops_reading_stops_the_backend(place: Place) -> None:
    async def main() -> None:
        sent = 0

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            await reader.read(1)
            for _ in range(500):
                writer.write(b"x" * 100_000)
                await writer.drain()
                sent += 100_000

        async with lab(protocol="tcp", handler=flood) as it:
            reader, writer = await it.client()
            writer.transport.pause_reading()
            writer.write(b"!")
            seen = -1
            while seen != sent or not sent:
                seen = sent
                await asyncio.sleep(0.1)
            assert sent < 40_000_000
            conn = next(iter(it.server.open))
            assert conn.down.outbox.size + conn.client.backlog <= (1 << 20) + 300_000
            writer.transport.resume_reading()
            assert len(await reader.readexactly(50_000_000)) == 50_000_000
            writer.close()

    place.run(main)


@everywhere
def test_bytes_sent_before_the_backend_accepted_are_kept(place: Place) -> None:
    async def main() -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        try:
            async with lab(handler=None, backend=f"127.0.0.1:{listener.getsockname()[1]}") as it:
                gate = asyncio.Event()
                resolve = it.server.network.resolve

                async def slowly(address):  # type: ignore[no-untyped-def]
                    await gate.wait()
                    return await resolve(address)

                it.server.network.resolve = slowly  # type: ignore[method-assign]
                reader, writer = await it.client()
                writer.write(b"early\n")
                await it.until(lambda: it.server.counters.exchanges == 1)
                listener.listen()
                async with backend(echo_lines, sock=listener):
                    gate.set()
                    assert await reader.readline() == b"ok early\n"
                    writer.close()
        finally:
            listener.close()

    place.run(main)


@everywhere
def test_unix_sockets_work_on_both_sides(place: Place, tmp_path) -> None:  # type: ignore[no-untyped-def]
    async def main() -> None:
        server = await asyncio.start_unix_server(echo_lines, str(tmp_path / "b"))
        proxy = f"unix:{tmp_path}/p"
        async with lab(handler=None, backend=f"unix:{tmp_path}/b", proxy=proxy) as it:
            reader, writer = await it.client()
            writer.write(b"a\nb\n")
            assert await reader.readline() == b"ok a\n"
            assert await reader.readline() == b"ok b\n"
            writer.close()
            await it.until(lambda: not it.server.connections)
        assert not (tmp_path / "p").exists()
        server.close()

    place.run(main)
