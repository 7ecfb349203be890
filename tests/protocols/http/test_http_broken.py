"""Broken answers: what we say in the backend's place, and what becomes of a real answer however it is cut."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from talking import UP, talk

from vaurien_core.model.answer import Answer, Ending, Remade, Script, Untouched
from vaurien_core.protocols.http import Http
from vaurien_core.protocols.http.broken import BROKEN

GET, HEAD, OLD = b"GET / HTTP/1.1\r\n\r\n", b"HEAD / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"
NAMES = [entry.name for entry in BROKEN]


def answer(request: bytes, name: str, phase: str, ordinal: int = 1) -> Answer | None:
    exchange = talk([(UP, GET * (ordinal - 1) + request)]).exchanges[-1]
    http = Http(Http.Options.build({"drip": 0.5}))
    return http.error(name, exchange, close=False, wall=1e9, extra={"phase": phase})


@dataclass(frozen=True)
class Got:
    sent: bytes
    ending: Ending
    waits: int
    """Steps behind a pause."""


def remade(name: str, real: bytes, size: int = 0, request: bytes = GET, interim: bytes = b"") -> Got | str:
    """What a client gets of a real answer that comes in parts of `size` bytes, or why it passes."""
    made = answer(request, name, "after")
    assert isinstance(made, Remade)
    machine = made.make()
    sent, waits, ending = b"", 0, Ending.GO_ON
    if interim:
        said = machine.feed(interim, interim=True, last=False)
        assert isinstance(said, Script)
        sent += said.data
    for at in range(0, len(real), size or len(real)):
        part = real[at : at + (size or len(real))]
        said = machine.feed(part, interim=False, last=at + len(part) == len(real))
        if isinstance(said, Untouched):
            assert not sent
            return said.reason
        sent += said.data
        waits += sum(step.wait_s > 0 for step in said.steps if step.data)
        ending = said.ending
        if ending is not Ending.GO_ON:
            break
    return Got(sent, ending, waits)


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 10\r\n\r\n0123456789"
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nT: v\r\n\r\n"
NOTHING = b"HTTP/1.1 204 No Content\r\n\r\n"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.0 200 OK\nX: y\n\nall of it"
ZIPPED = gzip.compress(b"hello", mtime=0)
GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED) + ZIPPED
GZIP_CHUNKS = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + (
    b"%x\r\n%s\r\n0\r\n\r\n" % (len(ZIPPED), ZIPPED)
)
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
FLIPPED = bytes((ZIPPED[0] ^ 0xFF,)) + ZIPPED[1:]

CASES: list[tuple[str, bytes, bytes, Ending]] = [
    ("short-body", LENGTH, LENGTH[:-5], Ending.CLOSE),
    ("no-last-chunk", CHUNKS, CHUNKS.removesuffix(b"0\r\nT: v\r\n\r\n"), Ending.CLOSE),
    ("bad-chunk-size", CHUNKS, CHUNKS.partition(b"5\r\n")[0] + b"xyz\r\n", Ending.CLOSE),
    ("two-lengths", LENGTH, LENGTH.replace(b": 10\r\n", b": 10\r\nContent-Length: 17\r\n"), Ending.CLOSE),
    (
        "wrong-type",
        LENGTH,
        LENGTH.replace(b"Content-Type: text/css\r\n", b"").replace(
            b"10\r\n", b"10\r\nContent-Type: application/json\r\n"
        ),
        Ending.GO_ON,
    ),
    ("bad-gzip", LENGTH, LENGTH.replace(b"10\r\n", b"10\r\nContent-Encoding: gzip\r\n"), Ending.GO_ON),
    ("bad-gzip", UNTIL_CLOSE, UNTIL_CLOSE.replace(b"y\n", b"y\nContent-Encoding: gzip\n"), Ending.GO_ON),
    ("bad-gzip", GZIP, GZIP.replace(ZIPPED, FLIPPED), Ending.GO_ON),
    ("bad-gzip", GZIP_CHUNKS, GZIP_CHUNKS.replace(ZIPPED, FLIPPED), Ending.GO_ON),
    ("header-drip", LENGTH, LENGTH, Ending.GO_ON),
    ("body-drip", CHUNKS, CHUNKS, Ending.GO_ON),
    ("stalled-body", LENGTH, LENGTH[:-10], Ending.STALL),
    ("stalled-body", UNTIL_CLOSE, UNTIL_CLOSE.removesuffix(b"all of it"), Ending.STALL),
]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 64])
@pytest.mark.parametrize(("name", "real", "sent", "ending"), CASES, ids=[f"{c[0]}-{len(c[1])}" for c in CASES])
def test_a_real_answer_is_broken_the_same_however_it_comes(
    name: str, real: bytes, sent: bytes, ending: Ending, size: int
) -> None:
    got = remade(name, real, size)
    assert isinstance(got, Got)
    assert (got.sent, got.ending) == (sent, ending)


def test_drips_wait_before_each_byte_of_their_part_and_no_other() -> None:
    head = LENGTH.index(b"\r\n\r\n") + 4
    for size in (0, 1, 5):
        header, body = remade("header-drip", LENGTH, size), remade("body-drip", LENGTH, size)
        assert isinstance(header, Got)
        assert isinstance(body, Got)
        assert (header.waits, body.waits) == (head, 10)
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000
    capped = remade("body-drip", long, 333)
    assert isinstance(capped, Got)
    assert (capped.sent, capped.waits) == (long, 1000)


@pytest.mark.parametrize(
    ("name", "real", "reason"),
    [
        ("short-body", CHUNKS, "no body with a length"),
        ("short-body", EMPTY, "no body with a length"),
        ("no-last-chunk", LENGTH, "not chunked"),
        ("bad-chunk-size", NOTHING, "not chunked"),
        ("two-lengths", CHUNKS, "no body with a length"),
        ("wrong-type", CHUNKS, "no Content-Type"),
        ("bad-gzip", NOTHING, "no body"),
        ("bad-gzip", EMPTY, "no body"),
        ("body-drip", NOTHING, "no body"),
        ("stalled-body", EMPTY, "no body"),
        ("no-continue", LENGTH, "no 100 Continue"),
        ("wrong-type", SWITCH, "leaves HTTP"),
        ("short-body", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "no length"),
    ],
)
def test_an_answer_that_cant_be_broken_passes_and_says_why(name: str, real: bytes, reason: str) -> None:
    for size in (0, 1, 9):
        got = remade(name, real, size)
        assert isinstance(got, str)
        assert reason in got


@pytest.mark.parametrize("name", ["short-body", "two-lengths", "bad-gzip", "body-drip", "stalled-body"])
def test_the_answer_to_head_has_no_body_to_break(name: str) -> None:
    real = LENGTH[:-10]
    got = remade(name, real, 0, HEAD)
    assert isinstance(got, str)
    assert answer(HEAD, name, "before") is None


def test_only_what_comes_before_the_final_answer_is_swallowed() -> None:
    got = remade("no-continue", LENGTH, 4, interim=b"HTTP/1.1 100 Continue\r\n\r\n")
    assert got == Got(LENGTH, Ending.GO_ON, 0)
    kept = remade("short-body", LENGTH, 4, interim=b"HTTP/1.1 100 Continue\r\n\r\n")
    assert isinstance(kept, Got)
    assert kept.sent == b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH[:-5]


ENDINGS = {"stalled-body": Ending.STALL, "wrong-type": None, "bad-gzip": None}
ENDINGS |= {"header-drip": Ending.GO_ON, "body-drip": Ending.GO_ON}


@pytest.mark.parametrize("name", [n for n in NAMES if n != "no-continue"])
def test_our_own_answers_are_broken_as_their_entry_says(name: str) -> None:
    made = answer(GET, name, "before", 2)
    ending = ENDINGS.get(name, Ending.CLOSE)
    if ending is None:
        assert isinstance(made, bytes)
        return
    assert isinstance(made, Script)
    assert made.ending is ending
    (entry,) = (e for e in Http.errors if e.name == name)
    assert entry.closes is (ending is not Ending.GO_ON)
    if name in ("stale-connection", "no-answer"):
        assert made.data == b""
    else:
        assert made.data.startswith(b"HTTP/1.1 200 OK\r\nDate: ")
        assert b"Connection" not in made.data


def test_where_they_are_legal() -> None:
    assert answer(GET, "stale-connection", "before", 1) is None
    assert answer(GET, "stale-connection", "after", 1) is None
    assert answer(GET, "stale-connection", "after", 3) == Script((), Ending.CLOSE)
    assert answer(OLD, "no-last-chunk", "before") is None
    assert answer(OLD, "bad-chunk-size", "before") is None
    assert answer(OLD, "short-body", "before") is not None
    assert answer(GET, "no-continue", "before") is None
    assert isinstance(answer(GET, "no-continue", "after"), Remade)
    assert answer(b"CONNECT a:1 HTTP/1.1\r\n\r\n", "short-body", "after") is None
    assert answer(HEAD, "wrong-type", "before") is not None


@given(st.sampled_from(NAMES), st.binary(max_size=400), st.integers(1, 50), st.sampled_from([LENGTH, CHUNKS, b""]))
def test_any_bytes_of_an_answer_are_taken_without_a_fuss(name: str, noise: bytes, size: int, begin: bytes) -> None:
    made = answer(GET, name, "after", 2)
    if isinstance(made, Remade):
        got = remade(name, begin[: len(noise)] + noise, size) if noise or begin else ""
        assert isinstance(got, (Got, str))
