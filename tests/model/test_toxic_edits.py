"""Edits of a proxy's toxics by path."""

from __future__ import annotations

import pytest

from vaurien_core.errors import UsageError
from vaurien_core.model.change import edit, value_at
from vaurien_core.model.profile import Profile, ProxySpec, ToxicSpec

SLOW = ToxicSpec("slow", "latency", options=(("latency", 100.0),))
CUT = ToxicSpec("cut", "timeout", "upstream")
PROFILE = Profile(proxies=(ProxySpec("web", toxics=(SLOW,)),))
AT = ("proxies", "web", "toxics")


def test_a_toxic_is_added_behind_the_others_and_replaced_in_place() -> None:
    both = edit(PROFILE, (*AT, "cut"), CUT)
    assert both.proxy("web").toxics == (SLOW, CUT)
    renewed = ToxicSpec("slow", "latency", "both")
    assert edit(both, (*AT, "slow"), renewed).proxy("web").toxics == (renewed, CUT)


def test_fields_and_options_change_alone() -> None:
    changed = edit(edit(PROFILE, (*AT, "slow", "toxicity"), 0.5), (*AT, "slow", "options", "latency"), 7.0)
    assert changed.proxy("web").toxics == (ToxicSpec("slow", "latency", toxicity=0.5, options=(("latency", 7.0),)),)
    assert value_at(changed, (*AT, "slow", "toxicity")) == 0.5
    assert value_at(changed, (*AT, "slow", "options", "latency")) == 7.0
    assert edit(changed, (*AT, "slow", "options", "latency"), None).proxy("web").toxics[0].options == ()


def test_a_removed_toxic_is_gone_and_an_unknown_one_is_named() -> None:
    assert edit(PROFILE, (*AT, "slow"), None).proxy("web").toxics == ()
    with pytest.raises(UsageError, match='web: unknown toxic "slwo", did you mean "slow"'):
        edit(PROFILE, (*AT, "slwo", "enabled"), False)
