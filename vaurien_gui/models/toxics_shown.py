"""What the panel of toxics shows: values that its presenter hands to its view."""

from __future__ import annotations

from dataclasses import dataclass

from vaurien_core.model.catalogue import BehaviorInfo
from vaurien_gui.models.shown import FormRow


@dataclass(frozen=True, slots=True)
class ToxicRow:
    """One toxic of a proxy, in its place."""

    name: str
    kind: str
    """The registered behavior, for its picture."""
    title: str
    text: str
    """`down, 50 %, 100 ms ± 20 ms`."""
    measured: str
    """On how many it acted so far: `3 streams`, or ""."""
    enabled: bool
    rows: tuple[FormRow, ...] = ()
    """Where it stands, then its own options."""
    sentence: str = ""
    """What it does with these options, in plain words; may hold `<b>`."""
    wire: str = ""
    mark: str = ""
    """`waits` (for Apply), `done` (the engine just took it), or ""."""


@dataclass(frozen=True, slots=True)
class NetworkItem:
    """A network profile that can be added: several toxics at once."""

    name: str
    title: str
    note: str
    """`1.6 Mbit/s down, 0.75 up, 150 ms round trip`."""


@dataclass(frozen=True, slots=True)
class ToxicsPanel:
    """The toxics of one proxy."""

    rows: tuple[ToxicRow, ...]
    addable: tuple[BehaviorInfo, ...] = ()
    networks: tuple[NetworkItem, ...] = ()
    held: bool = False
    """All-normal holds."""
    running: bool = False
    """There may be connections to kick."""
    phase: str = ""
    """What the scenario makes of them, or ""."""
