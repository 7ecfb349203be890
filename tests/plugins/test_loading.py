"""Finding plugins: dotted paths, single files, entry points; and one sentence for every failure."""

# ruff: noqa: E501 - sentences stay whole

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from stand import SLIDE_DELAY

from vaurien_core import plugins
from vaurien_core.errors import UsageError
from vaurien_core.model.profile import PluginSpec
from vaurien_core.plugins import load, load_installed
from vaurien_core.registry import Registry

NEW = """
from dataclasses import dataclass
from typing import ClassVar
from vaurien.plugins import Behavior, OptionSet, opt

@dataclass(frozen=True, slots=True)
class Options(OptionSet):
    status: int = opt(418, "Which status", minimum=100)

class Teapot(Behavior):
    name = "teapot"
    title = "Teapot"
    Options = Options

    def begin(self, act):
        act.close()
"""


def add(folder, callable_, *, name="odd", kind="behavior"):
    registry = Registry.builtin()
    load(registry, PluginSpec(kind, name, callable_), folder)
    return registry


def test_a_dotted_path_is_found_beside_the_profile(tmp_path):
    (tmp_path / "beside_the_profile.py").write_text(NEW)
    registry = add(tmp_path, "beside_the_profile.Teapot", name="teapot")
    info = registry.catalogue().behavior("teapot")
    assert info.origin == "beside_the_profile.Teapot"
    assert [o.name for o in info.options] == ["status"]


@pytest.mark.parametrize("callable_", ["one.py", "one.py:Teapot"])
def test_a_single_file_is_a_plugin(tmp_path, callable_):
    (tmp_path / "one.py").write_text(NEW)
    assert add(tmp_path, callable_).behavior("odd").title == "Teapot"


def test_the_profiles_name_for_it_wins_over_its_own(tmp_path):
    (tmp_path / "one.py").write_text(SLIDE_DELAY)
    registry = add(tmp_path, "one.py", name="nap")
    assert registry.behavior("nap").name == "nap"
    assert registry.catalogue().behavior("delay").origin == ""


def test_an_old_behavior_needs_no_base_class(tmp_path):
    (tmp_path / "one.py").write_text("class Plain:\n    def on_after_handle(self, *args): pass\n")
    assert add(tmp_path, "one.py").behavior("odd").name == "odd"


@pytest.mark.parametrize(
    ("callable_", "source", "sentence"),
    [
        ("nowhere_at_all.Class", "", 'there is no module "nowhere_at_all", neither installed nor in {folder}.'),
        ("json.nowhere.Class", "", 'there is no module "json.nowhere", neither installed nor in {folder}.'),
        ("json.Class", "", 'json.Class: there is no "Class" in it.'),
        ("json.JSONDecoder", "", "json.JSONDecoder is no behavior: it neither derives from Behavior nor has on_before_handle or on_after_handle."),
        ("Class", "", '"Class" is no dotted path such as package.module.Class.'),
        ("gone.py", "", "there is no file {folder}/gone.py."),
        ("one.py", "x = ", "{folder}/one.py can't be loaded: SyntaxError, line 1: invalid syntax (one.py, line 1)."),
        ("one.py", "import nowhere_at_all", "{folder}/one.py can't be loaded: ModuleNotFoundError: No module named 'nowhere_at_all'."),
        ("one.py", "1 / 0", "{folder}/one.py can't be loaded: ZeroDivisionError: division by zero."),
        ("one.py", "x = 1", "one.py defines no behavior."),
        ("one.py:Teapt", NEW, 'one.py:Teapt: there is no "Teapt" in it, did you mean "Teapot"?'),
        ("one.py", SLIDE_DELAY + NEW, "one.py defines several (Delay, Teapot); name one: one.py:Delay."),
        ("one.py", "class A:\n    options = {'x': 1}\n    def on_before_handle(self): pass", "odd: the option 'x' must be a name with (help, type, default[, choices])."),
        ("one.py", "class A:\n    options = 3\n    def on_before_handle(self): pass", "odd: options must be a mapping of names to (help, type, default)."),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_told_in_one_sentence(tmp_path, callable_, source, sentence):
    (tmp_path / "one.py").write_text(source)
    with pytest.raises(UsageError) as caught:
        add(tmp_path, callable_)
    assert str(caught.value) == sentence.format(folder=tmp_path)


def test_a_protocol_is_not_a_behavior(tmp_path):
    (tmp_path / "one.py").write_text(NEW)
    with pytest.raises(UsageError, match=r"one\.py:Teapot is no protocol"):
        add(tmp_path, "one.py:Teapot", kind="protocol")


def test_no_plugin_may_take_the_reserved_name(tmp_path):
    (tmp_path / "one.py").write_text(NEW)
    with pytest.raises(UsageError, match='no behavior may be called "mix"'):
        add(tmp_path, "one.py", name="mix")


def test_installed_plugins_are_found_and_broken_ones_are_told(monkeypatch):
    found = {
        "vaurien.behaviors": [EntryPoint("nap", "vaurien_core.behaviors.delay:Delay", "vaurien.behaviors")],
        "vaurien.protocols": [EntryPoint("gone", "nowhere_at_all:X", "vaurien.protocols")],
    }
    monkeypatch.setattr(plugins, "entry_points", lambda group: found[group])
    registry = Registry.builtin()
    problems = load_installed(registry)
    assert registry.behavior("nap").title == "Delay"
    assert problems == [
        "vaurien.protocols gone: nowhere_at_all:X can't be loaded: ModuleNotFoundError: No module named 'nowhere_at_all'."
    ]
