"""The window's loop: exact, never early, and its tasks owned."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import pytest
import qasync
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QLabel

from vaurien_gui.loop import Tasks, WindowLoop


def _errors_ms(loop: asyncio.AbstractEventLoop, delay: float, times: int) -> list[float]:
    async def measure() -> list[float]:
        errors = []
        for _ in range(times):
            began = time.perf_counter()
            await asyncio.sleep(delay)
            errors.append((time.perf_counter() - began - delay) * 1000)
        return errors

    return loop.run_until_complete(measure())


@pytest.mark.parametrize("delay", [0.0015, 0.05, 0.4])
def test_a_sleep_is_never_early_and_no_less_exact_than_the_stock_loop(qapp: QApplication, delay: float) -> None:
    ours, stock = WindowLoop(qapp), asyncio.SelectorEventLoop()
    try:
        mine, control = _errors_ms(ours, delay, 5), _errors_ms(stock, delay, 5)
    finally:
        ours.close()
        stock.close()
    assert min(mine) >= 0
    assert sorted(mine)[2] <= sorted(control)[2] + 5


def test_plain_qasync_is_what_the_loop_mends(qapp: QApplication) -> None:
    """The control of the test above: if qasync becomes exact one day, our clockwork can go."""
    plain = qasync.QEventLoop(qapp)
    try:
        assert min(_errors_ms(plain, 0.0015, 10)) < 0
    finally:
        plain.close()


async def test_calls_run_in_the_order_of_their_time() -> None:
    loop, order = asyncio.get_running_loop(), []
    done = loop.create_future()
    loop.call_later(0.03, done.set_result, None)
    loop.call_later(0.02, order.append, "second")
    loop.call_later(0.01, order.append, "first")
    loop.call_soon(order.append, "soon")
    await done
    assert order == ["soon", "first", "second"]


async def test_a_cancelled_call_does_not_run_and_does_not_hold_up_another() -> None:
    loop, ran = asyncio.get_running_loop(), []
    handle = loop.call_later(0.01, ran.append, "cancelled")
    loop.call_later(0.02, ran.append, "kept")
    handle.cancel()
    await asyncio.sleep(0.04)
    assert ran == ["kept"]


async def test_a_busy_loop_lets_qt_do_its_work_too(qtbot: object) -> None:
    label, painted = QLabel("x"), []
    label.paintEvent = lambda event: painted.append(1)  # type: ignore[method-assign]
    label.show()
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        await asyncio.sleep(0)
    assert painted
    label.close()


async def test_a_thread_gets_no_qt_loop() -> None:
    def other() -> str:
        loop = asyncio.SelectorEventLoop()
        loop.close()
        return type(loop).__name__

    assert await asyncio.to_thread(other) == "_UnixSelectorEventLoop"


async def test_a_crashing_task_is_reported_by_name() -> None:
    heard: list[str] = []
    tasks = Tasks("owner", lambda error, where: heard.append(f"{where}: {error}"))

    async def crash() -> None:
        raise ValueError("broken")

    tasks.spawn(crash(), "crash")
    await asyncio.sleep(0.01)
    await tasks.aclose()
    assert heard == ["owner: crash: broken"]


async def test_tasks_end_with_their_owner() -> None:
    tasks, ended = Tasks("owner"), []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    tasks.spawn(forever(), "forever")
    await asyncio.sleep(0)
    await tasks.aclose()
    assert ended == [True]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_the_binding_does_not_eat_references_to_none(qapp: QApplication) -> None:
    """PySide6 6.12.0 on Python 3.11 loses one per call and aborts after some thousands."""
    item = QObject()
    before = sys.getrefcount(None)
    for _ in range(2000):
        item.setObjectName("x")
        item.killTimer(item.startTimer(1000))
    assert sys.getrefcount(None) > before - 1000


def test_no_global_policy_is_set() -> None:
    program = (
        "import asyncio; from PySide6.QtCore import QCoreApplication; from vaurien_gui.loop import run\n"
        "app = QCoreApplication([])\n"
        "async def main(): return type(asyncio.new_event_loop()).__name__\n"
        "name = run(app, main()); print(name)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore::ResourceWarning", "-c", program],
        capture_output=True, text=True, timeout=30, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.stdout.strip() == "_UnixSelectorEventLoop", done.stderr
