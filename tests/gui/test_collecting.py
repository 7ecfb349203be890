"""Garbage is collected in the window's thread, when as much has been made as the collector itself would wait for."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from tests.gui.conftest import wait_until
from vaurien_gui.collecting import YOUNG, Collecting, collect_if_due
from vaurien_gui.session import Session


class Node:
    """Part of a cycle, which only the collector frees."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture
def asleep() -> Iterator[None]:
    """The collector does nothing by itself, as in the window."""
    before = gc.isenabled()
    gc.disable()
    gc.collect()
    yield
    if before:
        gc.enable()


@pytest.mark.usefixtures("asleep")
def test_little_waits_and_much_is_collected() -> None:
    gone = weakref.ref(Node())
    collect_if_due()
    assert gone() is not None
    made = [[] for _ in range(YOUNG + 100)]
    collect_if_due()
    assert gone() is None
    assert made


@pytest.mark.usefixtures("asleep")
def test_what_has_grown_old_is_collected_in_time() -> None:
    node = Node()
    gone = weakref.ref(node)
    gc.collect(1)  # it survives, and is old
    del node
    kept = []
    for _ in range(200):
        kept.append([[] for _ in range(YOUNG + 100)])
        collect_if_due()
        if gone() is None:
            break
    assert gone() is None
    assert len(kept) > 2


@pytest.mark.usefixtures("asleep")
async def test_the_window_collects_in_its_own_thread(session: Session) -> None:
    threads = []

    def told(phase: str, _info: dict[str, int]) -> None:
        threads.append((phase, threading.current_thread()))

    gc.enable()
    collecting = Collecting(session)
    assert not gc.isenabled()
    gc.callbacks.append(told)
    try:
        made: list[list[object]] = []
        worker = threading.Thread(target=lambda: made.extend([] for _ in range(YOUNG * 50)))
        worker.start()
        worker.join()
        assert not threads
        await wait_until(lambda: threads)
    finally:
        gc.callbacks.remove(told)
        gc.unfreeze()
    assert {thread for _, thread in threads} == {threading.main_thread()}
    assert collecting.times == 1
    assert QApplication.instance() is not None
