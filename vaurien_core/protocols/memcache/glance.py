"""Plain memcached exchanges at one glance: one whole command in one read, one whole answer."""

from __future__ import annotations

from vaurien_core.protocols.memcache.whole import whole_answer, whole_command


class MemcacheGlance:
    """See `protocols.glance.Glance`."""

    def request(self, data: bytes) -> bytes | None:
        """One command with one key that is always answered; the key of the draw is both."""
        found = whole_command(data, 0)
        return found[0] + b" " + found[1] if found is not None and found[3] == len(data) else None

    def answer(self, data: bytes) -> bool:
        """One line that is no error, or one value and its end."""
        found = whole_answer(data, 0)
        return found is not None and found[1] == len(data)


GLANCE = MemcacheGlance()
