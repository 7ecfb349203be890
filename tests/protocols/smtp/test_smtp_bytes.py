"""Whatever is said and however it is cut: no byte lost, none altered, little held back."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.talks import DOWN, UP, Talk, assert_no_byte_is_lost, cut, joined, noisy_script, rows
from vaurien_core.protocols.smtp import Smtp
from vaurien_core.protocols.smtp.content import Dotted
from vaurien_core.protocols.smtp.errors import SMTP_ERRORS

ASKED = [
    b"EHLO me\r\n", b"MAIL FROM:<a>\r\n", b"RCPT TO:<b>\r\n", b"DATA\r\n", b"line\r\n", b"\r\n.\r\n", b".\r\n",
    b"..\r\n",
    b"BDAT 5\r\n", b"hello", b"BDAT 0 LAST\r\n", b"BDAT x\r\n", b"AUTH PLAIN\r\n", b"AGEAYg==\r\n", b"*\r\n",
    b"STARTTLS\r\n", b"QUIT\r\n", b"\r\n", b"\n", b"\r", b".", b"LHLO\r\n", b"\x16\x03\x01",
]  # fmt: skip
SAID = [
    b"220 hi\r\n", b"250-a\r\n", b"250 b\r\n", b"354 go\r\n", b"334 x\r\n", b"235 ok\r\n", b"550 5.1.1 no\r\n",
    b"421\r\n",
    b"250", b"2", b"\r\n", b"600 x\r\n", b"x",
]  # fmt: skip


def framer():
    return Smtp(Smtp.Options()).framer()


@given(noisy_script(ASKED, SAID), st.integers(0, 2**16))
def test_any_bytes_come_out_as_they_went_in(script, drops):
    assert_no_byte_is_lost(framer(), script, drops)


@given(noisy_script(ASKED, SAID), st.lists(st.sampled_from(["", *(e.name for e in SMTP_ERRORS)]), max_size=12))
def test_any_error_at_any_exchange_leaves_all_other_bytes_alone(script, errors):
    """As the data plane does it: what is refused `before` is dropped or substituted, and duties are done."""
    protocol = Smtp(Smtp.Options())
    heard = Talk(protocol.framer())
    said = {UP: b"", DOWN: b""}
    seen = 0
    for way, data in script:
        said[way] += data
        heard.say(way, data)
        for exchange in heard.exchanges[seen:]:
            name = errors[exchange.ordinal] if exchange.ordinal < len(errors) else ""
            if heard.machine.opaque or exchange.status or not exchange.request_done:
                continue
            duty = heard.machine.duty(exchange)
            answer = protocol.error(name, exchange, close=False, wall=0.0, extra={"phase": "before"})
            if duty is None and answer is None:
                continue
            if duty is None:
                heard.machine.failed(exchange, name)
                remedy = protocol.remedy(name, exchange)
                if remedy:
                    heard.machine.substituted(exchange, remedy)
                else:
                    heard.machine.dropped(exchange)
            else:
                heard.machine.dropped(exchange)
            heard.machine.answered(exchange)
        seen = len(heard.exchanges)
    heard.end()
    assert joined(heard.up) == said[UP]
    assert joined(heard.down) == said[DOWN]


def test_a_session_of_any_length_keeps_nothing_of_it():
    machine = framer()
    machine.downstream(b"220 hi\r\n")

    def run(rounds):
        for n in range(rounds):
            machine.upstream(b"MAIL FROM:<%d@a.example>\r\nRCPT TO:<b>\r\nDATA\r\n" % n)
            machine.downstream(b"250 ok\r\n250 ok\r\n354 go\r\n")
            machine.upstream(b"Subject: x\r\n\r\n.\r\nAUTH LOGIN\r\n")
            machine.downstream(b"250-queued\r\n250 ok\r\n334 x\r\n")
            machine.upstream(b"*\r\n")
            machine.downstream(b"501 ok\r\n")
            machine.upstream(b"BDAT 3 LAST\r\nabcNOOP\r\n")
            machine.downstream(b"250 ok\r\n250 ok\r\n")

    run(10)
    tracemalloc.start()
    run(3000)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert machine.opaque == ""
    assert used < 10_000


contents = st.lists(st.sampled_from([b"\r\n", b".", b"..", b"x", b"\r", b"\n", b"\r\n.x"]), max_size=20).map(b"".join)


@given(contents.flatmap(lambda c: st.tuples(st.just(c), cut(c))))
def test_a_message_ends_at_its_first_dot_line_however_it_is_cut(said):
    content, parts = said
    expected = (b"\r\n" + content).find(b"\r\n.\r\n")
    end = expected + 3 if expected >= 0 else -1
    dotted = Dotted()
    at = 0
    for part in parts:
        used = dotted.feed(part, 0)
        at += used
        if dotted.done:
            break
        assert used == len(part)
    assert dotted.done is (end >= 0)
    assert not dotted.done or at == end


@st.composite
def exchange(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """What is asked, what is answered, and the message behind it."""
    kind = draw(st.sampled_from(["MAIL", "RCPT", "BDAT", "NOOP", "EHLO", "DATA", "no DATA"]))
    body = draw(st.binary(max_size=30))
    dots = draw(contents).replace(b"\r\n.", b"\r\n..")
    message = (b"." + dots if dots.startswith(b".") else dots) + b"\r\n.\r\n"
    return {
        "MAIL": (b"MAIL FROM:<a@b>\r\n", b"250 2.1.0 ok\r\n", b""),
        "RCPT": (b"RCPT TO:<a@b>\r\n", b"450 4.2.1 no\r\n", b""),
        "BDAT": (b"BDAT %d\r\n%s" % (len(body), body), b"250 ok\r\n", b""),
        "NOOP": (b"NOOP\r\n", b"250 ok\r\n", b""),
        "EHLO": (b"EHLO x\r\n", b"250-a\r\n250-b\r\n250 c\r\n", b""),
        "DATA": (b"DATA\r\n", b"354 go\r\n", message),
        "no DATA": (b"DATA\r\n", b"554 5.5.1 no\r\n", b""),
    }[kind]


@given(st.lists(exchange(), min_size=1, max_size=6), st.data())
def test_valid_conversations_are_framed_the_same_however_they_are_cut(said, data):
    heard = Talk(framer())
    heard.say(DOWN, b"220 hi\r\n")
    up, down, n = [], [(0, b"220 hi\r\n")], 0
    for asked, answer, message in said:
        for sent, came in ((asked, answer), (message, b"250 queued\r\n")):
            if sent:
                n += 1
                up.append((n, sent))
                down.append((n, came))
                for part in data.draw(cut(sent)):
                    heard.say(UP, part)
                for part in data.draw(cut(came)):
                    heard.say(DOWN, part)
    assert rows(heard.up) == up
    assert rows(heard.down) == down
    assert all(e.request_done and e.answer_done for e in heard.exchanges)
    assert heard.machine.opaque == ""


def test_messages_are_never_kept():
    machine = framer()
    machine.downstream(b"220 hi\r\n")
    part = b"x" * 65000 + b"\r\n"

    def run():
        machine.upstream(b"DATA\r\n")
        machine.downstream(b"354 go\r\n")
        assert all(machine.upstream(part)[0].data is part for _ in range(300))
        assert machine.upstream(b".\r\n")[0].last
        machine.upstream(b"BDAT 20000000 LAST\r\n")
        assert all(machine.upstream(part)[0].data is part for _ in range(300))

    tracemalloc.start()
    run()
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 500_000


@pytest.mark.parametrize("way", [UP, DOWN])
def test_a_line_without_an_end_is_held_back_to_64_kib_and_then_passed_on(way):
    heard = Talk(framer())
    for _ in range(40):
        heard.say(way, b"2" * 4000 if way == DOWN else b"x" * 4000)
    assert len(joined(heard.up + heard.down)) == 160_000
    assert heard.machine.opaque
