"""A registry that has every kind of toxic which Toxiproxy has: Vaurien's own where it ships one, else a plain stand-in.

The stand-ins declare options and act on nothing: for tests of files, forms and APIs, which hold for any kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vaurien_core.behaviors.base import Behavior
from vaurien_core.options import Kind, OptionSet, opt
from vaurien_core.registry import Registry


@dataclass(frozen=True, slots=True)
class NoOptions(OptionSet):
    """None."""


@dataclass(frozen=True, slots=True)
class LatencyOptions(OptionSet):
    latency: float = opt(0.0, "How much later", unit="ms", minimum=0)
    jitter: float = opt(0.0, "How much that varies", unit="ms", minimum=0)
    distribution: str = opt("uniform", "How it varies", choices=("uniform", "normal"))
    stream: str = opt("downstream", "Which bytes of an exchange", choices=("upstream", "downstream", "both"))


@dataclass(frozen=True, slots=True)
class BandwidthOptions(OptionSet):
    rate: float = opt(0.0, "How fast", kind=Kind.RATE, unit="KB/s", minimum=0)


@dataclass(frozen=True, slots=True)
class SlicerOptions(OptionSet):
    average_size: int = opt(64, "Bytes of a piece", kind=Kind.BYTES, unit="B", minimum=0)
    size_variation: int = opt(0, "How much that varies", kind=Kind.BYTES, unit="B", minimum=0)
    delay: float = opt(0.0, "Pause behind each piece", unit="us", minimum=0)


@dataclass(frozen=True, slots=True)
class LimitDataOptions(OptionSet):
    bytes: int = opt(0, "How many pass", kind=Kind.BYTES, unit="B", minimum=0)


@dataclass(frozen=True, slots=True)
class TimeoutOptions(OptionSet):
    timeout: float = opt(0.0, "When it closes", unit="ms", minimum=0)


@dataclass(frozen=True, slots=True)
class SlowCloseOptions(OptionSet):
    delay: float = opt(0.0, "How long the close is held", unit="ms", minimum=0)


def _stand_in(kind: str, options: type[OptionSet]) -> type[Behavior]:
    class StandIn(Behavior):
        name: ClassVar[str] = kind
        title: ClassVar[str] = kind.replace("_", " ").capitalize()
        summary: ClassVar[str] = f"Stands in for {kind}"
        wire: ClassVar[str] = "Nothing happens."
        mounts: ClassVar[tuple[str, ...]] = ("toxic",)
        Options: ClassVar[type[OptionSet]] = options

    return StandIn


KINDS: dict[str, type[OptionSet]] = {
    "noop": NoOptions,
    "latency": LatencyOptions,
    "bandwidth": BandwidthOptions,
    "slicer": SlicerOptions,
    "limit_data": LimitDataOptions,
    "reset_peer": TimeoutOptions,
    "timeout": TimeoutOptions,
    "slow_close": SlowCloseOptions,
}


def toxic_registry() -> Registry:
    """A new one."""
    registry = Registry.builtin()
    for name, options in KINDS.items():
        if name not in registry.behavior_names:
            registry.add_behavior(_stand_in(name, options))
    return registry
