"""Whether a connection is one on which bytes need only be passed on: what its faster ways ask before they are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


def nothing_acts(conn: Connection) -> bool:
    """Whether nothing acts on the connection, and nothing waits on it; its plan and its open exchanges aside."""
    server, requests, up, down = conn.server, conn.requests, conn.up, conn.down
    return not (
        server.spec.stay_connected or server.plan.reads_heads or server.journal.everything
        or (conn.toxics is not None and conn.toxics.altered) or conn.held or conn.search is not None or conn.opaque
        or conn.closing or conn.hung or conn.greeted or conn.altered or conn.client_eof or conn.backend_eof
        or conn.opening is not None or conn.connecting is not None or conn.endings.over or conn.endings.draining
        or requests.doomed is not None or requests.staging or requests.repeating
        or up.outbox or down.outbox or up.dead or down.dead or up.stage is not None or down.stage is not None
        or up.sink is not conn.backend or down.sink is not conn.client
        or conn.client is None or conn.backend is None or conn.client.backlog or conn.backend.backlog
        or conn.closes_after_answer
    )  # fmt: skip
