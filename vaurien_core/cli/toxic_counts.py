"""What a run's toxics were and on how many streams each acted: for summary.json and report.html."""

from __future__ import annotations

from typing import Any

from vaurien_core.model.events import ProxySample
from vaurien_core.model.profile import ProxySpec


def by_name(spec: ProxySpec, sample: ProxySample) -> dict[str, dict[str, Any]]:
    """Each toxic by name, in order: what it is, and on how many streams it acted; those that are gone come last."""
    counted = dict(sample.toxics)
    there = {
        t.name: {"type": t.kind, "stream": t.stream, "toxicity": t.toxicity, "enabled": t.enabled,
                 "streams": counted.pop(t.name, 0)}
        for t in spec.toxics
    }  # fmt: skip
    return {**there, **{name: {"streams": count} for name, count in counted.items()}}
