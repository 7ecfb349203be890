"""Options are read, checked and written the same way everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.errors import OptionError, UsageError
from vaurien_core.options import Kind, Option, OptionSet, opt, values_of


@dataclass(frozen=True, slots=True)
class Sample(OptionSet):
    sleep: float = opt(1.0, "How long", unit="s", minimum=0, maximum=60)
    before: bool = opt(True, "When")
    shape: str = opt("uniform", "Spread", choices=("uniform", "normal"))
    size: int = opt(1024, "Size", kind=Kind.BYTES, minimum=0)
    alive: bool | None = opt(None, "Three-valued")
    hosts: tuple[str, ...] = opt((), "Hosts")


def test_the_kind_follows_from_the_annotation() -> None:
    kinds = {o.name: o.kind for o in Sample.describe()}
    assert kinds == {
        "sleep": Kind.DURATION,
        "before": Kind.BOOL,
        "shape": Kind.CHOICE,
        "size": Kind.BYTES,
        "alive": Kind.BOOL,
        "hosts": Kind.LIST,
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("sleep", "2", 2.0),
        ("sleep", "250ms", 0.25),
        ("sleep", "1.5 s", 1.5),
        ("sleep", "1min", 60.0),
        ("before", "no", False),
        ("shape", "normal", "normal"),
        ("size", "64KiB", 65536),
        ("size", "1MB", 1_000_000),
        ("alive", "", None),
        ("alive", "yes", True),
        ("hosts", "a, b\nc", ("a", "b", "c")),
    ],
)
def test_texts_are_read_with_their_units(name: str, text: str, value: object) -> None:
    assert Sample.option(name).parse(text) == value


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("sleep", "-1", "sleep: expected at least 0 s, got -1."),
        ("sleep", "61", "sleep: expected at most 60 s, got 61."),
        ("sleep", "soon", "sleep: expected a time such as 250ms, 1.5s or a number of s, got 'soon'."),
        ("sleep", "nan", "sleep: expected a time such as 250ms, 1.5s or a number of s, got 'nan'."),
        ("before", "maybe", "before: expected yes or no, got 'maybe'."),
        ("size", "-5", "size: expected at least 0, got -5."),
    ],
)
def test_a_wrong_text_gets_one_clear_sentence(name: str, text: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        Sample.option(name).parse(text)
    assert str(caught.value) == said


def test_a_misspelt_choice_and_option_name_the_nearest() -> None:
    with pytest.raises(OptionError, match=r'got "unifrom", did you mean "uniform"[?]$'):
        Sample.option("shape").parse("unifrom")
    with pytest.raises(UsageError, match='did you mean "sleep"'):
        Sample.option("sleeep")


def test_build_takes_what_json_gives() -> None:
    built = Sample.build({"sleep": 3, "hosts": ["a"], "size": 5.0})
    assert (built.sleep, built.hosts, built.size) == (3.0, ("a",), 5)
    for bad in ({"before": 1}, {"sleep": True}, {"shape": 3}, {"size": 1.5}, {"hosts": "ok", "size": "x"}):
        with pytest.raises(OptionError):
            Sample.build(bad)


@given(st.floats(min_value=0, max_value=60, allow_nan=False))
def test_a_written_duration_reads_back(value: float) -> None:
    option = Sample.option("sleep")
    rounded = round(value, 6)
    assert option.parse(option.format(rounded)) == pytest.approx(rounded, abs=1e-9)


@given(st.integers(min_value=0, max_value=2**50))
def test_a_written_size_reads_back(value: int) -> None:
    option = Option("size", Kind.BYTES, 0, "")
    assert option.parse(option.format(value)) == value


def test_values_are_a_frozen_sorted_mapping() -> None:
    assert values_of({"b": 1, "a": 2}) == (("a", 2), ("b", 1))
    assert Sample.parse({"sleep": "2", "before": "no"}) == (("before", False), ("sleep", 2.0))
