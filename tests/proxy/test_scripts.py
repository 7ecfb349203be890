"""Answers of more than one block of bytes: steps with pauses, endings, and the real answer remade."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.proxy.lab import Lab, Place, behavior, lab, on_both_ports
from vaurien_core.behaviors.base import Intervention
from vaurien_core.model.answer import Answer, Cutter, Ending, Remade, Script, Step, Untouched, cut

WAIT = 0.06


class Shout:
    """Makes each line loud; says no to those that don't begin with `ok`; swallows interim lines."""

    def __init__(self) -> None:
        self._held, self._begun = b"", False

    def feed(self, data: bytes, *, interim: bool, last: bool) -> Script | Untouched:
        if interim:
            return Script()
        if self._begun:
            return Script((Step(data.upper()),))
        self._held += data
        if len(self._held) < 2:
            return Script()
        self._begun = True
        return Script((Step(self._held.upper()),)) if self._held.startswith(b"ok") else Untouched("too shy")


class Drip:
    """The real answer byte by byte."""

    def feed(self, data: bytes, *, interim: bool, last: bool) -> Script:
        return Script(tuple(Step(data[i : i + 1], WAIT) for i in range(len(data))))


class Never:
    """Makes up its mind too late."""

    def feed(self, data: bytes, *, interim: bool, last: bool) -> Script:
        return Script()


STEPS = (Step(b"-a"), Step(b"b", WAIT), Step(b"c\n", WAIT))
ANSWERS: dict[str, Answer] = {
    "go": Script(STEPS),
    "close": Script(STEPS, Ending.CLOSE),
    "reset": Script(STEPS, Ending.RESET),
    "stall": Script((Step(b"-st"),), Ending.STALL),
    "silence": Script((), Ending.STALL),
    "slow": Script((Step(b"-x", 0), Step(b"y\n", 60))),
    "cut": cut(lambda seen, last: 4),
    "cutreset": cut(lambda seen, last: 4, Ending.RESET),
    "cutstall": cut(lambda seen, last: 4, Ending.STALL),
    "cutfar": cut(lambda seen, last: 4000),
    "nowhere": cut(lambda seen, last: None),
    "refused": cut(lambda seen, last: "it is a line"),
    "shout": Remade(Shout),
    "drip": Remade(Drip),
    "never": Remade(Never),
}


def by_word(act: Intervention) -> None:
    word, _, phase = act.exchange.label.partition("/")
    if word not in ANSWERS:
        act.skip("plain")
        return
    act.note(error=word)
    (act.replace_answer if phase else act.reply)(lambda close: ANSWERS[word])


def by_word_closing(act: Intervention) -> None:
    act.reply(lambda close: ANSWERS[act.exchange.label], close=True)


WORD = behavior("word", by_word, needs_answer=True)
CLOSING = behavior("closing", by_word_closing, needs_answer=True)


def run(place: Place, talk: Callable[[Lab], object], **fields: object) -> None:
    async def main() -> None:
        async with lab(WORD, mix="100:word", **fields) as it:  # type: ignore[arg-type]
            await talk(it)  # type: ignore[misc]

    place.run(main)


async def ends(reader: asyncio.StreamReader) -> bytes | type[Exception]:
    try:
        async with asyncio.timeout(3):
            return await reader.read()
    except ConnectionError as error:
        return type(error)


@on_both_ports
def test_steps_leave_in_order_each_behind_its_pause_and_later_answers_behind_all(place: Place) -> None:
    async def talk(it: Lab) -> None:
        reader, writer = await it.client()
        before = time.monotonic()
        writer.write(b"plain 1\ngo 2\nplain 3\ngo 4\n")
        assert await reader.readline() == b"ok plain 1\n"
        assert await reader.readline() == b"-abc\n"
        assert time.monotonic() - before >= 2 * WAIT
        assert await reader.readline() == b"ok plain 3\n"
        assert await reader.readline() == b"-abc\n"
        assert time.monotonic() - before >= 4 * WAIT
        await it.until(lambda: len(it.journal.entries) == 2)
        entry = it.journal.entries[0]
        assert entry.outcome == "go injected"
        assert entry.planned_ms == pytest.approx(2000 * WAIT)
        assert entry.measured_ms >= entry.planned_ms
        assert (entry.down, it.server.sample().errors_injected) == (5, 2)

    run(place, talk)


@on_both_ports
def test_it_ends_with_a_close_or_a_reset_behind_its_last_step(place: Place) -> None:
    async def talk(it: Lab) -> None:
        for word, end in (("close", b""), ("reset", ConnectionResetError)):
            for phase in ("", "/after"):
                reader, writer = await it.client()
                writer.write(f"{word}{phase} 1\nplain 2\n".encode())
                assert await reader.readexactly(5) == b"-abc\n"
                assert await ends(reader) == end
        await it.until(lambda: len(it.journal.entries) == 4)
        assert it.journal.outcomes() == ["close injected", "close injected", "reset injected", "reset injected"]
        assert sorted(map(bytes, it.received)) == [b"", b"", b"close/after 1\n", b"reset/after 1\n"]

    run(place, talk)


@on_both_ports
def test_a_stall_holds_until_the_client_leaves(place: Place) -> None:
    async def talk(it: Lab) -> None:
        reader, writer = await it.client()
        writer.write(b"plain 0\nstall 1\nplain 2\n")
        assert await reader.readline() == b"ok plain 0\n"
        assert await reader.readexactly(3) == b"-st"
        await it.until(lambda: it.server.sample().held == 1)
        writer.write(b"plain 3\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read(1)
        assert bytes(it.received[0]) == b"plain 0\n"
        assert it.journal.outcomes() == ["held"]
        writer.close()
        await it.until(lambda: not it.server.connections)
        assert it.journal.outcomes() == ["held", "stall injected"]

    run(place, talk)


@on_both_ports
@pytest.mark.parametrize("word", ["silence", "cutstall/after"])
@pytest.mark.parametrize("how", ["release", "normal", "stop"])
def test_a_stalled_client_is_reset_when_let_go_and_closed_by_stop(place: Place, word: str, how: str) -> None:
    async def talk(it: Lab) -> None:
        reader, writer = await it.client()
        writer.write(f"{word} 1\n".encode())
        await it.until(lambda: it.server.sample().held == 1)
        sent = b"" if word == "silence" else await reader.readexactly(4)
        assert sent == (b"" if word == "silence" else b"ok c")
        if how == "release":
            assert it.server.release() == 1
        elif how == "normal":
            it.server.set_normal(True)
        else:
            await it.server.stop()
        assert await ends(reader) == (b"" if how == "stop" else ConnectionResetError)
        await it.until(lambda: not it.server.connections)
        assert it.server.sample().held == 0
        assert it.journal.outcomes() == ["held", f"{word.split('/')[0]} injected"]

    run(place, talk)


@on_both_ports
def test_while_steps_wait_all_normal_resets_and_a_release_hurries(place: Place) -> None:
    async def hurry(it: Lab) -> None:
        reader, writer = await it.client()
        writer.write(b"slow 1\nplain 2\n")
        assert await reader.readexactly(2) == b"-x"
        await it.until(lambda: it.server.sample().held == 1)
        assert it.server.release() == 1
        async with asyncio.timeout(3):
            assert [await reader.readline(), await reader.readline()] == [b"y\n", b"ok plain 2\n"]

    async def normal(it: Lab) -> None:
        reader, writer = await it.client()
        writer.write(b"slow 3\n")
        assert await reader.readexactly(2) == b"-x"
        await it.until(lambda: it.server.sample().held == 1)
        it.server.set_normal(True)
        assert await ends(reader) is ConnectionResetError

    run(place, hurry)
    run(place, normal)


@on_both_ports
def test_the_real_answer_is_cut_where_the_protocol_says(place: Place) -> None:
    async def talk(it: Lab) -> None:
        for word, end in (("cut", b""), ("cutreset", ConnectionResetError), ("cutfar", b"")):
            reader, writer = await it.client()
            writer.write(f"plain 0\n{word}/after 1\nplain 2\n".encode())
            assert await reader.readline() == b"ok plain 0\n"
            expected = f"ok {word}/after 1\n".encode()
            expected = expected if word == "cutfar" else expected[:4]
            assert await reader.readexactly(len(expected)) == expected
            assert await ends(reader) == end
        await it.until(lambda: len(it.journal.entries) == 3)
        assert it.journal.outcomes() == ["cut injected", "cutreset injected", "cutfar injected"]
        assert [e.down for e in it.journal.entries][:2] == [4, 4]

    run(place, talk)


@on_both_ports
def test_an_answer_that_turns_out_unfit_passes_whole_and_is_no_hit(place: Place) -> None:
    async def talk(it: Lab) -> None:
        reader, writer = await it.client()
        for word in ("nowhere", "refused", "never"):
            writer.write(f"{word}/after 1\n".encode())
            assert await reader.readline() == f"ok {word}/after 1\n".encode()
        writer.write(b"cut 2\n")
        assert await reader.readline() == b"ok cut 2\n"
        await it.until(lambda: len(it.journal.entries) == 4)
        assert it.journal.outcomes() == [
            "not applicable: the answer has no such place",
            "not applicable: it is a line",
            "not applicable: the answer ended too early",
            "not applicable: it is made from the real answer, and there is none",
        ]
        sample = it.server.sample()
        assert (sample.injected, sample.errors_injected, sample.not_applicable) == (0, 0, 4)
        assert it.server.plan.rules[0].hits == 0

    run(place, talk)


async def in_parts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An interim line, then the answer in three reads; `shy` ones don't begin with ok."""
    while line := await reader.readline():
        if line.startswith(b"big"):
            writer.write(b"x" * 70_000)
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write(b"x" * 30_000 + b"\n")
            continue
        for part in (b"+wait\n", b"o", b"k " + line[:2], line[2:]):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.02)
    writer.close()


@on_both_ports
def test_a_remaker_sees_the_answer_as_it_comes_and_may_swallow_what_comes_before(place: Place) -> None:
    async def talk(it: Lab) -> None:
        reader, writer = await it.client()
        writer.write(b"shout/after 1\n")
        assert await reader.readline() == b"OK SHOUT/AFTER 1\n"
        writer.write(b"plain 2\n")
        assert [await reader.readline(), await reader.readline()] == [b"+wait\n", b"ok plain 2\n"]
        await it.until(lambda: it.journal.outcomes() == ["shout injected"])

    run(place, talk, handler=in_parts)


@on_both_ports
def test_a_drip_of_the_real_answer_is_hurried_by_all_normal_as_nothing_is_lost(place: Place) -> None:
    async def talk(it: Lab) -> None:
        reader, writer = await it.client()
        before = time.monotonic()
        writer.write(b"drip/after 1\n")
        assert await reader.readline() == b"ok drip/after 1\n"
        assert time.monotonic() - before >= 16 * WAIT
        await it.until(lambda: it.journal.outcomes() == ["drip injected"])
        entry = it.journal.entries[0]
        assert entry.measured_ms >= entry.planned_ms == pytest.approx(16_000 * WAIT)
        writer.write(b"drip/after 2 " + b"." * 400 + b"\nplain 3\n")
        assert await reader.readexactly(2) == b"ok"
        it.server.set_normal(True)
        async with asyncio.timeout(2):
            assert await reader.readline() == b" drip/after 2 " + b"." * 400 + b"\n"
            assert await reader.readline() == b"ok plain 3\n"

    run(place, talk)


@on_both_ports
def test_a_remaker_that_never_decides_lets_go_after_64_kib(place: Place) -> None:
    async def talk(it: Lab) -> None:
        reader, writer = await it.client()
        writer.write(b"big\n")
        async with asyncio.timeout(3):
            assert await reader.readexactly(100_001) == b"x" * 100_000 + b"\n"
        await it.until(lambda: it.journal.outcomes() == ["not applicable: the answer begins with too much"])

    async def main() -> None:
        never = behavior("word", lambda act: act.replace_answer(lambda close: ANSWERS["never"]))
        async with lab(never, mix="100:word", handler=in_parts) as it:
            await talk(it)

    place.run(main)


@on_both_ports
def test_a_backend_that_closes_before_the_remaker_knows_loses_nothing(place: Place) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"half")
        writer.close()

    async def talk(it: Lab) -> None:
        reader, writer = await it.client()
        writer.write(b"nowhere/after 1\n")
        assert await ends(reader) == b"half"

    run(place, talk, handler=half)


@on_both_ports
def test_going_on_closes_where_the_verb_said_so(place: Place) -> None:
    async def main() -> None:
        async with lab(CLOSING, mix="100:closing") as it:
            reader, writer = await it.client()
            writer.write(b"go 1\ngo 2\n")
            assert await ends(reader) == b"-abc\n"

    place.run(main)


@pytest.mark.parametrize("size", range(1, 8))
def test_a_cutter_cuts_the_same_however_the_answer_was_cut(size: int) -> None:
    answer = b"head\nbody and more"

    def find(seen: bytes, last: bool) -> int | None:
        end = seen.find(b"\n")
        return None if end < 0 else end + 5

    cutter = Cutter(find, Ending.RESET)
    sent = b""
    for begin in range(0, len(answer), size):
        made = cutter.feed(answer[begin : begin + size], interim=False, last=begin + size >= len(answer))
        assert isinstance(made, Script)
        sent += made.data
        if made.ending is not Ending.GO_ON:
            break
    assert (sent, made.ending) == (b"head\nbody", Ending.RESET)
