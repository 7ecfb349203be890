"""Plain HTTP/1.1 exchanges at one glance: one whole message in one read."""

from __future__ import annotations

from vaurien_core.protocols.http.whole import plain_answer, plain_request


class HttpGlance:
    """See `protocols.glance.Glance`."""

    def request(self, data: bytes) -> bytes | None:
        """One request with a head that says nothing but a length, and its body; the key is its start line."""
        found = plain_request(data, 0)
        return found[0] if found is not None and found[2] == len(data) and not found[0].startswith(b"HEAD") else None

    def answer(self, data: bytes) -> bool:
        """One final answer below 500 with its body."""
        found = plain_answer(data, 0)
        return found is not None and found[2] == len(data) and found[0] < b"500"


GLANCE = HttpGlance()
