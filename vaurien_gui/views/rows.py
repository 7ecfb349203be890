"""Rows of a list that come and go by name; those that stay keep their state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

W = TypeVar("W", bound=QWidget)


def arrange(column: QVBoxLayout, rows: dict[str, W], names: Iterable[str], make: Callable[[str], W]) -> dict[str, W]:
    """Put rows of these names into a layout, in this order.

    Args:
        column: holds the rows and nothing else.
        rows: those that are there; the ones that are not wanted any more are deleted.
        names: what is wanted.
        make: makes the row of a new name.

    Returns:
        The rows by name, in order.
    """
    wanted = list(names)
    for name in [name for name in rows if name not in wanted]:
        gone = rows.pop(name)
        column.removeWidget(gone)
        gone.hide()
        gone.deleteLater()
    placed: dict[str, W] = {}
    for index, name in enumerate(wanted):
        row = rows.get(name) or make(name)
        if column.indexOf(row) != index:
            column.removeWidget(row)
            column.insertWidget(index, row)
        placed[name] = row
    return placed
