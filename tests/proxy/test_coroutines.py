"""Plugins: behaviors whose `begin` is a coroutine, and the verbs that wait."""

from __future__ import annotations

import time
from typing import Any

from tests.proxy.lab import Place, behavior, lab, on_both_ports
from vaurien_core.behaviors.base import Intervention


async def pauses(act: Intervention) -> None:
    await act.pause(0.05)


async def rewrites(act: Intervention) -> None:
    request = await act.request()
    act.forward(request.replace(b"a", b"b"))
    answer = await act.answer()
    act.answer_with(answer.upper())


async def crashes(act: Intervention) -> None:
    await act.pause(0.01)
    raise RuntimeError("plugin")


async def replies(act: Intervention) -> None:
    await act.request()
    act.reply(lambda close: b"-mine\n")


async def looks(act: Intervention) -> None:
    answer = await act.answer()
    act.note(seen=answer.decode().strip())


async def hangs(act: Intervention) -> None:
    await act.pause(0.01)
    act.hang()


def run(place: Place, begin: Any, requests: bytes, answers: bytes, received: bytes, outcomes: list[str]) -> None:
    async def main() -> None:
        async with lab(behavior("plugin", begin), mix="100:plugin") as it:
            reader, writer = await it.client()
            before = time.monotonic()
            writer.write(requests)
            assert await reader.readexactly(len(answers)) == answers
            if begin is pauses:
                assert time.monotonic() - before >= 0.05
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert b"".join(it.received) == received
            assert it.journal.outcomes() == outcomes

    place.run(main)


@on_both_ports
def test_a_pause_holds_the_request_and_what_follows(place: Place) -> None:
    run(place, pauses, b"1\n2\n3\n", b"ok 1\nok 2\nok 3\n", b"1\n2\n3\n", ["ok"] * 3)


@on_both_ports
def test_request_and_answer_can_be_rewritten(place: Place) -> None:
    run(place, rewrites, b"a1\na2\n", b"OK B1\nOK B2\n", b"b1\nb2\n", ["answer injected"] * 2)


@on_both_ports
def test_an_answer_that_was_only_looked_at_passes(place: Place) -> None:
    run(place, looks, b"1\n2\n", b"ok 1\nok 2\n", b"1\n2\n", ["ok"] * 2)


@on_both_ports
def test_a_coroutine_may_reply_once_it_has_read_the_request(place: Place) -> None:
    run(place, replies, b"1\n2\n", b"-mine\n-mine\n", b"", ["answer injected"] * 2)


@on_both_ports
def test_a_coroutine_that_skips_passes_the_exchange_uncounted(place: Place) -> None:
    async def skips(act: Intervention) -> None:
        await act.request()
        act.skip("not today")

    run(place, skips, b"1\n2\n", b"ok 1\nok 2\n", b"1\n2\n", [])


@on_both_ports
def test_what_is_kept_is_made_once_per_connection_and_closed_with_it(place: Place) -> None:
    class Kept:
        made = closed = 0

        def __init__(self) -> None:
            Kept.made += 1

        def close(self) -> None:
            Kept.closed += 1

    def keeps(act: Intervention) -> None:
        one = act.keep("x", Kept)
        assert one is act.keep("x", Kept)
        assert act.keep("nothing", lambda: None) is None
        act.keep("dropped", Kept)
        act.drop("dropped")

    async def main() -> None:
        Kept.made = Kept.closed = 0
        async with lab(behavior("plugin", keeps), mix="100:plugin") as it:
            reader, writer = await it.client()
            writer.write(b"1\n")
            assert await reader.readline() == b"ok 1\n"
            assert (Kept.made, Kept.closed) == (2, 0)
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert (Kept.made, Kept.closed) == (2, 1)

    place.run(main)


@on_both_ports
def test_a_behavior_that_crashes_after_a_verb_still_passes_the_exchange(place: Place) -> None:
    def half(act: Intervention) -> None:
        act.reply(lambda close: b"-no\n")
        raise RuntimeError("late")

    async def main() -> None:
        async with lab(behavior("plugin", half), mix="100:plugin") as it:
            reader, writer = await it.client()
            for number in range(3):
                writer.write(b"%d\n" % number)
                assert await reader.readline() == b"ok %d\n" % number

    place.run(main)


@on_both_ports
def test_a_crash_passes_the_exchange_and_is_journalled(place: Place) -> None:
    async def main() -> None:
        async with lab(behavior("plugin", crashes), mix="100:plugin") as it:
            reader, writer = await it.client()
            writer.write(b"1\n")
            assert await reader.readline() == b"ok 1\n"
            notices = [e for e in it.journal.entries if e.kind == "notice"]
            assert len(notices) == 1
            assert "RuntimeError('plugin')" in notices[0].text
            assert notices[0].severity == "error"

    place.run(main)


@on_both_ports
def test_a_coroutine_may_hang_and_is_released(place: Place) -> None:
    async def main() -> None:
        async with lab(behavior("plugin", hangs), mix="100:plugin") as it:
            reader, writer = await it.client()
            writer.write(b"1\n")
            await it.until(lambda: it.journal.outcomes() == ["held"])
            assert it.server.release() == 1
            assert await reader.readline() == b"ok 1\n"

    place.run(main)


@on_both_ports
def test_stopping_ends_a_coroutine_that_waits(place: Place) -> None:
    async def forever(act: Intervention) -> None:
        await act.pause(1000)

    async def main() -> None:
        async with lab(behavior("plugin", forever), mix="100:plugin") as it:
            _, writer = await it.client()
            writer.write(b"1\n")
            await it.until(lambda: it.server.sample().held == 1)
            await it.server.stop()
            assert it.server.sample().held == 0
            assert not it.server._tasks

    place.run(main)
