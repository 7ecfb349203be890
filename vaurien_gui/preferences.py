"""What the user prefers, declared once as options, so that the sheet is a generated form; kept in the settings."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QSettings, Signal

from vaurien_core.errors import UsageError
from vaurien_core.options import Option, OptionSet, OptionValue, opt
from vaurien_gui.models.shown import FormRow

ZOOMS = ("80 %", "90 %", "100 %", "110 %", "125 %", "150 %", "175 %", "200 %")
"""Sizes of everything, by the desktop's font."""
ACTUAL = "100 %"
_KEYS = {"theme": "window/theme"}
"""Where those are that had a place of their own before."""


@dataclass(frozen=True, slots=True)
class Preferred(OptionSet):
    """All of it."""

    theme: str = opt("system", "Colours; system follows the desktop", choices=("system", "light", "dark"))
    text_size: str = opt(ACTUAL, "Size of everything, compared with the desktop's font", choices=ZOOMS)
    graph_rate: str = opt("5 Hz", "How many times a second the graphs are drawn", choices=("2 Hz", "5 Hz", "10 Hz"))
    journal_rows: str = opt("20,000", "Rows that the journal keeps", choices=("20,000", "50,000", "200,000"))
    engine: str = opt(
        "child", "A process of its own, or inside this window; the next profile gets it", choices=("child", "local")
    )
    autosave: float = opt(10.0, "How often unsaved changes are kept for a crash", unit="s", minimum=2, maximum=600)
    auto_off: int = opt(
        0, "Minutes without a hand on the window until all is normal; 0 never (15 in the demo)",
        unit="min", minimum=0, maximum=1440,
    )  # fmt: skip
    confirm_quit: bool = opt(False, "Ask before the window closes while proxies run")


class Preferences(QObject):
    """The values, and the sheet's texts that can't be read. Owned by the app, which applies what changes."""

    changed = Signal(str)
    """The name of one that is different now."""

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._problems: dict[str, str] = {}
        read = {option.name: self._stored(option) for option in Preferred.describe()}
        self.values = Preferred.build({name: value for name, value in read.items() if value is not None})

    @property
    def engine(self) -> str:
        """`child` or `local`."""
        return self.values.engine

    def rows(self) -> tuple[FormRow, ...]:
        """The form."""
        return tuple(
            FormRow(option, self._value(option.name), self._value(option.name) != option.default,
                    self._problems.get(option.name, ""))
            for option in Preferred.describe()
        )  # fmt: skip

    def edit(self, name: str, text: str) -> None:
        """Set one from the text in its field; what can't be read stays there, with the reason."""
        option = Preferred.option(name)
        self._problems.pop(name, None)
        try:
            value = option.parse(text)
        except UsageError as error:
            message = str(error).removeprefix(f"{name}: ")
            self._problems[name] = message[:1].upper() + message[1:]
            self.changed.emit(name)
            return
        self.put(name, value)

    def reset(self, name: str) -> None:
        """Back to the default."""
        self._problems.pop(name, None)
        self.put(name, Preferred.option(name).default)

    def put(self, name: str, value: OptionValue) -> None:
        """Set one."""
        option = Preferred.option(name)
        if value != self._value(name):
            values = {o.name: self._value(o.name) for o in Preferred.describe()}
            self.values = Preferred.build({**values, name: value})
            self._settings.setValue(_KEYS.get(name, f"preferences/{name}"), option.format(value))
        self.changed.emit(name)

    def zoomed(self, steps: int) -> str:
        """The zoom so many steps larger or smaller."""
        at = ZOOMS.index(self.values.text_size) + steps
        return ZOOMS[min(max(at, 0), len(ZOOMS) - 1)]

    def _value(self, name: str) -> OptionValue:
        value: OptionValue = getattr(self.values, name)
        return value

    def _stored(self, option: Option) -> OptionValue:
        text = self._settings.value(_KEYS.get(option.name, f"preferences/{option.name}"))
        if text is None:
            return None
        try:
            return option.parse(str(text))
        except UsageError:
            return None
