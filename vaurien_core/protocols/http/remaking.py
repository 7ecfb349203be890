"""Breaks the backend's real answer on its way: one small machine per fault, for phase `after`.

Each waits for the head, as that says what can be broken; an answer that can't is refused (`Untouched`). Made by
`broken.py`, one per exchange.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from vaurien_core.model.answer import Ending, Script, Step, Untouched
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.http.answer_head import BODILESS, AnswerHead, read_head
from vaurien_core.protocols.http.body import Body, ChunkedBody, LengthBody
from vaurien_core.protocols.http.framing import UnknownFramingError

SWITCHING_PROTOCOLS = 101
EXCESS = 7
"""Bytes by which the second of two lengths is larger."""
DRIP_MAX = 1000
"""Bytes that come one by one; what follows them comes at once, so that no answer takes a day."""
HELD_MAX = 64 * 1024
"""Bytes behind the last content that may turn out to be the last chunk and its trailers."""
NO_CHUNK = b"xyz\r\n"
"""In a chunk size's place (RFC 9112 section 7.1: hexadecimal digits)."""
LIES: tuple[tuple[bytes, bytes], ...] = (
    (b"application/json", b"text/html; charset=utf-8"),
    (b"", b"application/json"),
)
"""How the real type begins, and what is said instead."""


def passed(data: bytes, ending: Ending = Ending.GO_ON) -> Script:
    """Bytes without a pause."""
    return Script((Step(data),), ending)


def dripped(data: bytes, wait_s: float) -> tuple[Step, ...]:
    """Byte by byte, each behind a pause."""
    return tuple(Step(data[i : i + 1], wait_s) for i in range(len(data)))


class Breaker(ABC):
    """Collects the head of the final answer; then the subclass has its say."""

    def __init__(self, exchange: Exchange) -> None:
        self._head_only = exchange.facts.get("method") == "HEAD"
        self._seen = bytearray()
        self._begun = False

    def feed(self, data: bytes, *, interim: bool, last: bool) -> Script | Untouched:
        """See `model.answer.Remaker`."""
        if interim:
            return passed(data)
        if self._begun:
            return self.go_on(data, last=last)
        self._seen += data
        head, end = read_head(self._seen)
        if head is None:
            return Script()
        if head.status == SWITCHING_PROTOCOLS:
            return Untouched("the answer leaves HTTP")
        rest = bytes(self._seen[end:])
        try:
            body = None if self._head_only or head.status in BODILESS else head.body()
        except UnknownFramingError as error:
            return Untouched(str(error))
        made = self.begin(head, body, rest, last=last)
        self._begun = not isinstance(made, Untouched)
        return made

    @abstractmethod
    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """The head is complete, and `rest` has come behind it; `body` None: none will."""

    def go_on(self, data: bytes, *, last: bool) -> Script | Untouched:
        """More of the body."""
        return passed(data)


class ShortBody(Breaker):
    """Half of a body whose length was told, then FIN."""

    _left = 0

    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """See `Breaker`."""
        if not isinstance(body, LengthBody) or not body.left:
            return Untouched("the answer has no body with a length")
        self._left = body.left // 2
        return self._until_half(head.data, rest)

    def go_on(self, data: bytes, *, last: bool) -> Script:
        """See `Breaker`."""
        return self._until_half(b"", data)

    def _until_half(self, head: bytes, data: bytes) -> Script:
        half = data[: self._left]
        self._left -= len(half)
        return passed(head + half, Ending.GO_ON if self._left else Ending.CLOSE)


class NoLastChunk(Breaker):
    """All chunks but the last, which would end them, then FIN."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange)
        self._body = ChunkedBody()
        self._held = b""

    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """See `Breaker`."""
        if not isinstance(body, ChunkedBody):
            return Untouched("the answer is not chunked")
        made = self.go_on(rest, last=last)
        return Script((Step(head.data), *made.steps), made.ending)

    def go_on(self, data: bytes, *, last: bool) -> Script:
        """Hold back what follows the last content: the last chunk, if nothing comes behind it."""
        self._body.feed(data, 0)
        end = self._body.content_end
        if end < 0:
            self._held += data
            out = b""
        else:
            out, self._held = self._held + data[:end], data[end:]
        if len(self._held) > HELD_MAX:
            out, self._held = out + self._held, b""
        return passed(out + (b"\r\n" if self._body.size else b""), Ending.CLOSE) if last else passed(out)


class BadChunkSize(Breaker):
    """What is no size in the place of the first chunk's, then FIN."""

    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """See `Breaker`."""
        if not isinstance(body, ChunkedBody):
            return Untouched("the answer is not chunked")
        return passed(head.data + NO_CHUNK, Ending.CLOSE)


class TwoLengths(Breaker):
    """A second length that disagrees; FIN behind the body, as nobody can tell any more where the next answer begins."""

    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """See `Breaker`."""
        if not isinstance(body, LengthBody):
            return Untouched("the answer has no body with a length")
        told = head.with_line(b"Content-Length: %d" % (body.left + EXCESS))
        return passed(told.data + rest, Ending.CLOSE if last else Ending.GO_ON)

    def go_on(self, data: bytes, *, last: bool) -> Script:
        """See `Breaker`."""
        return passed(data, Ending.CLOSE if last else Ending.GO_ON)


class WrongType(Breaker):
    """Another Content-Type."""

    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """See `Breaker`."""
        real = head.value(b"content-type").lower()
        if not real:
            return Untouched("the answer has no Content-Type")
        lie = next(lie for begin, lie in LIES if real.startswith(begin))
        return passed(head.without(b"content-type").with_line(b"Content-Type: " + lie).data + rest)


class BadGzip(Breaker):
    """Says gzip of a body that is not; of one that is encoded, the first byte is flipped."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange)
        self._head = b""
        self._chunked = self._flips = False
        self._waiting = b""

    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """See `Breaker`."""
        if body is None or (isinstance(body, LengthBody) and not body.left):
            return Untouched("the answer has no body")
        if not head.value(b"content-encoding"):
            return passed(head.with_line(b"Content-Encoding: gzip").data + rest)
        self._flips, self._chunked = True, isinstance(body, ChunkedBody)
        made = self.go_on(rest, last=last)
        return Script((Step(head.data), *made.steps))

    def go_on(self, data: bytes, *, last: bool) -> Script:
        """Flip the first byte of content, which stands behind the first chunk's size line if there are chunks."""
        if not self._flips:
            return passed(data)
        at = data.find(b"\n") + 1 if self._chunked else 0
        if self._chunked and not at:
            return passed(data)
        self._chunked = False
        if at == len(data):
            return passed(data)
        self._flips = False
        return passed(data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1 :])


class HeaderDrip(Breaker):
    """The head byte by byte; not held back, as every answer has one."""

    def __init__(self, exchange: Exchange, wait_s: float) -> None:
        super().__init__(exchange)
        self._wait_s = wait_s
        self._dripped = 0
        self._over = False

    def feed(self, data: bytes, *, interim: bool, last: bool) -> Script:
        """See `model.answer.Remaker`."""
        if interim or self._over:
            return passed(data)
        before = len(self._seen)
        self._seen += data
        _, end = read_head(self._seen)
        count = (end or len(self._seen)) - before
        count = min(count, DRIP_MAX - before)
        self._over = bool(end) or before + count >= DRIP_MAX
        return Script((*dripped(data[:count], self._wait_s), Step(data[count:])))

    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """Never asked."""
        raise NotImplementedError


class BodyDrip(Breaker):
    """The head at once, the body byte by byte."""

    def __init__(self, exchange: Exchange, wait_s: float) -> None:
        super().__init__(exchange)
        self._wait_s = wait_s
        self._left = DRIP_MAX

    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """See `Breaker`."""
        if body is None or (isinstance(body, LengthBody) and not body.left):
            return Untouched("the answer has no body")
        return Script((Step(head.data), *self.go_on(rest, last=last).steps))

    def go_on(self, data: bytes, *, last: bool) -> Script:
        """See `Breaker`."""
        count = min(self._left, len(data))
        self._left -= count
        return Script((*dripped(data[:count], self._wait_s), Step(data[count:])))


class StalledBody(Breaker):
    """The head, then silence."""

    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """See `Breaker`."""
        if body is None or (isinstance(body, LengthBody) and not body.left):
            return Untouched("the answer has no body")
        return passed(head.data, Ending.STALL)


class NoContinue(Breaker):
    """Swallows what comes before the final answer."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange)
        self._swallowed = False

    def feed(self, data: bytes, *, interim: bool, last: bool) -> Script | Untouched:
        """See `model.answer.Remaker`."""
        if interim:
            self._swallowed = True
            return Script()
        return passed(data) if self._swallowed else Untouched("there was no 100 Continue")

    def begin(self, head: AnswerHead, body: Body | None, rest: bytes, *, last: bool) -> Script | Untouched:
        """Never asked."""
        raise NotImplementedError
