"""Chance as a pure function: the same seed, proxy, place and purpose always give the same number.

Anyone can recompute a draw:

    key      the seed as big-endian two's complement, as few whole bytes as hold it with its sign (0 is one zero byte);
             a key over 64 bytes is replaced with its own unkeyed 64-byte BLAKE2b
    message  proxy (UTF-8), place, purpose (UTF-8), each preceded by its length as 4 bytes, big-endian
    number   BLAKE2b of the message under the key, 8 bytes, big-endian: 0 .. 2**64 - 1

The number that chooses from a mix has the purpose `mix`. The rules own consecutive ranges in written order: in units of
a ten-thousandth of a percent, a rule is hit when `number * 1_000_000 < 2**64 * (sum of the weights up to and with it)`
for it first. What no rule owns is `dummy`. Integers only, so no rounding decides.

Rules with selectors come first, in written order, and own no range. Each counts the exchanges that its selectors match
since it became active: m = 1, 2, ... It is asked when m > skip, `every` divides m - skip, (m - skip) / every is at most
`first`, and it has had fewer hits than `times`. Asked, it draws by itself: the purpose is `rule NAME`, and it is hit
when `number * 1_000_000 < 2**64 * weight`, the weight in ten-thousandths of a percent. The first hit wins; rules behind
it count the exchange too, but aren't asked. What no rule with selectors hits is drawn from the mix of the others.

A place is 17 or 25 bytes: `r`, the 16-byte BLAKE2b of the request's key, its occurrence in the proxy from 1 (8 bytes,
big-endian); or `o`, connection number, exchange ordinal (8 bytes each). Of a toxic, which acts on one direction of a
connection, the ordinal is 0x75 (`u`, upstream) or 0x64 (`d`, downstream); it acts when the draw with the purpose
`toxic NAME` is below its toxicity. Its further choices take the numbers of a sequence one after the other: the
purpose is `toxic NAME PURPOSE`, and the sequence `stream_bytes` in steps of eight bytes, big-endian. Called
by `plan`, `intervention`, `toxics`, and tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from itertools import count
from struct import Struct

from vaurien_core.model.change import Own, plain_rules
from vaurien_core.model.profile import ProxySpec
from vaurien_core.model.selectors import CONNECT, Selector

SPAN = 2**64
_EIGHT = Struct(">8Q")
UNITS = 1_000_000
"""Ten-thousandths of a percent in 100 %."""
MIX = "mix"
DUMMY = "dummy"


@lru_cache(maxsize=16)
def seed_key(seed: int) -> bytes:
    """The seed as the key of the hash."""
    raw = seed.to_bytes((seed.bit_length() + 8) // 8, "big", signed=True)
    return raw if len(raw) <= 64 else blake2b(raw).digest()


@lru_cache(maxsize=1024)
def _sized(text: str) -> bytes:
    """A text behind its length."""
    raw = text.encode()
    return len(raw).to_bytes(4, "big") + raw


def _message(proxy: str, place: bytes, purpose: str) -> bytes:
    return b"".join((_sized(proxy), len(place).to_bytes(4, "big"), place, _sized(purpose)))


def number(seed: int, proxy: str, place: bytes, purpose: str) -> int:
    """The 64-bit number of a draw."""
    digest = blake2b(_message(proxy, place, purpose), digest_size=8, key=seed_key(seed)).digest()
    return int.from_bytes(digest, "big")


def as_fraction(drawn: int) -> float:
    """A number scaled to [0, 1), with the 53 bits that a float holds."""
    return (drawn >> 11) / 2**53


def as_percent(drawn: int) -> float:
    """A number scaled to [0, 100), for people: the choice itself is made with integers."""
    return as_fraction(drawn) * 100


def fraction(seed: int, proxy: str, place: bytes, purpose: str) -> float:
    """A draw within [0, 1)."""
    return as_fraction(number(seed, proxy, place, purpose))


def percent(seed: int, proxy: str, place: bytes, purpose: str = MIX) -> float:
    """A draw within [0, 100)."""
    return as_percent(number(seed, proxy, place, purpose))


def stream_bytes(size: int, seed: int, proxy: str, place: bytes, purpose: str) -> bytes:
    """`size` bytes: 64-byte BLAKE2b digests of the message followed by a block number (8 bytes, from 0)."""
    message, key = _message(proxy, place, purpose), seed_key(seed)
    blocks = (blake2b(message + block.to_bytes(8, "big"), key=key).digest() for block in range((size + 63) // 64))
    return b"".join(blocks)[:size]


def sequence(seed: int, proxy: str, place: bytes, purpose: str) -> Iterator[int]:
    """64-bit numbers without end: `stream_bytes`, eight bytes each, big-endian."""
    message, key = _message(proxy, place, purpose), seed_key(seed)
    for block in count():
        yield from _EIGHT.unpack(blake2b(message + block.to_bytes(8, "big"), key=key).digest())


def units(weight: Decimal) -> int:
    """A weight in percent as ten-thousandths of a percent; more decimals are cut off."""
    return int(weight * 10_000)


def bounds(weights: Iterable[Decimal]) -> tuple[int, ...]:
    """The exclusive upper ends of the rules' ranges, in units."""
    ends, end = [], 0
    for weight in weights:
        end += units(weight)
        ends.append(end)
    return tuple(ends)


def choose(drawn: int, ends: Sequence[int]) -> int | None:
    """The index of the rule that owns a number; None: dummy."""
    scaled = drawn * UNITS
    for index, end in enumerate(ends):
        if scaled < end << 64:
            return index
    return None


def owns(drawn: int, weight: int) -> bool:
    """Whether a rule that draws for itself is hit; its weight in units."""
    return drawn * UNITS < weight << 64


def rule_purpose(rule: str) -> str:
    """The purpose of the draw of a rule with selectors; no behavior's further choice is called so."""
    return f"rule {rule}"


def key_digest(key: bytes) -> bytes:
    """The 16 bytes that stand for a request's key."""
    return blake2b(key, digest_size=16).digest()


def request_place(digest: bytes, occurrence: int) -> bytes:
    """The place of the n-th (from 1) request with this key in its proxy."""
    return b"r" + digest + occurrence.to_bytes(8, "big")


def toxic_purpose(toxic: str, purpose: str = "") -> str:
    """The purpose of a toxic's draws; without one of its own, of whether it acts on the stream (its toxicity)."""
    return f"toxic {toxic} {purpose}" if purpose else f"toxic {toxic}"


def stream_place(connection: int, *, upstream: bool) -> bytes:
    """The place of one direction of a connection: toxics are drawn for there, once."""
    return b"o" + connection.to_bytes(8, "big") + (b"\0" * 7 + (b"u" if upstream else b"d"))


def ordinal_place(connection: int, ordinal: int) -> bytes:
    """The place of an exchange by its numbers."""
    return b"o" + connection.to_bytes(8, "big") + ordinal.to_bytes(8, "big")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as selectors see it; `draw_by = request`."""

    key: bytes
    """As sent: of HTTP the start line, of SQL the statement, of Redis the command and its key."""
    label: str = ""
    """What the journal shows of it."""
    client: str = ""
    """`127.0.0.1:4711`; only for `client`."""
    head: bytes = b""
    """Its header section; only for `header`."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one request will get."""

    key: bytes
    occurrence: int
    percent: float
    """The number that decided, 0..100: of the mix, or of the rule with selectors that was hit."""
    rule: str
    """Name of the rule, or `dummy`."""
    matched: tuple[str, ...] = ()
    """The rules whose selectors match it, hit or not."""


@dataclass(slots=True)
class _Rule:
    """A rule with selectors and its counts."""

    name: str
    selector: Selector
    weight: Decimal
    matched: int = 0
    hits: int = 0

    def asked(self) -> bool:
        times = self.selector.times
        return self.selector.admits(self.matched) and (times is None or self.hits < times)


def predict(
    spec: ProxySpec, seed: int, requests: Iterable[bytes | Request], own: Own = lambda _behavior: ()
) -> list[Prediction]:
    """Say which rule each request gets, `draw_by = request`, from the moment on when its rules become active.

    Rules with `at = connect` act on connections, and stand in no prediction. Every hit is taken to act: one that is
    not applicable gives back its place under `times`.

    Args:
        spec: the proxy with its mix.
        seed: the engine's.
        requests: in the order of arrival; their keys as sent are enough for plain rules, and then only the order among
            equal ones matters.
        own: what each behavior declares; only needed for a plugin whose own option is called like a selector.
    """
    plain = [rule for rule in plain_rules(spec, own) if rule.weight > 0]
    ends = bounds(rule.weight for rule in plain)
    selecting = _selecting(spec, own)
    counts: dict[bytes, int] = {}
    found = []
    for given in requests:
        request = Request(given) if isinstance(given, bytes) else given
        key = request.key
        counts[key] = occurrence = counts.get(key, 0) + 1
        place = request_place(key_digest(key), occurrence)
        matching = [r for r in selecting if r.selector.matches(request.label, request.client, request.head)]
        hit = None
        drawn = 0
        for rule in matching:
            rule.matched += 1
            if hit is None and rule.asked():
                drawn = number(seed, spec.name, place, rule_purpose(rule.name))
                hit = rule if owns(drawn, units(rule.weight)) else None
        if hit is not None:
            hit.hits += 1
            name = hit.name
        else:
            drawn = number(seed, spec.name, place, MIX)
            index = choose(drawn, ends)
            name = DUMMY if index is None else plain[index].behavior
        matched = tuple(rule.name for rule in matching)
        found.append(Prediction(key, occurrence, as_percent(drawn), name, matched))
    return found


def _selecting(spec: ProxySpec, own: Own) -> list[_Rule]:
    found = []
    for rule in spec.mix:
        setup = spec.behavior(rule.behavior)
        selector = Selector.of(setup.options, own(setup.kind))
        if selector is not None and rule.weight > 0 and selector.at != CONNECT:
            found.append(_Rule(rule.behavior, selector, rule.weight))
    return found
