"""One seed: some talks at once through one proxy, changed all the while, then everything is counted."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple
from hashlib import sha256
from typing import Any

from tests.proxy.lab import Lab, lab
from tests.proxy.mixes import making
from tests.proxy.mixes.changes import BEHAVIORS, Count, change, quiet
from tests.proxy.mixes.making import Make
from tests.proxy.mixes.talk import Talk, backend_of
from tests.support.shipped import STREAM_FAULTS
from vaurien_core.behaviors.delay import Delay
from vaurien_core.model.events import ProxySample
from vaurien_core.protocols.http.protocol import Http

AT_ONCE = 6
PHASES: dict[str, tuple[Make, ...]] = {
    "tcp": (making.questions, making.both_ways),
    "http": (making.http,),
}
BYTES = ("up_read", "up_written", "down_read", "down_written")


async def mixed(protocol: str, seed: int) -> None:
    """All talks of a seed.

    Args:
        protocol: of the proxy.
        seed: of all choices.
    """
    dice = random.Random(f"{protocol} {seed}")
    async with lab() as it:  # what a loop opens for good with its first listener is open then
        await it.client()
    files, tasks = _open_files(), asyncio.all_tasks()
    talks: dict[int, Talk] = {}
    fields: dict[str, Any] = {"protocol": protocol, "handler": backend_of(talks), "behaviors": BEHAVIORS, "seed": seed}
    async with lab(Delay, *STREAM_FAULTS, protocols=(Http,), **fields) as it:
        for make in PHASES[protocol]:
            for settled in (True, False):
                some = [make(dice, len(talks) + n) for n in range(AT_ONCE)]
                for talk in some:
                    talk.settled = settled
                talks |= {talk.number: talk for talk in some}
                await _phase(it, dice, some)
        told = [entry for entry in it.journal.entries if entry.kind == "exchange" and entry.rule]
        assert len({(entry.conn, entry.ex) for entry in told}) == len(told) == it.server.counters.injected
    assert asyncio.all_tasks() <= tasks
    after = _open_files()
    assert after == files, (files.items() - after.items(), after.items() - files.items())


async def _phase(it: Lab, dice: random.Random, talks: Sequence[Talk]) -> None:
    quiet(it)
    before = it.server.sample()
    changing = asyncio.create_task(change(it, random.Random(dice.random())))
    try:
        async with asyncio.TaskGroup() as group:
            for talk in talks:
                group.create_task(_one(it, talk))
    finally:
        changing.cancel()
        await asyncio.wait([changing])
    changing.cancelled() or changing.result()
    await it.until(lambda: not (it.server.connections or any(talk.serving for talk in talks)))
    _heard(talks)
    _counted(before, it.server.sample(), talks)


async def _one(it: Lab, talk: Talk) -> None:
    await asyncio.sleep(talk.dice.random() * 0.05)
    await talk.client(*await it.client())


def _heard(talks: Sequence[Talk]) -> None:
    """All that was sent; where somebody reset before it had arrived, the beginning of it."""
    for talk in talks:
        for sent, heard in ((talk.up, talk.heard_up), (talk.down, talk.heard_down)):
            assert talk.end != "fin" or len(heard) == len(sent), (talk.number, len(heard), len(sent))
            assert not talk.settled or len(heard) == len(sent), (talk.number, talk.end, len(heard), len(sent))
            assert sha256(heard).digest() == sha256(sent[: len(heard)]).digest(), (talk.number, len(heard))


def _counted(before: ProxySample, after: ProxySample, talks: Sequence[Talk]) -> None:
    """Every byte and every exchange, once; of a broken backlog, a transport doesn't tell what has left."""

    def more(name: str) -> int:
        grown: int = getattr(after, name) - getattr(before, name)
        return grown

    sent = [sum(len(t.up) for t in talks)] * 2 + [sum(len(t.down) for t in talks)] * 2
    heard = [sum(len(t.heard_up) for t in talks)] * 2 + [sum(len(t.heard_down) for t in talks)] * 2
    counted = [more(name) for name in BYTES]
    cut = any(talk.end != "fin" and not talk.settled for talk in talks)
    for name, least, found, most in zip(BYTES, heard, counted, sent, strict=True):
        untold = cut and name.endswith("written") and os.environ["VAURIEN_PORT"] == "transport"
        assert (least <= found or untold) and found <= most, (heard, counted, sent)
    assert more("connections") == len(talks)
    assert after.held == after.connections_open == 0
    assert after.injected == sum(count for _, count in after.hits)
    exchanges = sum(len(talk.asks) for talk in talks)
    answered = sum(after.latency) + sum(after.latency_faulted) - sum(before.latency) - sum(before.latency_faulted)
    assert answered <= more("exchanges")
    if exchanges and not cut:
        dialled = dict(after.hits).get("dialled", 0) - dict(before.hits).get(
            "dialled", 0
        )  # a connect phase counts, too
        assert (answered, more("exchanges")) == (exchanges, exchanges + dialled)
    resets = sum(talk.end != "fin" for talk in talks)
    assert more("errors_backend") + more("errors_client") <= (len(talks) if not exchanges else resets)


def taken(protocol: str, count: Count, *, reactor: bool) -> None:
    """The fast paths were entered and left again and again."""
    if protocol == "http":
        assert count.shortcuts > 10, astuple(count)
    else:
        assert (count.lanes > 10) == (count.loaded > 0) == reactor, astuple(count)


def _open_files() -> dict[str, str]:
    """Descriptors of this process and what they are."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # that of the folder itself
            found[name] = os.readlink(f"/proc/self/fd/{name}")
    return found
