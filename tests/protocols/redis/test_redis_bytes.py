"""Whatever is said and however it is cut: no byte lost, none altered, little held back."""

from __future__ import annotations

import itertools
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis_talk import DOWN, UP, Talk, command, joined, lines, owned, redis, talk

HELD_MAX = 65536 + 64
FRAGMENTS = [
    b"*1\r\n", b"*2\r\n", b"*-1\r\n", b"*0\r\n", b"$3\r\n", b"$-1\r\n", b"$0\r\n", b"\r\n", b"SET", b"GET\r\n",
    b"abc\r\n",
    b"PING\r\n", b"ping\n", b'set "a\r\n', b"+OK\r\n", b"-ERR x\r\n", b":1\r\n", b"_\r\n", b"%1\r\n",
    b"|1\r\n", b">3\r\n",
    b"~1\r\n", b"*3\r\n$7\r\nmessage\r\n", b"*3\r\n$9\r\nsubscribe\r\n", b"$1\r\na\r\n", b"+1.000000 [0 x] \"a\"\r\n",
    b"=5\r\ntxt:a\r\n", b"!3\r\nERR\r\n", b"*99999999999999999999\r\n", b"$99999999999\r\n", b"\x16\x03", b"\x00",
    command("SUBSCRIBE", "a"), command("UNSUBSCRIBE"), command("MONITOR"), command("MULTI"), command("EXEC"),
    command("CLIENT", "REPLY", "OFF"), command("CLIENT", "REPLY", "ON"), command("CLIENT", "REPLY", "SKIP"),
    command("HELLO", "3"), command("EVAL", "return 1", "1", "k"), command("MGET", "a", "b"), command("PSYNC", "a", "b"),
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
    heard = Talk()
    said = {UP: b"", DOWN: b""}
    looked = 0
    for way, data in script:
        said[way] += data
        heard.say(way, data)
        side = heard.up if way == UP else heard.down
        held = len(said[way]) - len(joined(side))
        assert 0 <= held <= HELD_MAX
        assert said[way].startswith(joined(side))
        while looked < len(heard.exchanges):
            exchange = heard.exchanges[looked]
            heard.machine.duty(exchange)
            if drops >> looked & 1 and not exchange.status:
                heard.machine.failed(exchange, "BUSY")
                heard.machine.dropped(exchange)
                heard.machine.answered(exchange)
            looked += 1
    heard.end()
    assert joined(heard.up) == said[UP]
    assert joined(heard.down) == said[DOWN]


words = st.binary(max_size=40)
value = st.recursive(
    st.one_of(
        words.map(lambda b: b"$%d\r\n%s\r\n" % (len(b), b)),
        st.integers(-99, 99).map(lambda n: b":%d\r\n" % n),
        st.sampled_from([b"$-1\r\n", b"*-1\r\n", b"_\r\n", b"#t\r\n", b",1e3\r\n", b"+OK\r\n", b"-ERR no\r\n"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda v: b"*%d\r\n" % len(v) + b"".join(v)),
        st.lists(st.tuples(inner, inner), max_size=3).map(
            lambda v: b"%%%d\r\n" % len(v) + b"".join(a + b for a, b in v)
        ),
        st.tuples(inner, inner, inner).map(lambda v: b"|1\r\n" + b"".join(v)),
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(words, words, value), min_size=1, max_size=6), st.data())
def test_valid_conversations_are_framed_the_same_however_they_are_cut(said, data):
    requests = [command("SET", key, content) for key, content, _ in said]
    answers = [answer for _, _, answer in said]
    heard = Talk()
    for part in data.draw(cut(b"".join(requests))):
        heard.say(UP, part)
    for part in data.draw(cut(b"".join(answers))):
        heard.say(DOWN, part)
    assert owned(heard.up) == list(enumerate(requests, 1))
    assert owned(heard.down) == list(enumerate(answers, 1))
    assert all(e.request_done and e.answer_done for e in heard.exchanges)
    for pieces in (heard.up, heard.down):
        assert sum(p.first for p in pieces) == sum(p.last for p in pieces) == len(said)
    assert heard.machine.opaque == ""


def peak(run) -> int:
    tracemalloc.start()
    run()
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return used


@pytest.mark.parametrize("way", [UP, DOWN])
def test_twenty_megabytes_pass_in_little_memory_and_without_a_copy(way):
    machine = redis().framer()
    say = machine.upstream if way == UP else machine.downstream
    machine.upstream(command("GET", "a"))
    size = 20_000_000
    say(b"*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$%d\r\n" % size if way == UP else b"$%d\r\n" % size)
    part = b"x" * 50_000

    def send() -> None:
        for _ in range(size // len(part)):
            assert machine.upstream(part)[0].data is part if way == UP else machine.downstream(part)[0].data is part

    assert peak(send) < 100_000
    ending = say(b"\r\n")[-1]
    assert ending.last


@pytest.mark.parametrize("filling", [b"x" * 60_000, b"\x20" * 60_000], ids=["a word", "spaces"])
def test_an_inline_command_without_an_end_is_held_back_to_64_kib_and_then_passed_on(filling):
    heard = Talk()
    for _ in range(4):
        heard.say(UP, filling)
    assert joined(heard.up) == filling * 4
    assert heard.machine.opaque


@pytest.mark.parametrize(
    "endless",
    [b"*2\r\n", b"*1\r\n", b"+" + b"x" * 60_000, b">2\r\n", b"|2\r\n"],
    ids=["arrays", "tail arrays", "a line", "pushes", "attributes"],
)
def test_an_endless_answer_takes_little_memory(endless):
    machine = redis().framer()
    machine.upstream(command("MONITOR") + command("SUBSCRIBE", "a"))
    machine.downstream(b"+OK\r\n")
    total = 0

    def send() -> None:
        nonlocal total
        part = endless * max(1, 60_000 // len(endless))
        for _ in range(4):
            total += sum(len(p.data) for p in machine.downstream(part))

    assert peak(send) < 800_000
    assert total > 100_000


def test_a_long_script_in_single_bytes_takes_linear_time():
    def seconds(count: int) -> float:
        machine = redis().framer()
        machine.upstream(b"*3\r\n$4\r\nEVAL\r\n$%d\r\n" % (count + 1))
        begun = time.perf_counter()
        for _ in range(count):
            machine.upstream(b"x")
        return time.perf_counter() - begun

    control = min(seconds(3_000) for _ in range(3))
    assert seconds(30_000) < 60 * control


def test_the_same_request_has_the_same_name_however_it_is_cut():
    script = command("EVAL", b"x" * 40_000, "1", "k") + command("EVAL", b"x" * 30_000, "1", "k")
    for size in (0, 1, 1000, 32_000):
        heard = talk([(UP, script)], cut=size)
        assert [(e.label, e.facts.get("slot_key")) for e in heard.exchanges] == [("EVAL ?", None), ("EVAL k ?", b"k")]


def test_an_incomplete_request_and_answer_come_out_at_the_end():
    heard = talk([(UP, command("SUBSCRIBE", "a") + b"*2\r\n$3"), (DOWN, lines("*3 $9")[:-1])])
    assert (joined(heard.up)[-6:], joined(heard.down)) == (b"*2\r\n$3", b"*3\r\n$9\r")
