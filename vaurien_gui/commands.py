"""Undo: one command, `SetValue`, and how consecutive ones become one step."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QUndoCommand

from vaurien_core.model.change import Path

MERGE_S = 1.0
"""Edits of the same place within this many seconds are one step."""

Put = Callable[[Path, Any], None]
"""Puts a value at a path of the open profile and sends it to the engine."""


class SetValue(QUndoCommand):
    """Puts `new` at `path`; undone, `old` again. Owned by the undo stack.

    Args:
        put: what stores a value.
        path, old, new: see `model.change`.
        label: of the menu: `Set delay weight to 12 %`.
        drag: edits with the same token (one drag of a slider) are one step however long it takes; "" for none.
        now: monotonic seconds; an argument for tests.
    """

    def __init__(
        self, put: Put, path: Path, old: Any, new: Any, label: str, *, drag: str = "", now: float | None = None
    ) -> None:
        super().__init__(label)
        self._put, self.path, self.old, self.new, self.drag = put, path, old, new, drag
        self.at = time.monotonic() if now is None else now

    def id(self) -> int:
        """Only commands of one id are offered for merging: one per place."""
        return hash(self.path) & 0x3FFFFFFF

    def redo(self) -> None:
        """Put the new value."""
        self._put(self.path, self.new)

    def undo(self) -> None:
        """Put the old value."""
        self._put(self.path, self.old)

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Swallow the next edit of the same place if it belongs to this one; there and back leaves nothing."""
        if not isinstance(other, SetValue) or other.path != self.path:
            return False
        if self.drag != other.drag or (not self.drag and other.at - self.at > MERGE_S):
            return False
        self.new, self.at = other.new, other.at
        self.setText(other.text())
        self.setObsolete(self.new == self.old)
        return True
