"""A stream fault that was drawn from a mix: a toxic that meets the bytes of one exchange before the others do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.proxy.toxics.mount import Mount
from vaurien_core.proxy.toxics.mounted import Mounted

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection
    from vaurien_core.proxy.toxics.chain import Chain
    from vaurien_core.proxy.turn import Turn

MakeToxic = Callable[[Stream], "Toxic | None"]


class DrawnMount(Mount):
    """Draws in its exchange's place, and counts as its rule does."""

    __slots__ = ("_failed", "_turn")

    def __init__(self, chain: Chain, turn: Turn, make: MakeToxic, failed: Callable[[], None]) -> None:
        assert turn.rule is not None
        self._turn, self._failed = turn, failed
        super().__init__(chain, turn.rule.name, turn.rule.behavior, turn.rule.options, make)

    def acts(self) -> None:
        """The hit was counted when it was drawn."""

    def alters(self) -> None:
        """The exchange counts as failed; all-normal resets its connection."""
        self.altered = self._turn.altered = True
        self._failed()

    def attach(self, chain: Chain) -> None:
        """The stream's chain was taken out and made anew since."""
        self._chain = chain

    def _place(self, purpose: str) -> tuple[int, str, bytes, str]:
        server = self._chain.server
        return server.seed, server.spec.name, self._turn.place, purpose


def mount_on(
    conn: Connection, turn: Turn, make: MakeToxic, stream: str, failed: Callable[[], None], *, for_good: bool
) -> None:
    """Let a toxic meet an exchange's bytes; see `behaviors.base.Intervention.mount`."""
    if conn.toxics is None:
        conn.toxics = Mounted(conn)
    for upstream in (True, False):
        if stream not in ("both", "upstream" if upstream else "downstream"):
            continue
        chain = conn.toxics.chain(upstream=upstream)
        mount = DrawnMount(chain, turn, make, failed)
        if for_good:
            chain.stay(mount)
        elif upstream:
            turn.up_mount = mount
        else:
            turn.down_mount = mount
        mount.toxic.started()


def put_through(conn: Connection, mount: DrawnMount, data: bytes, note: Callable[[float, float], None] | None) -> None:
    """Send bytes of an exchange through its own toxic."""
    assert conn.toxics is not None
    link = conn.up if mount.upstream else conn.down
    mount.attach(conn.toxics.chain(upstream=mount.upstream))
    link.put(data, 0.0, note, mount)
