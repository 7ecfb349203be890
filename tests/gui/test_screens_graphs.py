"""The lint of graphs: right ones pass, empty ones and ones that show something else than `/metrics` don't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from graphs_counting import meter_of
from graphs_traffic import Traffic
from PySide6.QtWidgets import QApplication, QGraphicsView
from pytestqt.qtbot import QtBot

from vaurien_core.model.events import Sample
from vaurien_gui.models.history import History
from vaurien_gui.screens.lints import graphs
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.graphs_view import GraphsView

NAMES = ("delay", "error", "abort", "hang")


@pytest.fixture
def samples() -> list[Sample]:
    traffic = Traffic()
    plain = [traffic.step() for _ in range(100)]
    traffic.on = True
    return [*plain, *(traffic.step() for _ in range(200))]


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, samples: list[Sample]) -> Iterator[GraphsView]:
    theme = Theme("light")
    theme.apply(qapp)
    view, history = GraphsView(theme), History()
    for sample in samples:
        history.add(sample)
    view.resize(900, 480)
    view.set_history(history)
    view.set_behaviors(NAMES)
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: view.panels[0].plot is not None)
    QApplication.processEvents()
    view.refresh()
    yield view
    qapp.setStyleSheet("")


def test_graphs_that_show_what_was_counted_pass(view: GraphsView, samples: list[Sample]) -> None:
    meter, picture = meter_of(samples), view.grab().toImage()
    assert graphs.empty(view.board, view, picture, meter) == []
    assert graphs.differing(view.board, meter) == []
    assert {"down", "exchanges", "p95", "injected.delay"} <= view.board.latest.keys()


def test_a_plot_without_its_curves_is_found(view: GraphsView, samples: list[Sample]) -> None:
    for key in ("throughput", "injected", "latency"):
        panel = next(panel for panel in view.panels if panel.kind.key == key)
        assert panel.plot is not None
        scene = panel.plot.findChildren(QGraphicsView)[0].scene()
        for item in (item for item in scene.items() if type(item).__name__ in ("Bars", "PlotCurveItem", "Curve")):
            item.setVisible(False)
    found = graphs.empty(view.board, view, view.grab().toImage(), meter_of(samples))
    assert [fault.partition(" is empty")[0] for fault in found] == ["Throughput", "Injected faults", "Latency"]


def test_a_sentence_in_place_of_curves_is_found_while_the_engine_counts(
    view: GraphsView, samples: list[Sample]
) -> None:
    view.set_history(History())
    view.refresh()
    found = graphs.empty(view.board, view, view.grab().toImage(), meter_of(samples))
    assert len(found) == 4
    assert all("says" in fault for fault in found)


@pytest.mark.parametrize(
    ("key", "factor"),
    [("down", 1.5), ("exchanges", 1.5), ("errors_injected", 20.0), ("p95", 10.0), ("injected.delay", 20.0)],
)
def test_a_last_value_that_was_not_counted_is_found(
    view: GraphsView, samples: list[Sample], key: str, factor: float
) -> None:
    view.board.latest[key] = (view.board.latest[key] + 1) * factor
    found = graphs.differing(view.board, meter_of(samples))
    assert len(found) == 1
    assert "/metrics has" in found[0]


def test_a_graph_that_stands_still_while_the_engine_counts_on_is_found(view: GraphsView, samples: list[Sample]) -> None:
    last = samples[-1]
    later = [
        replace(
            last, t=last.t + n / 10, proxies=(replace(last.proxies[0], exchanges=last.proxies[0].exchanges + 40 * n),)
        )
        for n in range(1, 31)
    ]
    found = graphs.differing(view.board, meter_of([*samples, *later]))
    assert any(fault.startswith("exchanges shows") for fault in found)


def test_a_paused_graph_shows_the_past_on_purpose(view: GraphsView, samples: list[Sample]) -> None:
    view.board.latest["down"] *= 2
    view.toggle_pause()
    assert graphs.differing(view.board, meter_of(samples)) == []
