"""Live or staged: the switch in the toolbar, with what waits; and the bar that asks whose change holds."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from vaurien_gui.models.shown import ApplyState, BandAction
from vaurien_gui.style import icons, paint
from vaurien_gui.style.controls import Button, Rule, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.messagebar import MessageBar
from vaurien_gui.views.segmented import Segmented

SHOWN = 12
"""Differences in the tooltip of Apply."""


class ApplyControls(QWidget):
    """Shows an `ApplyState`; emits intentions."""

    mode_chosen = Signal(str)
    apply = Signal()
    discard = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._state = theme, ApplyState()
        items = (("live", self.tr("Live")), ("staged", self.tr("Staged")))
        self._label = Text(theme, self.tr("Apply"), token="text2")
        self.mode = Segmented(theme, items, "live", self.tr("Apply edits"))
        self.mode.setToolTip(self.tr("Live: edits act at once. Staged: they wait, and go out together (Ctrl+Return)."))
        self.apply_button = Button(theme)
        self.discard_button = Button(theme, self.tr("Discard"))
        self.discard_button.setToolTip(self.tr("Back to what the engine runs; undo brings it back"))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(Rule(theme, upright=True))
        for part in (self._label, self.mode, self.apply_button, self.discard_button):
            line.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.mode.chosen.connect(self.mode_chosen)
        self.apply_button.clicked.connect(self.apply)
        self.discard_button.clicked.connect(self.discard)
        self._show()

    def show_state(self, state: ApplyState) -> None:
        """Show another state."""
        if state != self._state:
            self._state = state
            self._show()

    @property
    def staged(self) -> bool:
        """Whether Apply and Discard are there."""
        return self._state.staged

    def set_compact(self, compact: bool) -> None:
        """Without the word in front."""
        self._label.setVisible(not compact)

    def _show(self) -> None:
        state, count = self._state, len(self._state.waiting)
        self.mode.show_current("staged" if state.staged else "live")
        text = self.tr("Apply {}").format(count) if count else self.tr("Apply")
        if self.apply_button.text() != text:
            self.apply_button.setText(text)
        self.apply_button.setAccessibleName(self.tr("Apply, %n change(s) waiting", "", count))
        lines = [*state.waiting[:SHOWN], *([self.tr("and more")] if count > SHOWN else [])]
        self.apply_button.setToolTip("\n".join((self.tr("Send all of it as one change (Ctrl+Return)"), *lines)))
        for button in (self.apply_button, self.discard_button):
            button.setVisible(state.staged)
            button.setEnabled(bool(count))


class ConflictBar(MessageBar):
    """`ci changed the same while your change waits. [Take theirs] [Keep mine]`; goes only with an answer."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._said = ""
        self.close_button.hide()

    def show_conflict(self, text: str) -> None:
        """A sentence, or "" for none."""
        if text == self._said:
            return
        self._said = text
        if text:
            actions = (
                BandAction("take-theirs", self.tr("Take theirs")),
                BandAction("keep-mine", self.tr("Keep mine")),
            )
            self.show_message(text, actions, "warn")
        else:
            self.hide()


class EditMark(QWidget):
    """A dot for an edit that waits, a tick for one that the engine just took; says it to readers too."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._mark = theme, ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_mark(self, mark: str) -> None:
        """`waits`, `done` or ""; the room stays, so that nothing moves."""
        if mark != self._mark:
            self._mark = mark
            words = {"waits": self.tr("Waits for Apply"), "done": self.tr("The engine has it")}.get(mark, "")
            self.setToolTip(words)
            self.setAccessibleName(words)
            self.update()

    @property
    def mark(self) -> str:
        """What it shows."""
        return self._mark

    def sizeHint(self) -> QSize:
        """Ten pixels, grown with the font."""
        side = self._theme.px(10)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The dot or the tick."""
        painter = QPainter(self)
        if self._mark == "waits":
            centre = QPointF(self.width() / 2, self.height() / 2)
            paint.dot(painter, centre, self._theme.color("warn"), True)
        elif self._mark == "done":
            icons.paint(painter, self.rect().toRectF(), "tick", self._theme.color("ok"), icons.SMALL_STROKE + 1)
