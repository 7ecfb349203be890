"""The facts of one exchange, shared by framers (which fill them in), behaviors and the data plane (which read them)."""

from __future__ import annotations


class Exchange:
    """The facts of one request and its answer, filled in by the framer as it learns them.

    Attributes:
        ordinal: number within the connection, from 1; 0 is the connect phase.
        label: what the journal shows: names, not values (`GET /cart?q=?`).
        key: what identifies the request for the draw (the start line as sent), or None: the ordinal does.
        answer_expected: False for requests that get no answer.
        answer_now: the backend side waits for a word before the request goes on, or the body is too large to swallow
            (`Expect: 100-continue`, over 1 MiB): an injected error is sent at once and the connection closed.
        request_done, answer_done: all of it has been framed.
        head: the request's header section as sent, once the data plane asked for it (`Framer.keep_heads`); else empty.
        status: what the answer says by the protocol ("200", "ERR 1213"), or "".
        failed: the answer is an error by the protocol.
        facts: what the protocol's own error catalogue needs to know (HTTP: method, version). Of all protocols:
            `close_after` (close the client's side behind the answer), `unframed` (the end of its answer can't be seen).
    """

    __slots__ = (
        "answer_done",
        "answer_expected",
        "answer_now",
        "facts",
        "failed",
        "head",
        "key",
        "label",
        "ordinal",
        "request_done",
        "status",
    )

    def __init__(
        self, ordinal: int, label: str = "", key: bytes | None = None, facts: dict[str, object] | None = None
    ) -> None:
        self.ordinal = ordinal
        self.label = label
        self.key = key
        self.head = b""
        self.answer_expected = True
        self.answer_now = False
        self.request_done = False
        self.answer_done = False
        self.status = ""
        self.failed = False
        self.facts: dict[str, object] = {} if facts is None else facts
