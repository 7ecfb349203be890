"""The theme: one object, made once, handed to every view; it knows colours, fonts, icons and measures.

Views ask it when they paint and repaint on `changed`. Widgets that Qt draws follow the palette and the style sheet
that `apply` sets on the application.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QBrush, QColor, QFont, QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication, QStyleFactory

from vaurien_gui.style import behaviors, fonts, icons
from vaurien_gui.style.palette import palette_of
from vaurien_gui.style.qss import style_sheet
from vaurien_gui.style.tokens import DARK, LIGHT, Tokens

Mode = Literal["system", "light", "dark"]


class Theme(QObject):
    """Colours, fonts, icons and measures. Owned by the application's composition root; lives on the GUI thread.

    Args:
        mode: `system` follows the desktop where it says what it wants, else light.
        base_font: the font that everything is measured by; the system font unless given.
        parent: Qt parent.
    """

    changed = Signal()
    """Colours or sizes are others now: repaint."""

    def __init__(self, mode: Mode = "system", base_font: QFont | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mode: Mode = mode
        self._base = QFont(base_font) if base_font is not None else fonts.system_font()
        self._app: QApplication | None = None
        self._images = QTemporaryDir()
        self._icons: dict[tuple[str, str, int], QIcon] = {}
        self._fonts: dict[str, QFont] = {}
        self._scale = fonts.scale_of(self._base)
        self.tokens: Tokens = self._wanted()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def mode(self) -> Mode:
        """What was asked for."""
        return self._mode

    @property
    def dark(self) -> bool:
        """Whether the dark set is shown."""
        return self.tokens.dark

    @property
    def scale(self) -> float:
        """How much larger than drawn everything is: 1 with a 12 px font."""
        return self._scale

    def px(self, drawn: float) -> int:
        """A length from the drawings, grown with the font."""
        return round(drawn * self._scale)

    def set_mode(self, mode: Mode) -> None:
        """Switch between light, dark and what the desktop says."""
        self._mode = mode
        self._switch()

    def set_base_font(self, font: QFont) -> None:
        """Measure everything by another font."""
        self._base = QFont(font)
        self._scale = fonts.scale_of(self._base)
        self._fonts.clear()
        self._switch(force=True)

    def apply(self, app: QApplication) -> None:
        """Give the application the style, palette, font and style sheet; follow later changes."""
        if self._app is not app:
            self._app = app
            app.setStyle(QStyleFactory.create("Fusion"))
        app.setPalette(palette_of(self.tokens))
        app.setFont(self.font("body"))
        app.setStyleSheet(style_sheet(self.tokens, self.px, self._image_files()))

    def color(self, name: str) -> QColor:
        """A token's colour; `band.KIND.background|line|text|icon` for the band.

        Raises:
            AttributeError, KeyError: no such token.
        """
        if name.startswith("band."):
            _, kind, part = name.split(".")
            return QColor(getattr(self.tokens.bands[kind], part))
        return QColor(getattr(self.tokens, name))

    def behavior_fill(self, name: str, held: bool = False) -> QColor:
        """The fill of bars, swatches and mix bar segments."""
        return self._behavior_color(behaviors.look(name).fill, "border_strong", held)

    def behavior_line(self, name: str, held: bool = False) -> QColor:
        """The shade for curves, outlines and sliders: 3:1 on the surface."""
        look = behaviors.look(name)
        return self._behavior_color(look.line_dark if self.dark else look.line_light, "field", held)

    def behavior_pattern(self, name: str) -> str:
        """solid, diagonal, cross, dots, vertical or horizontal."""
        return behaviors.look(name).pattern

    def behavior_brush(self, name: str, held: bool = False, scale: int = 1) -> QBrush:
        """Fill and pattern, in device pixels: paint with the transform reset, or through `paint.fill_behavior`."""
        strokes = QColor(self.tokens.hatch)
        return behaviors.hatched(self.behavior_fill(name, held), strokes, behaviors.look(name).pattern, scale)

    def icon(self, name: str, token: str = "text2", size: float = 16) -> QIcon:
        """An icon in a token's colour, with its greyed form.

        Raises:
            KeyError: there is no such icon.
        """
        return self.icon_in(name, self.color(token), size)

    def icon_in(self, name: str, color: QColor, size: float = 16) -> QIcon:
        """An icon in any colour."""
        key = (name, color.name(), self.px(size))
        if key not in self._icons:
            self._icons[key] = icons.icon(name, color, self.color("disabled"), self.px(size))
        return self._icons[key]

    def font(self, role: str) -> QFont:
        """The font of a role in `fonts.ROLES`.

        Raises:
            KeyError: no such role.
        """
        if role not in self._fonts:
            self._fonts[role] = fonts.font_of(self._base, role, self._scale)
        return QFont(self._fonts[role])

    def _behavior_color(self, color: str, held_token: str, held: bool) -> QColor:
        if held:
            return self.color(held_token)
        return self.color("text") if color == behaviors.TEXT else QColor(color)

    def _wanted(self) -> Tokens:
        if self._mode == "system":
            dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        else:
            dark = self._mode == "dark"
        return DARK if dark else LIGHT

    def _system_changed(self) -> None:
        if self._mode == "system":
            self._switch()

    def _switch(self, force: bool = False) -> None:
        wanted = self._wanted()
        if wanted is self.tokens and not force:
            return
        self.tokens = wanted
        self._icons.clear()
        if self._app is not None:
            self.apply(self._app)
        self.changed.emit()

    def _image_files(self) -> dict[str, str]:
        wanted = {
            "chevron": ("chevron-down", "text2", 14),
            "chevron-disabled": ("chevron-down", "disabled", 14),
            "tick": ("tick", "ink_text", 14),
            "tick-disabled": ("tick", "disabled", 14),
        }
        files = {}
        for key, (name, token, size) in wanted.items():
            path = Path(self._images.path()) / f"{key}-{self.tokens.name}.svg"
            drawing = icons.svg(name, self.color(token), 3 if name == "tick" else icons.SMALL_STROKE)
            side = self.px(size)
            path.write_bytes(drawing.replace(b'width="24" height="24"', f'width="{side}" height="{side}"'.encode(), 1))
            files[key] = path.as_posix()
        return files
