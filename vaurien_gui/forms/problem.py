"""What is wrong with a field, in words, right under it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from vaurien_gui.style.controls import Glyph, Text
from vaurien_gui.style.theme import Theme


class ProblemLine(QWidget):
    """An icon and a sentence; hidden while there is nothing to say. `token` and `icon` make it a remark instead."""

    def __init__(self, theme: Theme, icon: str = "failed", token: str = "bad", role: str = "caption-strong") -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        self._glyph = Glyph(theme, icon, token, 14)
        self._text = Text(theme, role=role, token=token, wrap=True)
        line.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._text, 1)
        self.hide()

    def show_problem(self, text: str) -> None:
        """The sentence, or "" for none."""
        self._text.show_text(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
