"""Our frozen dataclasses behave as the library's: each test holds for both."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any, ClassVar

import pytest

from vaurien_core import frozen

Make = Callable[..., Any]


@pytest.fixture(params=[dataclasses.dataclass, frozen.dataclass], ids=["library", "ours"])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


def place(make: Make) -> Any:
    @make(frozen=True, slots=True)
    class Place:
        """Somewhere."""

        LIMIT: ClassVar[int] = 3
        name: str
        port: int = 80
        tags: list[str] = field(default_factory=list)
        seen: int = field(default=0, compare=False, repr=False)

        @property
        def text(self) -> str:
            return f"{self.name}:{self.port}"

    return Place


def test_objects_hold_what_they_are_given_and_defaults(make: Make) -> None:
    kind = place(make)
    one = kind("a", port=1)
    assert (one.name, one.port, one.tags, one.seen, one.text, kind.LIMIT) == ("a", 1, [], 0, "a:1", 3)
    one.tags.append("x")
    assert kind("a").tags == []
    assert kind("a", 2, ["y"], 4).seen == 4
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize(("words", "named"), [((), {}), (("a", 1, [], 0, 5), {}), (("a",), {"prot": 1})])
def test_wrong_arguments_are_refused_with_the_name_of_the_class(
    make: Make, words: tuple[Any, ...], named: dict[str, Any]
) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match=r"Place\.__init__\(\)"):
            place(make)(*words, **named)


def test_what_is_compared_makes_them_equal(make: Make) -> None:
    kind, other = place(make), place(make)
    assert kind("a", seen=1) == kind("a", seen=2) != kind("b")
    assert kind("a") != other("a")
    assert kind("a") != ("a", 80, [], 0)


def test_hashes_go_with_equality(make: Make) -> None:
    @make(frozen=True, slots=True)
    class Pair:
        """Two."""

        one: int
        two: int = 2

    assert len({Pair(1), Pair(1, 2), Pair(2)}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(place(make)("a"))


@pytest.mark.parametrize("count", [0, 1])
def test_a_class_of_few_fields_is_compared_and_hashed_too(make: Make, count: int) -> None:
    class Few:
        """Few."""

    Few.__annotations__ = dict.fromkeys(["one"][:count], "int")
    kind = make(frozen=True, slots=True)(Few)
    words = range(7, 7 + count)
    assert kind(*words) == kind(*words)
    assert len({kind(*words), kind(*words)}) == 1
    assert count == 0 or kind(1) != kind(2)


def test_they_show_their_fields(make: Make) -> None:
    shown = repr(place(make)("a", tags=["x"], seen=9))
    assert shown.endswith("Place(name='a', port=80, tags=['x'])")
    kind = place(make)
    loop = kind("a")
    loop.tags.append(loop)
    assert "..." in repr(loop)


def test_nothing_can_be_set_or_deleted(make: Make) -> None:
    one = place(make)("a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'port'"):
        one.port = 1
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'port'"):
        del one.port
    assert one.port == 80


def test_the_librarys_functions_find_what_they_look_for(make: Make) -> None:
    one = place(make)("a")
    assert [f.name for f in fields(one)] == ["name", "port", "tags", "seen"]
    assert replace(one, port=1) == place_like(one, port=1)
    assert dataclasses.asdict(one) == {"name": "a", "port": 80, "tags": [], "seen": 0}
    match one:
        case object(name=name, port=port):
            assert (name, port) == ("a", 80)
    assert type(one).__match_args__ == ("name", "port", "tags", "seen")


def place_like(one: Any, **changes: Any) -> Any:
    return type(one)(**{**{f.name: getattr(one, f.name) for f in fields(one)}, **changes})


def test_what_is_made_afterwards_is_made_from_the_fields(make: Make) -> None:
    @make(frozen=True, slots=True)
    class Word:
        """One."""

        text: str
        letters: frozenset[str] = field(init=False, default=frozenset(), compare=False)
        strict: bool = field(default=False, kw_only=True)

        def __post_init__(self) -> None:
            object.__setattr__(self, "letters", frozenset(self.text))

    assert Word("aab").letters == {"a", "b"}
    assert Word("a", strict=True).strict
    for wrong in ({"letters": frozenset("x")}, {"text": "b"}):
        with pytest.raises(TypeError):
            Word("a", **wrong)


def test_a_method_that_the_class_writes_stays(make: Make) -> None:
    @make(frozen=True, slots=True)
    class Loud:
        """Shouts."""

        text: str

        def __repr__(self) -> str:
            return self.text.upper()

    assert repr(Loud("a")) == "A"


@pytest.mark.parametrize("child", [dataclasses.dataclass, frozen.dataclass], ids=["library", "ours"])
def test_classes_can_inherit_fields(make: Make, child: Make) -> None:
    base = place(make)

    @child(frozen=True, slots=True)
    class Far(base):
        """Elsewhere."""

        miles: int = 1

    assert Far("a", miles=2) == Far("a", 80, [], 0, 2) != Far("a")
    assert repr(Far("a")).endswith("Far(name='a', port=80, tags=[], miles=1)")
    with pytest.raises(FrozenInstanceError):
        Far("a").miles = 3


@frozen.dataclass(frozen=True, slots=True)
class Point:
    """For pickle, which looks classes up by name."""

    x: int
    y: int = 0


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_they_can_be_copied_and_pickled(again: Callable[[Point], Point]) -> None:
    assert again(Point(1, 2)) == Point(1, 2)


def test_a_class_of_another_kind_is_the_librarys() -> None:
    @frozen.dataclass(slots=True)
    class Count:
        """One that counts."""

        value: int = 0

    one = Count()
    one.value += 1
    assert one == Count(1)
