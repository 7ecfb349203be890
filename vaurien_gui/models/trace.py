"""Why a row of the journal is as it is: the decision, what it used, what came of it; enough to have it again.

A pure function from an entry to lines; each group of lines is one small function in `PARTS`, so that a new one
(selectors, say) is one more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vaurien_core.model.events import Entry
from vaurien_gui.models.journal_text import NOTICES, TOXIC, EntryText, local_time, sentence

LATE_MS = 0.05


@dataclass(frozen=True, slots=True)
class TraceLine:
    """`label` names it, `text` says it."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a trace is made of."""

    entry: Entry
    seed: int | None
    """Of the engine when the entry was written; None if nobody knows."""
    say: EntryText


def trace(entry: Entry, seed: int | None, say: EntryText) -> tuple[TraceLine, ...]:
    """The lines of one entry, from the decision to the outcome."""
    asked = Asked(entry, seed, say)
    parts = NOTICE_PARTS if entry.kind in NOTICES else TOXIC_PARTS if entry.kind == TOXIC else PARTS
    return tuple(line for part in parts for line in part(asked))


def as_text(lines: tuple[TraceLine, ...]) -> str:
    """For the clipboard."""
    return "".join(f"{line.label}: {line.text}\n" for line in lines)


def percent_text(draw: float, owned: tuple[float, float] | None = None) -> str:
    """A draw with as many decimals as show on which side of the bounds it is: `8.3`, `7.9996`."""
    for decimals in range(1, 8):
        shown = round(draw, decimals)
        if owned is None or owned[0] <= shown < owned[1]:
            return f"{shown:.{decimals}f}"
    return f"{draw:.10g}"


def range_text(owned: tuple[float, float]) -> str:
    """`0–8 %`."""
    return f"{owned[0]:g}–{owned[1]:g} %"


def _decision(asked: Asked) -> list[TraceLine]:
    entry = asked.entry
    if entry.outcome == "owed to the session":
        return [TraceLine("Decision", f"owed to the session: {entry.rule} answered with an error before")]
    if not entry.rule:
        return [] if entry.kind != "exchange" else [TraceLine("Decision", "no fault was drawn")]
    if entry.draw is None:
        return [TraceLine("Decision", f"held at {entry.rule} by an override, nothing was drawn")]
    drew = f"drew {percent_text(entry.draw, entry.owned)} of 100"
    owner = f"{entry.rule} owns {range_text(entry.owned)}" if entry.owned is not None else entry.rule
    return [TraceLine("Decision", f"{drew} → {owner}")]


def _replay(asked: Asked) -> list[TraceLine]:
    """What the number hangs on: the same again gives the same draw."""
    entry = asked.entry
    if entry.draw is None:
        return []
    which = (
        f"{entry.label} #{entry.occurrence}" if entry.occurrence else f"connection {entry.conn}, exchange {entry.ex}"
    )
    seed = "" if asked.seed is None else f"seed {asked.seed}, "
    return [TraceLine("Replay", f"{seed}{which} on {entry.proxy}")]


def _options(asked: Asked) -> list[TraceLine]:
    entry = asked.entry
    kind = [TraceLine("Behavior", entry.behavior)] if entry.behavior and entry.behavior != entry.rule else []
    used = [f"{name} {text}" for name, text in asked.say.options(entry)]
    return kind + ([TraceLine("Options", ", ".join(used))] if used else [])


def _time(asked: Asked) -> list[TraceLine]:
    entry, parts = asked.entry, []
    if entry.planned_ms is not None:
        parts.append(f"planned {entry.planned_ms:,.1f} ms")
    if entry.measured_ms is not None:
        parts.append(f"measured {entry.measured_ms:,.1f} ms")
    if entry.planned_ms is not None and entry.measured_ms is not None:
        late = entry.measured_ms - entry.planned_ms
        if abs(late) >= LATE_MS:
            parts.append(f"{abs(late):,.1f} ms {'late' if late > 0 else 'early'}")
    return [TraceLine("Added", ", ".join(parts))] if parts else []


def _phase(asked: Asked) -> list[TraceLine]:
    said = {"before": "before the backend got the request", "after": "after the backend had answered"}
    phase = asked.entry.phase
    lines = [TraceLine("Phase", said.get(phase, phase))] if phase else []
    return lines + ([TraceLine("Scenario", f"phase {asked.entry.scenario}")] if asked.entry.scenario else [])


def _outcome(asked: Asked) -> list[TraceLine]:
    entry = asked.entry
    size = f"{entry.up:,} B up, {entry.down:,} B down"
    outcome = "held, not decided yet" if entry.outcome == "held" else entry.outcome
    lines = [TraceLine("Outcome", outcome)] if outcome else []
    lines += [TraceLine("Said", entry.text)] if entry.text else []
    return [*lines, TraceLine("Bytes", size)]


def _where(asked: Asked) -> list[TraceLine]:
    entry = asked.entry
    request = entry.label or entry.kind
    number = f"#{entry.conn}.{entry.ex}" if entry.ex else f"#{entry.conn}"
    return [
        TraceLine("Request", request),
        TraceLine("On", f"{entry.proxy}, {entry.client}, {number}"),
        TraceLine("At", f"{local_time(entry.at)}, {entry.t:,.3f} s after the engine's start"),
    ]


def _said(asked: Asked) -> list[TraceLine]:
    entry = asked.entry
    return [
        TraceLine("Said", sentence(entry)),
        TraceLine("On", entry.proxy or "all proxies"),
        TraceLine("At", local_time(entry.at)),
    ]


def _toxicity(asked: Asked) -> list[TraceLine]:
    """A toxic is drawn for once per connection and stream, and not again when its toxicity changes."""
    entry = asked.entry
    if entry.draw is None or entry.owned is None:
        return [TraceLine("Decision", f"toxic {entry.rule} acts on every connection, nothing was drawn")]
    drew = f"drew {percent_text(entry.draw, entry.owned)} of 100"
    seed = "" if asked.seed is None else f"seed {asked.seed}, "
    return [
        TraceLine("Decision", f"{drew} → toxic {entry.rule} acts on {range_text(entry.owned)} of connections"),
        TraceLine("Replay", f"{seed}connection {entry.conn}, {entry.label} on {entry.proxy}"),
    ]


def _touched(asked: Asked) -> list[TraceLine]:
    entry = asked.entry
    ends = {"": "it acts on this stream from here on", "closed": "it closed the connection",
            "reset": "it reset the connection"}  # fmt: skip
    return [
        TraceLine("Outcome", ends.get(entry.outcome, entry.outcome)),
        TraceLine("Stream", entry.label),
        TraceLine("On", f"{entry.proxy}, {entry.client}, #{entry.conn}"),
        TraceLine("At", f"{local_time(entry.at)}, {entry.t:,.3f} s after the engine's start"),
    ]


Part = Callable[[Asked], list[TraceLine]]
PARTS: tuple[Part, ...] = (_decision, _replay, _options, _time, _phase, _outcome, _where)
TOXIC_PARTS: tuple[Part, ...] = (_toxicity, _options, _touched)
NOTICE_PARTS: tuple[Part, ...] = (_said,)
