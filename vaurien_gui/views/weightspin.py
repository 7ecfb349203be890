"""The figure beside a weight slider: typed exactly, in percent."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox

from vaurien_gui.forms.fields import mark_problem
from vaurien_gui.models.mix_model import FULL, STEP
from vaurien_gui.style.theme import Theme

ZERO, ONE, TEN = Decimal(0), Decimal(1), Decimal(10)


def weight_text(weight: Decimal) -> str:
    """`10.0 %`: one decimal, more only where the weight has more."""
    places = max(1, -int(weight.normalize().as_tuple().exponent))
    return f"{weight:.{places}f} %"


def read_weight(text: str) -> Decimal | None:
    """What `12`, `12.5 %` or `12,5` mean; None for what is no weight."""
    try:
        value = Decimal(text.replace("%", "").replace(",", ".").strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and value >= ZERO else None


class WeightSpin(QAbstractSpinBox):
    """Tells `entered(value)` for what fits; while what is typed exceeds the limit, `exceeded(value)` and red.

    Keys: arrows 1 %, with Shift 0.1 %, page keys 10 %. Home and End stay the cursor's.
    """

    entered = Signal(object)
    exceeded = Signal(object)
    """The value that doesn't fit, or None when the trouble is over."""
    settle = Signal()
    """Return was pressed over a value that doesn't fit."""

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__()
        self._theme = theme
        self._weight, self._limit, self._dirty = ZERO, FULL, False
        self._over: Decimal | None = None
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("{} weight in percent").format(title))
        self.lineEdit().setAccessibleName(self.accessibleName())
        self.lineEdit().textEdited.connect(self._typed)
        self.editingFinished.connect(self._finish)
        self.lineEdit().setText(weight_text(ZERO))
        self._follow()
        theme.changed.connect(self._follow)

    def show_weight(self, weight: Decimal, limit: Decimal) -> None:
        """Show a weight; what is being typed stays."""
        self._weight, self._limit = weight, limit
        if self._over is not None and self._over <= limit:
            self._dirty = False
            self._tell_over(None)
        if not self._dirty and self.text() != weight_text(weight):
            self.lineEdit().setText(weight_text(weight))

    def give_up(self) -> None:
        """Back to the weight that holds."""
        self._dirty = False
        self._tell_over(None)
        self.lineEdit().setText(weight_text(self._weight))

    def stepBy(self, steps: int) -> None:
        """Whole percents, as far as the limit."""
        self._step(steps * ONE)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Always both ways."""
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        """Anything may be typed; nonsense is taken back at the end."""
        return QValidator.State.Acceptable, text, pos

    def sizeHint(self) -> QSize:
        """64 px at the drawn size, and never less than `100.0 %` needs."""
        needed = QFontMetrics(self._theme.font("button")).horizontalAdvance(weight_text(FULL)) + 2 * self._theme.px(8)
        return QSize(max(self._theme.px(64), needed), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Fine and coarse steps; Escape takes the typing back."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            small = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._step((STEP if small else ONE) * (1 if key is Qt.Key.Key_Up else -1))
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._step(TEN if key is Qt.Key.Key_PageUp else -TEN)
        elif key is Qt.Key.Key_Escape and self._dirty:
            self.give_up()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._over is not None:
            self.settle.emit()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus; else the panel scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _step(self, by: Decimal) -> None:
        base = read_weight(self.text()) if self._dirty else self._weight
        self._dirty = False
        self._tell_over(None)
        value = min(max((self._weight if base is None else base) + by, ZERO), self._limit)
        self.lineEdit().setText(weight_text(value))
        if value != self._weight:
            self.entered.emit(value)

    def _typed(self, text: str) -> None:
        self._dirty = True
        value = read_weight(text)
        self._tell_over(value if value is not None and value > self._limit else None)

    def _finish(self) -> None:
        if not self._dirty or self._over is not None:
            return
        self._dirty = False
        value = read_weight(self.text())
        if value is None or value == self._weight:
            self.lineEdit().setText(weight_text(self._weight))
        else:
            self.entered.emit(value)

    def _tell_over(self, value: Decimal | None) -> None:
        if value != self._over:
            self._over = value
            mark_problem(self, value is not None)
            self.exceeded.emit(value)

    def _follow(self) -> None:
        self.setFont(self._theme.font("button"))
        self.lineEdit().setFont(self.font())  # a font that the style sheet once gave it stays otherwise
        self.updateGeometry()
