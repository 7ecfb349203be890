"""How a run ended: its exit status, and why."""

from __future__ import annotations

from vaurien_core.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended."""

    status: int
    reason: str
    """One sentence: why it ended, and why with this status."""
    failed: bool = False
    """The run itself failed (can't listen, an internal failure)."""
