"""Draws: recomputable, exact, and the same whoever makes them."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from tests.proxy.lab import spec_of
from vaurien_core.proxy import draw
from vaurien_core.proxy.places import EXACT_KEYS, Places, occurrence

seeds = st.integers(-(2**70), 2**70)
texts = st.text(max_size=8)
places = st.binary(max_size=30)


def recomputed(seed: int, proxy: str, place: bytes, purpose: str) -> int:
    """The documented construction, written down a second time."""
    length = 1
    while not -(1 << (8 * length - 1)) <= seed < 1 << (8 * length - 1):
        length += 1
    message = b""
    for part in (proxy.encode(), place, purpose.encode()):
        message += len(part).to_bytes(4, "big") + part
    key = seed.to_bytes(length, "big", signed=True)
    return int(blake2b(message, key=key, digest_size=8).hexdigest(), 16)


@given(seeds, texts, places, texts)
def test_a_draw_can_be_recomputed_from_its_description(seed: int, proxy: str, place: bytes, purpose: str) -> None:
    assert draw.number(seed, proxy, place, purpose) == recomputed(seed, proxy, place, purpose)


def test_draws_never_change_between_versions() -> None:
    assert draw.number(0, "default", draw.ordinal_place(1, 1), "mix") == 0x2A1DDF1EFF3BC0BF
    assert (
        draw.number(42, "orders-db", draw.request_place(draw.key_digest(b"GET / HTTP/1.1"), 1), "mix")
        == 0xA4ED9A3756403213
    )


@given(seeds, st.tuples(texts, places, texts), st.tuples(texts, places, texts))
def test_different_places_draw_differently(seed: int, one: tuple, other: tuple) -> None:
    same = draw.number(seed, *one) == draw.number(seed, *other)
    assert same == (one == other)


def test_a_seed_of_any_size_has_a_key_of_its_own() -> None:
    numbers = [0, 1, -1, 127, 128, 255, 256, -128, -129, 2**511, 2**512, 2**600, -(2**600)]
    assert len({draw.seed_key(n) for n in numbers}) == len(numbers)
    assert all(len(draw.seed_key(n)) <= 64 for n in numbers)


@given(seeds, texts, places, texts)
def test_fractions_and_percents_are_within_their_ranges(seed: int, proxy: str, place: bytes, purpose: str) -> None:
    assert 0 <= draw.fraction(seed, proxy, place, purpose) < 1
    assert 0 <= draw.percent(seed, proxy, place, purpose) < 100


def test_the_largest_number_is_still_below_one() -> None:
    assert draw.as_fraction(2**64 - 1) < 1
    assert draw.as_percent(2**64 - 1) < 100


@given(st.integers(0, 300), st.integers(0, 300), seeds)
def test_a_longer_stream_of_bytes_begins_with_the_shorter_one(one: int, other: int, seed: int) -> None:
    short, long = sorted((one, other))
    shorter = draw.stream_bytes(short, seed, "p", b"x", "error")
    assert draw.stream_bytes(long, seed, "p", b"x", "error")[:short] == shorter
    assert len(draw.stream_bytes(long, seed, "p", b"x", "error")) == long


weights = st.lists(st.integers(0, 300_000), max_size=6).map(lambda ws: [Decimal(w) / 10_000 for w in ws])


@given(weights, st.integers(0, 2**64 - 1))
def test_ranges_are_consecutive_in_written_order_and_exact(ws: list[Decimal], number: int) -> None:
    found = draw.choose(number, draw.bounds(ws))
    exact = Decimal(number) * 100  # of 2**64, in percent
    end = Decimal(0)
    want = None
    for index, weight in enumerate(ws):
        end += weight
        if exact < end * 2**64:
            want = index
            break
    assert found == want


def test_a_weight_of_100_always_hits_and_one_of_0_never() -> None:
    for number in (0, 1, 2**63, 2**64 - 1):
        assert draw.choose(number, draw.bounds([Decimal(100)])) == 0
        assert draw.choose(number, draw.bounds([Decimal(0)])) is None
    assert draw.choose(2**64 - 1, draw.bounds([Decimal("99.9999")])) is None


def test_shares_follow_the_weights() -> None:
    spec = spec_of("20:delay, 5.5:error, 0:hang")
    found = Counter(p.rule for p in draw.predict(spec, 42, [b"GET /%d HTTP/1.1" % n for n in range(20_000)]))
    assert abs(found["delay"] / 200 - 20) < 1
    assert abs(found["error"] / 200 - 5.5) < 0.6
    assert found["dummy"] == 20_000 - found["delay"] - found["error"]
    assert "hang" not in found


def test_a_prediction_depends_on_the_occurrence_and_not_on_the_order_of_others() -> None:
    spec = spec_of("50:delay")
    keys = [b"a", b"b", b"a", b"c", b"a"]
    one = {(p.key, p.occurrence): p.percent for p in draw.predict(spec, 1, keys)}
    other = {(p.key, p.occurrence): p.percent for p in draw.predict(spec, 1, sorted(keys, reverse=True))}
    assert one == other
    assert len(set(one.values())) == 5


def test_occurrences_are_counted_exactly_and_then_in_a_fixed_table() -> None:
    places = Places()
    digest = draw.key_digest(b"often")
    assert [places.count(digest) for _ in range(3)] == [1, 2, 3]
    for n in range(EXACT_KEYS):
        places.count(n.to_bytes(16, "big"))
    assert places.count(digest) == 4
    late = (2**127 + 5).to_bytes(16, "big")
    assert [places.count(late) for _ in range(3)] == [1, 2, 3]
    assert places.count((2**127 + 6).to_bytes(16, "big")) == 4
    assert len(places._exact) == EXACT_KEYS


def test_without_a_key_the_place_is_the_ordinals() -> None:
    places = Places()
    assert places.place(None, 3, 9) == draw.ordinal_place(3, 9)
    assert places.place(b"k", 3, 9) == draw.request_place(draw.key_digest(b"k"), 1)


def test_a_place_says_which_occurrence_it_is() -> None:
    places = Places()
    assert [occurrence(places.place(b"GET /", 1, n)) for n in (1, 2, 3)] == [1, 2, 3]
    assert occurrence(places.place(None, 1, 7)) == 0
    assert occurrence(b"") == 0
