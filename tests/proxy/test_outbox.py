"""The outbox: order, due times, holds, bounds; the budget that all share."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.proxy.outbox import HOLD, PIECE_CHARGE, Budget, Outbox

puts = st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.sampled_from([0.0, 1.0, 2.0, 5.0, HOLD])), max_size=30)


def drain(outbox: Outbox, now: float) -> bytes:
    out = b""
    while outbox and outbox.next_due <= now:
        out += outbox.pop().data
    return out


@given(puts, st.floats(0, 6))
def test_what_leaves_is_a_prefix_and_nothing_is_early(items: list[tuple[bytes, float]], now: float) -> None:
    budget = Budget()
    outbox = Outbox(budget)
    for data, due in items:
        outbox.put(data, due)
    ready = b""
    for data, when in items:
        if when > now:
            break
        ready += data
    assert drain(outbox, now) == ready
    outbox.release()
    assert ready + drain(outbox, now) == b"".join(data for data, _ in items)
    assert outbox.size == budget.used == 0


def test_a_short_delay_waits_behind_a_long_one() -> None:
    outbox = Outbox(Budget())
    outbox.put(b"slow", 5.0)
    assert outbox.put(b"fast", 1.0) == 5.0
    assert drain(outbox, 4.9) == b""
    assert drain(outbox, 5.0) == b"slowfast"


def test_neighbours_of_equal_due_are_one_piece_and_charged_once() -> None:
    outbox = Outbox(Budget())
    for _ in range(10):
        outbox.put(b"x" * 10, 3.0)
    assert (len(outbox), outbox.size) == (1, 100 + PIECE_CHARGE)
    outbox.put(b"y", 4.0)
    assert (len(outbox), outbox.size) == (2, 101 + 2 * PIECE_CHARGE)


def test_a_piece_that_is_measured_is_not_merged_into_another() -> None:
    outbox = Outbox(Budget())
    outbox.put(b"a", 3.0)
    outbox.put(b"b", 3.0, lambda left, due: None)
    outbox.put(b"c", 3.0)
    assert [outbox.pop().data, outbox.pop().data] == [b"a", b"bc"]


def test_marks_keep_their_place_among_the_bytes() -> None:
    calls: list[str] = []
    outbox = Outbox(Budget())
    outbox.put(b"a", 1.0)
    outbox.put_mark(lambda: calls.append("end"))
    outbox.put(b"b", 0.0)
    first, mark, last = outbox.pop(), outbox.pop(), outbox.pop()
    assert (first.data, last.data, mark.due) == (b"a", b"b", 1.0)
    assert mark.mark is not None
    mark.mark()
    assert calls == ["end"]


def test_a_hold_has_no_due_time_until_released() -> None:
    outbox = Outbox(Budget())
    outbox.put(b"a", HOLD)
    outbox.put(b"b")
    assert outbox.next_due == math.inf
    outbox.release()
    assert outbox.next_due == 0.0
    assert outbox.put(b"c", 7.0) == 7.0


def test_a_full_budget_wakes_whoever_waits_once_there_is_room() -> None:
    woken: list[int] = []
    budget = Budget(limit=1000)
    one, other = Outbox(budget), Outbox(budget)
    one.put(b"x" * 900)
    other.put(b"x" * 100, 1.0)
    assert budget.full
    budget.wait(one, lambda: woken.append(1))
    budget.wait(other, lambda: woken.append(2))
    budget.forget(other)
    one.pop()
    assert woken == [1]
    assert not budget.full
    other.clear()
    assert budget.used == 0
