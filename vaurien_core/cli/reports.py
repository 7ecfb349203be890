"""What a run leaves behind: summary.json, junit.xml, report.html (journal.jsonl is written while it happens)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from vaurien_core import __version__
from vaurien_core.cli.ending import Ending
from vaurien_core.cli.toxic_counts import by_name
from vaurien_core.errors import UsageError
from vaurien_core.frozen import dataclass
from vaurien_core.model.events import ProxySample, Sample
from vaurien_core.model.histogram import quantile
from vaurien_core.model.profile import ProxySpec
from vaurien_core.profiles.expect import Verdict

FORMAT = 1
"""Version of summary.json; raised when a key changes its meaning or goes."""
_HISTOGRAMS = ("latency", "latency_faulted", "lateness")
_QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Run:
    """What a report tells of one run."""

    seed: int
    profile: str
    """The profile's file, or ""."""
    proxies: tuple[ProxySpec, ...]
    started: str
    """ISO 8601."""
    duration_s: float
    sample: Sample
    verdicts: Sequence[Verdict]
    ending: Ending
    command: str = ""
    """The command's first word."""
    journal_dropped: int = 0


def prepare(folder: Path) -> None:
    """Make the report's folder.

    Raises:
        UsageError: it can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--report: can't make {folder}: {error.strerror}.") from None


def write(folder: Path, run: Run, page: str) -> None:
    """Write summary.json, junit.xml and `page` as report.html, each complete or not at all.

    Raises:
        UsageError: one can't be written.
    """
    from vaurien_core.cli.junit import render

    failure = run.ending.reason if run.ending.failed else ""
    _replace(folder / "summary.json", json.dumps(summary(run), indent=2, ensure_ascii=False) + "\n")
    _replace(
        folder / "junit.xml", render(run.verdicts, started=run.started, duration_s=run.duration_s, failure=failure)
    )
    _replace(folder / "report.html", page)


def summary(run: Run) -> dict[str, Any]:
    """The content of summary.json."""
    return {
        "format": FORMAT,
        "version": __version__,
        "seed": run.seed,
        "profile": run.profile,
        "started": run.started,
        "duration_s": round(run.duration_s, 3),
        "command": run.command,
        "proxies": {spec.name: _proxy(spec, run.sample.proxy(spec.name)) for spec in run.proxies},
        "expectations": [
            {"name": v.name, "ok": v.ok, "wanted": v.wanted, "found": v.found, "sentence": v.sentence}
            for v in run.verdicts
        ],
        "journal": {"dropped": run.journal_dropped},
        "exit": {"status": run.ending.status, "reason": run.ending.reason},
    }


def _proxy(spec: ProxySpec, sample: ProxySample) -> dict[str, Any]:
    return {**_setup(spec), **counters(sample), "toxics": by_name(spec, sample)}


def counters(sample: ProxySample) -> dict[str, Any]:
    """A proxy's counters, hits per behavior, and its times as quantiles in milliseconds (null: nothing measured)."""
    plain = {
        f.name: getattr(sample, f.name)
        for f in fields(sample)
        if f.name not in ("name", "hits", "matched", "toxics", "held", *_HISTOGRAMS) and not f.name.endswith("_sums")
    }
    times = {f"{name}_ms": _quantiles(getattr(sample, name), getattr(sample, f"{name}_sums")) for name in _HISTOGRAMS}
    return {**plain, "hits": dict(sample.hits), "matched": dict(sample.matched), **times}


def _setup(spec: ProxySpec) -> dict[str, Any]:
    """What is safe to tell of a proxy: addresses may come from the environment."""
    mix = {rule.behavior: f"{rule.weight.normalize():f}" for rule in spec.mix}
    return {"protocol": spec.protocol, "enabled": spec.enabled, "mix": mix}


def _quantiles(counts: Sequence[int], sums: Sequence[float]) -> dict[str, float | None]:
    found = {name: quantile(counts, share, sums) * 1000 for name, share in _QUANTILES.items()}
    return {name: None if math.isnan(ms) else round(ms, 3) for name, ms in found.items()}


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UsageError(f"--report: can't write {path}: {error.strerror}.") from None
