"""A mix may name an error of the protocol, without a section that says what is meant."""

from __future__ import annotations

from decimal import Decimal

import pytest
from profiles_tools import REGISTRY, problems, read

from vaurien_core.cli.parser import read as read_flags
from vaurien_core.engine.checks import check_override, check_profile
from vaurien_core.errors import UsageError
from vaurien_core.model.change import Edit, edit_all
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec, Rule
from vaurien_core.profiles import dumps, load, render, same

DEADLOCK = BehaviorSpec("deadlock", "error", (("error", "deadlock"),))
TEXT = "[vaurien]\nprotocol = mysql\nbehavior = 50:deadlock   ; half of them\n\n[expect]\ndied = deadlock >= 1\n"


def test_an_error_is_a_rule_of_its_own_name() -> None:
    loaded = read(TEXT)
    spec = loaded.profile.proxy("default")
    assert spec.mix == (Rule("deadlock", Decimal(50)),)
    assert spec.behaviors == (DEADLOCK,)
    assert loaded.problems == ()
    assert read("[vaurien]\nprotocol = http\nbehavior = 5:503").profile.proxy("default").behavior("503").kind == "error"


def test_it_is_saved_as_it_was_written() -> None:
    loaded = read(TEXT)
    changed = edit_all(loaded.profile, [Edit(("proxies", "default", "mix", "deadlock"), Decimal(60))])
    assert render(loaded.document, loaded.profile, changed, REGISTRY) == TEXT.replace("50:", "60:")
    assert same(read(dumps(loaded.profile, REGISTRY.catalogue())).profile, loaded.profile, REGISTRY.catalogue())


def test_taking_it_out_of_the_mix_leaves_nothing_behind() -> None:
    loaded = read(TEXT.replace("deadlock >= 1", "exchanges >= 1"))
    gone = edit_all(loaded.profile, [Edit(("proxies", "default", "mix", "deadlock"), None)])
    text = render(loaded.document, loaded.profile, gone, REGISTRY)
    assert "deadlock" not in text
    assert same(read(text).profile, gone, REGISTRY.catalogue())


def test_a_section_of_its_name_needs_no_type() -> None:
    text = "[vaurien]\nprotocol = mysql\nbehavior = 50:deadlock\n[behavior:deadlock]\nmatch = UPDATE*\n"
    spec = read(text).profile.proxy("default").behavior("deadlock")
    assert (spec.type, dict(spec.options)) == ("error", {"error": "deadlock", "match": "UPDATE*"})


def test_an_option_that_is_set_is_written_into_a_section_of_its_name() -> None:
    loaded = read(TEXT)
    changed = edit_all(loaded.profile, [Edit(("proxies", "default", "behaviors", "deadlock", "warmup"), 3)])
    text = render(loaded.document, loaded.profile, changed, REGISTRY)
    assert "[behavior:deadlock]\nwarmup = 3" in text
    assert same(read(text).profile, changed, REGISTRY.catalogue())


def test_phases_name_errors_too() -> None:
    text = (
        "[proxy:orders-db]\nprotocol = mysql\nproxy = :1\nbackend = :2\n[scenario]\nphases = outage\n[phase:outage]\n"
        "for = 1s\n[phase:outage@orders-db]\nbehavior = 50:deadlock\n"
    )
    assert read(text).profile.proxy("orders-db").behavior("deadlock") == DEADLOCK


def test_flags_set_it_up_without_a_type() -> None:
    words = ["--protocol", "mysql", "--behavior", "50:deadlock", "--behavior-deadlock-match", "UPDATE*"]
    flags = read_flags(words, REGISTRY).flags
    spec = load(None, REGISTRY, flags=flags).profile.proxy("default").behavior("deadlock")
    assert (spec.type, dict(spec.options)) == ("error", {"error": "deadlock", "match": "UPDATE*"})


@pytest.mark.parametrize(
    ("protocol", "mix", "hint"),
    [
        ("mysql", "50:deadlok", ' did you mean "deadlock"?'),
        ("mysql", "50:dely", ' did you mean "delay"?'),
        ("redis", "50:deadlock", f" known: {', '.join(REGISTRY.behavior_names)}."),
    ],
)
def test_a_wrong_name_gets_the_nearest_of_both(protocol: str, mix: str, hint: str) -> None:
    name = mix.partition(":")[2]
    assert problems(f"[vaurien]\nprotocol = {protocol}\nbehavior = {mix}") == [
        f'p.ini:3 [vaurien] behavior: unknown behavior "{name}",{hint}'
    ]


def test_an_engine_takes_it_from_any_entrance() -> None:
    spec = ProxySpec("db", protocol="mysql", mix=(Rule("deadlock", Decimal(50)),))
    assert check_profile(Profile((spec,)), REGISTRY).proxy("db").behaviors == (DEADLOCK,)
    assert check_override(spec, "lock-timeout", (), REGISTRY).kind == "error"
    with pytest.raises(UsageError, match='unknown behavior "NOAUTH"'):
        check_override(spec, "NOAUTH", (), REGISTRY)
