"""The figures as text: one table of the medians per line, then one of every aim with its ratio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.lines import Aim, Line
from benchmarks.session import NOT_HERE, Measured

NOISE = 0.15
"""Ratios that differ by less mean nothing."""


def number(value: float) -> str:
    """Three figures, as people read them."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ratio(aim: Aim, line: Line, measured: Measured) -> float | None:
    """What was found for an aim; None where one of the two was not measured."""
    rows = measured.get(line.name, {})
    own = rows.get(aim.subject.name)
    if own is None:
        return None
    if aim.against is None:
        return own[aim.figure]
    other = rows.get(aim.against.name)
    return None if other is None or not other[aim.figure] else own[aim.figure] / other[aim.figure]


def verdict(aim: Aim, found: float | None) -> str:
    """`reached`, `within noise` or `missed`."""
    if found is None:
        return NOT_HERE
    if (found <= aim.value) if aim.most else (found >= aim.value):
        return "reached"
    near = found <= aim.value * (1 + NOISE) if aim.most else found >= aim.value * (1 - NOISE)
    return "within noise" if near and aim.against is not None else "missed"


def medians(lines: Iterable[Line], measured: Measured) -> str:
    """Every figure of every subject."""
    out = []
    for line in lines:
        rows = measured.get(line.name, {})
        names = list(dict.fromkeys(name for figures in rows.values() for name in figures))
        table = [[line.name, *names]]
        for subject in line.subjects:
            figures = rows.get(subject.name)
            table.append(
                [
                    subject.name,
                    *([number(figures[n]) if n in figures else "" for n in names] if figures else [NOT_HERE]),
                ]
            )
        out.append(columns(table))
    return "\n\n".join(out)


def aims(lines: Iterable[Line], measured: Measured) -> str:
    """Every aim: what was found, what is aimed at, whether it was reached."""
    table = [["line", "against", "found", "aim", ""]]
    for line in lines:
        for aim in line.aims:
            found, sign = ratio(aim, line, measured), "<=" if aim.most else ">="
            unit = " x" if aim.against is not None else ""
            shown = NOT_HERE if found is None else number(found) + unit
            against = aim.against.name if aim.against is not None else "-"
            said = verdict(aim, found) if found is not None else ""
            table.append([aim.text, against, shown, f"{sign} {number(aim.value)}{unit}", said])
    return columns(table)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned first column, right-aligned others."""
    count = max(len(row) for row in rows)
    widths = [max((len(row[i]) for row in rows if i < len(row)), default=0) for i in range(count)]
    return "\n".join(
        "  ".join(cell.ljust(widths[i]) if not i else cell.rjust(widths[i]) for i, cell in enumerate(row)).rstrip()
        for row in rows
    )
