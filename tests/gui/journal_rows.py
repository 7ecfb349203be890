"""Journal entries as an engine writes them, for tests and pictures."""

from datetime import UTC, datetime

from vaurien_core.model.catalogue import BehaviorInfo, Catalogue
from vaurien_core.model.events import Entry
from vaurien_core.options import Kind, Option, values_of

CATALOGUE = Catalogue(
    behaviors=(
        BehaviorInfo(
            "delay", "Delay", "", "", "Timing",
            options=(
                Option("sleep", Kind.DURATION, 1.0, "", unit="s"),
                Option("jitter", Kind.DURATION, 0.0, "", unit="s"),
                Option("distribution", Kind.CHOICE, "uniform", "", choices=("uniform", "normal")),
                Option("before", Kind.BOOL, True, ""),
            ),
        ),
        BehaviorInfo(
            "error", "Error", "", "", "Errors",
            options=(Option("error", Kind.TEXT, "random", ""), Option("warmup", Kind.INT, 0, "")),
        ),
    )
)  # fmt: skip
DELAY = values_of({"sleep": 0.3, "jitter": 0.1, "distribution": "uniform", "before": True})


def at(second, ms=0):
    """A time of day where the test runs, as the engine writes it: in UTC."""
    there = datetime(2026, 11, 12, 15, 47, second, ms * 1000).astimezone(UTC)
    return there.isoformat(timespec="milliseconds")


def entry(n, label="GET /cart", behavior="delay", **more):
    """One exchange that a fault touched."""
    given = {
        "t": n / 10, "at": at(n % 60, n % 1000), "proxy": "web", "conn": 38, "ex": n, "client": "127.0.0.1:51204",
        "label": label, "rule": behavior, "behavior": behavior, "down": 2800, "outcome": "200",
    }  # fmt: skip
    return Entry(n=n, **{**given, **more})


def notice(n, text, **more):
    """One sentence."""
    return Entry(n=n, t=n / 10, kind="notice", text=text, **{"at": at(n % 60), **more})


DRAWN = (
    entry(1, "GET /cart", "hang", at=at(29, 871), client="127.0.0.1:51198", conn=31, down=0, outcome="held"),
    entry(2, "GET /search?q=?", at=at(29, 904), options=DELAY, measured_ms=264.2, planned_ms=263.0, down=4100),
    entry(3, "POST /orders", "error", at=at(29, 958), client="127.0.0.1:51210", conn=40,
          options=values_of({"error": "503", "warmup": 0}), phase="before", down=312, outcome="503 injected"),
    notice(4, "All normal. 16 held exchanges released, 2 connections reset.", at=at(30, 4)),
    notice(5, "Could not listen on 127.0.0.1:8000: address already in use.", severity="error", proxy="web"),
    entry(6, "GET /cart", at=at(30, 12), options=DELAY, measured_ms=371.0),
    entry(7, "POST /checkout", "abort", at=at(30, 96), client="127.0.0.1:51216", conn=43, down=0, outcome="reset"),
)  # fmt: skip
