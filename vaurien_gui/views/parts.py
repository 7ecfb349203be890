"""Ctrl+Tab: from one part of the window to the next, the keyboard with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


def turn(parts: Sequence[QWidget], step: int) -> None:
    """Give the focus to the part after (1) or before (-1) the one that has it; parts out of sight are passed over.

    A part gets it where it had it last, else at its first stop of Tab.
    """
    now = QApplication.focusWidget()
    inside = [now is not None and (part is now or part.isAncestorOf(now)) for part in parts]
    at = inside.index(True) if any(inside) else (-1 if step > 0 else 0)
    for turned in range(1, len(parts) + 1):
        part = parts[(at + step * turned) % len(parts)]
        stop = _stop(part) if part.isVisible() else None
        if stop is not None:
            stop.setFocus(Qt.FocusReason.TabFocusReason)
            return


def _stop(part: QWidget) -> QWidget | None:
    last = part.focusWidget()
    if last is not None and part.isAncestorOf(last) and _takes(last):
        return last
    walker = part.nextInFocusChain()
    while walker is not None and walker is not part:
        if part.isAncestorOf(walker) and _takes(walker):
            return walker
        walker = walker.nextInFocusChain()
    return None


def _takes(widget: QWidget) -> bool:
    takes = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
    return takes and widget.isVisible() and widget.isEnabled()
