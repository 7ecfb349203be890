"""The states of the window, in the order in which a hand would meet them. Each story opens a window of its own.

A story is an async generator: it brings the window into a state with real traffic and yields a `Shot` of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from vaurien_gui.screens.camera import Shot
from vaurien_gui.screens.set import Set

Story = Callable[[Set], AsyncIterator[Shot]]


def stories() -> dict[str, Story]:
    """All of them, by name."""
    from vaurien_gui.screens.story import evidence, faults, files, first, remote

    return {
        "first": first.story,
        "faults": faults.story,
        "evidence": evidence.story,
        "files": files.story,
        "remote": remote.story,
    }
