"""The journal of a run, counted while it is written: how each rule's exchanges ended, examples, changes and notices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from vaurien_core.model.events import Entry

KINDS = 500
"""Different (proxy, rule, outcome) that are told apart; what comes later is counted together."""
EXAMPLES = 3
NOTES = 200
REST = ("", "", "other outcomes")


@dataclass(slots=True, weakref_slot=True)
class Tally:
    """Filled by `add` on the loop; read when the run has ended."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(proxy, rule, outcome) to how many exchanges."""
    examples: dict[tuple[str, str, str], list[Entry]] = field(default_factory=dict)
    """The first ones of each."""
    notes: list[Entry] = field(default_factory=list)
    """Changes, notices and words about connections, the first 200."""
    more_notes: int = 0

    def add(self, entry: Entry) -> None:
        """Count an entry; a hung exchange has two, of which the one that ends it counts."""
        if entry.kind != "exchange":
            if len(self.notes) < NOTES:
                self.notes.append(entry)
            else:
                self.more_notes += 1
            return
        if entry.outcome == "held":
            return
        key = (entry.proxy, entry.rule, entry.outcome)
        if key not in self.counts and len(self.counts) >= KINDS:
            key = REST
        self.counts[key] += 1
        kept = self.examples.setdefault(key, [])
        if len(kept) < EXAMPLES:
            kept.append(entry)
