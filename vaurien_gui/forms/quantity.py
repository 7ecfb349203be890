"""A number with its unit: typed as `1.5 s`, `300ms` or `64 KiB`, stepped with the arrow keys."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox

from vaurien_core.errors import VaurienError
from vaurien_core.options import Kind, Option, OptionValue
from vaurien_gui.forms.fields import TypedText
from vaurien_gui.style.theme import Theme

KINDS = (Kind.INT, Kind.FLOAT, Kind.PERCENT, Kind.DURATION, Kind.BYTES, Kind.RATE)
_KIB, _MIB = 1024, 1024 * 1024


def text_of(option: Option, value: OptionValue) -> str:
    """A value with its unit and a space between: `300 ms`, `64 KiB`, `12 %`; "" for None."""
    if value is None:
        return ""
    text = option.format(value)
    number = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZµ%/")
    unit = text[len(number) :] or ("B" if option.kind is Kind.BYTES else option.unit)
    if option.kind is Kind.PERCENT:
        unit = "%"
    return f"{number} {unit}".strip()


def step_of(option: Option, value: float) -> float:
    """How far one press of an arrow key goes from a value, in the option's unit."""
    if option.kind in (Kind.INT, Kind.PERCENT):
        return 1
    if option.kind is Kind.BYTES:
        return _MIB if abs(value) >= _MIB else _KIB
    if value == 0:
        return 0.1 if option.unit in ("s", "") else 1
    return float(10.0 ** (math.floor(math.log10(abs(value))) - 1))


class QuantityField(QAbstractSpinBox):
    """A spin box over the text form of an option. `committed` has the text as typed; empty text means the default."""

    committed = Signal(str)

    def __init__(self, theme: Theme, option: Option, name: str) -> None:
        super().__init__()
        self._theme, self._option = theme, option
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.lineEdit().setAccessibleName(name)
        self.typing = TypedText(self.lineEdit())
        self.typing.committed.connect(self.committed)
        self.editingFinished.connect(self.typing.commit)
        self.lineEdit().setPlaceholderText(text_of(option, option.default))
        self._follow()
        theme.changed.connect(self._follow)

    def show_value(self, value: OptionValue, *, keep: bool = False) -> None:
        """Show a value; `keep`: what was typed is refused and stays."""
        self.typing.show(text_of(self._option, value), keep=keep)

    def stepBy(self, steps: int) -> None:
        """Step from what is typed, within the option's limits; tells at once."""
        option = self._option
        try:
            value = option.parse(self.lineEdit().text()) if self.lineEdit().text() else option.default
        except VaurienError:
            value = option.default
        number = float(value) if isinstance(value, (int, float)) else 0.0
        number = round(number + steps * step_of(option, number), 9)
        number = min(max(number, -math.inf if option.minimum is None else option.minimum), option.maximum or math.inf)
        whole = option.kind in (Kind.INT, Kind.BYTES)
        self.lineEdit().setText(text_of(option, round(number) if whole else number))
        self.typing.commit()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Always both ways; the limits hold in `stepBy`."""
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        """Anything may be typed; what is wrong with it is said under the field."""
        return QValidator.State.Acceptable, text, pos

    def sizeHint(self) -> QSize:
        """84 px at the drawn size; a long unit needs more."""
        return QSize(self._theme.px(84 if len(self._option.unit) < 3 else 112), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes the typing back."""
        if event.key() == Qt.Key.Key_Escape:
            event.setAccepted(self.typing.revert())
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus; else the panel scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _follow(self) -> None:
        self.setFont(self._theme.font("body"))
        self.lineEdit().setFont(self.font())  # a font that the style sheet once gave it stays otherwise
        self.updateGeometry()
