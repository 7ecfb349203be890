"""Whether a frame has anything to say: once nothing was counted for a while, the window is drawn once a second only.

What somebody does (an edit, a start, all-normal, a lost engine) is shown at once, by the session's own signal. This is
about what changes by itself: counters, and times in whole seconds. Owned by the workbench.
"""

from __future__ import annotations

from vaurien_core.model.events import ProxySample
from vaurien_gui.session import Session

PATIENCE_S = 3
"""So long after the last count everything still moves as before: curves that have just ended scroll smoothly."""


class Resting:
    """Asked once a frame."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: tuple[ProxySample, ...] | None = None
        self._same = 0
        """Frames since something was counted."""

    def skips(self, frames_a_second: int) -> bool:
        """Whether this frame would show what the last one did."""
        session = self._session
        counted = session.last.proxies if session.last is not None else None
        playing = session.state is not None and session.state.scenario is not None
        same = counted == self._seen and not playing
        self._seen = counted
        self._same = self._same + 1 if same else 0
        return self._same > PATIENCE_S * frames_a_second and self._same % frames_a_second != 0
