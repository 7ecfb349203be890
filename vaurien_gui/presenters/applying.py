"""What the toolbar and the conflict bar show of live and staged editing."""

from __future__ import annotations

from vaurien_gui.applying import told
from vaurien_gui.models.difference import differences, touching
from vaurien_gui.models.shown import ApplyState
from vaurien_gui.session import Session


def apply_state(session: Session) -> ApplyState:
    """Mode, what waits, and the conflict."""
    applying = session.applying
    return ApplyState(applying.staging.staged, tuple(each.text for each in applying.waiting), _conflict(session))


def _conflict(session: Session) -> str:
    """Who changed the same, and both values; "" without a conflict."""
    conflict, profile = session.applying.staging.conflict, session.profile
    if conflict is None or profile is None:
        return ""
    theirs = [d for d in differences(profile, conflict.theirs) if touching(conflict.paths, d.path)]
    mine = [d for d in session.applying.waiting if touching(conflict.paths, d.path)]
    return (
        f"{conflict.author} changed the same while your {'change waits' if len(mine) == 1 else 'changes wait'}. "
        f"Yours against theirs: {told(theirs)}."
    )
