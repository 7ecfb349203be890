"""The errors of MySQL and MariaDB as data, and their bytes.

Texts: MySQL's `share/messages_to_clients.txt` and its Error Message Reference, which is made from it; MariaDB's
`errmsg-utf8.txt`. The server that greeted decides which. ERR packet: FF, code, `#` and SQL state (not before the
login), text. What the backend's session needs so that the words are true is in `remedies`.
"""

from __future__ import annotations

from types import MappingProxyType

from vaurien_core.frozen import dataclass
from vaurien_core.model.answer import Answer
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.mysql.compressed import framed
from vaurien_core.protocols.mysql.constants import BULK_EXECUTE, EXECUTE, QUERY, STATISTICS
from vaurien_core.protocols.mysql.losses import lost
from vaurien_core.protocols.mysql.statement import Statement

BOTH = "MySQL share/messages_to_clients.txt; MariaDB errmsg-utf8.txt"
NEVER_SENT = "MariaDB knowledge base, ERR_Packet: 2000 to 2999 are never sent, clients make them"
WRITES = frozenset(
    {"ALTER", "CREATE", "DELETE", "DROP", "GRANT", "INSERT", "LOAD", "OPTIMIZE", "RENAME", "REPLACE", "REVOKE"}
    | {"TRUNCATE", "UPDATE"}
)
CHANGES = frozenset(["DELETE", "INSERT", "LOAD", "REPLACE", "UPDATE"])
"""Within a transaction; what commits by itself ends a read-only one first."""
GROWS = frozenset(["ALTER", "CREATE", "INSERT", "LOAD", "REPLACE", "UPDATE"])
RUNS = WRITES | frozenset(["CALL", "DO", "LOCK", "SELECT", "WITH"])
LOCKS = RUNS | frozenset(["COMMIT"])
"""A COMMIT meets deadlocks where servers certify transactions against each other (Galera, group replication)."""


@dataclass(frozen=True, slots=True)
class Text:
    """One server's words for an error."""

    code: int
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An error: what the catalogue says of it, in whose words, and on which statements a server gives it."""

    info: ErrorInfo
    mysql: Text | None = None
    mariadb: Text | None = None
    verbs: frozenset[str] | None = None
    """First words of statements; None: any command that is answered."""
    raw: bytes = b""
    """Sent as it is, in an ERR's place."""
    sequence: int | None = None
    """Of the packet, where it isn't the answer's."""
    cuts: bool = False
    """It is made from the real answer; see `losses`."""


def _entry(
    name: str, code: int, state: str, text: str, *, title: str = "", mariadb: Text | None = None,
    verbs: frozenset[str] | None = None, random: bool = False, closes: bool = False, at: str = "request",
    phases: tuple[str, ...] = ("before",), source: str = BOTH, sequence: int | None = None, only_mysql: bool = False,
) -> Entry:  # fmt: skip
    mysql = Text(code, state, text)
    wire = f"ERR {code} {text}" if at == "connect" else f"ERR {code} ({state}) {text}"
    info = ErrorInfo(
        name, title or f"{code} {text}", phases, at=at, closes=closes, random=random, wire=wire, source=source
    )
    return Entry(info, mysql, None if only_mysql else mariadb or mysql, verbs, sequence=sequence)


def _loss(name: str, title: str, phases: tuple[str, ...], wire: str, *, raw: bytes = b"", cuts: bool = False) -> Entry:
    return Entry(ErrorInfo(name, title, phases, closes=True, wire=wire, source=NEVER_SENT), raw=raw, cuts=cuts)


ENTRIES: tuple[Entry, ...] = (
    _entry(
        "deadlock", 1213, "40001", "Deadlock found when trying to get lock; try restarting transaction",
        title="1213 deadlock; the transaction is rolled back", verbs=LOCKS, random=True,
    ),
    _entry(
        "lock-timeout", 1205, "HY000", "Lock wait timeout exceeded; try restarting transaction",
        title="1205 lock wait timeout; the transaction stays open", verbs=RUNS, random=True,
    ),
    _entry(
        "query-timeout", 3024, "HY000", "Query execution was interrupted, maximum statement execution time exceeded",
        title="3024 (MariaDB: 1969) the statement took too long", verbs=RUNS, random=True,
        mariadb=Text(1969, "70100", "Query execution was interrupted (max_statement_time exceeded)"),
    ),
    _entry(
        "query-killed", 1317, "70100", "Query execution was interrupted",
        title="1317 somebody killed the statement (KILL QUERY); the transaction stays open", verbs=RUNS, random=True,
    ),
    _entry(
        "read-only", 1290, "HY000",
        "The MySQL server is running with the --read-only option so it cannot execute this statement",
        title="1290 the server is read-only (failover)", verbs=WRITES, random=True,
        mariadb=Text(
            1290, "HY000",
            "The MariaDB server is running with the --read-only option so it cannot execute this statement",
        ),
    ),
    _entry(
        "read-only-mode", 1836, "HY000", "Running in read-only mode",
        title="1836 the server runs in read-only mode", verbs=WRITES,
    ),
    _entry(
        "read-only-transaction", 1792, "25006", "Cannot execute statement in a READ ONLY transaction.",
        title="1792 the transaction is read-only", verbs=CHANGES,
        mariadb=Text(1792, "25006", "Cannot execute statement in a READ ONLY transaction"),
    ),
    _entry(
        "table-full", 1114, "HY000", "The table '{table}' is full", title="1114 the table is full", verbs=GROWS,
        random=True,
    ),
    _entry(
        "disk-full", 1021, "HY000",
        "Disk full (/tmp); waiting for someone to free some space... (errno: 28 - No space left on device)",
        title="1021 the disk is full (MariaDB, MySQL up to 5.7)", verbs=GROWS,
        mariadb=Text(
            1021, "HY000",
            'Disk full (/tmp); waiting for someone to free some space... (errno: 28 "No space left on device")',
        ),
    ),
    _entry(
        "packet-too-large", 1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes",
        title="1153 the statement is larger than the server takes, and it closes", verbs=RUNS, closes=True,
    ),
    _entry(
        "shutdown", 1053, "08S01", "Server shutdown in progress", title="1053 the server shuts down, and closes",
        closes=True, phases=("before", "after"),
    ),
    _entry(
        "idle-timeout", 4031, "HY000",
        "The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout "
        "for configuring this behavior.",
        title="4031 disconnected because of inactivity (MySQL 8.0.24)", closes=True, sequence=0, only_mysql=True,
        source="MySQL share/messages_to_clients.txt; MariaDB closes without a word",
    ),
    _entry(
        "too-many-connections", 1040, "08004", "Too many connections", title="1040 too many connections",
        closes=True, at="connect",
    ),
    _entry(
        "host-blocked", 1129, "HY000",
        "Host '{host}' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'",
        title="1129 the host is blocked", closes=True, at="connect",
        mariadb=Text(
            1129, "HY000",
            "Host '{host}' is blocked because of many connection errors; unblock with 'mariadb-admin flush-hosts'",
        ),
    ),
    _entry(
        "too-many-user-connections", 1203, "42000",
        "User {user} already has more than 'max_user_connections' active connections",
        title="1203 the user has too many connections", closes=True, at="connect",
    ),
    _entry(
        "access-denied", 1045, "28000", "Access denied for user '{user}'@'{host}' (using password: {password})",
        title="1045 the password is refused", closes=True, at="connect",
    ),
    _loss(
        "lost-before", "2013/2006 the connection is closed in the answer's place", ("before",),
        "FIN in the answer's place; the server never sees the command",
    ),
    _loss(
        "lost-mid-packet", "2013 the connection is closed inside a packet's header", ("before", "after"),
        "two bytes of the answer's four-byte header, FIN", raw=b"\x07\x00",
    ),
    _loss(
        "lost-in-row", "2013 the connection is closed inside the first row", ("after",),
        "the real answer up to the middle of its first row, FIN", cuts=True,
    ),
    _loss(
        "lost-after-rows", "2013 the connection is closed between two rows", ("after",),
        "the real answer with its first rows ([protocol:mysql] rows = 1), FIN; at the latest before the end", cuts=True,
    ),
    _loss(
        "lost-idle", "2006/2013 the connection is closed behind the answer: the next command finds it gone", ("after",),
        "the real answer, FIN", cuts=True,
    ),
)  # fmt: skip
NEEDS_LOGIN = frozenset(["access-denied", "too-many-user-connections"])
"""They name the user."""
READ_ONLY = frozenset(["read-only", "read-only-mode", "read-only-transaction"])
"""They let temporary tables be made."""
BY_NAME = MappingProxyType({entry.info.name: entry for entry in ENTRIES})
STATEMENTS = frozenset({QUERY, EXECUTE, BULK_EXECUTE})


def mysql_error(name: str, exchange: Exchange, *, rows: int = 1, mariadb: bool | None = None) -> Answer | None:
    """An entry as the answer to this exchange; None: no server says it here.

    Args:
        name: of the entry.
        exchange: what it answers.
        rows: how many rows `lost-after-rows` lets pass.
        mariadb: what the server is by earlier connections, for exchanges that don't know.
    """
    entry = BY_NAME.get(name)
    if entry is None or (exchange.ordinal == 0) is not (entry.info.at == "connect") or not _legal(entry, exchange):
        return None
    facts = exchange.facts
    if entry.cuts:
        return lost(name, exchange, rows)
    if entry.mysql is None:
        return entry.raw
    words = entry.mariadb if facts.get("mariadb", mariadb) is True else entry.mysql
    if words is None:
        return None
    statement = facts.get("statement")
    table = (statement.table if isinstance(statement, Statement) else "") or "#sql_temp"
    text = words.text.format(
        table=table, host="127.0.0.1", user=facts.get("user", ""), password="YES" if facts.get("password") else "NO"
    )
    sequence = facts.get("sequence", 0) if entry.sequence is None else entry.sequence
    assert isinstance(sequence, int)
    state = f"#{words.state}" if facts.get("sql_state") else ""
    payload = b"\xff" + words.code.to_bytes(2, "little") + (state + text).encode()
    packet = len(payload).to_bytes(3, "little") + bytes([sequence]) + payload
    frame = facts.get("frame")
    return framed(packet, frame) if isinstance(frame, int) else packet


def _legal(entry: Entry, exchange: Exchange) -> bool:
    facts = exchange.facts
    if entry.info.at == "connect":
        login = "sequence" in facts
        if entry.info.name == "host-blocked":
            return not facts.get("greeted")
        return login if entry.info.name in NEEDS_LOGIN else login or not facts.get("greeted")
    command = facts.get("command")
    if not exchange.answer_expected or command is None or (command == STATISTICS and entry.mysql is not None):
        return False
    if entry.verbs is None:
        return True
    statement = facts.get("statement")
    if command not in STATEMENTS or not isinstance(statement, Statement) or statement.verb not in entry.verbs:
        return False
    if entry.info.name == "deadlock":
        return not facts.get("xa")  # such a transaction can't be rolled back on the client's behalf
    return entry.info.name not in READ_ONLY or not statement.temporary
