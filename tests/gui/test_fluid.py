"""The loop of the window goes on while there is an hour of history and a journal of 200,000 rows.

A watchdog ticks every 5 ms; a stall is the time between two ticks: as processor time of the window's thread (so that
what else runs on the machine doesn't count), and on the wall, where a control of the same run, 40 ms of plain
arithmetic on the same loop, shows what the machine makes of them.
"""

import time
from dataclasses import replace
from functools import cache

import pytest
from graphs_traffic import Traffic
from journal_rows import entry
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from vaurien_core.model.events import ProxySample
from vaurien_gui.models import packing
from vaurien_gui.models.graphs_look import GraphsLook, PanelLayout
from vaurien_gui.models.history import History
from vaurien_gui.models.journal_model import LARGEST, JournalModel
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.graphs_view import GraphsView
from vaurien_gui.views.journal_view import JournalView

MOST_MS = 50.0


class Watchdog:
    """The longest stalls since `reset`, in milliseconds."""

    def __init__(self):
        self._timer = QTimer(interval=5, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self.reset()
        self._timer.start()

    def reset(self):
        self.cpu_ms = self.wall_ms = 0.0
        self._cpu, self._wall = time.thread_time(), time.perf_counter()

    def _tick(self):
        cpu, wall = time.thread_time(), time.perf_counter()
        self.cpu_ms = max(self.cpu_ms, (cpu - self._cpu) * 1000)
        self.wall_ms = max(self.wall_ms, (wall - self._wall) * 1000)
        self._cpu, self._wall = cpu, wall


@pytest.fixture
def theme(qapp):
    font = QFont("DejaVu Sans")
    font.setPixelSize(12)
    theme = Theme("light", font)
    theme.apply(qapp)
    yield theme
    qapp.setStyleSheet("")


@pytest.fixture
def watchdog(qapp):
    dog = Watchdog()
    yield dog
    dog._timer.stop()


@cache
def hour():
    """Full rings, by feeding a minute and counting on: a sample every half second."""
    history, traffic = History(), Traffic()
    traffic.on = True
    minute = [traffic.step() for _ in range(600)][::5]
    whole = minute[-1].proxies[0]
    for n in range(61):
        for sample in minute:
            now = sample.proxies[0]
            moved = ProxySample(
                "web",
                **{f: getattr(now, f) + n * getattr(whole, f) for f in ("up_written", "down_written", "up_read",
                   "connections", "exchanges", "injected", "errors_injected", "errors_client", "errors_backend")},
                connections_open=38,
                hits=tuple((name, count + n * dict(whole.hits)[name]) for name, count in now.hits),
                latency=moved_on(now.latency, whole.latency, n),
            )  # fmt: skip
            history.add(replace(sample, t=sample.t + 60 * n, wall=sample.wall + 60 * n, proxies=(moved,)))
    return history


def moved_on(counts, whole, n):
    padded = (*counts, *[0] * (len(whole) - len(counts)))
    return tuple(a + n * b for a, b in zip(padded, whole, strict=True))


def worst(watchdog, work, seconds=1.0):
    """The worst stalls (processor, wall) while `work` is called again and again on the loop."""
    QTest.qWait(20)
    watchdog.reset()
    end, n = time.perf_counter() + seconds, 0
    while time.perf_counter() < end or n < 8:
        work(n)
        n += 1
        QTest.qWait(20)
    return watchdog.cpu_ms, watchdog.wall_ms


def spin(_n):
    """40 ms of work."""
    end = time.thread_time() + 0.04
    while time.thread_time() < end:
        sum(range(500))


def hold(watchdog, work, seconds=0.7):
    """Fewer than 50 ms at a stretch, or on the wall what 40 ms of arithmetic take; at least once in five attempts.

    Where 40 ms of arithmetic take over 45 ms, the processor is shared and its caches are cold: then it may take as
    much more.
    """
    tries = []
    for _ in range(5):
        cpu, wall = worst(watchdog, work, seconds)
        control = worst(watchdog, spin, 0.3)[1]
        tries.append((round(cpu), round(wall), round(control)))
        if cpu < MOST_MS * max(1.0, control / 45) and wall < max(MOST_MS, control):
            return
    pytest.fail(f"stalls of (processor, wall, control's wall) ms: {tries}")


@pytest.fixture
def view(qtbot, theme):
    view = GraphsView(theme)
    history = hour()
    view.resize(1480, 700)
    view.set_history(history)
    view.set_behaviors(("delay", "error", "abort", "hang"))
    view.set_look(GraphsLook(PanelLayout(hidden=frozenset())))
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: view.board.built)
    view.set_span(3600)
    QTest.qWait(200)
    assert history.age > 3600
    return view


def test_an_hour_of_history_is_redrawn_read_zoomed_and_dragged_without_a_stall(view, watchdog):
    board, glass = view.board, view.board.glass

    def live(n):
        view.refresh()

    def hover(n):
        place = QPointF(100 + 37 * n % 900, 200)
        event = QMouseEvent(
            QEvent.Type.MouseMove, place, glass.mapToGlobal(place), Qt.MouseButton.NoButton, Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(glass, event)

    def zoom(n):
        glass.zoomed.emit(0.9 if n % 2 else 1 / 0.9, 300.0)

    def pan(n):
        glass.panned.emit(0.02 if n % 2 else -0.02)

    for work in (live, hover, zoom, pan):
        hold(watchdog, work, 0.7)
    assert not board.view.live


def test_an_hour_as_a_table_has_no_stall(view, watchdog):
    view.set_table(True)

    def fill(n):
        view._tabled = -1.0
        view.refresh()

    hold(watchdog, fill, 0.7)
    assert view.table.rows.rowCount() == 900


def test_two_hundred_thousand_rows_grow_and_are_filtered_without_a_stall(qtbot, theme, watchdog):
    model, view = JournalModel(capacity=LARGEST), JournalView(theme)
    qtbot.addWidget(view)
    view.resize(900, 220)
    entries = [entry(n, f"GET /x{n % 977}", ("delay", "error", "abort")[n % 3]) for n in range(LARGEST)]
    for start in range(0, LARGEST, 500):
        model.add(entries[start : start + 500])
    view.set_model(model)
    with qtbot.waitExposed(view):
        view.show()
    QTest.qWait(200)
    assert model.rowCount() == LARGEST

    hold(watchdog, lambda n: model.add(entries[n * 100 : n * 100 + 100]), 0.7)
    assert model.dropped > 0
    filters = (("x12", "", ""), ("", "", "error"), ("", "", ""), ("get x3", "", "delay"))
    hold(watchdog, lambda n: model.set_filter(*filters[n % 4]), 1.0)
    model.set_filter("x12")
    qtbot.waitUntil(lambda: not model.filtering, timeout=10_000)
    wanted = [packing.number(row) for row in model._all if "x12" in packing.unpack(row).label]
    assert [e.n for e in model.entries] == wanted
    view.table.selectAll()
    assert len(view.table.chosen_rows()) == len(wanted)


def test_rows_that_come_after_all_were_selected_and_a_copy_of_all_are_no_stall(qtbot, theme, watchdog):
    model, view = JournalModel(capacity=LARGEST), JournalView(theme)
    qtbot.addWidget(view)
    view.resize(900, 220)
    entries = [entry(n, f"GET /x{n % 977}", ("delay", "error", "abort")[n % 3]) for n in range(50_000)]
    for start in range(0, len(entries), 500):
        model.add(entries[start : start + 500])
    view.set_model(model)
    with qtbot.waitExposed(view):
        view.show()

    def select(n):
        view.table.selectAll()
        model.add(entries[n * 10 : n * 10 + 10])
        view.table.horizontalHeader().viewport().update()

    hold(watchdog, select, 0.5)

    def copy(n):
        if not view.table.copying:
            view.table.copy()

    view.table.selectAll()
    hold(watchdog, copy, 0.5)
    said = []
    view.table.copier.told.connect(said.append)
    qtbot.waitUntil(lambda: not view.table.copying, timeout=20_000)
    view.table.copy()
    qtbot.waitUntil(lambda: not view.table.copying, timeout=20_000)
    lines = QApplication.clipboard().text().splitlines()
    assert len(lines) == 1 + 20_000
    assert lines[1].split("\t")[4] == model.entries[-20_000].label
    assert said[-1] == f"Copied the newest 20,000 of {model.rowCount():,} rows. Export writes them all."
