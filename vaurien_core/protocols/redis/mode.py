"""What requests make of a connection: whether it gets answers (CLIENT REPLY), and whether a transaction is open."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.redis.commands import Command
from vaurien_core.protocols.redis.words import REPLY

CONFIRMED = frozenset({"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"})
"""Answered once for each channel, also while answers are off."""
_AT_ONCE = frozenset({"MULTI", "EXEC", "DISCARD", "WATCH", "QUIT", "RESET"})
"""Not queued in a transaction (processCommand in server.c)."""
_BREAKING = CONFIRMED | {"HELLO", REPLY}
STATEFUL = _AT_ONCE | _BREAKING | {"MONITOR", "SYNC", "PSYNC"}
"""After these the connection may answer otherwise than before."""


@dataclass(slots=True, eq=False)
class Multi:
    """A transaction under way, as the server keeps it (`multiState`)."""

    dirty: bool = False
    """One of its commands was answered with an error in the backend's place: EXEC must not run the others."""
    flags: set[str] = field(default_factory=set)
    """Flags that any queued command has."""
    lacking: set[str] = field(default_factory=set)
    """Those of `l`, `s`, `y` that any queued command lacks."""
    breaking: bool = False
    """Its EXEC answers in a way that can't be followed."""


@dataclass(frozen=True, slots=True)
class Mode:
    """Before or after a request, in the order of requests."""

    silent: bool = False
    """CLIENT REPLY OFF."""
    skip: bool = False
    """The next request gets no answer."""
    multi: Multi | None = None
    monitors: bool = False
    """MONITOR was asked for; a second one is not answered (monitorCommand in replication.c)."""

    @property
    def answers(self) -> bool:
        """Whether each request but those of `STATEFUL` gets its answer at once, and leaves the mode as it is."""
        return not (self.silent or self.skip) and self.multi is None

    def after(self, exchange: Exchange) -> Mode:
        """What it is behind this request; says there whether it gets an answer and which transaction it belongs to."""
        facts = exchange.facts
        command = facts["command"]
        assert isinstance(command, Command)
        name = command.name
        multi = self.multi
        queued = multi is not None and name not in _AT_ONCE
        silent, skip, monitors = self.silent, False, self.monitors
        exchange.answer_expected = not (self.silent or self.skip) or (name in CONFIRMED and not queued)
        if multi is not None:
            facts["multi"] = multi
        else:
            facts.pop("multi", None)
        if multi is not None and queued:
            multi.flags |= command.flags
            multi.lacking |= {"l", "s", "y"} - command.flags
            multi.breaking = multi.breaking or name in _BREAKING
            return replace(self, skip=False)
        if name == REPLY and facts["count"] == 3:
            wish = facts["reply_mode"]
            if wish == "ON":
                silent, exchange.answer_expected = False, True
            elif wish == "OFF":
                silent, exchange.answer_expected = True, False
            elif wish == "SKIP":
                exchange.answer_expected = False
                skip = not self.silent
        elif name == "MULTI" and multi is None:
            opened = facts.setdefault("opens", Multi())
            assert isinstance(opened, Multi)
            multi = opened
        elif name in ("EXEC", "DISCARD"):
            multi = None
        elif name == "MONITOR":
            exchange.answer_expected = exchange.answer_expected and not monitors
            monitors = True
        elif name == "RESET":
            multi, silent, monitors = None, False, False
            exchange.answer_expected = True
        return Mode(silent, skip, multi, monitors)
