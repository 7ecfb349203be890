"""Pictures of the right-hand side, light and dark, to be looked at beside the drawings: build/gallery."""

from pathlib import Path

import pytest
from graphs_traffic import Traffic
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from vaurien_gui.models.history import History
from vaurien_gui.models.shown import EmptyGraphs, Marker
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.graphs_view import GraphsView

GALLERY = Path(__file__).parents[2] / "build" / "gallery"


@pytest.fixture
def theme(qapp, request):
    mode, family = request.param
    font = QFont(family)
    font.setPixelSize(12)
    theme = Theme(mode, font)
    theme.apply(qapp)
    yield theme
    qapp.setStyleSheet("")


def shoot(widget, name):
    GALLERY.mkdir(parents=True, exist_ok=True)
    picture = widget.grab().toImage()
    assert picture.save(str(GALLERY / f"{name}.png"))
    return picture


def colors(picture, x0, y0, x1, y1):
    return {picture.pixelColor(x, y).name() for x in range(x0, x1) for y in range(y0, y1)}


def drawn(qtbot, view):
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: view.panels[0].plot is not None)
    QApplication.processEvents()
    view.refresh()


@pytest.mark.parametrize("theme", [("light", "Inter"), ("dark", "Inter"), ("light", "DejaVu Sans")], indirect=True)
def test_the_graphs_look_like_the_drawing(qtbot, theme):
    compact = "DejaVu" in theme.font("body").family()
    view, history, traffic = GraphsView(theme), History(), Traffic()
    view.resize(*((592, 318) if compact else (880, 471)))
    traffic.feed(history, 26)
    traffic.feed(history, 42, on=True)
    view.set_history(history)
    view.set_proxy("web")
    view.set_behaviors(("delay", "error", "abort", "hang"))
    view.set_markers((Marker(1, 26.0, "Preset Flaky network"), Marker(2, 56.0, "Delay 8 → 10 %")))
    drawn(qtbot, view)
    view.refresh()
    QApplication.processEvents()
    name = "compact" if compact else theme.tokens.name
    picture = shoot(view, f"graphs-{name}")
    plot = view.panels[1].plot
    corner = plot.mapTo(view, plot.rect().topLeft())
    found = colors(picture, corner.x(), corner.y(), corner.x() + plot.width(), corner.y() + plot.height())
    assert theme.behavior_fill("delay").name() in found
    assert theme.color("border_strong").name() in found
    assert view.span == 60


@pytest.mark.parametrize("theme", [("light", "Inter"), ("dark", "Inter")], indirect=True)
def test_the_first_seconds_and_the_empty_state(qtbot, theme):
    view, history, traffic = GraphsView(theme), History(), Traffic("demo", 20)
    view.resize(880, 471)
    view.set_history(history)
    view.set_behaviors(("delay", "error", "abort"))
    view.set_empty(
        EmptyGraphs("No traffic yet", "web cannot be reached until it listens. orders-db is ready:", "127.0.0.1:3307")
    )
    drawn(qtbot, view)
    shoot(view, f"graphs-empty-{theme.tokens.name}")
    view.set_empty(None)
    traffic.feed(history, 3)
    traffic.feed(history, 10, on=True)
    view.set_markers((Marker(1, 0.0, "Start"), Marker(2, 3.0, "Demo mix")))
    view.refresh()
    QApplication.processEvents()
    shoot(view, f"graphs-first-{theme.tokens.name}")
    assert view.span == 30
