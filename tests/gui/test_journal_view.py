"""The journal on screen: scrolling, filters, copying, widths; and the status bar."""

from pathlib import Path

import pytest
from journal_rows import CATALOGUE, DRAWN, entry
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from vaurien_gui.models.journal_model import JournalModel
from vaurien_gui.models.journal_text import Column
from vaurien_gui.models.shown import BandKind, StatusLine
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.journal_table import RARE, SAMPLES
from vaurien_gui.views.journal_view import JournalView
from vaurien_gui.views.statusbar import StatusBar

GALLERY = Path(__file__).parents[2] / "build" / "gallery"


@pytest.fixture(params=[("light", "Inter", 12), ("dark", "Inter", 12), ("light", "DejaVu Sans", 15)])
def theme(qapp, request):
    mode, family, size = request.param
    font = QFont(family)
    font.setPixelSize(size)
    theme = Theme(mode, font)
    theme.apply(qapp)
    yield theme
    qapp.setStyleSheet("")


@pytest.fixture
def light(qapp):
    font = QFont("DejaVu Sans")
    font.setPixelSize(12)
    theme = Theme("light", font)
    theme.apply(qapp)
    yield theme
    qapp.setStyleSheet("")


@pytest.fixture
def view(qtbot, light):
    return shown(qtbot, light, JournalModel())


def shown(qtbot, theme, model, width=880, height=190):
    model.set_catalogue(CATALOGUE)
    view = JournalView(theme)
    qtbot.addWidget(view)
    view.set_model(model)
    view.resize(width, height)
    with qtbot.waitExposed(view):
        view.show()
    view.model = model
    return view


def shoot(widget, name):
    GALLERY.mkdir(parents=True, exist_ok=True)
    picture = widget.grab()
    assert picture.save(str(GALLERY / f"{name}.png"))
    return picture.toImage()


def test_it_looks_like_the_drawing(qtbot, theme):
    view = shown(qtbot, theme, JournalModel())
    view.set_names(("web", "orders-db"), ("delay", "error"))
    view.resize(880, round(218 * theme.scale))
    name = f"{theme.tokens.name}-{theme.font('body').pixelSize()}"
    shoot(view, f"journal-empty-{name}")
    view.model.append(DRAWN, 0)
    view.table.selectRow(6)
    QApplication.processEvents()
    picture = shoot(view, f"journal-{name}")
    colors = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    for behavior in ("delay", "error", "abort", "hang"):
        assert theme.behavior_fill(behavior).name() in colors
    assert theme.color("sunken").name() in colors
    assert theme.color("selected").name() in colors


def test_rows_grow_with_the_font_and_no_usual_text_is_cut(qtbot, theme):
    view = shown(qtbot, theme, JournalModel(), width=1600)
    metrics = QFontMetrics(theme.font("body"))
    view.model.add(DRAWN)
    assert view.table.rowHeight(0) >= metrics.height() + 2
    assert view.table.rowHeight(0) >= 24 * theme.scale - 1
    for column, sample in SAMPLES.items():
        assert view.table.columnWidth(column) >= metrics.horizontalAdvance(sample) + 16


def test_it_follows_new_rows_only_at_the_bottom(qtbot, view):
    bar = view.table.verticalScrollBar()
    view.model.add([entry(n) for n in range(100)])
    QApplication.processEvents()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(20)
    view.model.add([entry(n) for n in range(100, 150)])
    QApplication.processEvents()
    assert bar.value() == 20
    bar.setValue(bar.maximum())
    view.model.add([entry(n) for n in range(150, 200)])
    QApplication.processEvents()
    assert bar.value() == bar.maximum()


def test_what_is_read_stays_while_old_rows_go(qtbot, light):
    view = shown(qtbot, light, JournalModel(capacity=1000))
    view.model.add([entry(n) for n in range(500)])
    view.model.add([entry(n) for n in range(500, 1000)])
    QApplication.processEvents()
    bar = view.table.verticalScrollBar()
    bar.setValue(700)
    assert view.model.entries[bar.value()].n == 700
    view.model.add([entry(n) for n in range(1000, 1100)])
    QApplication.processEvents()
    assert view.model.dropped == 500
    assert view.model.entries[bar.value()].n == 700


def test_typing_filters_and_the_drop_downs_too(qtbot, view):
    view.model.add(DRAWN)
    view.set_names(("web", "orders-db"), ("delay", "error"))
    view.focus_filter()
    field = view.findChild(QLineEdit)
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "checkout")
    qtbot.waitUntil(lambda: view.model.rowCount() == 1)
    field.clear()
    qtbot.waitUntil(lambda: view.model.rowCount() == len(DRAWN))
    behaviors = next(c for c in view.findChildren(QComboBox) if c.accessibleName() == "Behavior")
    behaviors.setCurrentText("error")
    assert [e.n for e in view.model.entries] == [3]
    view.set_names(("web",), ("delay",))
    assert view.model.rowCount() == len(DRAWN)


def test_control_c_copies_the_selected_rows(qtbot, view):
    view.model.add(DRAWN)
    view.table.selectRow(6)
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text()
    assert copied.splitlines()[1].split("\t")[Column.REQUEST] == "POST /checkout"
    assert len(copied.splitlines()) == 2


def test_export_is_offered_only_when_there_are_rows(qtbot, view):
    assert not view._export.isEnabled()
    view.model.add(DRAWN)
    assert view._export.isEnabled()
    with qtbot.waitSignal(view.export_requested):
        view._export.click()
    view.model.set_filter("nothing has this")
    assert not view._export.isEnabled()


def test_a_narrow_table_leaves_out_the_rare_columns(qtbot, view):
    assert not any(view.table.isColumnHidden(column) for column in RARE)
    view.model.add(DRAWN)
    view.resize(592, 170)
    QApplication.processEvents()
    assert all(view.table.isColumnHidden(column) for column in RARE)
    shoot(view, "journal-compact")
    assert view.width() == 592


def test_it_says_how_many_rows_are_missing(qtbot, view):
    view.model.append(DRAWN, 12_300)
    assert view._lost.text() == "12,300 not shown"


def test_the_status_bar_joins_its_parts(qtbot, theme):
    bar = StatusBar(theme)
    qtbot.addWidget(bar)
    bar.resize(1280, bar.sizeHint().height())
    right = ("Engine: child, 6 % CPU", "Seed 42", "System theme")
    bar.show_status(StatusLine(("Running", "38 connections", "172 exchanges/s"), right, BandKind.FAULTS))
    with qtbot.waitExposed(bar):
        bar.show()
    shoot(bar, f"status-{theme.tokens.name}-{theme.font('body').pixelSize()}")
    assert bar._left.text() == "Running  ·  38 connections  ·  172 exchanges/s"
    assert bar.accessibleName().endswith("System theme")
    assert bar._dot.isVisible()
    assert bar.height() >= 24
    bar.show_status(StatusLine(("No profile",), right))
    assert not bar._dot.isVisible()
