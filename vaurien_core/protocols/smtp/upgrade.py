"""STARTTLS with the backend, said by us before the client is heard (RFC 3207).

The greeting is kept until TLS stands, and is then the greeting of the session; the client's EHLO is the session's
first command within TLS.
"""

from __future__ import annotations

import re

from vaurien_core.protocols.negotiation import Act, Deliver, Fail, Secure, Send

_OFFERS = re.compile(rb"^250[- ]STARTTLS[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HELLO = b"EHLO [127.0.0.1]\r\n"
REPLY_MAX = 64 * 1024


class BackendStarttls:
    """See the module and `protocols.negotiation`."""

    def __init__(self) -> None:
        self.settled = False
        self.held = 0
        self._stage = "greeting"
        self._greeting = b""
        self._reply = b""
        self._waiting: list[bytes] = []

    def received(self, data: bytes) -> list[Act]:
        """Replies of the server; what it says behind the one to STARTTLS is discarded (it is plain text)."""
        self._reply += data
        end = _end_of_reply(self._reply)
        if not end:
            over = len(self._reply) > REPLY_MAX
            return [Fail("The backend answers without an end, which is not SMTP.")] if over else []
        reply, self._reply = self._reply[:end], self._reply[end:]
        if self._stage == "greeting":
            self._greeting = reply
            if not reply.startswith(b"220"):
                return self._give_up()
            self._stage = "hello"
            return [Send(_HELLO)]
        if self._stage == "hello":
            if not _OFFERS.search(reply):
                return [Fail(f"The backend offers no STARTTLS ({_shown(reply)}); use backend_tls = off or on.")]
            self._stage = "starttls"
            return [Send(b"STARTTLS\r\n")]
        self._reply = b""
        if not reply.startswith(b"220"):
            return [Fail(f"The backend refused STARTTLS: {_shown(reply)}.")]
        return [Secure()]

    def sent(self, data: bytes) -> list[Act]:
        """What the client says early waits."""
        self._waiting.append(data)
        self.held += len(data)
        return []

    def secured(self) -> list[Act]:
        """The session begins."""
        self.settled = True
        waiting, self._waiting, self.held = self._waiting, [], 0
        return [Deliver(self._greeting), *(Send(data) for data in waiting)]

    def ended(self) -> list[Act]:
        """The server left: its greeting is all that the client gets."""
        return [Deliver(rest)] if (rest := self._greeting + self._reply) else []

    def _give_up(self) -> list[Act]:
        """There is no service: the client hears so, and speaks on with the backend as it is."""
        self.settled = True
        waiting, self._waiting, self.held = self._waiting, [], 0
        return [Deliver(self._greeting + self._reply), *(Send(data) for data in waiting)]


def _end_of_reply(data: bytes) -> int:
    """Where the first reply ends; 0: not yet."""
    pos = 0
    while (end := data.find(b"\n", pos)) >= 0:
        if data[pos + 3 : pos + 4] != b"-":
            return end + 1
        pos = end + 1
    return 0


def _shown(reply: bytes) -> str:
    return reply.rpartition(b"\n")[0].rpartition(b"\n")[2].strip()[:100].decode("ascii", "replace")
