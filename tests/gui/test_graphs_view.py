"""The graphs on screen: what is drawn, what can be clicked, and what costs nothing."""

import subprocess
import sys
import time

import pytest
from graphs_traffic import Traffic
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from vaurien_gui.models.history import History
from vaurien_gui.models.shown import EmptyGraphs, Marker
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.graphs_view import GraphsView
from vaurien_gui.views.graphs.legend import Chip

NAMES = ("delay", "error", "abort", "hang")


@pytest.fixture
def theme(qapp):
    font = QFont("DejaVu Sans")
    font.setPixelSize(12)
    theme = Theme("light", font)
    theme.apply(qapp)
    yield theme
    qapp.setStyleSheet("")


@pytest.fixture
def traffic():
    return Traffic()


@pytest.fixture
def view(qtbot, theme, traffic):
    view, history = GraphsView(theme), History()
    traffic.feed(history, 10)
    traffic.feed(history, 25, on=True)
    view.resize(900, 480)
    view.set_history(history)
    view.set_behaviors(NAMES)
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: view.panels[0].plot is not None)
    view.history = history
    view.refresh()
    QApplication.processEvents()
    return view


def panel(view, key):
    return next(p for p in view.panels if p.kind.key == key)


def pixels(widget):
    """How often each colour occurs."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    counts = {}
    for y in range(image.height()):
        for x in range(image.width()):
            color = image.pixel(x, y) & 0xFFFFFF
            counts[color] = counts.get(color, 0) + 1
    return counts


def count_of(widget, color):
    return pixels(widget).get(color.rgb() & 0xFFFFFF, 0)


def test_nothing_heavy_is_imported_before_the_view_is_shown():
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from vaurien_gui.style.theme import Theme; from vaurien_gui.views.graphs.graphs_view import GraphsView;"
        "view = GraphsView(Theme('light')); print(sorted({'numpy', 'pyqtgraph'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "[]"


def test_bars_have_the_behaviors_colours_and_a_chip_takes_its_series_out(view, theme, qtbot):
    injected = panel(view, "injected")
    error = theme.behavior_fill("error")
    before = count_of(injected.plot, error)
    assert before > 50
    qtbot.mouseClick(injected.legend.chip("error"), Qt.MouseButton.LeftButton)
    assert count_of(injected.plot, error) == 0
    assert count_of(injected.plot, theme.behavior_fill("delay")) > 50
    qtbot.mouseClick(injected.legend.chip("error"), Qt.MouseButton.LeftButton)
    assert count_of(injected.plot, error) == before


def test_alt_click_shows_one_series_alone(view, theme, qtbot):
    legend = panel(view, "injected").legend
    qtbot.mouseClick(legend.chip("abort"), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier)
    assert [name for name in NAMES if legend.shown(name)] == ["abort"]


def test_hatches_are_not_stretched_with_the_plot(view, theme):
    """The strokes of a pattern are as wide in a tall plot as in a low one."""

    def strokes(height):
        view.resize(900, height)
        QApplication.processEvents()
        view.refresh()
        image = panel(view, "injected").plot.grab().toImage()
        fill = theme.behavior_fill("error").name()
        runs, run = [], 0
        for x in range(image.width()):
            for y in range(image.height()):
                if image.pixelColor(x, y).name() == fill:
                    run += 1
                elif run:
                    runs.append(run)
                    run = 0
        return max(runs)

    assert strokes(480) <= 7
    assert strokes(900) <= 7


def test_plots_are_equally_high_and_on_one_axis(view):
    heights = [p.plot.height() for p in view.board.shown_panels]
    assert max(heights) - min(heights) <= 1
    assert len({p.plot_area().x() for p in view.board.shown_panels}) == 1
    assert len({p.plot_area().width() for p in view.board.shown_panels}) == 1


def test_legend_numbers_are_those_of_now(view):
    assert panel(view, "throughput").legend.chip("down").value.endswith("kB/s")
    assert panel(view, "latency").legend.chip("p95").value.endswith(" ms")
    assert float(panel(view, "injected").legend.chip("delay").value) > 1
    chip = panel(view, "errors").legend.chip("errors_injected")
    assert chip.accessibleName() == "injected"
    assert chip.accessibleDescription() == chip.value


def test_a_behavior_that_only_history_knows_is_still_shown(view):
    view.set_behaviors(("delay",))
    view.refresh()
    chips = sorted((c for c in panel(view, "injected").legend.findChildren(Chip) if c.isVisible()), key=lambda c: c.y())
    assert [c.accessibleName() for c in chips] == ["Delay", "Abort", "Error", "Hang"]


def test_many_behaviors_are_summed_up_and_never_overlap(view):
    view.set_behaviors(tuple(f"fault_{n}" for n in range(12)))
    view.refresh()
    QApplication.processEvents()
    legend = panel(view, "injected").legend
    chips = sorted((c for c in legend.findChildren(Chip) if c.isVisible()), key=lambda c: c.y())
    assert 0 < len(chips) < 12
    assert "more" in legend._more.text()
    assert "Fault 11" in legend._more.toolTip()
    bottoms = [c.geometry().bottom() for c in chips]
    assert all(a < b for a, b in zip(bottoms, [c.geometry().top() + 1 for c in chips[1:]], strict=False))
    assert legend._more.geometry().bottom() <= legend.height()


def test_the_theme_is_taken_again(view, theme):
    dark = theme.tokens
    theme.set_mode("dark")
    QApplication.processEvents()
    for each in view.board.shown_panels:
        assert count_of(each.plot, theme.color("surface")) > 1000
        assert theme.tokens is not dark
    assert count_of(panel(view, "injected").plot, theme.behavior_line("error")) > 5


def test_paused_graphs_stand_still_while_data_are_recorded(view, traffic, qtbot):
    with qtbot.waitSignal(view.paused) as signal:
        view.set_paused(True)
    assert signal.args == [True]
    before = panel(view, "throughput").plot.grab().toImage()
    traffic.feed(view.history, 12)
    view.refresh()
    assert view.pause_note.text() == "Paused +00:12"
    assert panel(view, "throughput").plot.grab().toImage() == before
    with qtbot.waitSignal(view.paused):
        qtbot.keyClick(view, Qt.Key.Key_Space)
    view.refresh()
    assert not view.pause_note.isVisible()
    assert panel(view, "throughput").plot.grab().toImage() != before


def test_a_marker_is_a_line_through_all_panels_and_a_flag_to_click(view, theme, qtbot):
    view.set_span(30)
    lines = [count_of(p.plot, theme.color("marker")) for p in view.board.shown_panels]
    view.set_markers((Marker(1, 1.0, "Long ago"), Marker(7, 20.0, "Preset"), Marker(8, 22.5, "Delay 8 → 10 %")))
    QApplication.processEvents()
    for each, before in zip(view.board.shown_panels, lines, strict=True):
        assert count_of(each.plot, theme.color("marker")) >= before + each.plot.height()
    x = view.board.strip.x_of(20.0)
    plot = panel(view, "throughput").plot
    assert plot.x() <= x <= plot.x() + plot.width()
    with qtbot.waitSignal(view.marker_clicked) as signal:
        qtbot.mouseClick(view.board.strip, Qt.MouseButton.LeftButton, pos=QPoint(x + 6, 10))
    assert signal.args == [7]
    assert view.board.strip.accessibleDescription() == "7 Preset, 8 Delay 8 → 10 %"


def test_a_hidden_view_costs_nothing(view, traffic):
    plot = panel(view, "throughput").plot
    view.hide()
    traffic.feed(view.history, 5)
    drawn = plot._curves["down"].yData
    view.refresh()
    assert plot._curves["down"].yData is drawn
    view.show()
    view.refresh()
    assert plot._curves["down"].yData is not drawn


def test_the_empty_state_replaces_the_axes(view, qtbot):
    view.set_empty(EmptyGraphs("No traffic yet", "Start it.", "127.0.0.1:8000"))
    QApplication.processEvents()
    assert not panel(view, "throughput").isVisible()
    buttons = {b.text(): b for b in view.findChildren(QPushButton) if b.text() and b.isVisible()}
    with qtbot.waitSignal(view.copy_address):
        buttons["Copy"].click()
    with qtbot.waitSignal(view.demo_traffic):
        buttons["Start demo traffic"].click()
    view.set_empty(EmptyGraphs("No traffic yet", "Press Start (F5).", "", demo=False))
    assert not buttons["Copy"].isVisible()
    assert not buttons["Start demo traffic"].isVisible()
    view.set_empty(None)
    assert panel(view, "throughput").isVisible()


def test_the_window_grows_after_the_first_half_minute_unless_one_was_chosen(view, traffic, theme, qtbot):
    assert view.span == 60
    other = GraphsView(theme)
    qtbot.addWidget(other)
    other.set_history(view.history)
    other.set_span(30)
    other.show()
    qtbot.waitUntil(lambda: other.panels[0].plot is not None)
    other.refresh()
    assert other.span == 30


def test_little_room_takes_the_errors_and_no_text(view, qtbot):
    view.resize(592, 320)
    QApplication.processEvents()
    assert view.width() == 592
    assert not panel(view, "errors").isVisible()
    assert panel(view, "latency").isVisible()
    for each in view.board.shown_panels:
        assert each.legend.width() == 164 - 16
    view.resize(900, 480)
    QApplication.processEvents()
    assert panel(view, "errors").isVisible()


def test_a_tile_never_moves_its_neighbour_back_and_forth(view, traffic):
    tiles = view._tiles._views
    places = []
    for _ in range(20):
        traffic.feed(view.history, 0.5)
        view.refresh()
        places.append(tiles[4].x())
    assert places == sorted(places)


def test_the_picture_has_a_title_and_twice_the_pixels(view, tmp_path):
    path = tmp_path / "graphs.png"
    assert view.save_picture(path, "checkout-flaky.ini, 15:47")
    image = QImage(str(path))
    assert image.width() == 2 * view.board.width()
    assert image.height() > 2 * view.board.height()
    assert not view.save_picture(tmp_path / "nowhere" / "x.png", "x")


def test_drawing_is_cheap(view, traffic):
    """600 points in ten series, painted, beside a control: filling as many points one by one."""
    traffic.feed(view.history, 300)
    view.set_span(300)
    QApplication.processEvents()
    costs = []
    for _ in range(15):
        traffic.feed(view.history, 0.2)
        begin = time.process_time()
        view.refresh()
        QApplication.processEvents()
        costs.append(time.process_time() - begin)
    begin = time.process_time()
    sum(float(str(n)) for n in range(40_000))
    control = time.process_time() - begin
    assert sorted(costs)[len(costs) // 2] < max(0.03, 4 * control)


def test_every_widget_that_can_be_reached_has_a_name(view):
    for widget in view.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            named = widget.accessibleName() or getattr(widget, "text", str)()
            assert named, f"{widget} has no accessible name"
