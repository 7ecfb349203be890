"""Profiles, edits and events survive JSON; wrong JSON gets a sentence that says where."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from vaurien_core.errors import UsageError
from vaurien_core.model import wire
from vaurien_core.model.change import Edit, edit_all, value_at
from vaurien_core.model.events import Changed, EngineState, Entry, Gap, Lost, ProxySample, ProxyState, Sample
from vaurien_core.model.profile import BehaviorSpec, Expectation, Profile, ProxySpec, Rule
from vaurien_core.options import values_of

PROFILE = Profile(
    proxies=(
        ProxySpec(
            "web",
            mix=(Rule("delay", Decimal("12.5")), Rule("slow", Decimal("0.0001"))),
            behaviors=(BehaviorSpec("slow", "delay", values_of({"sleep": 0.3, "before": False})),),
        ),
        ProxySpec("db", proxy="127.0.0.1:0", buffer_limit=4096),
    ),
    seed=42,
    expectations=(Expectation("seen", "delay", ">=", 1, "web"),),
)


def through(value: object) -> object:
    return json.loads(json.dumps(wire.to_json(value)))


def test_a_profile_survives_json() -> None:
    assert wire.from_json(Profile, through(PROFILE)) == PROFILE


@pytest.mark.parametrize(
    "event",
    [
        Sample(1.5, 1e9, (ProxySample("web", hits=(("delay", 3),), latency=(0, 1)),), 0.5),
        Entry(1, 0.5, "2026-01-01T00:00:00.000+00:00", proxy="web", options=values_of({"sleep": 0.3}), draw=8.3),
        Entry(2, 0.6, "x", kind="notice", text="Listening."),
        Changed(3, "window", ("proxies/web/mix/delay",)),
        EngineState(1, 42, True, False, proxies=(ProxyState("web", True, "127.0.0.1:1"),)),
        Gap(4),
        Lost("gone"),
    ],
)
def test_events_survive_the_stream(event: object) -> None:
    line = json.loads(json.dumps(wire.event_to_json(event)))  # type: ignore[arg-type]
    assert wire.event_from_json(line) == event


def test_a_heartbeat_is_no_event() -> None:
    assert wire.event_from_json({"kind": "heartbeat"}) is None


EDITS = (
    Edit(("proxies", "web", "mix", "delay"), Decimal("3.5")),
    Edit(("proxies", "web", "mix", "error"), Decimal(7)),
    Edit(("proxies", "web", "mix", "slow"), None),
    Edit(("proxies", "web", "behaviors", "delay", "sleep"), 0.25),
    Edit(("proxies", "web", "backend"), "localhost:81"),
    Edit(("proxies", "db"), None),
    Edit(("seed",), None),
    Edit(("control", "http"), True),
)


def test_edits_survive_json_and_do_what_their_paths_say() -> None:
    edits = wire.edits_from_json(json.loads(json.dumps(wire.edits_to_json(EDITS))))
    assert edits == EDITS
    changed = edit_all(PROFILE, edits)
    web = changed.proxy("web")
    assert web.mix == (Rule("delay", Decimal("3.5")), Rule("error", Decimal(7)))
    assert web.behavior("delay").options == (("sleep", 0.25),)
    assert (web.backend, changed.seed, changed.control.http) == ("localhost:81", None, True)
    assert [p.name for p in changed.proxies] == ["web"]
    assert value_at(changed, ("proxies", "web", "mix", "error")) == Decimal(7)


def test_an_option_set_back_leaves_no_trace() -> None:
    there = edit_all(PROFILE, (Edit(("proxies", "web", "behaviors", "delay", "sleep"), 2.0),))
    back = edit_all(there, (Edit(("proxies", "web", "behaviors", "delay", "sleep"), None),))
    assert back == PROFILE


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        (
            (
                Edit(("proxies", "web", "mix", "delay"), Decimal("99.9999")),
                Edit(("proxies", "web", "mix", "hang"), Decimal("2")),
            ),
            "sum to",
        ),
        ((Edit(("proxies", "web", "mix", "delay"), Decimal("1e400000000")),), "at most 100 %, got 1e"),
        ((Edit(("proxies", "web", "mix", "delay"), Decimal(-1)),), "at least 0 %"),
        ((Edit(("proxies", "wbe", "backend"), "x:1"),), 'did you mean "web"'),
        ((Edit(("proxies", "web", "colour"), 1),), "no such place"),
        ((Edit(("nothing",), 1),), "no such place"),
    ],
)
def test_edits_that_cannot_be_are_refused(edits: tuple[Edit, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        edit_all(PROFILE, edits)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "expected an object"),
        ({"proxies": [{"nam": "x"}]}, 'did you mean "name"'),
        ({"proxies": [{"name": 3}]}, "name: expected str"),
        ({"proxies": [{}]}, "missing 1 required"),
        ({"seed": "x"}, "seed: expected int"),
        ({"proxies": [{"name": "a", "mix": [{"behavior": "x", "weight": "NaN"}]}]}, "expected a number"),
    ],
)
def test_wrong_json_says_where(data: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        wire.from_json(Profile, data)
