"""Network profiles, as the panel of toxics offers them: the presets of toxics alone that make a wire."""

from __future__ import annotations

from collections.abc import Iterable

from vaurien_core.model.profile import ProxySpec, ToxicSpec
from vaurien_core.options.kinds import number_text
from vaurien_core.profiles.presets import Preset
from vaurien_gui.models.toxics_shown import NetworkItem

WIRE = frozenset({"latency", "bandwidth", "loss"})
"""The kinds of toxics that make one."""
KBIT = 8
"""A rate is in KB/s."""


def is_network(preset: Preset) -> bool:
    """Whether it says how long and how thin a wire is, and nothing else."""
    kinds = {toxic.kind for toxic in preset.toxics}
    return not preset.happens and {"latency", "bandwidth"} <= kinds <= WIRE


def networks(among: Iterable[Preset], spec: ProxySpec) -> tuple[tuple[NetworkItem, tuple[ToxicSpec, ...]], ...]:
    """Those that a proxy can have, slowest first, each with its toxics."""
    fitting = [preset for preset in among if is_network(preset) and preset.fits(spec.protocol)]
    fitting.sort(key=lambda preset: (_rate(preset.toxics, "downstream") or float("inf"), preset.title))
    return tuple((NetworkItem(p.name, p.title, note(p.toxics)), p.toxics) for p in fitting)


def note(toxics: tuple[ToxicSpec, ...]) -> str:
    """In one line: `1.6 Mbit/s down, 0.75 up, 150 ms round trip, 2 % loss`."""
    down, up = (_rate(toxics, stream) for stream in ("downstream", "upstream"))
    per, unit = (1000, "Mbit/s") if max(down, up) * KBIT >= 1000 else (1, "kbit/s")
    parts = [f"{number_text(down * KBIT / per)} {unit} down"] if down else []
    if up:
        parts.append(f"{number_text(up * KBIT / per)}{'' if parts else f' {unit}'} up")
    if rtt := sum(_number(t, "latency") * _ways(t) for t in toxics if t.kind == "latency"):
        parts.append(f"{number_text(rtt)} ms round trip")
    if loss := max((_number(t, "rate", 1.0) for t in toxics if t.kind == "loss"), default=0.0):
        parts.append(f"{number_text(loss)} % loss")
    return ", ".join(parts)


def _rate(toxics: tuple[ToxicSpec, ...], stream: str) -> float:
    """KB/s of a direction; 0: not limited."""
    rates = [_number(t, "rate") for t in toxics if t.kind == "bandwidth" and t.stream in (stream, "both")]
    return min(rates, default=0.0)


def _ways(toxic: ToxicSpec) -> int:
    return 2 if toxic.stream == "both" else 1


def _number(toxic: ToxicSpec, option: str, default: float = 0.0) -> float:
    value = dict(toxic.options).get(option, default)
    return value if isinstance(value, (int, float)) else default
