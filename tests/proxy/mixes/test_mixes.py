"""Whatever is done to a proxy under traffic, what one end sent the other gets, and the counters say so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial

import pytest

from tests.proxy.lab import ALL, Place
from tests.proxy.mixes.changes import Count, fast
from tests.proxy.mixes.run import PHASES, mixed, taken

__all__ = ["fast"]
LIMIT_S = 20
FEW, MANY = range(2), 25
WITHIN_S = 400

on_every_place = pytest.mark.parametrize("place", ALL, ids=[f"{p.loop}-{p.port}" for p in ALL])
with_every_protocol = pytest.mark.parametrize("protocol", PHASES)
on_both_ports = pytest.mark.parametrize("port", ["reactor", "transport"])


def run_all(place: Place, protocol: str, seeds: Iterable[int]) -> None:
    for seed in seeds:
        try:
            place.run(partial(mixed, protocol, seed))
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


@on_every_place
@with_every_protocol
def test_every_byte_and_count_is_in_place_after_any_mix(place: Place, protocol: str, fast: Count) -> None:
    run_all(place, protocol, FEW)
    taken(protocol, fast, reactor=place.port == "reactor")


@pytest.mark.slow
@pytest.mark.timeout(WITHIN_S)
@on_every_place
@with_every_protocol
def test_every_byte_and_count_is_in_place_after_many_mixes(place: Place, protocol: str, fast: Count) -> None:
    run_all(place, protocol, range(100, 100 + MANY))
    taken(protocol, fast, reactor=place.port == "reactor")


@pytest.mark.gui
@on_both_ports
@with_every_protocol
def test_every_byte_and_count_is_in_place_on_the_qasync_loop(
    port: str, protocol: str, fast: Count, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_qasync(qapp, protocol, port, FEW, monkeypatch)
    taken(protocol, fast, reactor=port == "reactor")


@pytest.mark.gui
@pytest.mark.slow
@pytest.mark.timeout(WITHIN_S)
@on_both_ports
@with_every_protocol
def test_every_byte_and_count_is_in_place_after_many_mixes_on_the_qasync_loop(
    port: str, protocol: str, fast: Count, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_qasync(qapp, protocol, port, range(500, 500 + MANY), monkeypatch)
    taken(protocol, fast, reactor=port == "reactor")


def on_qasync(qapp: object, protocol: str, port: str, seeds: Iterable[int], patch: pytest.MonkeyPatch) -> None:
    import qasync

    patch.setenv("VAURIEN_PORT", port)
    loop = qasync.QEventLoop(qapp, set_running_loop=False)
    crashes: list[object] = []
    loop.set_exception_handler(lambda _loop, context: crashes.append(context))
    try:
        for seed in seeds:
            loop.run_until_complete(asyncio.wait_for(mixed(protocol, seed), LIMIT_S))
    finally:
        loop.close()
    assert not crashes, crashes
