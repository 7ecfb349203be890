"""Plain memcached exchanges at one glance: one key asked for or stored, one answer (memcached doc/protocol.txt)."""

from __future__ import annotations

import re

_ASK = re.compile(rb"(gets? [!-~]{1,250})\r\n")
_STORE = re.compile(rb"((?:set|add|replace|append|prepend) [!-~]{1,250}) [0-9]{1,10} [0-9]{1,10} ([0-9]{1,7})\r\n")
_CHANGE = re.compile(rb"((?:delete|incr|decr|touch) [!-~]{1,250})(?: [0-9]{1,20})?\r\n")
_VALUE = re.compile(rb"VALUE [!-~]{1,250} [0-9]{1,10} ([0-9]{1,7})(?: [0-9]{1,20})?\r\n")
_LINE = re.compile(rb"(?:END|STORED|NOT_STORED|EXISTS|NOT_FOUND|DELETED|TOUCHED|[0-9]{1,20})\r\n")
_END = b"END\r\n"


class MemcacheGlance:
    """See `protocols.glance.Glance`."""

    def request(self, data: bytes) -> bytes | None:
        """One command with one key that is always answered; the key of the draw is both."""
        if data.startswith(b"get"):
            found = _ASK.fullmatch(data)
            return found[1] if found else None
        found = _STORE.match(data)
        if found is not None:
            return found[1] if found.end() + int(found[2]) + 2 == len(data) else None
        found = _CHANGE.fullmatch(data)
        return found[1] if found else None

    def answer(self, data: bytes) -> bool:
        """One line that is no error, or one value and its end."""
        if not data.startswith(b"VALUE"):
            return _LINE.fullmatch(data) is not None
        found = _VALUE.match(data)
        return found is not None and data[found.end() + int(found[1]) + 2 :] == _END


GLANCE = MemcacheGlance()
