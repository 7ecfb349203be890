"""Whatever is said and however it is cut: no byte lost, none altered, little held back."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.talks import DOWN, UP, Talk, assert_no_byte_is_lost, cut, joined, noisy_script, rows
from vaurien_core.protocols.memcache import Memcache

ASKED = [
    b"get a b\r\n", b"set a 0 0 3\r\n", b"abc\r\n", b"set a 0 0 2 noreply\r\n", b"hi\r\n", b"cas k 0 0 0 1\r\n\r\n",
    b"mg a v q k O1\r\n", b"ms a 1 q\r\nx\r\n", b"mn\r\n", b"delete a\r\n", b"stats\r\n", b"watch\r\n", b"quit\r\n",
    b"\r\n", b"\n", b" ", b"set a 0 0 9999999999\r\n", b"incr a 1", b"foo\r\n", b"\x80", b"\x16\x03\x01",
]  # fmt: skip
SAID = [
    b"STORED\r\n", b"END\r\n", b"VALUE a 0 3\r\nabc\r\n", b"VALUE a 0", b"VA 1 O1 ka\r\nx\r\n", b"HD\r\n", b"MN\r\n",
    b"EN\r\n", b"NS O1\r\n", b"STAT a b\r\n", b"ERROR\r\n", b"SERVER_ERROR out of memory\r\n", b"7\r\n", b"\r\n",
    b"VALUE a 0 x\r\n", b"VA\r\n", b"\x81",
]  # fmt: skip


def framer():
    return Memcache(Memcache.Options()).framer()


@given(noisy_script(ASKED, SAID), st.integers(0, 2**16))
def test_any_bytes_come_out_as_they_went_in(script, drops):
    assert_no_byte_is_lost(framer(), script, drops)


keys = st.text("abcdef:0", min_size=1, max_size=12).map(str.encode)
blocks = st.binary(max_size=40)


@st.composite
def exchange(draw: st.DrawFn) -> tuple[bytes, bytes]:
    key, block = draw(keys), draw(blocks)
    kind = draw(st.sampled_from(["set", "noreply", "get", "miss", "incr", "stats", "ms", "mg", "error"]))
    size = len(block)
    return {
        "set": (b"set %s 0 0 %d\r\n%s\r\n" % (key, size, block), b"STORED\r\n"),
        "noreply": (b"add %s 0 0 %d noreply\r\n%s\r\n" % (key, size, block), b""),
        "get": (b"gets %s b\r\n" % key, b"VALUE %s 0 %d 5\r\n%s\r\nEND\r\n" % (key, size, block)),
        "miss": (b"get %s\r\n" % key, b"END\r\n"),
        "incr": (b"incr %s 1\r\n" % key, b"%d\r\n" % size),
        "stats": (b"stats\r\n", b"STAT END 1\r\nEND\r\n"),
        "ms": (b"ms %s %d\r\n%s\r\n" % (key, size, block), b"HD\r\n"),
        "mg": (b"mg %s v\r\n" % key, b"VA %d\r\n%s\r\n" % (size, block)),
        "error": (b"touch %s\r\n" % key, b"ERROR\r\n"),
    }[kind]


@given(st.lists(exchange(), min_size=1, max_size=8), st.data())
def test_valid_conversations_are_framed_the_same_however_they_are_cut(said, data):
    heard = Talk(framer())
    for part in data.draw(cut(b"".join(asked for asked, _ in said))):
        heard.say(UP, part)
    for part in data.draw(cut(b"".join(answer for _, answer in said))):
        heard.say(DOWN, part)
    assert rows(heard.up) == [(n, asked) for n, (asked, _) in enumerate(said, 1)]
    assert rows(heard.down) == [(n, answer) for n, (_, answer) in enumerate(said, 1) if answer]
    assert all(e.request_done and e.answer_done is e.answer_expected for e in heard.exchanges)
    assert heard.machine.opaque == ""


def peak(run) -> int:
    tracemalloc.start()
    run()
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return used


def test_blocks_are_never_kept():
    machine = framer()
    part = b"x" * 65536

    def run():
        assert machine.upstream(b"set k 0 0 20000000\r\n")[0].first
        assert all(machine.upstream(part)[0].data is part for _ in range(300))
        machine.downstream(b"SERVER_ERROR object too large for cache\r\n")
        machine.upstream(b"x" * (20_000_002 - 300 * 65536) + b"get k\r\n")
        machine.downstream(b"VALUE k 0 20000000\r\n")
        assert all(len(machine.downstream(part)[0].data) == len(part) for _ in range(300))

    assert peak(run) < 1_500_000


@pytest.mark.parametrize("way", [UP, DOWN])
def test_a_line_without_an_end_is_held_back_to_64_kib_and_then_passed_on(way):
    heard = Talk(framer())
    for _ in range(40):
        heard.say(way, b"x" * 4000)
    assert joined(heard.up + heard.down) == b"x" * 160_000
    assert heard.machine.opaque


def test_quiet_requests_without_end_take_bounded_memory():
    machine = framer()

    def run():
        for _ in range(20_000):
            machine.upstream(b"ms k 1 q\r\nx\r\n")

    assert peak(run) < 8_000_000
    (piece,) = machine.downstream(b"NS\r\n")
    assert piece.exchange is not None and not piece.exchange.answer_expected


def test_an_incomplete_line_comes_out_at_the_end():
    heard = Talk(framer()).play([(UP, b"get a"), (DOWN, b"VALUE")])
    heard.end()
    assert (joined(heard.up), joined(heard.down)) == (b"get a", b"VALUE")
