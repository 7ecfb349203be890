"""The graphs under hands and keys: zoom, drag, crosshair, markers, notes, panels, table, pictures."""

import pytest
from graphs_traffic import Traffic
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QFont, QGuiApplication, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from vaurien_gui.models.graphs_look import GraphsLook, PanelLayout
from vaurien_gui.models.history import History
from vaurien_gui.models.shown import Marker
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.graphs_view import GraphsView

MARKERS = (
    Marker(1, 26.0, "Preset Flaky network", "preset"),
    Marker(2, 40.0, "slow", "note"),
    Marker(3, 56.0, "Delay 8 → 10 %"),
)
KEY = Qt.Key


@pytest.fixture(params=["light", "dark"])
def theme(qapp, request):
    font = QFont("DejaVu Sans")
    font.setPixelSize(12)
    theme = Theme(request.param, font)
    theme.apply(qapp)
    yield theme
    qapp.setStyleSheet("")


@pytest.fixture
def view(qtbot, theme):
    view, history, traffic = GraphsView(theme), History(), Traffic()
    traffic.feed(history, 26)
    traffic.feed(history, 44, on=True)
    view.resize(900, 480)
    view.set_history(history)
    view.set_behaviors(("delay", "error", "abort", "hang"))
    view.set_markers(MARKERS)
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: view.board.built)
    view.set_span(60)
    view.history, view.traffic = history, traffic
    pump(view)
    return view


def pump(view):
    view.refresh()
    for _ in range(3):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def wheel(view, x, notches, modifiers=Qt.KeyboardModifier.NoModifier):
    glass = view.board.glass
    place = QPointF(x, glass.height() / 2)
    event = QWheelEvent(
        place, glass.mapToGlobal(place), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(glass, event)


def mouse(view, kind, x, buttons=Qt.MouseButton.NoButton, button=Qt.MouseButton.NoButton):
    glass = view.board.glass
    place = QPointF(x, 40)
    QApplication.sendEvent(
        glass, QMouseEvent(kind, place, glass.mapToGlobal(place), button, buttons, Qt.KeyboardModifier.NoModifier)
    )


def hover(view, x):
    mouse(view, QEvent.Type.MouseMove, x)


def drag(view, start, end):
    left = Qt.MouseButton.LeftButton
    mouse(view, QEvent.Type.MouseButtonPress, start, left, left)
    for step in range(1, 6):
        mouse(view, QEvent.Type.MouseMove, start + (end - start) * step / 5, left)
    mouse(view, QEvent.Type.MouseButtonRelease, end, Qt.MouseButton.NoButton, left)


def readout(view):
    return view.board.readout


def test_the_wheel_zooms_around_the_pointer_and_pauses(view, qtbot):
    x = view.board.glass.width() * 0.7
    under = view.board.time_at(x)
    with qtbot.waitSignal(view.paused) as signal:
        wheel(view, x, 3)
    assert signal.args == [True]
    assert view.span == pytest.approx(60 * 0.8**3)
    assert view.board.time_at(x) == pytest.approx(under)
    assert view.pause_note.isVisible()
    assert view.controls.pause.isChecked()
    wheel(view, x, -3)
    assert view.span == pytest.approx(60)


def test_a_drag_moves_time_with_the_pointer_and_a_click_does_not(view):
    width, before = view.board.glass.width(), view.board.time_at(100)
    drag(view, 100, 100 + width // 4)
    assert view.board.time_at(100 + width // 4) == pytest.approx(before, abs=0.5)
    assert not view.live
    view.set_paused(False)
    drag(view, 100, 102)
    assert view.live


def test_a_double_click_and_home_go_back_to_the_present_with_the_chosen_window(view, qtbot):
    for back in (
        lambda: qtbot.mouseDClick(view.board.glass, Qt.MouseButton.LeftButton, pos=QPoint(50, 50)),
        lambda: qtbot.keyClick(view.board, KEY.Key_Home),
        lambda: qtbot.mouseClick(view.pause_note.button, Qt.MouseButton.LeftButton),
    ):
        wheel(view, 200, 4)
        assert not view.live
        back()
        assert view.live
        assert view.span == 60
        assert not view.pause_note.isVisible()


def test_choosing_a_window_while_paused_keeps_the_moment(view):
    view.set_paused(True)
    end = view.board.view.end
    view.controls.span_chosen.emit(30)
    assert (view.span, view.board.view.end) == (30, end)


def test_the_pause_says_how_far_the_present_has_gone_on(view):
    view.set_paused(True)
    view.traffic.feed(view.history, 72)
    view.refresh()
    assert view.pause_note.text() == "Paused +01:12"


def test_the_crosshair_reads_all_panels_at_one_second(view):
    hover(view, view.board.glass.width() // 2)
    card = readout(view)
    assert card.isVisible()
    for word in ("downstream", "Delay", "injected errors", "p95", "p50"):
        assert word in card.text
    assert "new /s" not in card.text
    QApplication.sendEvent(view.board.glass, QEvent(QEvent.Type.Leave))
    assert not card.isVisible()


def test_a_series_that_is_hidden_is_not_read(view, qtbot):
    latency = next(p for p in view.panels if p.kind.key == "latency")
    qtbot.mouseClick(latency.legend.chip("p99"), Qt.MouseButton.LeftButton)
    hover(view, 300)
    assert "p99" not in readout(view).text
    assert "p95" in readout(view).text


@pytest.mark.parametrize("width", [592, 900])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.5, 0.99])
def test_the_card_stays_in_sight_and_off_the_crosshair(view, width, part):
    view.resize(width, 480)
    pump(view)
    glass = view.board.glass
    hover(view, round(glass.width() * part))
    box = readout(view).geometry()
    assert view.board.rect().contains(box)
    assert not box.left() <= glass.x() + glass._x <= box.right()


def test_the_card_stays_within_a_low_window_too(view):
    view.set_look(GraphsLook(PanelLayout(hidden=frozenset())))
    view.resize(620, 300)
    pump(view)
    hover(view, view.board.glass.width() // 2)
    box, area = readout(view).geometry(), view.board.geometry()
    assert box.top() >= 0
    assert box.bottom() <= area.height()
    assert box.right() <= area.width()


def test_arrows_move_the_crosshair_by_seconds_and_out_of_sight_takes_the_window_along(view, qtbot):
    board = view.board
    board.setFocus()
    qtbot.keyClick(board, KEY.Key_Left)
    first = board.cross
    qtbot.keyClick(board, KEY.Key_Left)
    qtbot.keyClick(board, KEY.Key_Left)
    assert board.cross == pytest.approx(first - 2)
    qtbot.keyClick(board, KEY.Key_Right)
    assert board.cross == pytest.approx(first - 1)
    assert view.live
    for _ in range(7):
        qtbot.keyClick(board, KEY.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert not view.live
    assert board.view.last(board.limits) - view.span <= board.cross + 1e-6
    assert readout(view).isVisible()
    assert "downstream" in board.accessibleDescription()


def test_plus_and_minus_zoom_around_the_crosshair(view, qtbot):
    board = view.board
    board.set_cross(40.0)
    qtbot.keyClick(board, KEY.Key_Plus)
    assert view.span == 30
    left = board.view.last(board.limits) - view.span
    assert left <= 40.0 <= left + view.span
    qtbot.keyClick(board, KEY.Key_Minus)
    assert view.span == 60


def test_m_goes_from_marker_to_marker_and_enter_opens_its_row(view, qtbot):
    board = view.board
    board.setFocus()
    places = []
    for _ in range(4):
        qtbot.keyClick(board, KEY.Key_M)
        places.append(board.cross)
    assert places == [26.0, 40.0, 56.0, 26.0]
    assert "Preset Flaky network" in readout(view).text
    qtbot.keyClick(board, KEY.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert board.cross == 56.0
    with qtbot.waitSignal(view.marker_clicked) as signal:
        qtbot.keyClick(board, KEY.Key_Return)
    assert signal.args == [3]


def test_a_class_of_markers_can_be_left_out(view, qtbot):
    view.set_look(GraphsLook(hidden_markers=frozenset({"note"})))
    pump(view)
    assert view.board.strip.accessibleDescription() == "1 Preset Flaky network, 3 Delay 8 → 10 %"


def test_n_asks_for_a_note_at_the_crosshair_and_enter_adds_it(view, qtbot):
    board, field = view.board, view.note_field
    board.setFocus()
    board.set_cross(40.0)
    qtbot.keyClick(board, KEY.Key_N)
    assert field.isVisible()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "pool ran dry")
    with qtbot.waitSignal(view.note_added) as signal:
        qtbot.keyClick(field, KEY.Key_Return)
    assert signal.args == ["pool ran dry", 40.0]
    assert not field.isVisible()
    qtbot.waitUntil(board.hasFocus)


def test_a_note_about_now_has_no_time_and_escape_leaves_it(view, qtbot):
    view.ask_note()
    field = view.note_field
    qtbot.keyClicks(field, "x")
    with qtbot.assertNotEmitted(view.note_added):
        qtbot.keyClick(field, KEY.Key_Escape)
    view.ask_note()
    assert field.text() == ""
    qtbot.keyClicks(field, "y")
    with qtbot.waitSignal(view.note_added) as signal:
        qtbot.keyClick(field, KEY.Key_Return)
    assert signal.args == ["y", None]


def test_space_pauses_and_goes_on(view, qtbot):
    qtbot.keyClick(view.board, KEY.Key_Space)
    assert not view.live
    qtbot.keyClick(view.board, KEY.Key_Space)
    assert view.live


def test_a_double_click_on_a_title_asks_for_all_the_room_and_enter_too(view, qtbot):
    title = next(p for p in view.panels if p.kind.key == "latency").legend.title
    with qtbot.waitSignal(view.maximise) as signal:
        qtbot.mouseDClick(title, Qt.MouseButton.LeftButton)
    assert signal.args == ["latency"]
    with qtbot.waitSignal(view.maximise):
        qtbot.keyClick(title, KEY.Key_Return)
    view.set_look(GraphsLook(PanelLayout(alone="latency")))
    pump(view)
    assert [p.kind.key for p in view.board.shown_panels] == ["latency"]
    assert view.board.shown_panels[0].height() > 300


def test_panels_stand_in_the_order_asked_for_and_over_one_another(view):
    view.set_look(GraphsLook(PanelLayout(("latency", "connections", "throughput", "injected", "errors"), frozenset())))
    pump(view)
    tops = {p.kind.key: p.y() for p in view.board.shown_panels}
    assert sorted(tops, key=tops.__getitem__) == ["latency", "connections", "throughput", "injected", "errors"]
    assert len({p.plot_area().x() for p in view.board.shown_panels}) == 1


def test_the_menu_of_the_panel_under_the_pointer_is_asked_for(view, qtbot):
    glass = view.board.glass
    latency = next(p for p in view.panels if p.kind.key == "latency")
    where = QPoint(50, latency.geometry().center().y() - glass.y())
    with qtbot.waitSignal(view.menu_wanted) as signal:
        QApplication.sendEvent(
            glass, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, glass.mapToGlobal(where))
        )
    assert signal.args[0] == "latency"


def test_alt_click_shows_one_alone_and_again_all(view, qtbot):
    legend = next(p for p in view.panels if p.kind.key == "latency").legend
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.mouseClick(legend.chip("p95"), Qt.MouseButton.LeftButton, alt)
    assert [item.key for item in legend.items] == ["p95"]
    qtbot.mouseClick(legend.chip("p95"), Qt.MouseButton.LeftButton, alt)
    assert len(legend.items) == 3
    qtbot.keyClick(legend.chip("p50"), KEY.Key_S)
    assert [item.key for item in legend.items] == ["p50"]


def test_latency_is_that_of_whom_is_asked_for(view):
    latency = next(p for p in view.panels if p.kind.key == "latency")
    everyone = latency.legend.chip("p50").value
    view.set_look(GraphsLook(population="faulted"))
    pump(view)
    assert latency.legend.title.text() == "Latency, faulted only"
    assert everyone.startswith("0.")
    assert float(latency.legend.chip("p50").value.split()[0]) > 200


def test_no_panel_is_an_empty_frame(view, qtbot):
    quiet = History()
    Traffic().feed(quiet, 70)
    view.set_history(quiet)
    pump(view)
    said = {p.kind.key: p.said for p in view.board.shown_panels}
    assert said["injected"].startswith("No fault was injected")
    assert said["throughput"] == said["latency"] == ""
    throughput = next(p for p in view.panels if p.kind.key == "throughput")
    for key in ("down", "up"):
        qtbot.mouseClick(throughput.legend.chip(key), Qt.MouseButton.LeftButton)
    assert throughput.said == "All series are hidden"
    view.set_behaviors(())
    pump(view)
    injected = next(p for p in view.panels if p.kind.key == "injected")
    assert injected.said.startswith("No fault was injected")
    view.set_history(History())
    pump(view)
    assert all(p.said for p in view.board.shown_panels)


def test_the_table_follows_the_graphs_and_keeps_the_row_that_is_read(view, qtbot):
    view.set_table(True)
    pump(view)
    table = view.table
    assert table.isVisible()
    model = table.rows
    assert model.rowCount() == 60
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Time"
    table.selectRow(3)
    before = model.data(model.index(3, 0))
    view.traffic.feed(view.history, 2)
    pump(view)
    row = table.selectionModel().selectedRows()[0].row()
    assert model.data(model.index(row, 0)) == before
    assert row == 5
    qtbot.keyClick(table, KEY.Key_C, Qt.KeyboardModifier.ControlModifier)
    head, line = QGuiApplication.clipboard().text().splitlines()
    assert head.split("\t")[0] == "Time"
    assert line.split("\t")[0] == before
    view.set_table(False)
    pump(view)
    assert view.board.isVisible()


def test_the_table_names_each_cell_for_readers(view):
    view.set_table(True)
    pump(view)
    found = QAccessible.queryAccessibleInterface(view.table)
    assert found.text(QAccessible.Text.Name) == "Values of the graphs"
    rows = view.table.rows
    said = [found.child(n).text(QAccessible.Text.Name) for n in range(3 * rows.columnCount())]
    first = [rows.data(rows.index(0, column)) for column in range(rows.columnCount())]
    assert any(said[n : n + len(first)] == first for n in range(len(said)))
    assert "Downstream" in said


@pytest.mark.parametrize("scale", [1, 2])
def test_pictures_have_the_panels_asked_for_at_the_size_asked_for(view, tmp_path, scale):
    hover(view, 200)
    everything, one = tmp_path / "all.png", tmp_path / "one.png"
    assert view.save_picture(everything, "checkout-flaky.ini", scale=scale)
    assert view.save_picture(one, "checkout-flaky.ini", "latency", scale)
    large, small = QImage(str(everything)), QImage(str(one))
    assert large.width() == small.width() == scale * view.board.width()
    assert small.height() < large.height() / 2
    accent = view._theme.color("accent").rgb() & 0xFFFFFF
    column = {large.pixel(scale * (view.board.glass.x() + 200), y) & 0xFFFFFF for y in range(large.height())}
    assert accent not in column, "the crosshair is no part of the picture"


def test_everything_that_takes_the_keyboard_has_a_name_and_is_reached_by_tab(view, qtbot):
    view.set_look(GraphsLook(PanelLayout(hidden=frozenset())))
    pump(view)
    wanted = [
        w for w in view.findChildren(QWidget)
        if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible() and w.isEnabled() and not w.focusProxy()
    ]  # fmt: skip
    for widget in wanted:
        assert widget.accessibleName() or getattr(widget, "text", str)(), widget
    reached, at = set(), view.board
    for _ in range(200):
        at = at.nextInFocusChain()
        reached.add(at)
    assert set(wanted) <= reached
    chips = [stop for panel in view.board.shown_panels for stop in panel.stops()]
    view.board.arrange()
    order = []
    at = view.board
    while at.nextInFocusChain() is not view.board:
        at = at.nextInFocusChain()
        if at in chips:
            order.append(at)
    assert order == chips
