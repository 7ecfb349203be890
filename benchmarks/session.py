"""One interleaved session: in every round each subject of a line once, in an order of its own; medians at the end."""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Callable, Iterable
from subprocess import SubprocessError

from benchmarks.backends import Backends
from benchmarks.generator import MissingError
from benchmarks.lines import Line
from benchmarks.measures import Figures
from benchmarks.processes import StartError

Measured = dict[str, dict[str, Figures]]
"""Medians by line and subject."""
NOT_HERE = "not measured here"


class Session:
    """Measures lines and remembers every round.

    Attributes:
        rounds: figures by line, subject and round.
        missing: why a subject of a line was not measured.
    """

    def __init__(self, rounds: int, seconds: float, seed: int = 1) -> None:
        self._count, self._seconds, self._random = rounds, seconds, random.Random(seed)
        self.rounds: dict[str, dict[str, list[Figures]]] = {}
        self.missing: dict[tuple[str, str], str] = {}

    def run(self, lines: Iterable[Line], measured: Callable[[], None]) -> None:
        """All of it; takes about rounds x subjects x (seconds + 1). Calls `measured` after every line."""
        lines = list(lines)
        backends = Backends(frozenset[str]().union(*(line.needs for line in lines)))
        try:
            for line in lines:
                print(f"  {line.name} ...", file=sys.stderr, flush=True)
                self._line(line, backends)
                measured()
        finally:
            backends.close()

    def _line(self, line: Line, backends: Backends) -> None:
        rows = self.rounds.setdefault(line.name, {})
        for need in line.needs & backends.missing.keys():
            self.missing.update({(line.name, s.name): backends.missing[need] for s in line.subjects})
        for _ in range(self._count):
            for subject in self._random.sample(line.subjects, len(line.subjects)):
                place = (line.name, subject.name)
                if place in self.missing:
                    continue
                try:
                    figures = line.measure(subject, backends.ports, self._seconds)
                except MissingError as error:
                    self.missing[place] = str(error)
                except (StartError, SubprocessError, AssertionError) as error:
                    print(f"! {line.name}, {subject.name}: {error}", file=sys.stderr, flush=True)
                else:
                    rows.setdefault(subject.name, []).append(figures)

    def medians(self) -> Measured:
        """Of the rounds so far."""
        return {
            line: {
                subject: {name: statistics.median(f[name] for f in rounds) for name in rounds[0]}
                for subject, rounds in rows.items()
            }
            for line, rows in self.rounds.items()
        }
