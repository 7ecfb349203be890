"""From a hand on a slider to the first exchange that a client sees broken."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Self

import pytest
from conftest import Troubles, wait_until
from PySide6.QtWidgets import QApplication
from robot_journey import empty_home, window

from tests.acceptance import traffic
from tests.support.robot import Robot

MOST_MS = 300.0
TRIES = 5


class Exchanges:
    """One client after the other asks through a port, for as long as it is told to."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self.done: list[tuple[float, float, bool]] = []
        """When each began and ended, and whether it was broken."""
        self._thread = threading.Thread(target=self._work, name="exchanges")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _work(self) -> None:
        n = 0
        while not self._stop.is_set():
            n += 1
            began = time.monotonic()
            try:
                with socket.create_connection(("127.0.0.1", self._port), 5) as sock:
                    sock.sendall(b"GET /%d HTTP/1.1\r\nHost: t\r\n\r\n" % n)
                    broken = not sock.recv(4096).startswith(b"HTTP/1.1 200 ")
            except OSError:
                broken = True
            self.done.append((began, time.monotonic(), broken))
            time.sleep(0.002)

    def first_broken(self, since: float) -> float:
        """Seconds from then to the end of the first that was broken, 0 while there is none."""
        return next((ended - since for _, ended, broken in list(self.done) if broken and ended > since), 0.0)

    def longest(self, since: float) -> float:
        """The longest time between the ends of two exchanges since then: what the machine adds by itself."""
        ends = [ended for _, ended, _ in list(self.done) if ended > since]
        return max((b - a for a, b in pairwise(ends)), default=0.0)


async def test_a_slider_breaks_the_first_exchange_within_300_ms(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, troubles: Troubles
) -> None:
    empty_home(tmp_path, monkeypatch)
    robot, took, stalls = Robot(), list[float](), list[float]()
    async with traffic.backend() as backend, window(qapp, place, troubles):
        await robot.click("New profile")
        await robot.type("Backend", f"http://127.0.0.1:{backend}")
        await robot.click("Start")
        port = int((await robot.sees("^Clients connect to ")).rpartition(":")[2])
        await robot.click("Add behavior…")
        await robot.click("Abort")
        await robot.sees("Abort weight")
        with Exchanges(port) as exchanges:
            for _ in range(TRIES):
                control = time.monotonic()
                await asyncio.sleep(MOST_MS / 1000)  # the same loop while nothing changes
                stalls.append(exchanges.longest(control) * 1000)
                assert not exchanges.first_broken(control)
                began = await robot.slide("Abort weight", 100)
                await wait_until(partial(exchanges.first_broken, began))
                took.append(exchanges.first_broken(began) * 1000)
                if min(took) < MOST_MS:
                    break
                await robot.slide("Abort weight", 0)
                await asyncio.sleep(1)
    print(f"\n{place}: {took} ms, without a change {stalls} ms")
    assert min(took) < MOST_MS, f"{took} ms each; without a change exchanges came every {stalls} ms at most"
