"""hang, abort, blackout: one verb each. And what all behaviors have in common."""

from __future__ import annotations

import pytest
from acting import FakeAct, act_with

from tests.support.shipped import BEHAVIORS
from vaurien_core.behaviors.abort import Abort
from vaurien_core.behaviors.blackout import Blackout
from vaurien_core.behaviors.hang import Hang
from vaurien_core.registry import Registry

GROUPS = {"Timing", "Errors", "Connection", "Data", "Bandwidth"}


@pytest.mark.parametrize(
    ("kind", "verb", "phase"),
    [(Hang, "hang", "before"), (Abort, "reset", "after"), (Blackout, "close", "before")],
)
def test_each_calls_its_verb_and_names_its_phase(kind, verb, phase):
    act = act_with(kind, FakeAct())
    assert act.calls == [(verb,)]
    assert act.phases == [phase]


@pytest.mark.parametrize("kind", BEHAVIORS, ids=lambda kind: kind.name)
def test_every_behavior_describes_itself(kind):
    info = kind.info()
    assert info.name and info.title and info.summary and info.wire.endswith(".")
    assert not info.summary.endswith(".")
    assert info.group in GROUPS
    assert all(option.help and not option.help.endswith(".") for option in info.options)
    assert "<b>" in kind.sentence(kind.Options())


def test_the_seven_classic_ones_are_there():
    classic = {"abort", "blackout", "delay", "dummy", "error", "hang", "transient"}
    assert classic <= {b.name for b in BEHAVIORS} <= set(Registry.builtin().behavior_names)
