"""Pipelines: answers leave in request order, whoever gives them."""

from __future__ import annotations

import asyncio

from tests.proxy.lab import Place, behavior, lab, on_both_ports
from vaurien_core.behaviors.base import Intervention


def by_word(act: Intervention) -> None:
    """The request says what becomes of it."""
    word = act.exchange.label
    if word == "reply":
        act.reply(lambda close: b"-injected\n")
    elif word == "replace":
        act.replace_answer(lambda close: b"-replaced\n")
    elif word == "late":
        act.hold_answer(0.05)
    elif word == "wait":
        act.hold_request(0.05)
    elif word == "close":
        act.close()
    elif word == "reset":
        act.reset()
    else:
        act.skip("plain")


BY_WORD = behavior("word", by_word)


@on_both_ports
def test_answers_leave_in_request_order(place: Place) -> None:
    async def main() -> None:
        words = ["plain", "reply", "late", "reply", "replace", "wait", "plain", "replace", "reply", "plain"]
        want = []
        for number, word in enumerate(words):
            mine = {"reply": "-injected", "replace": "-replaced"}.get(word)
            want.append(mine or f"ok {word} {number}")
        async with lab(BY_WORD, mix="100:word") as it:
            reader, writer = await it.client()
            writer.write("".join(f"{word} {number}\n" for number, word in enumerate(words)).encode())
            got = [(await reader.readline()).decode().strip() for _ in words]
            assert got == want
            writer.close()
            await it.until(lambda: not it.server.connections)
            sample = it.server.sample()
            assert sample.exchanges == len(words)
            assert sample.injected == sum(word != "plain" for word in words)

    place.run(main)


@on_both_ports
def test_the_answers_before_a_close_arrive_and_what_follows_is_not_forwarded(place: Place) -> None:
    async def main() -> None:
        async with lab(BY_WORD, mix="100:word") as it:
            reader, writer = await it.client()
            writer.write(b"late 1\nplain 2\nreply 3\nclose 4\nplain 5\n")
            assert await reader.read(-1) == b"ok late 1\nok plain 2\n-injected\n"
            assert it.received == [b"late 1\nplain 2\n"]
            writer.close()

    place.run(main)


@on_both_ports
def test_the_answers_before_a_reset_arrive(place: Place) -> None:
    async def main() -> None:
        async with lab(BY_WORD, mix="100:word") as it:
            reader, writer = await it.client()
            writer.write(b"plain 1\nreply 2\nreset 3\n")
            got = b""
            try:
                while data := await reader.read(100):
                    got += data
            except ConnectionResetError:
                got += b"RST"
            assert got == b"ok plain 1\n-injected\nRST"
            assert it.received == [b"plain 1\nreset 3\n"]
            writer.close()

    place.run(main)


@on_both_ports
def test_a_requests_end_may_come_long_after_its_beginning(place: Place) -> None:
    async def main() -> None:
        async with lab(BY_WORD, mix="100:word") as it:
            reader, writer = await it.client()
            for piece in (b"plain 1\nrep", b"ly 2", b"\npl", b"ain 3\n"):
                writer.write(piece)
                await asyncio.sleep(0.01)
            assert [await reader.readline() for _ in range(3)] == [b"ok plain 1\n", b"ok reply 2\n", b"ok plain 3\n"]
            writer.write(b"reply 4")
            await asyncio.sleep(0.02)
            writer.write(b" and more\nplain 5\n")
            assert [await reader.readline() for _ in range(2)] == [b"-injected\n", b"ok plain 5\n"]
            writer.close()

    place.run(main)
