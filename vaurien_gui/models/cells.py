"""Rows of a table that is edited in place, as presenters hand them to `views.cell_table`. No Qt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell."""

    text: str
    editable: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    """(value, title): chosen from a list instead of typed; `text` is the value."""
    problem: str = ""
    """Why the text is not in force."""
    tip: str = ""
    token: str = "text"
    """The colour of the words."""
    hint: str = ""
    """What stands there, pale, while it is empty."""
    icon: str = ""
    words: tuple[str, ...] = ()
    """What can be completed while typing."""

    @property
    def shown(self) -> str:
        """The words to be seen."""
        return dict(self.choices).get(self.text, self.text) or self.hint


@dataclass(frozen=True, slots=True)
class CellRow:
    """One row. `key` names it in what is told."""

    key: str
    cells: tuple[Cell, ...]
    marked: bool = False
    """It is the one that happens now."""
    inner: bool = False
    """It belongs to the row above."""

    @property
    def problem(self) -> str:
        """The first one of its cells."""
        return next((cell.problem for cell in self.cells if cell.problem), "")
