"""What the data plane asks of its owner (the engine): a journal to write to and timers that are never early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class JournalSink(Protocol):
    """Where connections record what was done. Called on the loop; never blocks; bounded."""

    everything: bool
    """Untouched exchanges are wanted too (`--journal-all`)."""

    def add(self, **fields: Any) -> None:
        """Record one `model.events.Entry`; the sink fills in `n`, `t` and `at`."""
        ...


class TimerHandle(Protocol):
    """A call that is due."""

    def cancel(self) -> None:
        """Forget it; idempotent, cheap."""
        ...


class Timers(Protocol):
    """Calls at a time of `clock.now()`, never early. One per loop; owned by the engine."""

    def call_at(self, when: float, callback: Callable[[], None]) -> TimerHandle:
        """Call back at `when` or as soon after as the loop can."""
        ...

    def close(self) -> None:
        """Cancel all and give back what was opened."""
        ...
