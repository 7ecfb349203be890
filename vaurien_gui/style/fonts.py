"""The type table: roles of text as sizes and weights over the system's own font."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QFont, QFontDatabase, QFontInfo

BASE_PX = 12
"""The body size for which the measures were drawn, in pixels at scale 1."""
_WIDE = ("DejaVu", "Bitstream Vera", "Verdana")
"""Families that are wide for their size and get the smaller column of the table."""


@dataclass(frozen=True, slots=True)
class TypeRole:
    """One line of the table: pixels (of a 12 px body) and weight; then the same for wide families."""

    px: int
    weight: int
    wide_px: int
    wide_weight: int


ROLES = {
    "band-share": TypeRole(20, 600, 18, 700),
    "page-title": TypeRole(20, 600, 18, 700),
    "tile": TypeRole(18, 600, 16, 700),
    "sheet-title": TypeRole(16, 600, 14, 700),
    "band-head": TypeRole(14, 600, 13, 700),
    "card-title": TypeRole(14, 600, 13, 700),
    "section": TypeRole(12, 600, 11, 700),
    "strong": TypeRole(12, 600, 11, 700),
    "body": TypeRole(12, 400, 11, 400),
    "button": TypeRole(12, 500, 11, 400),
    "caption": TypeRole(11, 400, 11, 400),
    "caption-strong": TypeRole(11, 500, 11, 400),
    "axis": TypeRole(10, 400, 10, 400),
    "keycap": TypeRole(10, 500, 10, 400),
    "mono": TypeRole(12, 400, 12, 400),
}


def system_font() -> QFont:
    """The platform's own font, untouched by what the application set."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)


def scale_of(base: QFont) -> float:
    """How much larger than drawn everything is with this font."""
    return QFontInfo(base).pixelSize() / BASE_PX


def is_wide(base: QFont) -> bool:
    """Whether the family that is really used is one of the wide ones."""
    return QFontInfo(base).family().startswith(_WIDE)


def font_of(base: QFont, role: str, scale: float) -> QFont:
    """The font of a role, with tabular digits.

    Raises:
        KeyError: no such role.
    """
    entry = ROLES[role]
    mono = role == "mono"
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if mono else QFont(base)
    wide = not mono and is_wide(base)
    font.setPixelSize(max(8, round((entry.wide_px if wide else entry.px) * scale)))
    font.setWeight(QFont.Weight(entry.wide_weight if wide else entry.weight))
    if not mono:
        font.setFeature(QFont.Tag("tnum"), 1)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
