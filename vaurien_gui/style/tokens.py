"""The colours of the window, named by use, once for light and once for dark.

Contrast: text tokens reach 4.5:1 and lines 3:1 on what they stand on (a test computes it, WCAG 2.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class BandColors:
    """The state band in one state. `icon` is also the left bar and the main button."""

    background: str
    line: str
    text: str
    icon: str


def _bands(**kinds: tuple[str, str, str, str]) -> Mapping[str, BandColors]:
    return MappingProxyType({name: BandColors(*colors) for name, colors in kinds.items()})


@dataclass(frozen=True, slots=True)
class Tokens:
    """Every colour, as `#RRGGBB` or `#AARRGGBB`."""

    name: str
    """`light` or `dark`."""
    window: str
    """Menu, toolbar, status, empty page."""
    surface: str
    """Panels, fields, buttons, plots."""
    sunken: str
    """Option form, code, notice rows in the journal."""
    hover: str
    selected: str
    border: str
    """Hairlines, frames that only group."""
    border_strong: str
    """Buttons, quiet combos, slider ticks, zero line of plots."""
    field: str
    """Outline of what can be typed into."""
    text: str
    text2: str
    text3: str
    """Captions, axes, placeholders."""
    disabled: str
    ink: str
    """The strongest button, callouts, checked boxes, tab underline."""
    ink_text: str
    ink_hint: str
    accent: str
    """Focus ring, links, the held notice."""
    ok: str
    warn: str
    bad: str
    grid: str
    marker: str
    series1: str
    series2: str
    series3: str
    scrim: str
    shadow: str
    hatch: str
    """The strokes of a pattern over a behavior's fill."""
    bands: Mapping[str, BandColors]
    """By `BandKind` value."""

    @property
    def dark(self) -> bool:
        """Whether this is the dark set."""
        return self.name == "dark"


LIGHT = Tokens(
    name="light",
    window="#F3F4F6",
    surface="#FFFFFF",
    sunken="#F7F8FA",
    hover="#ECEEF1",
    selected="#E6ECF4",
    border="#E2E5EA",
    border_strong="#CBD0D8",
    field="#868E9B",
    text="#15181D",
    text2="#474E5B",
    text3="#616976",
    disabled="#9BA2AD",
    ink="#1D2127",
    ink_text="#FFFFFF",
    ink_hint="#B9C0CB",
    accent="#2F5F96",
    ok="#1F7A4D",
    warn="#8A5300",
    bad="#B3261E",
    grid="#E9EBEF",
    marker="#868E9B",
    series1="#2B3440",
    series2="#6B7585",
    series3="#868E9B",
    scrim="#5C14181E",
    shadow="#2814181E",
    hatch="#54FFFFFF",
    bands=_bands(
        stopped=("#E9EBEE", "#D3D7DD", "#3E4550", "#646C79"),
        normal=("#E7EFF8", "#C3D6EA", "#1C446F", "#2F5F96"),
        held=("#E7EFF8", "#C3D6EA", "#1C446F", "#2F5F96"),
        faults=("#FFEFD1", "#EFC778", "#5A3A00", "#B26900"),
        failed=("#FCE6E3", "#F0B8B1", "#7D1710", "#B3261E"),
    ),
)

DARK = Tokens(
    name="dark",
    window="#131519",
    surface="#1A1D22",
    sunken="#16191D",
    hover="#262A31",
    selected="#25303D",
    border="#2A2E35",
    border_strong="#3B414A",
    field="#69717D",
    text="#E9EBEE",
    text2="#B7BDC7",
    text3="#8F97A3",
    disabled="#5D6570",
    ink="#E9EBEE",
    ink_text="#15181D",
    ink_hint="#5A616C",
    accent="#8DB5E0",
    ok="#6CC799",
    warn="#F2B95A",
    bad="#FF8A80",
    grid="#262A30",
    marker="#7A828E",
    series1="#DDE1E7",
    series2="#8F98A6",
    series3="#68707C",
    scrim="#8C000000",
    shadow="#78000000",
    hatch="#5F000000",
    bands=_bands(
        stopped=("#22262B", "#343A42", "#C9CED6", "#8F97A3"),
        normal=("#182533", "#2B4561", "#BFD8F2", "#8DB5E0"),
        held=("#182533", "#2B4561", "#BFD8F2", "#8DB5E0"),
        faults=("#33270F", "#6A4E16", "#FFDFA3", "#F5B342"),
        failed=("#381A18", "#6E2F2A", "#FFC9C3", "#FF8A80"),
    ),
)
