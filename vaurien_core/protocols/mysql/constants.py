"""Numbers of the protocol (MySQL internals manual, "Client/Server Protocol"; MariaDB knowledge base, same title)."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType

CHUNK_MAX = 0xFFFFFF
"""Length of a packet that goes on in the next one."""


class Cap:
    """Capability flags of greeting and login; those from 1 << 32 are MariaDB's. Numbers, as they are asked often."""

    LONG_PASSWORD = 1
    """In a greeting: a MySQL server; MariaDB from 10.2 leaves it out and uses the reserved bytes."""
    COMPRESS = 0x20
    PROTOCOL_41 = 0x200
    SSL = 0x800
    DEPRECATE_EOF = 1 << 24
    OPTIONAL_METADATA = 1 << 25
    ZSTD = 1 << 26
    QUERY_ATTRIBUTES = 1 << 27
    CACHE_METADATA = 1 << 36


class Status:
    """Status flags in OK and EOF packets."""

    IN_TRANS = 0x01
    AUTOCOMMIT = 0x02
    MORE_RESULTS = 0x08
    CURSOR = 0x40


class Answer(Enum):
    """The form of a command's answer."""

    NONE = "none"
    ONE = "one packet"
    RESULTS = "results"
    PREPARED = "prepared"
    ROWS = "rows"
    DIALOGUE = "dialogue"
    UNFRAMED = "unframed"


QUIT, INIT_DB, QUERY, FIELD_LIST = 0x01, 0x02, 0x03, 0x04
CHANGE_USER, PREPARE, EXECUTE, LONG_DATA, CLOSE, RESET = 0x11, 0x16, 0x17, 0x18, 0x19, 0x1A
FETCH, RESET_CONNECTION, BULK_EXECUTE = 0x1C, 0x1F, 0xFA

COMMANDS = MappingProxyType(
    {
        0x00: ("SLEEP", Answer.ONE),
        QUIT: ("QUIT", Answer.NONE),
        INIT_DB: ("INIT_DB", Answer.ONE),
        QUERY: ("QUERY", Answer.RESULTS),
        FIELD_LIST: ("FIELD_LIST", Answer.ROWS),
        0x05: ("CREATE_DB", Answer.ONE),
        0x06: ("DROP_DB", Answer.ONE),
        0x07: ("REFRESH", Answer.ONE),
        0x08: ("SHUTDOWN", Answer.ONE),
        0x09: ("STATISTICS", Answer.ONE),
        0x0A: ("PROCESS_INFO", Answer.RESULTS),
        0x0B: ("CONNECT", Answer.ONE),
        0x0C: ("PROCESS_KILL", Answer.ONE),
        0x0D: ("DEBUG", Answer.ONE),
        0x0E: ("PING", Answer.ONE),
        0x0F: ("TIME", Answer.ONE),
        0x10: ("DELAYED_INSERT", Answer.ONE),
        CHANGE_USER: ("CHANGE_USER", Answer.DIALOGUE),
        0x12: ("BINLOG_DUMP", Answer.UNFRAMED),
        0x13: ("TABLE_DUMP", Answer.UNFRAMED),
        0x14: ("CONNECT_OUT", Answer.ONE),
        0x15: ("REGISTER_SLAVE", Answer.ONE),
        PREPARE: ("PREPARE", Answer.PREPARED),
        EXECUTE: ("EXECUTE", Answer.RESULTS),
        LONG_DATA: ("SEND_LONG_DATA", Answer.NONE),
        CLOSE: ("CLOSE", Answer.NONE),
        RESET: ("RESET", Answer.ONE),
        0x1B: ("SET_OPTION", Answer.ONE),
        FETCH: ("FETCH", Answer.ROWS),
        0x1D: ("DAEMON", Answer.ONE),
        0x1E: ("BINLOG_DUMP_GTID", Answer.UNFRAMED),
        RESET_CONNECTION: ("RESET_CONNECTION", Answer.ONE),
        BULK_EXECUTE: ("BULK_EXECUTE", Answer.RESULTS),
    }
)
"""Command byte: its name without COM_, and how it is answered."""
STATISTICS = 0x09


def lenenc(data: bytes, pos: int) -> tuple[int, int]:
    """A length-encoded integer and where it ends.

    Raises:
        IndexError: it isn't all there, or is none.
    """
    first = data[pos]
    if first < 0xFB:
        return first, pos + 1
    width = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first, 0)
    end = pos + 1 + width
    if not width or end > len(data):
        raise IndexError(pos)
    return int.from_bytes(data[pos + 1 : end], "little"), end
