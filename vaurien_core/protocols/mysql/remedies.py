"""What the backend gets in a request's place, so that its session is where the error that we answered says it is.

Servers commit before a statement that commits by itself (DDL) waits for its locks or runs; an error of that wait finds
the transaction committed. 1213 rolls back. Called by `protocol`.
"""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.mysql.compressed import framed
from vaurien_core.protocols.mysql.statement import Statement

COMMITTING = frozenset({"ALTER", "CREATE", "DROP", "GRANT", "LOCK", "OPTIMIZE", "RENAME", "REVOKE", "TRUNCATE"})
"""First words of statements that commit before they run (MySQL manual, "Statements That Cause an Implicit Commit");
temporary tables excepted."""
BEHIND_THE_COMMIT = frozenset(["deadlock", "disk-full", "lock-timeout", "query-killed", "query-timeout", "table-full"])
"""Errors that a server finds once it has committed; that it is read-only, it finds before."""


def remedy(name: str, exchange: Exchange) -> bytes:
    """The packet of a statement, or nothing."""
    facts = exchange.facts
    statement = facts.get("statement")
    commits = isinstance(statement, Statement) and statement.verb in COMMITTING and not statement.temporary
    sql = ""
    if commits and name in BEHIND_THE_COMMIT:
        sql = "COMMIT" if facts.get("in_transaction") else ""
    elif name == "deadlock":
        sql = "ROLLBACK"
    if not sql:
        return b""
    payload = b"\x03" + sql.encode()  # COM_QUERY
    packet = len(payload).to_bytes(3, "little") + b"\0" + payload
    return framed(packet, 0) if isinstance(facts.get("frame"), int) else packet
