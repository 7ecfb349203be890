"""Generated HTTP: operations of every shape that the framer knows, strung into conversations from a seed.

An operation is one request and its answer as steps (see `conversations`). Those in `LAST` end what can be said on their
connection. `conversations_of` deals all shapes in turn, so each comes equally often.
"""

from __future__ import annotations

import gzip
import random
from collections import Counter
from collections.abc import Callable, Iterator

from tests.acceptance.conversations import MB, Step

Op = Callable[[random.Random], list[Step]]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH")
SIZES = (0, 1, 2, 100, 1460, 4096, 16_385, 65_536, 200_000)


def _head(start: str, *lines: str, end: str = "\r\n") -> bytes:
    return end.join([start, *lines, "", ""]).encode()


def _ask(rng: random.Random, method: str, *lines: str, version: str = "1.1", end: str = "\r\n") -> bytes:
    more = [f"X-{n}: {rng.getrandbits(40):x}" for n in range(rng.randrange(4))]
    return _head(
        f"{method} /p{rng.randrange(50)}?a={rng.random()} HTTP/{version}", "Host: test", *more, *lines, end=end
    )


def _body(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice(SIZES))


def chunked(rng: random.Random, body: bytes, *, most: int = 5000, extension: str = "", trailers: str = "") -> bytes:
    """A body in chunks of 1 to `most` bytes."""
    out, at = [], 0
    while at < len(body):
        piece = body[at : at + rng.randint(1, most)]
        size = f"{len(piece):x}" if rng.random() < 0.5 else f"{len(piece):X}"
        out.append(f"{size}{extension}\r\n".encode() + piece + b"\r\n")
        at += len(piece)
    return b"".join(out) + f"0{extension}\r\n{trailers}\r\n".encode()


def _ok(rng: random.Random) -> bytes:
    body = _body(rng)
    return _head("HTTP/1.1 200 OK", f"Content-Length: {len(body)}") + body


def _method(method: str) -> Op:
    def op(rng: random.Random) -> list[Step]:
        content = rng.randbytes(rng.randrange(300)) if method in ("POST", "PUT", "PATCH", "PROPFIND") else b""
        asked = _ask(rng, method, *([f"Content-Length: {len(content)}"] if content else [])) + content
        said = _head("HTTP/1.1 200 OK", "Content-Length: 12345") if method == "HEAD" else _ok(rng)
        return [("c", asked), ("s", said)]

    return op


def _status(status: str, *lines: str) -> Op:
    """An answer that its status leaves without a body."""
    return lambda rng: [("c", _ask(rng, "GET")), ("s", _head(f"HTTP/1.1 {status}", *lines))]


def _sent(make: Callable[[random.Random, bytes], tuple[list[str], bytes]]) -> Op:
    def op(rng: random.Random) -> list[Step]:
        lines, body = make(rng, _body(rng))
        return [("c", _ask(rng, rng.choice(("POST", "PUT")), *lines) + body), ("s", _ok(rng))]

    return op


def _told(make: Callable[[random.Random, bytes], tuple[list[str], bytes]], method: str = "GET") -> Op:
    def op(rng: random.Random) -> list[Step]:
        lines, body = make(rng, _body(rng))
        said = _head(f"HTTP/1.1 {rng.choice(('200 OK', '404 Not Found', '500 Oops', '206 Partial'))}", *lines)
        return [("c", _ask(rng, method)), ("s", said + (b"" if method == "HEAD" else body))]

    return op


def with_length(rng: random.Random, body: bytes) -> tuple[list[str], bytes]:
    return [f"{rng.choice(('Content-Length', 'content-length', 'CONTENT-LENGTH'))}:  {len(body)} "], body


def empty(rng: random.Random, body: bytes) -> tuple[list[str], bytes]:
    return ["Content-Length: 0"], b""


def twice_the_same_length(rng: random.Random, body: bytes) -> tuple[list[str], bytes]:
    return [f"Content-Length: {len(body)}"] * 2, body


def in_chunks(rng: random.Random, body: bytes) -> tuple[list[str], bytes]:
    return [f"Transfer-Encoding: {rng.choice(('chunked', 'CHUNKED', 'gzip, chunked'))}"], chunked(rng, body)


def in_tiny_chunks(rng: random.Random, body: bytes) -> tuple[list[str], bytes]:
    return ["Transfer-Encoding: chunked"], chunked(rng, body[:1000], most=2)


def with_extensions(rng: random.Random, body: bytes) -> tuple[list[str], bytes]:
    return ["tRANSFER-eNCODING: chunked"], chunked(rng, body, extension=';a="b";c')


def with_trailers(rng: random.Random, body: bytes) -> tuple[list[str], bytes]:
    return ["Transfer-Encoding: chunked", "Trailer: X"], chunked(rng, body, trailers="X: y\r\nZ: \r\n")


def with_nothing_in_chunks(rng: random.Random, body: bytes) -> tuple[list[str], bytes]:
    return ["Transfer-Encoding: chunked"], b"0\r\n\r\n"


def zipped(rng: random.Random, body: bytes) -> tuple[list[str], bytes]:
    packed = gzip.compress(body[:5000], mtime=0)
    return ["Content-Encoding: gzip", f"Content-Length: {len(packed)}"], packed


BODIES = (
    with_length, empty, twice_the_same_length, in_chunks, in_tiny_chunks, with_extensions, with_trailers,
    with_nothing_in_chunks, zipped,
)  # fmt: skip


def expects(rng: random.Random) -> list[Step]:
    body = _body(rng) + b"!"
    asked = _ask(rng, "PUT", f"Content-Length: {len(body)}", "Expect: 100-continue")
    return [("c", asked), ("s", _head("HTTP/1.1 100 Continue")), ("c", body), ("s", _ok(rng))]


def expects_in_chunks(rng: random.Random) -> list[Step]:
    asked = _ask(rng, "PUT", "Transfer-Encoding: chunked", "Expect: 100-continue")
    return [("c", asked), ("s", _head("HTTP/1.1 100 Continue")), ("c", chunked(rng, _body(rng))), ("s", _ok(rng))]


def interim(rng: random.Random) -> list[Step]:
    said = [_head(f"HTTP/1.1 {s} Wait", "Link: </x>") for s in rng.choices((100, 102, 103), k=rng.randint(1, 5))]
    return [("c", _ask(rng, "GET")), *(("s", part) for part in said), ("s", _ok(rng))]


def early_answer(rng: random.Random) -> list[Step]:
    """The answer is there before the request is complete."""
    asked = _ask(rng, "POST", "Content-Length: 2000")
    return [("c", asked + b"a" * 1000), ("s", _ok(rng)), ("c", b"b" * 1000)]


def bare_line_feeds(rng: random.Random) -> list[Step]:
    asked = _ask(rng, "GET", "Folded: a", "  b", end="\n")
    return [("c", asked), ("s", _head("HTTP/1.1 200 OK", "Content-Length: 2", end="\n") + b"ok")]


def blank_lines_before(rng: random.Random) -> list[Step]:
    return [("c", b"\r\n" * rng.randint(1, 3) + _ask(rng, "GET")), ("s", _ok(rng))]


def long_headers(rng: random.Random) -> list[Step]:
    lines = [f"X-Long-{n}: {'v' * rng.randrange(9000)}" for n in range(rng.randint(1, 6))]
    return [("c", _ask(rng, "GET", *lines)), ("s", _head("HTTP/1.1 204 No", *lines))]


def kept_1_0(rng: random.Random) -> list[Step]:
    body = _body(rng)
    asked = _ask(rng, "GET", "Connection: keep-alive", version="1.0")
    said = _head("HTTP/1.0 200 OK", "Connection: keep-alive", f"Content-Length: {len(body)}")
    return [("c", asked), ("s", said + body)]


def refused_upgrade(rng: random.Random) -> list[Step]:
    return [("c", _ask(rng, "GET", "Connection: upgrade", "Upgrade: h2c")), ("s", _ok(rng))]


def refused_connect(rng: random.Random) -> list[Step]:
    return [("c", _head("CONNECT db:1 HTTP/1.1", "Host: db")), ("s", _head("HTTP/1.1 403 No", "Content-Length: 0"))]


def pipelined(rng: random.Random) -> list[Step]:
    """Several requests at once, then their answers."""
    ops = [rng.choice(PIPELINED)(rng) for _ in range(rng.randint(2, 8))]
    return [
        ("c", b"".join(data for op in ops for who, data in op if who == "c")),
        ("s", b"".join(data for op in ops for who, data in op if who == "s")),
    ]


def until_close(rng: random.Random) -> list[Step]:
    return [("c", _ask(rng, "GET")), ("s", _head("HTTP/1.1 200 OK", "X: y") + _body(rng)), ("S", b""), ("C", b"")]


def until_close_coded(rng: random.Random) -> list[Step]:
    said = _head("HTTP/1.1 200 OK", "Transfer-Encoding: gzip") + _body(rng)
    return [("c", _ask(rng, "GET")), ("s", said), ("S", b""), ("C", b"")]


def half_closed(rng: random.Random) -> list[Step]:
    asked = _ask(rng, "GET", version="1.0")
    return [("c", asked), ("C", b""), ("s", _head("HTTP/1.0 200 OK") + _body(rng)), ("S", b"")]


def said_close(rng: random.Random) -> list[Step]:
    body = _body(rng)
    said = _head("HTTP/1.1 200 OK", "Connection: close", f"Content-Length: {len(body)}") + body
    return [("c", _ask(rng, "GET", "Connection: close")), ("s", said), ("S", b""), ("C", b"")]


def _tunnel(rng: random.Random) -> list[Step]:
    return [(who, rng.randbytes(rng.randint(1, 3000))) for _ in range(rng.randint(1, 6)) for who in "cs"]


def upgraded(rng: random.Random) -> list[Step]:
    said = _head("HTTP/1.1 101 Switching", "Upgrade: x", "Connection: upgrade")
    return [("c", _ask(rng, "GET", "Connection: upgrade", "Upgrade: x")), ("s", said), *_tunnel(rng)]


def connected(rng: random.Random) -> list[Step]:
    return [("c", _head("CONNECT db:1 HTTP/1.1", "Host: db")), ("s", _head("HTTP/1.1 200 OK")), *_tunnel(rng)]


OPS: dict[str, Op] = {
    **{f"method {method}": _method(method) for method in METHODS},
    **{f"request {make.__name__}": _sent(make) for make in BODIES},
    **{f"answer {make.__name__}": _told(make) for make in BODIES},
    **{f"answer to HEAD {make.__name__}": _told(make, "HEAD") for make in (with_length, in_chunks)},
    "204": _status("204 No Content"),
    "304": _status("304 Not Modified", 'ETag: "x"'),
    "304 with a length": _status("304 Not Modified", "Content-Length: 99"),
    **{
        op.__name__: op
        for op in (
            expects, expects_in_chunks, interim, early_answer, bare_line_feeds, blank_lines_before, long_headers,
            kept_1_0, refused_upgrade, refused_connect, pipelined,
        )
    },
}  # fmt: skip
LAST: dict[str, Op] = {
    op.__name__: op for op in (until_close, until_close_coded, half_closed, said_close, upgraded, connected)
}
PIPELINED = tuple(
    op for name, op in OPS.items()
    if name.startswith(("method", "request", "answer", "20", "30")) or name in ("kept_1_0", "long_headers")
)  # fmt: skip
SWITCHED = {"upgraded", "connected"}


def count_of(name: str, steps: list[Step]) -> int:
    """Exchanges in an operation: one, but for `pipelined`, whose answers are counted."""
    return steps[1][1].count(b"HTTP/1.") if name == "pipelined" else 1


def conversations_of(count: int, seed: int, *, each: int = 25) -> Iterator[tuple[list[Step], Counter[str]]]:
    """Conversations of about `each` operations until `count` are reached: their steps and how often each shape came."""
    rng = random.Random(seed)
    names: list[str] = []
    lasts: list[str] = []
    total = 0
    while total < count:
        shapes: Counter[str] = Counter()
        steps: list[Step] = []
        for _ in range(each - 1):
            if not names:
                names = rng.sample(sorted(OPS), len(OPS))
            shapes[names[-1]] += 1
            steps += OPS[names.pop()](rng)
        if not lasts:
            lasts = rng.sample(sorted(LAST), len(LAST))
        shapes[lasts[-1]] += 1
        steps += LAST[lasts.pop()](rng)
        total += shapes.total()
        yield steps, shapes


def huge(rng: random.Random, way: str, how: str) -> list[Step]:
    """20 MB of binary in one body: `up` or `down`, by `length`, `chunked` or `close`."""
    body = rng.randbytes(MB) * 20
    lines, sent = ([f"Content-Length: {len(body)}"], body)
    if how == "chunked":
        lines, sent = ["Transfer-Encoding: chunked"], chunked(rng, body, most=100_000)
    elif how == "close":
        lines = []
    if way == "up":
        return [("c", _ask(rng, "PUT", *lines) + sent), ("s", _ok(rng))]
    steps: list[Step] = [("c", _ask(rng, "GET")), ("s", _head("HTTP/1.1 200 OK", *lines) + sent)]
    return [*steps, ("S", b""), ("C", b"")] if how == "close" else steps
