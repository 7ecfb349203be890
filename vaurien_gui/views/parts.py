"""Where the keyboard goes in the window: Tab from control to control as one reads, Ctrl+Tab from part to part."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


def move_focus(window: QWidget, parts: Sequence[QWidget], forward: bool) -> bool:
    """Tab: to the next control, or the one before; what stands in none of the parts comes last. False: there is none.

    Qt's own chain is in the order in which widgets were made, and buttons of the band and rows of the mix come late.
    """
    stops = _in_order(window, parts)
    if not stops:
        return False
    now = QApplication.focusWidget()
    at = stops.index(now) if now in stops else (-1 if forward else 0)
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    stops[(at + (1 if forward else -1)) % len(stops)].setFocus(reason)
    return True


def turn(window: QWidget, parts: Sequence[QWidget], step: int) -> None:
    """Give the focus to the part after (1) or before (-1) the one that has it; parts without a stop are passed over.

    A part gets it where it had it last, else at its first stop.
    """
    stops = _in_order(window, parts)
    by_part = [[stop for stop in stops if part is stop or part.isAncestorOf(stop)] for part in parts]
    now = QApplication.focusWidget()
    inside = [now is not None and (part is now or part.isAncestorOf(now)) for part in parts]
    at = inside.index(True) if True in inside else (-1 if step > 0 else 0)
    for turned in range(1, len(parts) + 1):
        place = (at + step * turned) % len(parts)
        if by_part[place]:
            last = parts[place].focusWidget()
            stop = last if last in by_part[place] else by_part[place][0]
            stop.setFocus(Qt.FocusReason.TabFocusReason)
            return


def _in_order(window: QWidget, parts: Sequence[QWidget]) -> list[QWidget]:
    """Every stop of Tab in sight: by part, within a part as Qt has them."""
    places = {id(part): place for place, part in enumerate(parts)}
    found: list[tuple[int, QWidget]] = []
    walker = window.nextInFocusChain()
    while walker is not None and walker is not window:
        if _takes(walker):
            found.append((_place(walker, places), walker))
        walker = walker.nextInFocusChain()
    return [stop for _, stop in sorted(found, key=lambda each: each[0])]


def _place(widget: QWidget, places: dict[int, int]) -> int:
    up: QWidget | None = widget
    while up is not None:
        if id(up) in places:
            return places[id(up)]
        up = up.parentWidget()
    return len(places)


def _takes(widget: QWidget) -> bool:
    takes = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
    return takes and widget.isVisible() and widget.isEnabled()
