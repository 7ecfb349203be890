"""What Vaurien ships is found by name, and imported no sooner."""

from __future__ import annotations

from pathlib import Path

import pytest

from vaurien_core import registry
from vaurien_core.behaviors.base import Behavior
from vaurien_core.errors import UsageError
from vaurien_core.registry import Registry
from vaurien_core.shelf import Shelf


@pytest.mark.parametrize("name", [*registry.BEHAVIORS, *registry.STREAM_FAULTS])
def test_a_shipped_behavior_is_called_as_its_file_is(name: str) -> None:
    assert Registry.builtin().behavior(name).name == name


@pytest.mark.parametrize("name", registry.PROTOCOLS)
def test_a_shipped_protocol_is_called_as_its_file_is(name: str) -> None:
    assert Registry.builtin().protocol(name).name == name


def test_the_catalogue_has_all_in_their_order() -> None:
    catalogue = Registry.builtin().catalogue()
    assert tuple(b.name for b in catalogue.behaviors) == (*registry.BEHAVIORS, *registry.STREAM_FAULTS)
    assert tuple(p.name for p in catalogue.protocols) == registry.PROTOCOLS


def test_unknown_names_are_told_what_there_is_before_anything_is_imported() -> None:
    made = Registry.builtin()
    with pytest.raises(UsageError, match='did you mean "delay"'):
        made.behavior("dealy")
    with pytest.raises(UsageError, match="known: http, memcache, mysql, redis, smtp, tcp"):
        made.protocol("htp")
    with pytest.raises(UsageError, match='did you mean "latency"'):
        made.toxic("latenci")
    assert not made.mixes("dealy") and not made.stacks("dealy")


def test_what_works_where_is_read_off_the_class() -> None:
    made = Registry.builtin()
    assert (made.mixes("delay"), made.stacks("delay")) == (True, False)
    assert (made.mixes("latency"), made.stacks("latency")) == (True, True)
    assert (made.mixes("loss"), made.stacks("loss")) == (False, True)


def test_a_plugin_takes_the_place_of_what_is_shipped() -> None:
    made = Registry.builtin()
    own = type("Own", (Behavior,), {"name": "delay"})
    made.add_behavior(own, "own.py")
    assert made.behavior("delay") is own


def test_a_shelf_imports_a_class_when_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "on_a_shelf"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "two_words.py").write_text("class TwoWords: pass\n")
    (package / "broken.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    shelf = Shelf[object]("on_a_shelf", ("two_words", "broken"))
    assert list(shelf) == ["two_words", "broken"] and "broken" in shelf
    found = shelf.get("two_words")
    assert found is not None and found.__name__ == "TwoWords" and shelf.get("two_words") is found
    assert shelf.get("nothing") is None
    with pytest.raises(ZeroDivisionError):
        shelf.all()
