"""Letting go and all-normal, on live connections."""

from __future__ import annotations

import asyncio
import time

from tests.proxy.lab import Place, behavior, lab, named, on_both_ports
from tests.support.timing import soon_enough
from vaurien_core.behaviors.base import Intervention
from vaurien_core.proxy.sockets import reset_on_close


def by_word(act: Intervention) -> None:
    word = act.exchange.label
    if word == "reply":
        act.reply(lambda close: b"-injected\n")
    elif word == "replace":
        act.replace_answer(lambda close: b"-replaced\n")
    elif word == "late":
        act.hold_answer(30)
    elif word == "wait":
        act.hold_request(30)
    elif word == "hang":
        act.hang()
    elif word == "reset":
        act.reset()
    elif word == "insert":
        act.insert(b"<64>\n")
    else:
        act.skip("plain")


WORD = behavior("word", by_word)


async def stubborn(act: Intervention) -> None:
    await act.pause(30)


STUBBORN = behavior("stubborn", stubborn)


@on_both_ports
def test_release_lets_held_exchanges_go_and_counts_them(place: Place) -> None:
    async def main() -> None:
        async with lab(WORD, mix="100:word") as it:
            clients = [await it.client() for _ in range(3)]
            for (_, writer), word in zip(clients, ("wait", "late", "hang"), strict=True):
                writer.write(word.encode() + b" 1\n")
            await it.until(lambda: it.server.sample().held == 3)
            assert it.server.release() == 3
            for (reader, _), word in zip(clients, ("wait", "late", "hang"), strict=True):
                async with asyncio.timeout(1):
                    assert await reader.readline() == f"ok {word} 1\n".encode()
            assert it.server.sample().held == 0
            assert it.server.release() == 0
            await it.until(lambda: it.journal.outcomes().count("released") == 3)
            assert sum(it.server.sample().lateness) == 0

    place.run(main)


@on_both_ports
def test_a_release_lets_later_exchanges_be_drawn_as_before(place: Place) -> None:
    async def main() -> None:
        async with lab(WORD, mix="100:word") as it:
            reader, writer = await it.client()
            writer.write(b"hang 1\nreply 2\nplain 3\n")
            await it.until(lambda: it.server.counters.exchanges == 3)
            it.server.release()
            assert [await reader.readline() for _ in range(3)] == [b"ok hang 1\n", b"-injected\n", b"ok plain 3\n"]
            writer.write(b"hang 4\n")
            await it.until(lambda: it.server.sample().held == 1)

    place.run(main)


@on_both_ports
def test_all_normal_lets_everything_held_go_within_100_ms(place: Place) -> None:
    async def main() -> float:
        async with lab(WORD, STUBBORN, mix="100:word") as it:
            words = ("wait", "late", "hang") * 5
            clients = [await it.client() for _ in words]
            for (_, writer), word in zip(clients, words, strict=True):
                writer.write(word.encode() + b" 1\n")
            await it.until(lambda: it.server.sample().held == len(words))
            it.server.set_override(named("stubborn"))
            paused = await it.client()
            paused[1].write(b"plugin 1\n")
            await it.until(lambda: it.server.sample().held == len(words) + 1)
            before = time.monotonic()
            it.server.set_normal(True)
            for (reader, _), word in zip([*clients, paused], (*words, "plugin"), strict=True):
                assert await reader.readline() == f"ok {word} 1\n".encode()
            took = time.monotonic() - before
            await it.until(lambda: it.journal.outcomes().count("released") == len(words) + 1)
            clients[0][1].write(b"hang 2\n")
            assert await clients[0][0].readline() == b"ok hang 2\n"
            it.server.set_override(None)
            it.server.set_normal(False)
            clients[0][1].write(b"hang 3\n")
            await it.until(lambda: it.server.sample().held == 1)
            return took

    soon_enough(lambda: place.run(main), 0.1)


@on_both_ports
def test_all_normal_resets_a_connection_that_has_lost_or_altered_bytes(place: Place) -> None:
    async def main() -> None:
        async with lab(WORD, mix="100:word") as it:
            halfway = await it.client()
            halfway[1].write(b"reply 1 unfin")
            inserted = await it.client()
            inserted[1].write(b"insert 1\n")
            assert await inserted[0].readline() == b"ok insert 1\n"
            whole = await it.client()
            whole[1].write(b"reply 1\n")
            assert await whole[0].readline() == b"-injected\n"
            await it.until(lambda: it.server.counters.exchanges == 3)
            it.server.set_normal(True)
            for reader, _ in (halfway, inserted):
                try:
                    rest = await reader.read(-1)
                except ConnectionResetError:
                    rest = b"RST"
                assert rest == b"RST"
            whole[1].write(b"plain 2\n")
            assert await whole[0].readline() == b"ok plain 2\n"
            assert "reset" in it.journal.outcomes()

    place.run(main)


@on_both_ports
def test_all_normal_takes_back_what_has_not_touched_a_byte(place: Place) -> None:
    async def main() -> None:
        gate = asyncio.Event()

        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = await reader.readline()
            await gate.wait()
            writer.write(b"ok " + line)
            await reader.read(-1)

        async with lab(WORD, mix="100:word", handler=slow) as it:
            words = ("replace", "reset", "late", "insert")
            clients = [await it.client() for _ in words]
            for (_, writer), word in zip(clients, words, strict=True):
                writer.write(word.encode() + b"\n")
            await it.until(lambda: sorted(it.received) == sorted(w.encode() + b"\n" for w in words))
            it.server.set_normal(True)
            gate.set()
            for (reader, writer), word in zip(clients, words, strict=True):
                assert await reader.readline() == f"ok {word}\n".encode()
                writer.close()
            await it.until(lambda: it.journal.outcomes() == ["released"] * 4)

    place.run(main)


@on_both_ports
def test_stopping_with_50_hung_connections_is_quick_and_complete(place: Place) -> None:
    async def main() -> None:
        async with lab(WORD, mix="100:word") as it:
            clients = [await it.client() for _ in range(50)]
            for _, writer in clients:
                writer.write(b"hang\n")
            await it.until(lambda: it.server.sample().held == 50)
            before = time.monotonic()
            await it.server.stop(1.0)
            assert time.monotonic() - before < 1.0
            for reader, _ in clients:
                assert await reader.read(-1) == b""
            assert it.server.sample().held == 0
            assert it.server.bound is None
            assert it.journal.outcomes() == ["held"] * 50 + ["stopped"] * 50

    place.run(main)


@on_both_ports
def test_a_client_that_leaves_while_hung_ends_the_connection(place: Place) -> None:
    async def main() -> None:
        async with lab(WORD, mix="100:word") as it:
            _, polite = await it.client()
            polite.write(b"hang\n")
            _, rude = await it.client()
            rude.write(b"hang\n")
            await it.until(lambda: it.server.sample().held == 2)
            polite.close()
            await it.until(lambda: it.server.connections == 1)
            rude.transport.abort()
            await it.until(lambda: it.server.connections == 0)
            assert it.server.sample().held == 0
            assert it.server.sample().errors_client == 0
            assert it.journal.outcomes()[2:] == ["client left", "client left"]

    place.run(main)


@on_both_ports
def test_a_hung_upload_is_bounded_and_noticed_when_its_client_leaves(place: Place) -> None:
    async def main() -> None:
        async with lab(WORD, mix="100:word") as it:
            _, writer = await it.client()
            writer.write(b"hang " + b"x" * 30_000_000)
            conn = None
            seen = -1
            while it.server.counters.client.read != seen or not seen:
                seen = it.server.counters.client.read
                await asyncio.sleep(0.1)
            conn = next(iter(it.server.open))
            assert conn.up.outbox.size < (1 << 20) + 400_000
            reset_on_close(writer.get_extra_info("socket"))
            writer.transport.abort()
            await it.until(lambda: it.server.connections == 0)

    place.run(main)
