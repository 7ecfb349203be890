"""What each verb does on the wire, on both kinds of port."""

from __future__ import annotations

import asyncio
import socket
import time

from tests.proxy.lab import Place, behavior, echo_bytes, lab, named, on_both_ports
from tests.support.timing import soon_enough
from vaurien_core.behaviors.base import Intervention

WAIT = 0.08


def late_request(act: Intervention) -> None:
    act.phase("before")
    act.hold_request(WAIT)


def late_answer(act: Intervention) -> None:
    act.phase("after")
    act.hold_answer(WAIT)


DELAY = behavior("delay", late_request, fails=False, group="Timing")
LATE = behavior("late", late_answer, fails=False, group="Timing", needs_answer=True)
REPLY = behavior("reply", lambda act: (act.note(error="503"), act.reply(lambda close: b"-503\n"))[0], needs_answer=True)
REPLACE = behavior("replace", lambda act: act.replace_answer(lambda close: b"-replaced\n"), needs_answer=True)
FAREWELL = behavior("farewell", lambda act: act.reply(lambda close: b"-bye %d\n" % close, close=True))
INSERT = behavior("insert", lambda act: act.insert(b"<inserted>"))
HANG = behavior("hang", lambda act: act.hang(), needs_answer=True)
CLOSE = behavior("close", lambda act: act.close())
RESET = behavior("reset", lambda act: act.reset())
ILLEGAL = behavior("illegal", lambda act: act.reply(lambda close: None))
CRASH = behavior("crash", lambda act: 1 / 0)


@on_both_ports
def test_a_held_request_is_late_but_never_early(place: Place) -> None:
    async def main() -> None:
        async with lab(DELAY, mix="100:delay") as it:
            reader, writer = await it.client()
            before = time.monotonic()
            writer.write(b"a\n")
            await it.until(lambda: it.server.counters.exchanges == 1)
            assert it.received in ([], [b""])
            assert it.server.sample().held == 1
            assert await reader.readline() == b"ok a\n"
            assert time.monotonic() - before >= WAIT
            writer.close()
            await it.until(lambda: not it.server.connections)
            (entry,) = it.journal.entries
            assert (entry.rule, entry.phase, entry.outcome, entry.label) == ("delay", "before", "ok", "a")
            assert entry.planned_ms == WAIT * 1000
            assert entry.measured_ms >= entry.planned_ms
            sample = it.server.sample()
            assert (sample.injected, sample.errors_injected, sample.hits) == (1, 0, (("delay", 1),))
            assert sum(sample.lateness) == 1
            assert sum(sample.latency_faulted) == 1
            assert sum(sample.latency) == 0

    place.run(main)


@on_both_ports
def test_a_held_answer_is_late_and_the_request_is_not(place: Place) -> None:
    async def main() -> float:
        async with lab(LATE, mix="100:late") as it:
            reader, writer = await it.client()
            before = time.monotonic()
            writer.write(b"a\n")
            await it.until(lambda: it.received == [b"a\n"])
            took = time.monotonic() - before
            assert await reader.readline() == b"ok a\n"
            assert time.monotonic() - before >= WAIT
            writer.close()
            await it.until(lambda: not it.server.connections)
            (entry,) = it.journal.entries
            assert (entry.phase, entry.outcome) == ("after", "ok")
            assert entry.measured_ms >= WAIT * 1000
            return took

    soon_enough(lambda: place.run(main), WAIT)


@on_both_ports
def test_a_reply_takes_the_requests_place_and_the_connection_goes_on(place: Place) -> None:
    async def main() -> None:
        async with lab(REPLY, mix="100:reply") as it:
            reader, writer = await it.client()
            writer.write(b"par")
            await asyncio.sleep(0.02)
            writer.write(b"tial\nb\n")
            assert await reader.readline() == b"-503\n"
            assert await reader.readline() == b"-503\n"
            it.server.set_normal(True)
            writer.write(b"c\n")
            assert await reader.readline() == b"ok c\n"
            assert it.received == [b"c\n"]
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert it.journal.outcomes() == ["503 injected", "503 injected"]
            assert it.server.sample().errors_injected == 2
            assert it.server.sample().errors_backend == 0

    place.run(main)


@on_both_ports
def test_a_replaced_answer_comes_after_the_backend_did_the_request(place: Place) -> None:
    async def main() -> None:
        async with lab(REPLACE, mix="100:replace") as it:
            reader, writer = await it.client()
            writer.write(b"a\nb\n")
            assert await reader.readline() == b"-replaced\n"
            assert await reader.readline() == b"-replaced\n"
            assert it.received == [b"a\nb\n"]
            writer.close()

    place.run(main)


@on_both_ports
def test_a_reply_that_closes_ends_the_connection_with_fin(place: Place) -> None:
    async def main() -> None:
        async with lab(FAREWELL, mix="100:farewell") as it:
            reader, writer = await it.client()
            writer.write(b"a\n" + b"more\n" * 1000)
            assert await reader.read(-1) == b"-bye 1\n"
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert it.received in ([], [b""])
            assert it.server.sample().exchanges == 1

    place.run(main)


@on_both_ports
def test_inserted_bytes_follow_the_answers_first_piece(place: Place) -> None:
    async def main() -> None:
        async with lab(INSERT, mix="100:insert") as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            assert await reader.readexactly(15) == b"ok a\n<inserted>"
            writer.write(b"b\n")
            assert await reader.readexactly(5) == b"ok b\n"
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert it.server.sample().opaque == 1
            assert it.journal.outcomes()[1].startswith("not applicable: the stream is opaque")

    place.run(main)


@on_both_ports
def test_a_hung_request_is_silent_until_released(place: Place) -> None:
    async def main() -> None:
        async with lab(HANG, mix="100:hang") as it:
            reader, writer = await it.client()
            writer.write(b"a\nb\n")
            await it.until(lambda: it.server.sample().held == 2)
            assert it.journal.outcomes() == ["held", "held"]
            await asyncio.sleep(0.03)
            assert it.received in ([], [b""])
            assert it.server.release() == 2
            assert it.server.sample().held == 0
            assert await reader.readline() == b"ok a\n"
            assert await reader.readline() == b"ok b\n"
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert it.journal.outcomes() == ["held", "held", "released", "released"]

    place.run(main)


@on_both_ports
def test_earlier_answers_still_arrive_before_a_hung_one(place: Place) -> None:
    async def main() -> None:
        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            await asyncio.sleep(0.05)
            writer.write(b"ok first\n")
            await reader.read(-1)

        async with lab(HANG, handler=slow) as it:
            reader, writer = await it.client()
            writer.write(b"first\n")
            await it.until(lambda: it.received == [b"first\n"])
            it.server.set_override(named("hang"))
            writer.write(b"second\n")
            assert await reader.readline() == b"ok first\n"
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert it.journal.outcomes() == ["held", "client left"]
            assert it.server.sample().errors_client == 0

    place.run(main)


@on_both_ports
def test_a_close_is_a_fin_to_both_and_nothing_is_forwarded(place: Place) -> None:
    async def main() -> None:
        ends: list[bytes] = []

        async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ends.append(await reader.read(-1))

        async with lab(CLOSE, mix="100:close", handler=watch) as it:
            reader, writer = await it.client()
            writer.write(b"a\n" + b"x" * 200_000)
            assert await reader.read(-1) == b""
            await it.until(lambda: ends == [b""])
            assert it.journal.outcomes() == ["closed"]
            writer.close()

    place.run(main)


@on_both_ports
def test_a_reset_comes_at_the_answers_first_byte_after_the_backend_got_all(place: Place) -> None:
    async def main() -> None:
        async with lab(RESET, mix="100:reset") as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            try:
                got = await reader.read(-1)
            except ConnectionResetError:
                got = b"RST"
            assert got == b"RST"
            assert it.received == [b"a\n"]
            assert it.journal.outcomes() == ["reset"]
            await it.until(lambda: not it.server.connections)
            assert it.server.sample().errors_client == 0

    place.run(main)


@on_both_ports
def test_where_no_answer_is_due_the_reset_comes_at_the_requests_end(place: Place) -> None:
    async def main() -> None:
        async with lab(RESET, mix="100:reset") as it:
            reader, writer = await it.client()
            writer.write(b"!quiet\n")
            try:
                got = await reader.read(-1)
            except ConnectionResetError:
                got = b"RST"
            assert got == b"RST"
            await it.until(lambda: it.received == [b"!quiet\n"])

    place.run(main)


@on_both_ports
def test_a_fault_that_needs_an_answer_is_not_applicable_without_one(place: Place) -> None:
    async def main() -> None:
        async with lab(HANG, mix="100:hang") as it:
            _, writer = await it.client()
            writer.write(b"!quiet\n")
            await it.until(lambda: it.received == [b"!quiet\n"])
            (entry,) = it.journal.entries
            assert entry.outcome == "not applicable: the request gets no answer"
            assert 0 <= entry.draw < 100
            assert it.server.sample().not_applicable == 1
            assert it.server.sample().injected == 0
            writer.close()

    place.run(main)


@on_both_ports
def test_an_answer_that_is_not_legal_here_passes_the_exchange(place: Place) -> None:
    async def main() -> None:
        async with lab(ILLEGAL, mix="100:illegal") as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            assert await reader.readline() == b"ok a\n"
            assert it.journal.outcomes() == ["not applicable: the error is not legal here"]
            writer.close()

    place.run(main)


@on_both_ports
def test_a_behavior_that_crashes_passes_the_exchange(place: Place) -> None:
    async def main() -> None:
        async with lab(CRASH, mix="100:crash") as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            assert await reader.readline() == b"ok a\n"
            (entry,) = it.journal.entries
            assert (entry.kind, entry.severity) == ("notice", "error")
            assert "ZeroDivisionError" in entry.text
            writer.close()

    place.run(main)


@on_both_ports
def test_on_tcp_a_reply_answers_what_was_read_and_the_next_bytes_are_a_new_exchange(place: Place) -> None:
    async def main() -> None:
        garbage = behavior("garbage", lambda act: act.reply(lambda close: act.draw_bytes(1000, "error")))
        async with lab(garbage, mix="100:garbage", protocol="tcp", handler=echo_bytes) as it:
            reader, writer = await it.client()
            writer.write(b"question")
            first = await reader.readexactly(1000)
            writer.write(b"another")
            second = await reader.readexactly(1000)
            assert first != second
            assert it.received in ([], [b""])
            assert it.server.sample().exchanges == 2
            writer.close()

    place.run(main)


@on_both_ports
def test_a_slow_client_gets_the_whole_answer_before_a_close(place: Place) -> None:
    async def main() -> None:
        big = b"-" + b"y" * 5_000_000 + b"\n"
        parting = behavior("parting", lambda act: act.reply(lambda close: big, close=True))
        async with lab(parting, mix="100:parting") as it:
            assert it.server.bound is not None
            sock = socket.create_connection((it.server.bound.host, it.server.bound.port))
            sock.settimeout(5)
            sock.sendall(b"a\n")
            await asyncio.sleep(0.1)
            loop = asyncio.get_running_loop()
            got = 0
            while chunk := await loop.run_in_executor(None, sock.recv, 1 << 20):
                got += len(chunk)
            assert got == len(big)
            sock.close()

    place.run(main)
