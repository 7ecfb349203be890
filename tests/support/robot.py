"""A user with a mouse and a keyboard: finds things by what they are called, and only what can be seen and reached.

Nothing here knows the window's classes or asks the program anything: a thing is found by its accessible name, its words
or the label beside it, and must be shown, enabled and under the pointer where it is clicked.
Each click, typed field, key chord, drag and turn of the wheel counts as one action.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QMenuBar,
    QScrollArea,
    QTabBar,
    QWidget,
)

LEFT = Qt.MouseButton.LeftButton
PATIENCE_S = 10.0
_STEPS = 4
"""Moves of a drag."""


class UnreachableError(AssertionError):
    """What was looked for isn't shown, is disabled, or lies under something else."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is: a rectangle of a widget."""

    widget: QWidget
    rect: QRect

    @property
    def middle(self) -> QPoint:
        """In the widget's coordinates."""
        return self.rect.center()


class Robot:
    """Works on whatever windows the application shows; a popup, or else a dialog, has the floor alone."""

    def __init__(self) -> None:
        self.actions: list[str] = []
        """What was done, in words."""

    # --- hands

    async def click(self, name: str) -> None:
        """Press the left button over it, once it is there."""
        spot = await self._reached(name)
        self.actions.append(f"click {name}")
        QTest.mouseClick(_under(spot), LEFT, pos=_inside(spot))
        await asyncio.sleep(0)

    async def type(self, name: str, text: str) -> None:
        """Click into a field, replace what is in it, and press Return."""
        spot = await self._reached(name)
        self.actions.append(f"type {text} into {name}")
        field = _under(spot)
        QTest.mouseClick(field, LEFT, pos=_inside(spot))
        if not isinstance(QApplication.focusWidget(), QWidget) or not _related(QApplication.focusWidget(), field):
            raise UnreachableError(f"{name!r} takes no typing")
        QTest.keySequence(self._typing(), QKeySequence(QKeySequence.StandardKey.SelectAll))
        QTest.keyClicks(self._typing(), text)
        QTest.keyClick(self._typing(), Qt.Key.Key_Return)
        await asyncio.sleep(0)

    async def press(self, chord: str) -> None:
        """Keys together: `Ctrl+E`."""
        self.actions.append(f"press {chord}")
        QTest.keySequence(self._typing(), QKeySequence(chord))
        await asyncio.sleep(0)

    async def slide(self, name: str, value: float) -> float:
        """Drag a slider's thumb to a value, in percent of its way; the moment (monotonic) of its first move."""
        spot = await self._reached(name)
        slider = spot.widget
        if not isinstance(slider, QAbstractSlider):
            raise UnreachableError(f"{name!r} is no slider")
        self.actions.append(f"slide {name} to {value:g} %")
        y, span = spot.middle.y(), slider.maximum() - slider.minimum()
        start = _thumb(slider, (slider.value() - slider.minimum()) / span)
        end = _thumb(slider, value / 100)
        QTest.mousePress(slider, LEFT, pos=QPoint(start, y))
        began = time.monotonic()
        for step in range(1, _STEPS + 1):
            QTest.mouseMove(slider, QPoint(start + (end - start) * step // _STEPS, y))
        QTest.mouseRelease(slider, LEFT, pos=QPoint(end, y))
        await asyncio.sleep(0)
        reached = (slider.value() - slider.minimum()) / span * 100
        assert abs(reached - value) <= 1, f"{name} stands at {reached:g} % instead of {value:g} %"
        return began

    # --- eyes

    async def sees(self, pattern: str, within_s: float = PATIENCE_S) -> str:
        """Wait until something shown says what matches this regular expression; all that it says."""

        def found() -> str:
            return next((text for text in self._texts() if re.search(pattern, text)), "")

        return await self._until(found, f"sees {pattern!r}", within_s, lambda: " | ".join(filter(None, self._texts())))

    def shows(self, name: str) -> bool:
        """Whether something of this name is shown and enabled now, covered or not."""
        return any(True for _ in self._named(name))

    def picture(self, name: str) -> bytes:
        """The pixels of what is called so."""
        spot = next(self._named(name), None)
        if spot is None:
            raise UnreachableError(self._missing(name))
        image = spot.widget.grab(spot.rect).toImage()
        return bytes(image.constBits())

    # --- finding

    async def _reached(self, name: str) -> Spot:
        """The one thing of this name that a pointer can reach; scrolled to with the wheel if need be."""
        await self._until(lambda: self.shows(name), f"finds {name!r}", PATIENCE_S, lambda: self._missing(name))
        found = list(self._named(name))
        for _ in range(40):
            free = [spot for spot in found if _free(spot)]
            if len(free) > 1:
                raise UnreachableError(f"{len(free)} things are called {name!r}: {[s.widget for s in free]}")
            if free:
                await self._raised(free[0].widget.window())
                return free[0]
            if not self._wheel(found[0]):
                break
            await asyncio.sleep(0.02)
            found = list(self._named(name))
        raise UnreachableError(f"{name!r} is covered or out of sight")

    async def _raised(self, window: QWidget) -> None:
        """A press on a window gives it the keyboard, which is the desktop's doing; a popup leaves it where it is."""
        if window.windowType() != Qt.WindowType.Popup and not window.isActiveWindow():
            window.activateWindow()
            await self._until(window.isActiveWindow, f"gets the keyboard for {window}", PATIENCE_S)

    def _wheel(self, spot: Spot) -> bool:
        """One notch towards it, over the scroll area that it is in; False where there is none."""
        area = spot.widget.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is None:
            return False
        port = area.viewport()
        y = spot.widget.mapTo(port, spot.middle).y()
        turn = QPoint(0, 120 if y < port.height() // 2 else -120)
        where = QPointF(port.rect().center())
        before = area.verticalScrollBar().value()
        event = QWheelEvent(
            where, port.mapToGlobal(where), QPoint(), turn, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(port, event)
        if not self.actions or not self.actions[-1].startswith("scroll"):
            self.actions.append("scroll")
        return area.verticalScrollBar().value() != before

    def _floor(self) -> list[QWidget]:
        """The windows that take the mouse now: a popup, or the dialog in front, or all."""
        first = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if first is not None:
            return [first]
        return [w for w in QApplication.topLevelWidgets() if w.isVisible()]

    def _shown(self) -> Iterator[QWidget]:
        for window in self._floor():
            yield from (w for w in (window, *window.findChildren(QWidget)) if w.isVisible())

    def _named(self, name: str) -> Iterator[Spot]:
        """Everything shown and enabled that is called so."""
        for widget in self._shown():
            if not widget.isEnabled():
                continue
            if isinstance(widget, QMenu | QMenuBar):
                for action in widget.actions():
                    if action.isVisible() and action.isEnabled() and _plain(action.text()) == name:
                        yield Spot(widget, widget.actionGeometry(action))
            elif isinstance(widget, QTabBar):
                for index in range(widget.count()):
                    if _plain(widget.tabText(index)) == name:
                        yield Spot(widget, widget.tabRect(index))
            elif isinstance(widget, QAbstractItemView) and widget.model() is not None:
                for row in range(widget.model().rowCount()):
                    index = widget.model().index(row, 0)
                    if str(index.data() or "") == name:
                        widget.scrollTo(index)  # a list shows its rows while one turns the wheel
                        yield Spot(widget.viewport(), widget.visualRect(index))
            elif name in _names(widget) and _is_whole(widget):
                yield Spot(widget, widget.rect())
        for label in self._shown():
            if isinstance(label, QLabel) and _plain(label.text()).rstrip(":") == name:
                buddy = label.buddy()
                if buddy is not None and buddy.isVisible() and buddy.isEnabled() and name not in _names(buddy):
                    yield Spot(buddy, buddy.rect())

    def _texts(self) -> Iterator[str]:
        for widget in self._shown():
            yield from _names(widget)
            yield widget.accessibleDescription()
            if isinstance(widget, QLabel):
                yield widget.text()

    def _typing(self) -> QWidget:
        """Where keys go."""
        widget = QApplication.focusWidget() or QApplication.activeWindow()
        if widget is None:
            raise UnreachableError("no window has the keyboard")
        return widget

    def _missing(self, name: str) -> str:
        known = sorted({n for w in self._shown() if w.isEnabled() for n in _names(w) if n})
        return f"nothing shown and enabled is called {name!r}; there are: {'; '.join(known)[:1500]}"

    async def _until(
        self, what: Callable[[], object], words: str, within_s: float, more: Callable[[], str] = str
    ) -> str:
        end = time.monotonic() + within_s
        while not (found := what()):
            if time.monotonic() > end:
                raise UnreachableError(f"the robot never {words} within {within_s:g} s. {more()}")
            await asyncio.sleep(0.01)
        return str(found)


def _names(widget: QWidget) -> tuple[str, ...]:
    """What a widget is called."""
    words = _plain(widget.text()) if isinstance(widget, QAbstractButton) else ""
    return tuple(dict.fromkeys(n for n in (widget.accessibleName(), words) if n))


def _is_whole(widget: QWidget) -> bool:
    """Not the inner part of another thing with the same name (the line within a figure's box)."""
    around = widget.parentWidget()
    return around is None or not isinstance(widget, QLineEdit) or around.accessibleName() != widget.accessibleName()


def _plain(text: str) -> str:
    """Without the mark of its letter, and without what follows a tab."""
    return text.partition("\t")[0].replace("&&", "\0").replace("&", "").replace("\0", "&")


def _inside(spot: Spot) -> QPoint:
    """The middle, in the coordinates of what lies there."""
    return _under(spot).mapFrom(spot.widget, spot.middle)


def _at(spot: Spot) -> QWidget | None:
    """What a press on its middle would meet."""
    window = spot.widget.window()
    place = spot.widget.mapTo(window, spot.middle)
    return (window.childAt(place) or window) if window.rect().contains(place) else None


def _under(spot: Spot) -> QWidget:
    found = _at(spot)
    assert found is not None
    return found


def _free(spot: Spot) -> bool:
    """Whether the pointer meets it, or a part of it, in its middle."""
    return not spot.rect.isEmpty() and (found := _at(spot)) is not None and _related(found, spot.widget)


def _related(inner: QWidget | None, outer: QWidget) -> bool:
    return inner is not None and (inner is outer or outer.isAncestorOf(inner) or inner.isAncestorOf(outer))


def _thumb(slider: QAbstractSlider, share: float) -> int:
    """Where the thumb of a slider is, as an eye estimates it: its groove ends 9 pixels before the edges."""
    return round(9 + (slider.width() - 18) * share)
