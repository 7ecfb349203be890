"""The journal as a table: a bounded, filtered list of entries that Qt can show while it grows.

Fed in batches by the presenter (5 Hz), read by the journal's table. Filtering is done here, on plain Python lists, so
that a keystroke over 20,000 rows is one pass and not 20,000 calls from Qt.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import chain

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.events import Entry
from vaurien_gui.models import packing, trace
from vaurien_gui.models.journal_text import NOTICES, NUMBERS, TITLES, Column, EntryText
from vaurien_gui.models.packing import Entries, Row, pack, unpack

Index = QModelIndex | QPersistentModelIndex
CAPACITY = 20_000
LARGEST = 200_000
SLICE = 500
"""So many entries are filtered before the clock is looked at: some milliseconds."""
TURN_S = 0.008
"""Filtering gives way to the loop after so long."""
BATCH = 500
"""At most so many rows come in with one call; of more, a regular selection is shown."""
BLOCK = 500
"""Rows go in blocks of this size."""
ENTRY = Qt.ItemDataRole.UserRole
"""Role under which every cell gives its `Entry`."""
NO_PARENT = QModelIndex()
TSV_HEAD = "\t".join(TITLES)


class JournalModel(QAbstractTableModel):
    """The newest entries, oldest first. Lives on the GUI thread; owned by its presenter."""

    counted = Signal()
    """`dropped`, `skipped` or the number of rows changed."""

    def __init__(self, capacity: int = CAPACITY, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.capacity = capacity
        self.dropped = 0
        """Older rows that had to go."""
        self.skipped = 0
        """Entries that were never shown, because too many came at once."""
        self.every = 1
        """1 of so many entries is shown, as they come too fast."""
        self._all: list[Row] = []
        self._shown: list[Row] = []
        blank = Entry(0, 0.0, "")
        self._last: tuple[Row, Entry] = (pack(blank), blank)
        """The row that was read last."""
        self._unread = 0
        """So many of the oldest entries wait for the filter."""
        self._reading = QTimer(self, singleShot=True, interval=0)
        self._reading.timeout.connect(self._read_on)
        self._say = EntryText()
        self._text, self._proxy, self._behavior = "", "", ""

    # content

    @property
    def total(self) -> int:
        """How many entries are kept, shown or not."""
        return len(self._all)

    @property
    def entries(self) -> Entries:
        """Those that pass the filter now, oldest first."""
        return Entries(self._shown)

    @property
    def filtering(self) -> bool:
        """Whether older entries still wait for the filter."""
        return self._unread > 0

    @property
    def say(self) -> EntryText:
        """How entries read."""
        return self._say

    def entry(self, row: int) -> Entry | None:
        """The entry of a row."""
        return self._read(self._shown[row]) if 0 <= row < len(self._shown) else None

    def set_capacity(self, rows: int) -> None:
        """Keep so many; if there are more, the oldest go."""
        self.capacity = rows
        over = len(self._all) - rows
        if over > 0:
            self._drop(over)
            self.counted.emit()

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Say options with the units that the catalogue knows."""
        self._say = EntryText(catalogue)
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(Column) - 1))

    def add(self, entries: Iterable[Entry]) -> None:
        """Append a batch; the oldest rows go when there are too many."""
        batch = [pack(entry) for entry in self._select(list(entries))]
        if not batch:
            return
        over = len(self._all) + len(batch) - self.capacity
        if over > 0:
            self._drop(max(over, min(BLOCK, len(self._all))))
        self._all.extend(batch)
        fitting = [row for row in batch if self._fits(row)]
        if fitting:
            first = len(self._shown)
            self.beginInsertRows(NO_PARENT, first, first + len(fitting) - 1)
            self._shown.extend(fitting)
            self.endInsertRows()
        self.counted.emit()

    def add_note(self, entry: Entry) -> None:
        """Put one sentence where its time (ISO, UTC) says: a note may be about the past."""
        at, note = bisect_right(self._all, entry.at, key=packing.at), pack(entry)
        if at >= len(self._all) or at < self._unread:
            self.add((entry,))
            return
        self._all.insert(at, note)
        if self._fits(note):
            row = bisect_right(self._shown, entry.at, key=packing.at)
            self.beginInsertRows(NO_PARENT, row, row)
            self._shown.insert(row, note)
            self.endInsertRows()
        self.counted.emit()

    def append(self, entries: Iterable[Entry], dropped: int = 0) -> None:
        """As `add`; `dropped` entries were lost on the way here."""
        self.skipped += dropped
        self.add(entries)

    def clear(self) -> None:
        """Forget all rows."""
        self.beginResetModel()
        self._all.clear()
        self._shown.clear()
        self._unread = self.dropped = self.skipped = 0
        self.endResetModel()
        self.counted.emit()

    def set_filter(self, text: str = "", proxy: str = "", behavior: str = "") -> None:
        """Show only entries that have all words of `text`, and this proxy and behavior where given.

        Notices about all proxies pass the proxy's filter; none passes the behavior's.
        """
        wanted = (text.lower().strip(), proxy, behavior)
        if wanted == (self._text, self._proxy, self._behavior):
            return
        self.beginResetModel()
        self._text, self._proxy, self._behavior = wanted
        self._unread = max(0, len(self._all) - SLICE)
        self._shown = [row for row in self._all[self._unread :] if self._fits(row)]
        self.endResetModel()
        self.counted.emit()
        if self._unread:
            self._reading.start()

    def _read_on(self) -> None:
        """Filter older rows for some milliseconds; what fits comes in at the top."""
        end, slices = time.perf_counter() + TURN_S, list[list[Row]]()
        while self._unread and (not slices or time.perf_counter() < end):
            first = max(0, self._unread - SLICE)
            slices.append([row for row in self._all[first : self._unread] if self._fits(row)])
            self._unread = first
        fitting = list(chain.from_iterable(reversed(slices)))
        if fitting:
            self.beginInsertRows(NO_PARENT, 0, len(fitting) - 1)
            self._shown[:0] = fitting
            self.endInsertRows()
        if self._unread:
            self._reading.start()
        if fitting or not self._unread:
            self.counted.emit()

    def some(self, rows: Sequence[int]) -> Entries:
        """The entries of some rows, from the top."""
        return Entries([self._shown[row] for row in sorted(rows)])

    def tsv_line(self, entry: Entry) -> str:
        """A row as tab-separated text, for the clipboard; its columns are those of `TSV_HEAD`."""
        return "\t".join(self._say.text(entry, column).replace("\t", " ") for column in Column)

    def row_of(self, n: int) -> int | None:
        """The row of the latest entry with number `n`, if it is shown."""
        return next((row for row in range(len(self._shown) - 1, -1, -1) if packing.number(self._shown[row]) == n), None)

    def _select(self, entries: list[Entry]) -> list[Entry]:
        """All of a small batch; of a large one every nth, and all sentences while they fit."""
        if len(entries) <= BATCH:
            return entries
        every = math.ceil(len(entries) / (BATCH * 0.8))
        kept = [entry for i, entry in enumerate(entries) if i % every == 0 or entry.kind in NOTICES][-BATCH:]
        self.skipped += len(entries) - len(kept)
        return kept

    def _fits(self, row: Row) -> bool:
        if self._proxy:
            proxy = packing.proxy(row)
            if proxy != self._proxy and not (packing.kind(row) in NOTICES and not proxy):
                return False
        if self._behavior and self._behavior not in packing.rules(row):
            return False
        if not self._text:
            return True
        words = self._say.words(row)
        return all(word in words for word in self._text.split())

    def _drop(self, count: int) -> None:
        gone = self._all[:count]
        del self._all[: len(gone)]
        self.dropped += len(gone)
        read = gone[self._unread :]
        self._unread = max(0, self._unread - len(gone))
        shown = self._leading(read) if self._filtered else len(read)
        if shown:
            self.beginRemoveRows(NO_PARENT, 0, shown - 1)
            del self._shown[:shown]
            self.endRemoveRows()

    def _leading(self, rows: Sequence[Row]) -> int:
        """How many of the oldest rows shown are among these: the same objects in the same order."""
        count, most = 0, len(self._shown)
        for row in rows:
            if count < most and row is self._shown[count]:
                count += 1
        return count

    @property
    def _filtered(self) -> bool:
        return bool(self._text or self._proxy or self._behavior)

    # what Qt asks

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Rows that pass the filter."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        """Always the same."""
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, alignment, tooltip, or the entry itself."""
        if not index.isValid():
            return None
        entry, column = self._read(self._shown[index.row()]), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._say.text(entry, column)
        if role == ENTRY:
            return entry
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._explain(entry, column)
        return None

    def _read(self, row: Row) -> Entry:
        """A row as an entry; the view asks for several things of each of its ten cells in turn."""
        if row is not self._last[0]:
            self._last = (row, unpack(row))
        return self._last[1]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles, aligned as their columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _explain(self, entry: Entry, column: int) -> str:
        """The tooltip: why this fault was drawn, both byte counts, or the cell's own text in full."""
        if column == Column.BEHAVIOR and entry.draw is not None:
            return trace.trace(entry, None, self._say)[0].text.capitalize()
        if column == Column.BYTES and entry.kind not in NOTICES:
            return f"{entry.up:,} bytes up, {entry.down:,} bytes down"
        if column == Column.ADDED and entry.planned_ms is not None:
            return f"Planned {entry.planned_ms:,.1f} ms"
        return self._say.text(entry, column)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
