"""What can be told of plain exchanges at one glance: a whole request in one read, a whole answer in one read.

Most traffic is such. A glance looks at the bytes and changes nothing. It is made for the time between two exchanges of
a framed connection; what it doesn't know for certain it leaves to the framer, which sees the same bytes then. It never
says more than the framer would: a test holds each against its framer.
"""

from __future__ import annotations

from typing import Protocol

GLANCED_MAX = 65536
"""Bytes of a read that is looked at."""


class Glance(Protocol):
    """What one protocol knows of its plain exchanges. Has no state of its own; may look at its connection's session."""

    def request(self, data: bytes) -> bytes | None:
        """The key of the draw (`Exchange.key`), if this is one whole request that changes nothing of the session.

        Its answer comes from the backend, is one, and frames like any other. None: that is not certain.
        """
        ...

    def answer(self, data: bytes) -> bool:
        """Whether this is one whole answer to such a request, no interim one and no error, after which all goes on."""
        ...
