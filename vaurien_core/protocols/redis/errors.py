"""The errors of Redis as data, and when a server answers with them (processCommand in server.c)."""

from __future__ import annotations

from vaurien_core.frozen import dataclass
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.redis.commands import Command
from vaurien_core.protocols.redis.mode import Multi
from vaurien_core.protocols.redis.slots import slot_of

DISCARD = b"*1\r\n$7\r\nDISCARD\r\n"
EXECABORT = b"-EXECABORT Transaction discarded because of previous errors.\r\n"
HELLO_NOAUTH = (
    b"-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> "
    b"option can be used to authenticate the client and select the RESP protocol version at the same time\r\n"
)
"""What HELLO says without AUTH (redis 7.0 src/networking.c helloCommand)."""
_WITH_AUTH = 5
"""Arguments of HELLO with AUTH, at least."""
_SHARED = "redis 7.0 src/server.c createSharedObjects"
_CLUSTER = "redis 7.0 src/cluster.c clusterRedirectClient"


@dataclass(frozen=True, slots=True)
class Entry:
    """One error of the catalogue.

    Attributes:
        name: in the catalogue.
        title: of it.
        text: its line, without `-`; `{slot}` and `{address}` are filled in.
        source: where it is defined.
        lacks: legal for commands without this flag.
        has: legal for commands with this flag.
        keys: how many keys a request must have at least.
        blocks: legal for requests that may wait for data.
        random: `error = random` may pick it.
        closes: the server closes behind it.
        at: `request` or `connect`.
    """

    name: str
    title: str
    text: str
    source: str = _SHARED
    lacks: str = ""
    has: str = ""
    keys: int = 0
    blocks: bool = False
    random: bool = False
    closes: bool = False
    at: str = "request"


ENTRIES: tuple[Entry, ...] = (
    Entry("LOADING", "Loading the dataset", "LOADING Redis is loading the dataset in memory", lacks="l", random=True),
    Entry(
        "BUSY",
        "Busy running a script",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        lacks="y",
        random=True,
    ),
    Entry(
        "MASTERDOWN",
        "The replica has lost its master",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        lacks="s",
        random=True,
    ),
    Entry(
        "READONLY",
        "A write to a read-only replica",
        "READONLY You can't write against a read only replica.",
        has="w",
        random=True,
    ),
    Entry(
        "OOM",
        "No memory left for a write",
        "OOM command not allowed when used memory > 'maxmemory'.",
        has="d",
        random=True,
    ),
    Entry(
        "MISCONF",
        "Snapshots fail, writes are refused",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "
        "Commands that may modify the data set are disabled, because this instance is configured to report errors "
        "during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). "
        "Please check the Redis logs for details about the RDB error.",
        has="w",
        random=True,
    ),
    Entry(
        "NOREPLICAS", "Too few replicas for a write", "NOREPLICAS Not enough good replicas to write.", has="w",
        random=True,
    ),
    Entry("MOVED", "The slot lives elsewhere", "MOVED {slot} {address}", _CLUSTER, keys=1),
    Entry("ASK", "The slot is moving: ask elsewhere once", "ASK {slot} {address}", _CLUSTER, keys=1),
    Entry(
        "TRYAGAIN", "Several keys of a slot that is moving", "TRYAGAIN Multiple keys request during rehashing of slot",
        _CLUSTER, keys=2,
    ),
    Entry("CLUSTERDOWN", "The cluster is down", "CLUSTERDOWN The cluster is down", _CLUSTER, keys=1),
    Entry("CLUSTERDOWN-SLOT", "Nobody serves the slot", "CLUSTERDOWN Hash slot not served", _CLUSTER, keys=1),
    Entry("NOAUTH", "Not logged in", "NOAUTH Authentication required.", lacks="a"),
    Entry(
        "EXECABORT", "The transaction is discarded", EXECABORT[1:-2].decode("ascii"),
        "redis 7.0 src/multi.c execCommand",
    ),
    Entry(
        "UNBLOCKED",
        "A blocked client is thrown out at failover",
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
        "redis 7.0 src/blocked.c disconnectAllBlockedClients",
        blocks=True,
        closes=True,
    ),
    Entry(
        "MAXCLIENTS", "Too many clients", "ERR max number of clients reached",
        "redis 7.0 src/networking.c acceptCommonHandler", closes=True, at="connect",
    ),
)  # fmt: skip
_ENDINGS = frozenset({"EXEC", "DISCARD", "QUIT", "RESET"})
_BY_NAME = {entry.name: entry for entry in ENTRIES}
REDIS_ERRORS: tuple[ErrorInfo, ...] = tuple(
    ErrorInfo(
        entry.name,
        entry.title,
        phases=("before",),
        at=entry.at,
        closes=entry.closes,
        random=entry.random,
        wire=f"-{entry.text}",
        source=entry.source,
    )
    for entry in ENTRIES
)


def redis_error(name: str, exchange: Exchange, address: str) -> bytes | None:
    """The bytes of an entry as the answer to this exchange; None: a server would never give it here.

    What the server checks of a queued command it checks again of EXEC, for all of them together, and then EXEC says
    why (rejectCommand, execCommandAbort).

    Args:
        name: of an entry.
        exchange: what it answers.
        address: `host:port` where MOVED and ASK send the client; empty: they can't be sent.
    """
    entry = _BY_NAME.get(name)
    if entry is None:
        return None
    if entry.at == "connect":
        return f"-{entry.text}\r\n".encode("ascii") if exchange.ordinal == 0 else None
    command, multi = exchange.facts.get("command"), exchange.facts.get("multi")
    if not isinstance(command, Command) or exchange.ordinal == 0:
        return None
    queue = multi if command.name == "EXEC" and isinstance(multi, Multi) else None
    if name == "EXECABORT":
        return EXECABORT if queue is not None else None
    if name == "NOAUTH" and command.name == "HELLO":
        count = exchange.facts["count"]
        return HELLO_NOAUTH if isinstance(count, int) and count < _WITH_AUTH else None
    if not _is_legal(entry, exchange, command, queue):
        return None
    text = entry.text
    if "{" in text:
        if not address:
            return None
        key = exchange.facts["slot_key"]
        assert isinstance(key, bytes)
        text = text.format(slot=slot_of(key), address=address)
    if command.name == "EXEC":  # whether a transaction is open or not (rejectCommand in server.c)
        text = f"EXECABORT Transaction discarded because of: {text}"
    return f"-{text}\r\n".encode("ascii")


def _is_legal(entry: Entry, exchange: Exchange, command: Command, queue: Multi | None) -> bool:
    facts = exchange.facts
    if entry.blocks:
        return bool(facts.get("blocks")) and "multi" not in facts
    if entry.keys:
        keys = facts.get("keys", 0)
        return isinstance(keys, int) and keys >= entry.keys
    if entry.has:
        if entry.name == "MISCONF" and command.name == "PING":
            return True
        if entry.name == "OOM" and queue is None and "multi" in facts and command.name not in _ENDINGS:
            return True  # queuing takes memory, too
        return entry.has in command.flags or (queue is not None and entry.has in queue.flags)
    return entry.lacks not in command.flags or (queue is not None and entry.lacks in queue.lacking)
