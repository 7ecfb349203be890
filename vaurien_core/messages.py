"""Every message with an id: what it says and what to do. The window, the command line and the manual read it here.

An error carries its id as `VaurienError.code`; its own sentence says the particulars, this table the way out.
"""

from __future__ import annotations

from vaurien_core.errors import ProfileError, VaurienError
from vaurien_core.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the table."""

    id: str
    says: str
    """What is wrong, without the particulars."""
    advice: str
    """What to do: sentences."""


MESSAGES: tuple[Message, ...] = (
    Message(
        "VA-101",
        "The address is in use",
        "Another program listens there already; `ss -ltnp` or `lsof -iTCP -sTCP:LISTEN` shows which. Use a free port "
        "(`:0`), end that program, or listen somewhere else.",
    ),
    Message(
        "VA-102",
        "No permission for that port",
        "Ports under 1024 need privileges. Choose a port from 1024 on.",
    ),
    Message(
        "VA-103",
        "Not an address of this machine",
        "Listen on `127.0.0.1`, `0.0.0.0`, or a name that leads to this machine.",
    ),
    Message(
        "VA-120",
        "The weights of a mix exceed 100 %",
        "Lower one of them, or choose *Scale to 100 %*. Rules with selectors don't count.",
    ),
    Message(
        "VA-201",
        "The profile can't be used",
        "Every mistake is listed with its line, what was expected and what was found. `vaurien check` says the same.",
    ),
    Message(
        "VA-203",
        "The file changed on disk",
        "Read it again, keep yours, or save it as another file.",
    ),
    Message(
        "VA-301",
        "The engine can't be reached",
        "Its process ended, is frozen, or the link broke. *Restart* runs the same profile again; a remote engine is "
        "dialled again by itself. Until then nobody knows whether faults act.",
    ),
    Message(
        "VA-302",
        "Somebody else changed the same",
        "Between your reading and your writing another window, job or API call changed the same place. *Take theirs* "
        "or *Keep mine*; over HTTP, read the profile again and repeat the write.",
    ),
    Message(
        "VA-401",
        "The profile names code",
        "Read it before it runs: it may do whatever you may. *Run its code* is remembered for these very files; "
        "*Open without* leaves its rules out. The control API never loads code.",
    ),
)
_BY_ID = {message.id: message for message in MESSAGES}


def message(code: str) -> Message | None:
    """The line with this id; None where there is none."""
    return _BY_ID.get(code)


def with_id(error: VaurienError) -> str:
    """The sentence of an error with its id at the end, where the table has it: `... not permitted (VA-102).`."""
    text = str(error)
    if error.code not in _BY_ID or error.code in text or isinstance(error, ProfileError):
        return text  # the problems of a profile have places of their own, one a line
    return f"{text.removesuffix('.')} ({error.code})."


def advice(code: str) -> str:
    """What to do about it, as plain text; "" where the table has nothing."""
    found = _BY_ID.get(code)
    return found.advice.replace("`", "").replace("*", "") if found is not None else ""
