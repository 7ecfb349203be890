"""Scenarios in INI: read, written, and changed without touching the rest."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from profiles_tools import COMMENTED, REGISTRY, read

from vaurien_core.model.change import Edit, edit_all
from vaurien_core.model.profile import Phase, PhaseChange, Profile, ProxySpec, Rule, Scenario
from vaurien_core.profiles import dumps, render, same

DESIGN = """\
[proxy:orders-db]
proxy = 127.0.0.1:3307
backend = 127.0.0.1:3306
protocol = mysql

[scenario]                      ; optional: the profile over time
phases = calm, outage, calm
repeat = forever                ; or a number
start = first-exchange
end = stop

[phase:calm]
for = 1min

[phase:outage]
for = 10s
ramp = 2s                       ; weights move linearly
behavior = 5:delay

[phase:outage@orders-db]        ; what this phase replaces, per proxy
behavior = 50:deadlock
state = down

[behavior:deadlock]
type = error
error = deadlock
"""
MIX = (Rule("deadlock", Decimal(50)),)
EXPECTED = Scenario(
    ("calm", "outage", "calm"), None, "first-exchange", "stop",
    (
        Phase("calm", 60.0),
        Phase(
            "outage", 10.0, 2.0,
            (PhaseChange("", (Rule("delay", Decimal(5)),)), PhaseChange("orders-db", MIX, "down")),
        ),
    ),
)  # fmt: skip


def test_a_scenario_is_read() -> None:
    loaded = read(DESIGN)
    assert loaded.profile.scenario == EXPECTED
    assert loaded.problems == ()


def test_a_phase_without_a_section_lasts_and_is_warned_about() -> None:
    loaded = read("[scenario]\nphases = calm, outage\n[phase:outage]\nfor = 1\n[phase:never]\nfor = 1\n")
    assert [str(p) for p in loaded.problems] == [
        'p.ini:2 [scenario] phases: phase "calm" has no section [phase:calm], so it lasts until it is skipped; '
        "known: never, outage.",
        "p.ini:5 [phase:never]: is not among the phases of [scenario] and never comes.",
    ]
    assert loaded.profile.scenario is not None
    assert loaded.profile.scenario.phase("calm").length_s is None


def test_phases_without_a_scenario_are_warned_about() -> None:
    loaded = read("[phase:outage]\nfor = 1s\n")
    assert loaded.profile.scenario is None
    assert [p.severity for p in loaded.problems] == ["warning"]


def test_without_a_list_of_phases_they_come_in_the_order_of_their_sections() -> None:
    loaded = read("[scenario]\n[phase:b]\nfor = 1s\n[phase:a]\nfor = 1s\n")
    assert loaded.profile.scenario is not None
    assert loaded.profile.scenario.phases == ("b", "a")


@pytest.mark.parametrize("text", [DESIGN, DESIGN.replace("state = down", ""), "[vaurien]\nstate = down\n"])
def test_a_fresh_text_reads_back(text: str) -> None:
    profile = read(text).profile
    again = read(dumps(profile, REGISTRY.catalogue())).profile
    assert same(again, profile, REGISTRY.catalogue())


def changed(text: str, scenario: Scenario | None) -> str:
    loaded = read(text)
    return render(loaded.document, loaded.profile, edit_all(loaded.profile, [Edit(("scenario",), scenario)]), REGISTRY)


def test_one_changed_time_is_one_changed_line() -> None:
    calm, outage = EXPECTED.defined
    assert changed(DESIGN, replace(EXPECTED, defined=(calm, replace(outage, ramp_s=0.25)))) == DESIGN.replace(
        "ramp = 2s  ", "ramp = 250ms  "
    )
    assert changed(DESIGN, replace(EXPECTED, defined=(replace(calm, length_s=30.0), outage))) == DESIGN.replace(
        "for = 1min", "for = 30s"
    )


def test_a_scenario_is_added_to_a_text_and_taken_out_of_it() -> None:
    added = changed(COMMENTED, Scenario(("a",), defined=(Phase("a", 3.0, changes=(PhaseChange(state="down"),)),)))
    assert added.startswith(COMMENTED.rstrip("\n"))
    assert added[len(COMMENTED.rstrip("\n")) :].split() == (
        ["[scenario]", "phases", "=", "a", "[phase:a]", "for", "=", "3s", "state", "=", "down"]
    )
    assert changed(added, None).rstrip("\n") == COMMENTED.rstrip("\n")


names = st.sampled_from(["calm", "storm", "dark"])
mixes = st.lists(st.tuples(st.sampled_from(["delay", "hang", "abort"]), st.integers(0, 330_000)), max_size=2).map(
    lambda pairs: tuple(Rule(name, Decimal(part) / 10_000) for name, part in dict(pairs).items())
)
changes = st.builds(PhaseChange, st.just(""), mixes | st.none(), st.sampled_from(["up", "down", None]))
phases = st.builds(
    Phase, st.just(""), st.floats(0.001, 1e5).map(lambda s: round(s, 3)) | st.none(),
    st.floats(0, 100).map(lambda s: round(s, 3)), st.tuples(changes),
)  # fmt: skip


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    defined = []
    for name in sorted(draw(st.sets(names, min_size=1))):
        phase = draw(phases)
        kept = tuple(c for c in phase.changes if c.mix is not None or c.state is not None)
        defined.append(replace(phase, name=name, changes=kept))
    order = draw(st.lists(st.sampled_from([p.name for p in defined]), min_size=1, max_size=4))
    repeat = draw(st.integers(1, 9) | st.none())
    return Scenario(
        tuple(order), repeat, draw(st.sampled_from(["launch", "first-exchange", "api"])),
        draw(st.sampled_from(["hold", "stop"])), tuple(defined),
    )  # fmt: skip


@settings(max_examples=25)
@given(scenarios(), scenarios())
def test_whatever_is_changed_reads_back(before: Scenario, after: Scenario) -> None:
    catalogue = REGISTRY.catalogue()
    profile = Profile((ProxySpec("default"),), scenario=before)
    loaded = read(dumps(profile, catalogue))
    assert same(loaded.profile, profile, catalogue)
    text = render(loaded.document, loaded.profile, replace(loaded.profile, scenario=after), REGISTRY)
    assert same(read(text).profile, replace(profile, scenario=after), catalogue)
