"""Whatever is said and however it is cut: no byte lost, none altered, little held back."""

from __future__ import annotations

import itertools
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from talking import DOWN, UP, Side, Talk, framer, talk

HELD_MAX = 65536
FRAGMENTS = [
    b"GET / HTTP/1.1\r\n", b"HEAD /x HTTP/1.0\n", b"POST /p?a=b HTTP/1.1\r\n", b"CONNECT a:1 HTTP/1.1\r\n",
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 C\r\n", b"HTTP/1.0 204 N\n", b"HTTP/1.1 101 S\r\n", b"HTTP/1.1 503 x\r\n",
    b"Content-Length: 5\r\n", b"Content-Length: 0\n", b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding: gzip\r\n", b"Connection: close, upgrade\r\n", b"Upgrade: x\r\n", b" folded\r\n", b"X: y\r\n",
    b"\r\n", b"\n", b"\r", b"5\r\nhello\r\n", b"0\r\n", b"0\r\n\r\n", b"fffffffffffffffff\r\n",
    b"hello", b"\x16\x03", b"\x00",
]  # fmt: skip
noise = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=20)), max_size=25).map(b"".join)


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> list[bytes]:
    marks = [0, *sorted(draw(st.lists(st.integers(0, len(data)), max_size=10))), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(marks) if a < b]


@st.composite
def noisy_talk(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    up, down = draw(noise.flatmap(cut)), draw(noise.flatmap(cut))
    order = draw(st.permutations([UP] * len(up) + [DOWN] * len(down)))
    parts = {UP: iter(up), DOWN: iter(down)}
    return [(way, next(parts[way])) for way in order]


@given(noisy_talk(), st.integers(0, 2**16))
def test_any_bytes_come_out_as_they_went_in(script, drops):
    heard = Talk(framer())
    said = {UP: b"", DOWN: b""}
    dropped = 0
    for way, data in script:
        said[way] += data
        heard.say(way, data)
        side = heard.up if way == UP else heard.down
        held = len(said[way]) - len(side.joined)
        assert 0 <= held <= HELD_MAX
        assert said[way].startswith(side.joined)
        while dropped < len(heard.exchanges):
            exchange = heard.exchanges[dropped]
            if drops >> dropped & 1 and not exchange.status:
                heard.machine.dropped(exchange)
                heard.machine.answered(exchange)
            dropped += 1
    heard.end()
    assert heard.up.joined == said[UP]
    assert heard.down.joined == said[DOWN]


tokens = st.text("abcXYZ-", min_size=1, max_size=8).map(lambda s: s.encode())
bodies = st.binary(max_size=60)


@st.composite
def chunked(draw: st.DrawFn, body: bytes) -> bytes:
    parts = draw(cut(body))
    out = b"".join(b"%x%s\r\n%s\r\n" % (len(p), draw(st.sampled_from([b"", b";a=b", b" "])), p) for p in parts)
    return out + b"0\r\n" + draw(st.sampled_from([b"", b"T: v\r\n"])) + b"\r\n"


@st.composite
def message(draw: st.DrawFn, start: bytes, *, answer: bool, bodiless: bool = False) -> bytes:
    end = draw(st.sampled_from([b"\r\n", b"\n"]))
    headers = [b"X-" + draw(tokens) + b": " + draw(tokens) for _ in range(draw(st.integers(0, 3)))]
    content = b"" if bodiless else draw(bodies)
    if bodiless:
        sent = b""
    elif draw(st.booleans()):
        headers.insert(0, draw(st.sampled_from([b"Transfer-Encoding: chunked", b"transfer-encoding:\tCHUNKED"])))
        sent = draw(chunked(content))
    elif content or answer:
        headers.append(b"content-LENGTH: %d" % len(content))
        sent = content
    else:
        sent = b""
    return start + end + b"".join(h + end for h in headers) + end + sent


@st.composite
def dialogue(draw: st.DrawFn) -> tuple[list[bytes], list[list[bytes]]]:
    requests, answers = [], []
    for _ in range(draw(st.integers(1, 5))):
        method = draw(st.sampled_from([b"GET", b"POST", b"HEAD"]))
        requests.append(draw(message(method + b" /" + draw(tokens) + b" HTTP/1.1", answer=False)))
        interim = [b"HTTP/1.1 100 Continue\r\n\r\n"] * draw(st.integers(0, 2))
        status = draw(st.sampled_from([b"200", b"204", b"304", b"404", b"500"]))
        bodiless = method == b"HEAD" or status in (b"204", b"304")
        start = b"HTTP/1.1 " + status + b" Because"
        answers.append([*interim, draw(message(start, answer=True, bodiless=bodiless))])
    return requests, answers


def owned(side: Side) -> dict[int, bytes]:
    parts: dict[int, bytes] = {}
    for piece in side.pieces:
        assert piece.exchange is not None
        parts[piece.exchange.ordinal] = parts.get(piece.exchange.ordinal, b"") + piece.data
    return parts


@given(dialogue(), st.data())
def test_valid_conversations_are_framed_the_same_however_they_are_cut(said, data):
    requests, answers = said
    heard = Talk(framer())
    for part in data.draw(cut(b"".join(requests))):
        heard.say(UP, part)
    for part in data.draw(cut(b"".join(b"".join(a) for a in answers))):
        heard.say(DOWN, part)
    assert owned(heard.up) == dict(enumerate(requests, 1))
    assert owned(heard.down) == {n: b"".join(parts) for n, parts in enumerate(answers, 1)}
    assert all(e.request_done and e.answer_done for e in heard.exchanges)
    for pieces in (heard.up.pieces, heard.down.pieces):
        assert sum(p.first for p in pieces) == sum(p.last for p in pieces) == len(requests)
    assert heard.machine.opaque == ""


def peak(run) -> int:
    tracemalloc.start()
    run()
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return used


@pytest.mark.parametrize(
    "filling",
    [
        b"X-Long: " + b"a" * 60_000 + b"\r\n",
        b"connection: x\r\n" * 4000,
        b"a" * 60_000,
        b"content-length: 5\r\n folded\r\n" * 2000,
    ],
    ids=["many headers", "many wanted headers", "one endless header", "many lengths"],
)
def test_megabytes_of_headers_are_passed_on_in_little_memory(filling):
    total = 10_000_000 if filling.count(b"\n") < 2 else 1_500_000
    machine = framer()
    machine.upstream(b"GET / HTTP/1.1\r\n")

    def send():
        sent = 0
        while sent < total:
            assert sum(len(p.data) for p in machine.upstream(filling)) == len(filling)
            sent += len(filling)

    assert peak(send) < 700_000


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("way", [UP, DOWN])
@pytest.mark.parametrize(
    ("begin", "filling"),
    [
        (b"", b"X-Long: " + b"a" * 60_000 + b"\r\n"),
        (b"", b"content-length: 5\r\n folded\r\n" * 200),
        (CHUNKED, b"1\r\nx\r\n" * 800),
        (CHUNKED + b"5;", b"e" * 60_000),
        (CHUNKED + b"0\r\n", b"Trailer: x\r\n" * 500),
        (CHUNKED, b"EA60\r\n" + b"y" * 60_000 + b"\r\n"),
        (b"Content-Length: 100000000\r\n\r\n", b"z" * 60_000),
        (b"Content-Length: x\r\n\r\n", b"opaque" * 10_000),
    ],
    ids=["headers", "lengths", "tiny chunks", "an extension", "trailers", "chunks", "a body", "no length"],
)
def test_megabytes_of_anything_pass_both_ways_in_little_memory(way, begin, filling):
    machine = framer()
    machine.upstream(b"POST / HTTP/1.1\r\n" + (b"" if way == UP else b"\r\n"))
    feed = machine.upstream if way == UP else machine.downstream
    feed((b"" if way == UP else b"HTTP/1.1 200 OK\r\n") + begin)

    def send():
        for _ in range(40):
            assert sum(len(p.data) for p in feed(filling)) == len(filling)

    assert peak(send) < 5 * len(filling) + 80_000 < 40 * len(filling)


@pytest.mark.parametrize("way", [UP, DOWN])
@pytest.mark.parametrize("begin", [b"GET /", b"HTTP/1.1 200 ", b"\r\n"])
def test_a_start_line_without_an_end_is_held_back_to_64_kib_and_then_passed_on(way, begin):
    heard = Talk(framer())
    part = b"\r\n" * 2000 if begin == b"\r\n" else b"x" * 4000
    said = begin
    heard.say(way, begin)
    for _ in range(40):
        heard.say(way, part)
        said += part
    side = heard.up if way == UP else heard.down
    assert side.joined == said
    assert heard.machine.opaque


def test_a_long_start_line_in_single_bytes_takes_linear_time():
    def seconds(count: int) -> float:
        machine = framer()
        machine.upstream(b"GET /")
        begun = time.perf_counter()
        for _ in range(count):
            machine.upstream(b"x")
        return time.perf_counter() - begun

    control = min(seconds(6_000) for _ in range(3))
    assert seconds(60_000) < 60 * control


def test_a_large_body_passes_without_a_copy():
    machine = framer()
    machine.upstream(b"PUT / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
    part = b"x" * 65536
    assert machine.upstream(part)[0].data is part


def test_an_incomplete_line_comes_out_at_the_end():
    heard = talk([(UP, b"GET / HT"), (DOWN, b"HTTP/1.")])
    assert (heard.up.joined, heard.down.joined) == (b"GET / HT", b"HTTP/1.")
