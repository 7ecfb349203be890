"""The values that the scenario's presenter hands to its views."""

from __future__ import annotations

from dataclasses import dataclass

from vaurien_gui.models.cells import CellRow

PHASE, FOR, RAMP, MIX, STATE = range(5)
"""The columns of its table."""
TITLES = ("Phase", "For", "Ramp", "Mix", "State")


@dataclass(frozen=True, slots=True)
class Block:
    """A phase on the track."""

    name: str
    length_s: float | None
    time: str
    """`10 s`, or `until skipped`."""
    shares: tuple[tuple[str, float], ...] = ()
    """(behavior, percent) of the selected proxy's mix in it."""
    down: bool = False
    """The selected proxy is down in it."""


@dataclass(frozen=True, slots=True)
class Track:
    """All phases of a round, and where it stands."""

    blocks: tuple[Block, ...] = ()
    current: int = -1
    """Which one is in force; -1: none."""
    share: float = 0.0
    """How much of it has passed, 0..1."""
    stands: bool = False
    """The clock stands still."""
    said: str = ""
    """For people who can't see it."""

    @property
    def count(self) -> int:
        """How many phases a round has."""
        return len(self.blocks)


@dataclass(frozen=True, slots=True)
class ScenarioPage:
    """What the scenario's tab shows."""

    rows: tuple[CellRow, ...] = ()
    track: Track = Track()
    repeat: str = "1"
    repeat_problem: str = ""
    start: str = "launch"
    end: str = "hold"
    now: str = ""
    """`outage, 7 s left · then recovery`."""
    plays: bool = False
    """The button pauses; otherwise it plays."""
    playable: bool = False
    skippable: bool = False
    proxies: tuple[str, ...] = ()
    """Those that a phase can name; () with only one."""
