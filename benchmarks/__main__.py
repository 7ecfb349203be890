"""`make bench`: the product and its peers side by side in one interleaved session; one table with ratios, and JSON.

make bench ARGS="--rounds 3 --only bulk1,trip --json build/bench/result.json"
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import framing, table
from benchmarks.generator import BUILD
from benchmarks.lines import LINES, Line
from benchmarks.measures import Figures
from benchmarks.session import Session


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="make bench", description=__doc__)
    made.add_argument("--rounds", type=int, default=5, help="how often each subject is measured (5)")
    made.add_argument("--seconds", type=float, default=1.2, help="how long each load lasts (1.2)")
    made.add_argument(
        "--only", default="", metavar="LINES", help="some of: framers, " + ", ".join(x.name for x in LINES)
    )
    made.add_argument("--json", type=Path, default=BUILD / "result.json", help="where all figures go")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; 2 for a line that there isn't."""
    given = parser().parse_args(argv)
    wanted = [name for name in given.only.split(",") if name]
    known = {line.name for line in LINES} | {"framers"}
    if unknown := sorted(set(wanted) - known):
        print(f"make bench: --only: expected some of {', '.join(sorted(known))}, got {unknown[0]!r}.", file=sys.stderr)
        return 2
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    lines = [line for line in LINES if not wanted or line.name in wanted]
    session = Session(given.rounds, given.seconds)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    framed = framing.measure(given.seconds) if not wanted or "framers" in wanted else {}
    write(given.json, lines, session, framed)
    if lines:
        session.run(lines, lambda: write(given.json, lines, session, framed))
    measured = session.medians()
    print(f"Medians of {given.rounds} interleaved rounds; ratios that differ by less than 15 % mean nothing.\n")
    print(table.medians(lines, measured))
    if framed:
        print("\n" + framing.shown(framed))
    print("\n" + table.aims(lines, measured))
    return 0


def write(path: Path, lines: Sequence[Line], session: Session, framed: dict[str, Figures]) -> None:
    """All that is known so far; called after every line, so that a session that is cut short is not lost."""
    measured = session.medians()
    path.write_text(json.dumps({
        "machine": platform.platform(), "python": platform.python_version(),
        "medians": measured, "all": session.rounds, "framers": framed,
        "missing": [{"line": a, "subject": b, "why": why} for (a, b), why in session.missing.items()],
        "aims": [
            {"line": line.name, "text": aim.text, "against": aim.against.name if aim.against else None,
             "found": table.ratio(aim, line, measured), "aim": aim.value, "at_most": aim.most,
             "verdict": table.verdict(aim, table.ratio(aim, line, measured))}
            for line in lines for aim in line.aims
        ],
    }, indent=1) + "\n")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
