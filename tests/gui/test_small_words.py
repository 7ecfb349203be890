"""Words in small places: flags side by side, errors of a file that was just named, presets with signs in their text."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from vaurien_gui.filing import _here
from vaurien_gui.models.shown import Marker
from vaurien_gui.screens.lints.overlap import overlap
from vaurien_gui.screens.words import words
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.strips import MarkerStrip


def test_flags_of_markers_within_a_second_stand_side_by_side(qtbot: QtBot, qapp: QApplication) -> None:
    strip = MarkerStrip(Theme("light"))
    qtbot.addWidget(strip)
    strip.resize(600, 22)
    strip.set_area(50, 500)
    strip.set_time(60.0, 60.0)
    strip.show_markers([Marker(n, 30.0 + n / 4, f"Change {n}") for n in range(8, 13)])
    strip.show()
    found = words(strip)
    assert {"8", "9", "10", "11", "12"} <= {word.text for word in found}
    assert overlap(strip, found) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/home/me/shop/broken.ini:4 [vaurien] protocol: unknown", "Line 4 [vaurien] protocol: unknown"),
        ("broken.ini:12 behavior: no mix", "Line 12 behavior: no mix"),
        ("/home/me/shared.ini:4 [vaurien] protocol: unknown", "/home/me/shared.ini:4 [vaurien] protocol: unknown"),
        ("/home/me/broken.ini is not a text", "/home/me/broken.ini is not a text"),
    ],
)
def test_a_file_that_was_just_named_is_not_named_again(line: str, said: str) -> None:
    assert _here(line, Path("/home/me/shop/broken.ini")) == said
