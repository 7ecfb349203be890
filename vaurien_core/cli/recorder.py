"""The journal as a file: one JSON object per line, written by a thread so that a slow disk stalls nobody.

The queue between loop and thread is bounded; what doesn't fit is counted, and `{"dropped": n}` ends such a file.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TextIO

from vaurien_core.errors import UsageError
from vaurien_core.model.events import Entry
from vaurien_core.model.wire import to_json

LIMIT = 50_000
"""Entries between loop and disk."""
_PAUSE_S = 0.1
_FIELDS = tuple(f.name for f in fields(Entry) if f.name != "options")


def entry_line(entry: Entry) -> str:
    """An entry as its line of `journal.jsonl`; fields that say nothing of this kind are still there."""
    body = {name: getattr(entry, name) for name in _FIELDS}
    body["t"] = round(entry.t, 6)
    body["options"] = dict(entry.options)
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, default=to_json)


class Recorder:
    """Writes entries to one or more files. Owned by the run; `close()` is bounded to 5 s.

    Raises:
        UsageError: a file can't be opened.
    """

    def __init__(self, paths: Sequence[Path], limit: int = LIMIT) -> None:
        self._files = [_open(path) for path in dict.fromkeys(paths)]
        self._queue: deque[Entry] = deque()
        self._limit = limit
        self._wake = threading.Event()
        self._closing = False
        self.dropped = 0
        self.problem = ""
        self._thread = threading.Thread(target=self._write_all, name="vaurien journal", daemon=True)
        if self._files:
            self._thread.start()

    def add(self, entry: Entry) -> None:
        """Write an entry some time soon; never blocks."""
        if not self._files:
            return
        if len(self._queue) >= self._limit or self._closing:
            self.dropped += 1
            return
        self._queue.append(entry)

    def close(self) -> None:
        """Write what is queued and close the files; idempotent."""
        if self._closing:
            return
        self._closing = True
        self._wake.set()
        if self._files:
            self._thread.join(5.0)

    def _write_all(self) -> None:
        while not self._closing:
            self._wake.wait(_PAUSE_S)
            self._drain()
        self._drain()
        if self.dropped:
            self._put(json.dumps({"dropped": self.dropped}) + "\n")
        for file in self._files:
            with suppress(OSError):
                file.close()

    def _drain(self) -> None:
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), 500))]
            self._put("".join(f"{entry_line(entry)}\n" for entry in batch))
        for file in self._files:
            with suppress(OSError):
                file.flush()

    def _put(self, text: str) -> None:
        for file in self._files:
            try:
                file.write(text)
            except OSError as error:
                self.problem = f"the journal {file.name} is incomplete: {error.strerror}."


def _open(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"can't write the journal {path}: {error.strerror}.") from None
