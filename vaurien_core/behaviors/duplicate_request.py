"""duplicate_request: an idempotency test."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet


@dataclass(frozen=True, slots=True)
class DuplicateRequestOptions(OptionSet):
    """None."""


class DuplicateRequest(Behavior):
    """What a retry after a lost answer does, without the retry."""

    name: ClassVar[str] = "duplicate_request"
    title: ClassVar[str] = "Duplicate request"
    summary: ClassVar[str] = "The backend gets the request twice, the client one answer: an idempotency test"
    wire: ClassVar[str] = (
        "The request is forwarded, and once more on the same connection when it is complete. The client gets the "
        "first answer; the second one is read to its end and dropped. Not for requests over 1 MiB, those that end "
        "their connection, wait for 100 Continue or get no answer."
    )
    group: ClassVar[str] = "Data"
    fails: ClassVar[bool] = False
    protocols: ClassVar[tuple[str, ...]] = ("http", "redis", "memcache", "mysql")
    needs_answer: ClassVar[bool] = True
    Options: ClassVar[type[OptionSet]] = DuplicateRequestOptions

    def begin(self, act: Intervention) -> None:
        """Let it be said again."""
        if act.opaque:
            act.not_applicable(f"the stream is opaque: {act.opaque}")
        elif act.exchange.facts.get("keep_alive") is False:
            act.not_applicable("the request ends its connection")
        elif act.exchange.answer_now:
            act.not_applicable("the request waits for 100 Continue, or is too large")
        else:
            act.repeat()

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """What it does to them."""
        return "reach the backend <b>twice</b>; their client gets one answer"
