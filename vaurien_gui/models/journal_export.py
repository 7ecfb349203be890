"""The journal as a file: CSV as it is shown, or JSON lines with everything, in the form of `journal.jsonl`."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from typing import TextIO

from vaurien_core.model.events import Entry
from vaurien_core.model.wire import to_json
from vaurien_gui.models.journal_text import NOTICES

FIELDS = (
    "n", "at", "t", "kind", "proxy", "conn", "ex", "client", "label", "rule", "behavior", "phase", "options",
    "draw", "owned", "occurrence", "planned_ms", "measured_ms", "up", "down", "outcome", "text",
)  # fmt: skip


def json_line(entry: Entry) -> str:
    """An entry as it stands in `journal.jsonl`, for the clipboard and the file."""
    return json.dumps(to_json(entry), ensure_ascii=False)


def write_jsonl(entries: Iterable[Entry], stream: TextIO) -> int:
    """One JSON object a line; returns how many."""
    lines = 0
    for entry in entries:
        stream.write(json_line(entry) + "\n")
        lines += 1
    return lines


def write_csv(entries: Iterable[Entry], stream: TextIO) -> int:
    """One entry a line under a head; options as `name=value` with semicolons; returns how many."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(FIELDS)
    lines = 0
    for entry in entries:
        row = to_json(entry)
        row["owned"] = "" if entry.owned is None else f"{entry.owned[0]:g}-{entry.owned[1]:g}"
        row["options"] = "; ".join(f"{name}={value}" for name, value in entry.options)
        if entry.kind in NOTICES:
            row["up"] = row["down"] = ""
        writer.writerow(["" if row[name] is None else row[name] for name in FIELDS])
        lines += 1
    return lines
