"""Selectors: what they match, and how they count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.errors import OptionError
from vaurien_core.model.selectors import SELECTORS, Selector, check_selector, contradiction, selective, split
from vaurien_core.options import Kind, Option, values_of


def selector(**options: object) -> Selector:
    made = Selector.of(values_of(options))  # type: ignore[arg-type]
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("match", "label", "found"),
    [
        ("UPDATE orders*", "UPDATE orders", True),
        ("UPDATE orders*", "UPDATE orders_archive", True),
        ("UPDATE orders", "UPDATE orders_archive", False),
        ("orders", "UPDATE orders", False),
        ("update orders", "UPDATE orders", False),
        ("GET /cart?q=?", "GET /cart?q=?", True),
        ("GET /*/items", "GET /a/b/items", True),
        ("[GS]ET key", "SET key", True),
        ("re:orders", "UPDATE orders", True),
        ("re:^orders", "UPDATE orders", False),
        ("re:(?i)update", "UPDATE orders", True),
        ("re:^GET /(a|b)$", "GET /b", True),
        ("re:^GET /(a|b)$", "GET /bb", False),
        ("two\nlines*", "two\nlines here", True),
        ("one line", "one line\n", False),
    ],
)
def test_a_glob_is_for_the_whole_label_and_a_regex_is_searched(match: str, label: str, found: bool) -> None:
    assert selector(match=match).matches(label, "", b"") is found


HEAD = b"Host: shop.test\r\nX-User:  7 \r\nAccept: text/html\r\nAccept: image/*\r\nX-Empty:\r\n\r\n"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("x-user", True),
        ("X-User: 7", True),
        ("X-User: 8", False),
        ("X-User: ?", True),
        ("X-User", True),
        ("User", False),
        ("accept: image/*", True),
        ("accept: IMAGE/*", False),
        ("Host: shop.*", True),
        ("X-Empty", True),
        ("X-Empty: ?*", False),
        ("X-None", False),
    ],
)
def test_a_header_is_found_by_its_name_and_a_glob_of_any_of_its_values(header: str, found: bool) -> None:
    assert selector(header=header).matches("", "", HEAD) is found
    assert not selector(header=header).matches("", "", b"")


@pytest.mark.parametrize(
    ("client", "peer", "found"),
    [
        (("127.0.0.1",), "127.0.0.1:5000", True),
        (("127.0.0.2",), "127.0.0.1:5000", False),
        (("10.0.0.0/8", "127.0.0.0/8"), "127.9.9.9:1", True),
        (("10.1.2.3/8",), "10.9.9.9:1", True),
        (("::1",), "[::1]:80", True),
        (("fe80::/10",), "[fe80::1%eth0]:80", True),
        (("127.0.0.1",), "[::ffff:127.0.0.1]:80", True),
        (("::/0",), "127.0.0.1:80", False),
        (("0.0.0.0/0", "::/0"), "unix", False),
        (("127.0.0.1",), "", False),
    ],
)
def test_a_client_is_within_a_network_or_not(client: tuple[str, ...], peer: str, found: bool) -> None:
    assert selector(client=client).matches("", peer, b"") is found


def test_all_of_several_selectors_must_match() -> None:
    both = selector(match="GET *", header="X-User: 7")
    assert both.matches("GET /", "", HEAD)
    assert not both.matches("POST /", "", HEAD)
    assert not both.matches("GET /", "", b"X-User: 8\r\n\r\n")


counts = st.one_of(st.none(), st.integers(1, 12))


@given(st.integers(0, 12), st.integers(1, 12), counts)
def test_skip_every_and_first_are_filters_one_behind_the_other(skip: int, every: int, first: int | None) -> None:
    one = Selector(skip=skip, every=every, first=first)
    left = list(range(1, 200))[skip:][every - 1 :: every]
    want = left if first is None else left[:first]
    assert [n for n in range(1, 200) if one.admits(n)] == want


def test_neutral_values_are_no_selectors() -> None:
    neutral = values_of({option.name: option.default for option in SELECTORS})
    assert not selective(neutral)
    assert Selector.of(neutral) is None
    for name, value in (("match", "x"), ("at", "connect"), ("skip", 1), ("every", 2), ("first", 1), ("times", 1)):
        assert selective(values_of({**dict(neutral), name: value})), name


def test_a_behavior_with_an_option_of_that_name_keeps_it() -> None:
    own = (Option("match", Kind.TEXT, "", "its own"), Option("sleep", Kind.FLOAT, 1.0, "its own"))
    values = values_of({"match": "mine", "sleep": 2.0})
    assert not selective(values, own)
    assert split(values_of({**dict(values), "first": 2}), own) == (values, (("first", 2),))
    made = Selector.of(values_of({**dict(values), "first": 2}), own)
    assert made == Selector(first=2)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("match", "re:(", r"match: expected a regular expression after re: \(.*\), got 're:\('"),
        ("client", ("10.0.0.0/8", "nowhere"), "client: expected addresses or networks, .*, got 'nowhere'"),
        ("header", "two words: x", "header: expected a header's name"),
    ],
)
def test_what_can_not_be_used_is_one_sentence(name: str, value: object, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        check_selector(name, value)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=words):
        selector(**{name: value})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"at": "connect", "header": "X"}, "header: expected at = request"),
        ({"at": "connect", "match": "GET *"}, "match: expected at = request"),
        ({"at": "connect", "match": "con*", "client": ("10.0.0.0/8",)}, ""),
        ({"match": "GET *"}, ""),
        ({}, ""),
    ],
)
def test_selectors_that_could_never_match_are_a_contradiction(options: dict[str, object], words: str) -> None:
    assert contradiction("x", values_of(options)).startswith(words)  # type: ignore[arg-type]
    assert bool(contradiction("x", values_of(options))) is bool(words)  # type: ignore[arg-type]
