"""Plain Redis exchanges at one glance: one command on a fixed key, one answer that is a line, a string or a list."""

from __future__ import annotations

from vaurien_core.protocols.redis.whole import END, WINDOW, answer_end, arguments_at, plain_command


class RedisGlance:
    """See `protocols.glance.Glance`."""

    def request(self, data: bytes) -> bytes | None:
        """One array of strings without line ends in them."""
        if len(data) > WINDOW:
            return None
        parts = data.split(END)
        arguments = arguments_at(parts, 0)
        if arguments is None or len(arguments) * 2 + 2 != len(parts) or parts[-1]:
            return None
        plain = plain_command(arguments[0], len(arguments))
        return plain.key_of(arguments) if plain is not None else None

    def answer(self, data: bytes) -> bool:
        """One answer of RESP2 that is no error."""
        return data[:1] not in (b"", b"-") and answer_end(data, 0) == len(data)


GLANCE = RedisGlance()
