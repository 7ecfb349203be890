"""Each lint of the pictures finds what is broken on purpose, and nothing in what is right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from vaurien_gui.screens.lints.contrast import contrast
from vaurien_gui.screens.lints.cut import cut
from vaurien_gui.screens.lints.overlap import overlap
from vaurien_gui.screens.words import words
from vaurien_gui.style.controls import Glyph
from vaurien_gui.style.theme import Theme

Show = Callable[[QWidget], QWidget]


@pytest.fixture
def show(qtbot: QtBot, qapp: QApplication) -> Show:
    """Put a widget on screen, black on white."""

    def shown(widget: QWidget) -> QWidget:
        qtbot.addWidget(widget)
        widget.setStyleSheet("QWidget { background: #fff; color: #000; }")
        widget.show()
        QApplication.sendPostedEvents()
        return widget

    return shown


class Painted(QWidget):
    """Draws texts itself, as the graphs' strips do: (x, text) in one line."""

    def __init__(self, *texts: tuple[int, str]) -> None:
        super().__init__()
        self._texts = texts
        self.setFixedSize(200, 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.white)
        for x, text in self._texts:
            painter.drawText(QPoint(x, 20), text)


def row(*widgets: QWidget) -> QWidget:
    box = QWidget()
    line = QHBoxLayout(box)
    for widget in widgets:
        line.addWidget(widget)
    return box


def test_what_is_right_has_no_fault(show: Show) -> None:
    box = show(row(QLabel("A label"), QPushButton("A button"), Painted((4, "painted"))))
    found = words(box)
    assert {word.text for word in found} >= {"A label", "A button", "painted"}
    assert [*cut(box, found), *overlap(box, found), *contrast(box, box.grab().toImage(), found)] == []


def test_a_label_narrower_than_its_words_is_found(show: Show) -> None:
    box = show(row(QLabel("Words that need more room")))
    box.findChildren(QLabel)[0].setFixedWidth(60)
    QApplication.sendPostedEvents()
    assert "has less room than its words" in " ".join(cut(box, words(box)))


def test_a_painted_text_that_runs_out_of_its_widget_is_found(show: Show) -> None:
    strip = show(Painted((150, "longer than what is left")))
    assert "wider than its box" in " ".join(cut(strip, words(strip)))


def test_a_widget_that_its_parent_cuts_is_found_and_one_that_scrolls_is_not(show: Show) -> None:
    small = QWidget()
    small.setFixedSize(100, 7)
    label = QLabel("too high here", small)
    label.setGeometry(0, 0, 100, 40)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    found = cut(show(small), words(small))
    assert "cut by the height" in " ".join(found)

    area, inner = QScrollArea(), QWidget()
    column = QVBoxLayout(inner)
    for n in range(20):
        column.addWidget(QLabel(f"line {n}"))
    area.setWidget(inner)
    area.setFixedSize(inner.sizeHint().width() + 40, 101)
    show(area)
    assert cut(area, words(area)) == []


def test_siblings_over_one_another_are_found_unless_one_floats(show: Show) -> None:
    box = QWidget()
    box.resize(200, 100)
    one, other = QPushButton("one", box), QPushButton("other", box)
    one.setGeometry(10, 10, 100, 30)
    other.setGeometry(60, 20, 100, 30)
    show(box)
    assert "overlap" in " ".join(overlap(box, []))
    other.setProperty("floats", True)
    assert overlap(box, []) == []


def test_painted_words_over_one_another_are_found(show: Show) -> None:
    strip = show(Painted((10, "first flag"), (30, "second flag")))
    assert overlap(strip, words(strip)) == ["'first flag' and 'second flag' lie over one another"]


@pytest.mark.parametrize(("color", "fine"), [("#767676", True), ("#8a8a8a", False), ("#dddddd", False)])
def test_contrast_is_measured_in_pixels(show: Show, color: str, fine: bool) -> None:
    label = QLabel("Grey words on white")
    box = show(row(label))
    label.setStyleSheet(f"color: {color}; font-size: 20px;")
    QApplication.sendPostedEvents()
    assert (contrast(box, box.grab().toImage(), words(box)) == []) is fine


def test_what_is_disabled_need_not_be_read(show: Show) -> None:
    label = QLabel("Not now")
    label.setEnabled(False)
    box = show(row(label))
    label.setStyleSheet("color: #cccccc")
    assert contrast(box, box.grab().toImage(), words(box)) == []


def test_a_faint_icon_is_found(show: Show, qapp: QApplication) -> None:
    theme = Theme("light")
    for token, fine in (("text2", True), ("grid", False)):
        box = show(row(Glyph(theme, "warning", token)))
        assert (contrast(box, box.grab().toImage(), words(box)) == []) is fine, token


def test_what_lies_under_a_sheet_is_not_judged(show: Show) -> None:
    box = QWidget()
    box.resize(200, 60)
    QLabel("under it", box).setGeometry(QRect(10, 10, 100, 20))
    over = QWidget(box)
    over.setGeometry(QRect(0, 0, 200, 60))
    show(box)
    assert words(box) == []
