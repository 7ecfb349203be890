"""Plain MySQL exchanges at one glance: a statement that reads or writes rows, one result in one read.

Such an exchange leaves the session as it was: no statement is prepared or forgotten, no file is asked for, no
transaction begins or ends (the server's status flags say so), no cursor is left open.
"""

from __future__ import annotations

import re

from vaurien_core.protocols.mysql.constants import EXECUTE, QUERY, Cap, Status
from vaurien_core.protocols.mysql.talk import Talk
from vaurien_core.protocols.mysql.whole import whole_command, whole_result

_STATEMENT = re.compile(rb"(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|SHOW|WITH)[ \t\r\n]", re.IGNORECASE)
_NO_ATTRIBUTES = b"\x03\x00\x01"
_EXECUTE_MIN = 14
_HEADER = 4


class MysqlGlance:
    """See `protocols.glance.Glance`; knows its connection's session, and doesn't change it."""

    __slots__ = ("_head", "_talk")

    def __init__(self, talk: Talk, head: int) -> None:
        """Begin.

        Args:
            talk: of the connection.
            head: how many bytes of a command make its key.
        """
        self._talk, self._head = talk, head

    def request(self, data: bytes) -> bytes | None:
        """One statement, or one execution of a prepared one without a cursor."""
        end = whole_command(data, 0)
        if end != len(data) or end - _HEADER > self._head:
            return None
        command, talk = data[_HEADER], self._talk
        if command == QUERY:
            at = _HEADER + 1
            if talk.caps & Cap.QUERY_ATTRIBUTES:
                if not data.startswith(_NO_ATTRIBUTES, _HEADER):
                    return None
                at += 2
            return data[_HEADER:] if _STATEMENT.match(data, at) else None
        if command != EXECUTE or end < _EXECUTE_MIN or data[_HEADER + 5]:
            return None
        number = int.from_bytes(data[_HEADER + 1 : _HEADER + 5], "little")
        return data[_HEADER : _HEADER + 1] + talk.statement(number).digest + data[_HEADER + 5 :]

    def answer(self, data: bytes) -> bool:
        """One OK or one result set, after which the transaction is as it was."""
        talk = self._talk
        found = whole_result(data, 0, talk.caps)
        if found is None or found[0] != len(data):
            return False
        return bool(found[1] & Status.IN_TRANS) == talk.in_transaction
