"""Siblings that lie over one another, and words over words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QMainWindow,
    QSplitter,
    QTabBar,
    QWidget,
)

from vaurien_gui.screens.lints.cut import name
from vaurien_gui.screens.words import Word, seen_part

FLOATING = ("Sheet", "Callout", "Toast", "PausedNote", "NoteField", "Glass", "Readout", "QSplitterHandle")
"""Classes that lie over their siblings on purpose; of others, those with the property `floats`."""
COMPOUND = (QAbstractSpinBox, QComboBox, QHeaderView, QLineEdit, QTabBar, QAbstractScrollArea, QSplitter, QMainWindow)
"""Qt's own: they place their children themselves."""
TOUCH = 1
"""Pixels by which neighbours may share a border."""
INK = 2.0
"""Pixels in both directions from which on two words can't be read."""


def overlap(root: QWidget, found: Sequence[Word]) -> list[str]:
    """Every pair of siblings, and of texts, that covers one another."""
    parents = (widget for widget in (root, *root.findChildren(QWidget)) if widget.isVisibleTo(root) or widget is root)
    faults = [fault for parent in parents for fault in _siblings(parent)]
    placed = [(word, seen_part(root, word)) for word in found]
    for (one, a), (other, b) in combinations(placed, 2):
        both = a & b
        again = one.text == other.text and one.widget is other.widget  # a row over several cells, a selection
        if both.width() > INK and both.height() > INK and not again and not _floats(one.widget, other.widget):
            faults.append(f"{one.text!r} and {other.text!r} lie over one another")
    return faults


def _siblings(parent: QWidget) -> list[str]:
    if isinstance(parent, COMPOUND):
        return []
    children = [c for c in parent.children() if isinstance(c, QWidget) and c.isVisible() and not c.isWindow()]
    laid = [c for c in children if not _is_float(c) and not c.size().isEmpty()]
    faults = []
    for one, other in combinations(laid, 2):
        both = one.geometry() & other.geometry()
        if both.width() > TOUCH and both.height() > TOUCH:
            faults.append(f"{name(one)} and {name(other)} overlap in {name(parent)}")
    return faults


def _floats(one: QWidget, other: QWidget) -> bool:
    """Whether exactly one of them is part of something that lies over the rest."""
    return (_float_of(one) is None) != (_float_of(other) is None)


def _float_of(widget: QWidget) -> QWidget | None:
    above: QWidget | None = widget
    while above is not None and not _is_float(above):
        above = above.parentWidget()
    return above


def _is_float(widget: QWidget) -> bool:
    return type(widget).__name__ in FLOATING or bool(widget.property("floats"))
