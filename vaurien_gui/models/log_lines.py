"""The last lines of the log as rows: what the window and its engine wrote.

`LogLines` is fed by a handler of `logging`, from any thread; lines reach the model on the window's loop when
`take` is called (five times a second).
"""

from __future__ import annotations

import logging
import time
from collections import deque

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

KEPT = 2_000
_OURS = logging.getLogger("vaurien")
_Index = QModelIndex | QPersistentModelIndex


class _Collector(logging.Handler):
    def __init__(self, lines: deque[tuple[int, str]]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of it."""
        try:
            when = time.strftime("%H:%M:%S", time.localtime(record.created))
            text = record.getMessage()
        except Exception:
            self.handleError(record)
            return
        for line in text.splitlines() or [""]:
            said = f"{when}.{int(record.msecs):03d}  {record.levelname:8} {record.name}  {line}"
            self._lines.append((record.levelno, said))


class LogLines(QAbstractListModel):
    """At most `KEPT` lines, the newest last."""

    def __init__(self) -> None:
        super().__init__()
        self._new: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._rows: list[tuple[int, str]] = []
        self._handler = _Collector(self._new)
        self._before: int | None = None

    def listen(self) -> None:
        """Begin to collect; what is said for information counts too."""
        self._before = _OURS.level
        _OURS.setLevel(logging.INFO)
        logging.getLogger().addHandler(self._handler)

    def close(self) -> None:
        """End it; idempotent."""
        logging.getLogger().removeHandler(self._handler)
        if self._before is not None:
            _OURS.setLevel(self._before)
            self._before = None

    def take(self) -> bool:
        """Show what came since the last time; whether anything did."""
        if not self._new:
            return False
        fresh = [self._new.popleft() for _ in range(len(self._new))]
        over = len(self._rows) + len(fresh) - KEPT
        if over > 0:
            cut = min(over, len(self._rows))
            if cut:
                self.beginRemoveRows(QModelIndex(), 0, cut - 1)
                del self._rows[:cut]
                self.endRemoveRows()
        self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(fresh) - 1)
        self._rows += fresh
        self.endInsertRows()
        return True

    def clear(self) -> None:
        """Forget them."""
        self.beginResetModel()
        self._rows.clear()
        self._new.clear()
        self.endResetModel()

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(line for _, line in self._rows)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """How many there are."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A line; `UserRole`: its level as a number of `logging`."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        level, line = self._rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return line
        return level if role == Qt.ItemDataRole.UserRole else None
