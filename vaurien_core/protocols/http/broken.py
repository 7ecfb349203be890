"""Answers that break the rules of HTTP, as data.

Each has a name, what we say in the backend's place, and what is done to the real answer in phase `after`. In phase
`before` the client gets a 200 of ours that is broken; its head doesn't announce a close, as servers that break don't
either.
"""

from __future__ import annotations

from collections.abc import Callable

from vaurien_core.frozen import dataclass
from vaurien_core.model.answer import Answer, Ending, Remade, Remaker, Script, Step
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.http import own, remaking

BODY = b"This answer took the backend's place.\n"
HTML = b"<!doctype html><title>Sign in</title><p>This answer took the backend's place.\n"
CHUNK = b"%x\r\n%s\r\n" % (len(BODY), BODY)
GZIP_BEGIN = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
"""A header of gzip (RFC 1952 section 2.3); what follows here is no DEFLATE data."""
CHUNKED = ("Transfer-Encoding: chunked",)


@dataclass(frozen=True, slots=True)
class Own:
    """What an answer of ours is made with."""

    exchange: Exchange
    wall: float
    drip_s: float
    close: bool

    @property
    def head_only(self) -> bool:
        """The request was HEAD."""
        return self.exchange.facts["method"] == "HEAD"

    @property
    def takes_chunks(self) -> bool:
        """HTTP/1.0 has no transfer codings (RFC 9112 section 6.1)."""
        return not self.head_only and self.exchange.facts["version"] != "1.0"

    def head(self, *lines: str, content: str = own.TEXT, close: bool = False) -> bytes:
        """A 200 that says nothing of what is to come."""
        return own.head("200 OK", self.exchange, wall=self.wall, close=close, content=content, lines=lines)


def _short_body(own_: Own) -> Answer | None:
    head = own_.head(f"Content-Length: {2 * len(BODY)}")
    return None if own_.head_only else remaking.passed(head + BODY, Ending.CLOSE)


def _no_last_chunk(own_: Own) -> Answer | None:
    return remaking.passed(own_.head(*CHUNKED) + CHUNK, Ending.CLOSE) if own_.takes_chunks else None


def _bad_chunk_size(own_: Own) -> Answer | None:
    return remaking.passed(own_.head(*CHUNKED) + remaking.NO_CHUNK, Ending.CLOSE) if own_.takes_chunks else None


def _two_lengths(own_: Own) -> Answer | None:
    lengths = own.with_length(BODY, f"Content-Length: {len(BODY) + remaking.EXCESS}")
    return None if own_.head_only else remaking.passed(own_.head(*lengths) + BODY, Ending.CLOSE)


def _wrong_type(own_: Own) -> Answer | None:
    head = own_.head(*own.with_length(HTML), content="application/json", close=own_.close)
    return head if own_.head_only else head + HTML


def _bad_gzip(own_: Own) -> Answer | None:
    body = GZIP_BEGIN + b"\xff" + BODY
    head = own_.head(*own.with_length(body, "Content-Encoding: gzip"), close=own_.close)
    return None if own_.head_only else head + body


def _header_drip(own_: Own) -> Answer | None:
    head = own_.head(*own.with_length(BODY), close=own_.close)
    return Script((*remaking.dripped(head, own_.drip_s), Step(b"" if own_.head_only else BODY)))


def _body_drip(own_: Own) -> Answer | None:
    head = own_.head(*own.with_length(BODY), close=own_.close)
    return None if own_.head_only else Script((Step(head), *remaking.dripped(BODY, own_.drip_s)))


def _stalled_body(own_: Own) -> Answer | None:
    return None if own_.head_only else remaking.passed(own_.head(*own.with_length(BODY)), Ending.STALL)


def _stale_connection(own_: Own) -> Answer | None:
    return Script((), Ending.CLOSE) if own_.exchange.ordinal > 1 else None


def _no_answer(own_: Own) -> Answer | None:
    return Script((), Ending.CLOSE)


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry; without a `remake` its own answer replaces the real one, without an `own` there is only `after`."""

    name: str
    title: str
    wire: str
    source: str
    own: Callable[[Own], Answer | None] | None
    remake: Callable[[Exchange, float], Remaker] | None = None
    closes: bool = True

    @property
    def info(self) -> ErrorInfo:
        """As an entry of the catalogue."""
        phases = ("before", "after") if self.own is not None else ("after",)
        return ErrorInfo(self.name, self.title, phases, closes=self.closes, wire=self.wire, source=self.source)


BROKEN: tuple[Broken, ...] = (
    Broken(
        "short-body",
        "Body shorter than its length",
        "Content-Length of twice the body, the body, FIN; after: half of the real body, FIN",
        "RFC 9112 8",
        _short_body,
        lambda exchange, _: remaking.ShortBody(exchange),
    ),
    Broken(
        "no-last-chunk",
        "Chunks without their end",
        "Transfer-Encoding: chunked, a chunk, FIN instead of 0; after: the real chunks but the last; not to HTTP/1.0",
        "RFC 9112 8",
        _no_last_chunk,
        lambda exchange, _: remaking.NoLastChunk(exchange),
    ),
    Broken(
        "bad-chunk-size",
        "Chunk size that is none",
        "Transfer-Encoding: chunked, xyz CR LF in the first size's place, FIN; not to HTTP/1.0",
        "RFC 9112 7.1",
        _bad_chunk_size,
        lambda exchange, _: remaking.BadChunkSize(exchange),
    ),
    Broken(
        "two-lengths",
        "Conflicting lengths",
        f"two Content-Length headers, the second larger by {remaking.EXCESS}, the body of the first, FIN",
        "RFC 9112 6.3",
        _two_lengths,
        lambda exchange, _: remaking.TwoLengths(exchange),
    ),
    Broken(
        "wrong-type",
        "Wrong Content-Type",
        "200 with an HTML page called application/json; after: the real body, JSON called text/html, else called JSON",
        "RFC 9110 8.3",
        _wrong_type,
        lambda exchange, _: remaking.WrongType(exchange),
        closes=False,
    ),
    Broken(
        "bad-gzip",
        "Broken gzip",
        "Content-Encoding: gzip, a gzip header and no DEFLATE data; after: on the real body, or its first byte flipped",
        "RFC 9110 8.4.1.3",
        _bad_gzip,
        lambda exchange, _: remaking.BadGzip(exchange),
        closes=False,
    ),
    Broken(
        "header-drip",
        "Headers byte by byte",
        f"the head byte by byte ([protocol:http] drip, the first {remaking.DRIP_MAX:,} bytes), then the body at once",
        "RFC 9112 2.2",
        _header_drip,
        lambda exchange, drip_s: remaking.HeaderDrip(exchange, drip_s),
        closes=False,
    ),
    Broken(
        "body-drip",
        "Body byte by byte",
        f"the head at once, then the body byte by byte ([protocol:http] drip, the first {remaking.DRIP_MAX:,} bytes)",
        "RFC 9112 6",
        _body_drip,
        lambda exchange, drip_s: remaking.BodyDrip(exchange, drip_s),
        closes=False,
    ),
    Broken(
        "stalled-body",
        "Silence after the headers",
        "the head with a length, then nothing; open until the client leaves",
        "RFC 9112 9.5",
        _stalled_body,
        lambda exchange, _: remaking.StalledBody(exchange),
    ),
    Broken(
        "stale-connection",
        "Kept connection closed",
        "FIN instead of an answer, on the second and later requests of a connection only",
        "RFC 9112 9.3.1",
        _stale_connection,
    ),
    Broken("no-answer", "Closed without an answer", "FIN instead of an answer", "RFC 9112 9.6", _no_answer),
    Broken(
        "no-continue",
        "No 100 Continue",
        "what comes before the final answer is swallowed; only where the backend says 100 Continue",
        "RFC 9110 10.1.1",
        None,
        lambda exchange, _: remaking.NoContinue(exchange),
        closes=False,
    ),
)
_BY_NAME = {entry.name: entry for entry in BROKEN}


def broken_answer(
    name: str, exchange: Exchange, *, wall: float, phase: str, drip_s: float, close: bool
) -> Answer | None:
    """See `errors.http_error`, which calls it; None also for a CONNECT, whose answer has no body to break."""
    entry = _BY_NAME.get(name)
    if entry is None:
        return None
    own_answer = entry.own(Own(exchange, wall, drip_s, close)) if entry.own is not None else None
    remake = entry.remake
    if phase != "after" or remake is None:
        return own_answer
    if exchange.facts["method"] == "CONNECT":
        return None
    return Remade(lambda: remake(exchange, drip_s))
