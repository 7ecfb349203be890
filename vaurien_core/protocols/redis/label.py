"""What the journal shows of a request, and what its draw hangs on."""

from __future__ import annotations

from collections.abc import Sequence

from vaurien_core.protocols.redis.commands import Command

LABEL_MAX = 200
"""Characters."""


def request_label(command: Command, names: Sequence[bytes], count: int) -> str:
    """`SET user:1 ?`, `MGET a b c …`, `CLIENT REPLY OFF`: names; `?` for any other arguments.

    Args:
        command: what is asked for.
        names: keys or channels.
        count: arguments, with the command's name.
    """
    words = command.name.split("|")
    shown = [*words, *(name.decode("utf-8", "replace") for name in names)]
    text = " ".join(shown)
    if count > len(shown):
        text += " ?"
    if len(text) > LABEL_MAX:
        text = text[: LABEL_MAX - 1] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def request_key(command: Command, known: Sequence[bytes], count: int) -> bytes:
    """Command and names as sent (a script, too, where it stands before them); no values.

    Args:
        command: what is asked for.
        known: the arguments that had to be known, the command's name first.
        count: of all of them.
    """
    rest = known[len(command.name.split("|")) :] if command.named else ()
    return b"\0".join((command.name.encode("ascii"), b"%d" % count if not rest else b"", *rest))
