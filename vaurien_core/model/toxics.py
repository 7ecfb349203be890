"""What every toxic can set beside the options of its behavior: the one table for INI, JSON, describe and forms."""

from __future__ import annotations

from collections.abc import Iterable

from vaurien_core.model.profile import ToxicSpec
from vaurien_core.options import Kind, Option

MOUNT = "toxic"
"""How `Behavior.mounts` says that a behavior can be stacked on a stream."""
STREAMS = ("upstream", "downstream", "both")
_TOXIC = ToxicSpec("")
TOXIC_KEYS: tuple[Option, ...] = (
    Option("stream", Kind.CHOICE, _TOXIC.stream, "What it acts on: what the client says, or the backend, or both",
           choices=STREAMS),
    Option("toxicity", Kind.FLOAT, _TOXIC.toxicity, "Share of the connections' streams on which it acts, 1 is all",
           minimum=0, maximum=1),
    Option("enabled", Kind.BOOL, _TOXIC.enabled, "Whether it acts; a disabled one keeps its place"),
)  # fmt: skip
_TAKEN = frozenset({"type", *(option.name for option in TOXIC_KEYS)})


def toxic_options(declared: Iterable[Option]) -> tuple[Option, ...]:
    """Those options of a behavior that a toxic of it has: a toxic's own `stream` stands in the place of a rule's."""
    return tuple(option for option in declared if option.name not in _TAKEN)
