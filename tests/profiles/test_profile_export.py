import shlex
from pathlib import Path

import pytest
from profiles_tools import COMMENTED, REGISTRY, SLIDES, edited, read

from vaurien_core import resources as resources_module
from vaurien_core.errors import VaurienError
from vaurien_core.profiles import export, load
from vaurien_core.resources import resource, resources

EXAMPLES = sorted(resource("profiles").glob("*.ini"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_every_example_profile_is_read_without_a_warning(path: Path) -> None:
    loaded = load(path, REGISTRY, env={})
    assert loaded.problems == ()
    assert all(spec.faults for spec in loaded.profile.proxies)


def test_the_examples_hold_the_classic_form_and_two_proxies() -> None:
    assert {"classic.ini", "two-proxies.ini", "web-flaky.ini"} <= {p.name for p in EXAMPLES}
    classic = load(resource("profiles", "classic.ini"), REGISTRY, env={}).profile
    assert classic == read(SLIDES).profile
    shop, database = load(resource("profiles", "two-proxies.ini"), REGISTRY, env={}).profile.proxies
    assert shop.behavior("delay").options == (("sleep", 1.0),)
    assert database.behavior("delay").options == (("sleep", 0.05),)


def test_a_resource_that_is_missing_is_one_sentence() -> None:
    with pytest.raises(VaurienError, match=r"profiles/no\.ini is missing"):
        resource("profiles", "no.ini")


def test_a_frozen_program_finds_its_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(resources_module.sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resources() == tmp_path / "resources"


def test_a_wheel_finds_its_resources_in_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources_module, "_PACKAGE", tmp_path)
    with pytest.raises(VaurienError, match="install it again"):
        resources()
    (tmp_path / "_resources").mkdir()
    assert resources() == tmp_path / "_resources"


def test_the_command_is_quoted_for_a_shell() -> None:
    assert export.headless("profile.ini") == "vaurien-gui --headless --config profile.ini"
    line = export.headless("/tmp/a b/it's.ini")
    assert shlex.split(line)[-1] == "/tmp/a b/it's.ini"


def test_the_loader_says_what_is_in_a_text() -> None:
    verdict = export.validate(COMMENTED, REGISTRY, env={})
    assert (verdict.ok, verdict.sentence) == (True, "2 proxies, 5 rules, 1 expectation, seed 42")
    assert [w.partition(";")[0] for w in verdict.warnings] == [
        "profile.ini:27 [unheard-of]: unknown section, kept as it is"
    ]
    assert export.validate(SLIDES, REGISTRY, env={}).sentence == "1 proxy, 1 rule, a new seed for each run"


def test_the_loader_says_why_it_refuses_a_text() -> None:
    verdict = export.validate("[vaurien]\nbehavior = 5:dealy\n", REGISTRY, env={})
    assert not verdict.ok
    assert verdict.sentence == 'profile.ini:2 [vaurien] behavior: unknown behavior "dealy", did you mean "delay"?'


def test_the_exported_text_is_what_saving_would_write() -> None:
    loaded = read(SLIDES)
    new = edited(loaded.profile, {"seed": 7})
    assert export.ini(loaded.document, loaded.profile, new, REGISTRY) == SLIDES.replace(
        "20:delay\n", "20:delay\nseed = 7\n"
    )
    assert export.ini(None, loaded.profile, new, REGISTRY).startswith("[vaurien]\nproxy = localhost:8000\n")
