"""Ports on transports: how they end within what asyncio calls, and what is counted of a backlog then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.proxy.lab import ALL, Place
from tests.support.backends import backend
from vaurien_core.addresses import Address
from vaurien_core.proxy.counters import Tally
from vaurien_core.proxy.port import Port
from vaurien_core.proxy.transport_port import TransportNetwork

TRANSPORTS = [p for p in ALL if p.port == "transport"]
on_transports = pytest.mark.parametrize("place", TRANSPORTS, ids=[p.loop for p in TRANSPORTS])
SIZE = 20_000_000


class Ends:
    """Ends its port as soon as everything has left."""

    def __init__(self, port: Port, end: Callable[[Port], None]) -> None:
        self._port, self._end = port, end
        self.ended_it = asyncio.Event()

    def received(self, data: bytes) -> None:
        """Nothing is said."""

    def ended(self) -> None:
        """Nor this."""

    def lost(self, error: OSError | None) -> None:
        """Nor this."""

    def drained(self) -> None:
        self._end(self._port)
        self.ended_it.set()


def reset(port: Port) -> None:
    port.abort(rst=True)


def close(port: Port) -> None:
    port.close()


def shut_and_close(port: Port) -> None:
    port.shutdown_write()
    port.close()


@on_transports
@pytest.mark.parametrize("end", [reset, close, shut_and_close])
def test_a_port_may_be_ended_when_its_backlog_has_left(place: Place, end: Callable[[Port], None]) -> None:
    async def main() -> None:
        heard = 0
        over = asyncio.Event()

        async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal heard
            await asyncio.sleep(0.02)
            try:
                while data := await reader.read(1 << 20):
                    heard += len(data)
            finally:
                over.set()

        async with backend(late) as behind:
            tally = Tally()
            network = TransportNetwork(asyncio.get_running_loop())
            port = await network.connect(Address.parse(behind.address, name="backend"), tally)
            ends = Ends(port, end)
            port.start(ends)
            assert port.send(bytes(SIZE)) > 0
            await ends.ended_it.wait()
            await over.wait()
            assert tally.written == SIZE
            assert heard <= SIZE

    place.run(main)


@on_transports
@pytest.mark.parametrize("rst", [True, False])
def test_what_has_left_of_a_backlog_is_counted_when_the_rest_is_dropped(place: Place, rst: bool) -> None:
    async def main() -> None:
        some = asyncio.Event()

        async def reads_a_part(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.02)
            await reader.readexactly(9_000_000)
            some.set()
            await asyncio.sleep(10)

        async with backend(reads_a_part) as behind:
            tally = Tally()
            network = TransportNetwork(asyncio.get_running_loop())
            port = await network.connect(Address.parse(behind.address, name="backend"), tally)
            port.start(Ends(port, lambda _: None))
            port.send(bytes(2 * SIZE))
            await some.wait()
            left = port.backlog
            assert 0 < left < 2 * SIZE - 9_000_000
            if rst:
                port.abort(rst=True)
            else:
                port.close()
            assert tally.written == 2 * SIZE - left

    place.run(main)
