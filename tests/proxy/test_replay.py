"""The same seed and requests get the same faults, whoever carries them: the shipped behaviors on http."""

from __future__ import annotations

import asyncio
import random

from tests.proxy.lab import Lab, Place, lab, named
from vaurien_core.behaviors.abort import Abort
from vaurien_core.behaviors.blackout import Blackout
from vaurien_core.behaviors.delay import Delay
from vaurien_core.behaviors.error import Error
from vaurien_core.protocols.http import Http
from vaurien_core.proxy.draw import predict

BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MIX = "20:delay, 15:error, 5:abort, 5:blackout"
OWNED = {"delay": (0.0, 20.0), "error": (20.0, 35.0), "abort": (35.0, 40.0), "blackout": (40.0, 45.0)}


async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(BODY)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass


async def work(it: Lab, paths: list[str]) -> None:
    """Send each path once, over one connection for as long as it lasts."""
    reader = writer = None
    for path in paths:
        if writer is None:
            reader, writer = await it.client()
        assert reader is not None
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(h[15:]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:"))
            await reader.readexactly(length)
            gone = b"connection: close" in head.lower()
        except (asyncio.IncompleteReadError, ConnectionError):
            gone = True
        if gone:
            writer.close()
            writer = None
    if writer is not None:
        writer.close()


def journal_of(place: Place, paths: list[str], clients: int, order: int) -> dict[str, str]:
    async def main() -> dict[str, str]:
        mine = list(paths)
        random.Random(order).shuffle(mine)
        async with lab(
            Delay, Error, Abort, Blackout, mix=MIX, protocol="http", protocols=(Http,), handler=answer_all, seed=42,
            behaviors=(named("delay", sleep=0.001),),
        ) as it:  # fmt: skip
            await asyncio.gather(*(work(it, mine[n::clients]) for n in range(clients)))
            await it.until(lambda: not it.server.connections)
            found = [e for e in it.journal.entries if e.kind == "exchange" and e.rule]
            assert len({e.label for e in found}) == len(found)
            assert all(e.occurrence == 1 and e.owned[0] <= e.draw < e.owned[1] for e in found)
            assert {e.rule: e.owned for e in found} == OWNED
            assert it.server.sample().exchanges == len(paths)
            assert it.server.sample().injected == len(found)
            assert it.server.sample().errors_client == 0
            return {e.label: e.rule for e in found}

    result: dict[str, str] = place.run(main)
    return result


def test_one_client_and_twenty_get_what_the_draw_predicts() -> None:
    paths = [f"/item/{n}" for n in range(600)]
    with_faults = lab_spec()
    want = {
        f"GET {path}": p.rule
        for path, p in zip(
            paths, predict(with_faults, 42, [f"GET {path} HTTP/1.1".encode() for path in paths]), strict=True
        )
        if p.rule != "dummy"
    }
    assert journal_of(Place("uvloop", "reactor"), paths, 1, 1) == want
    for order in (2, 3):
        assert journal_of(Place("uvloop", "reactor"), paths, 20, order) == want
    assert journal_of(Place("stock", "transport"), paths, 20, 4) == want


def lab_spec():  # type: ignore[no-untyped-def]
    from tests.proxy.lab import spec_of

    return spec_of(MIX)
