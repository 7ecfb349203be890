"""The scenario's tab without a window: rows, refusals in the loader's words, steps of undo, and what plays."""

from __future__ import annotations

from decimal import Decimal

import pytest
from conftest import Troubles, wait_until

from vaurien_core.model.profile import BehaviorSpec, Expectation, Phase, PhaseChange, Profile, ProxySpec, Rule, Scenario
from vaurien_core.profiles import dumps, loads
from vaurien_core.registry import Registry
from vaurien_gui.models.scenario_shown import FOR, MIX, PHASE, RAMP, STATE
from vaurien_gui.presenters.band import BandPresenter
from vaurien_gui.presenters.expectations import NAME, TEXT, ExpectationsPresenter
from vaurien_gui.presenters.graphs import GraphsPresenter
from vaurien_gui.presenters.happenings import Happenings
from vaurien_gui.presenters.mix import MixPresenter
from vaurien_gui.presenters.probe import ProbePresenter
from vaurien_gui.presenters.proxies import ProxiesPresenter
from vaurien_gui.presenters.scenario import ScenarioPresenter
from vaurien_gui.presenters.title import status_line
from vaurien_gui.session import Session

WEB = ProxySpec("web", "127.0.0.1:0", "127.0.0.1:9", "http", mix=(Rule("delay", Decimal(10)),))
DB = ProxySpec(
    "db",
    "127.0.0.1:0",
    "127.0.0.1:9",
    "mysql",
    behaviors=(BehaviorSpec("deadlock", "error", (("error", "deadlock"),)),),
)
OUTAGE = Phase(
    "outage", 50.0, changes=(PhaseChange(mix=(Rule("error", Decimal(50)),)), PhaseChange("db", state="down"))
)
SCENARIO = Scenario(("calm", "outage"), defined=(Phase("calm", 50.0), OUTAGE))
PROFILE = Profile((WEB, DB), seed=4, scenario=SCENARIO)


@pytest.fixture
def place() -> str:
    return "local"


@pytest.fixture
async def scenes(session: Session, registry: Registry) -> ScenarioPresenter:
    session.document.replace(PROFILE)
    await session.settled()
    return ScenarioPresenter(session, registry)


async def play(session: Session) -> None:
    session.start()
    await wait_until(lambda: session.state and session.state.scenario and session.state.scenario.phase)
    await wait_until(lambda: session.last is not None)


def texts(scenes: ScenarioPresenter) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in scenes.page().rows]


async def test_rows_say_what_each_phase_replaces_and_of_whom(scenes: ScenarioPresenter) -> None:
    assert texts(scenes) == [
        ["calm", "50 s", "", "", ""],
        ["outage", "50 s", "", "50:error", ""],
        ["db", "", "", "", "down"],
    ]
    assert [row.key for row in scenes.page().rows] == ["0", "1", "1@db"]
    assert [block.down for block in scenes.track().blocks] == [False, False]
    assert scenes.track().blocks[1].shares == (("error", 50.0),)


async def test_each_edit_is_one_step_and_undo_gives_everything_back(
    session: Session, scenes: ScenarioPresenter
) -> None:
    before = session.profile
    scenes.choose("0")
    assert scenes.add() == "1"
    for column, text in (
        (PHASE, "refused"),
        (FOR, "1.5s"),
        (RAMP, "250ms"),
        (MIX, "20:delay, 5:error"),
        (STATE, "down"),
    ):
        scenes.set_cell("1", column, text)
    scenes.choose("1")
    scenes.duplicate()
    scenes.move(-1)
    scenes.remove("0")
    assert session.document.undo.count() == 9
    made = session.profile.scenario if session.profile else None
    assert made is not None
    assert made.phases == ("refused-2", "refused", "outage")
    assert made.phase("refused") == Phase(
        "refused", 1.5, 0.25, (PhaseChange("", (Rule("delay", Decimal(20)), Rule("error", Decimal(5))), "down"),)
    )
    assert loads(dumps(session.profile), "x.ini", Registry.builtin()).profile.scenario == made, "as CI reads it"
    while session.document.undo.canUndo():
        session.document.undo.undo()
    assert session.profile == before


async def test_a_text_that_is_refused_stays_with_the_loaders_sentence(
    session: Session, scenes: ScenarioPresenter
) -> None:
    wrong = [
        ("0", FOR, "soon", "Expected a time such as"),
        ("0", FOR, "-1", "Expected at least 0.001 s, got -1"),
        ("1", MIX, "50:dealy", 'Unknown behavior "dealy", did you mean "delay"?'),
        ("1", MIX, "delay:20", "Expected"),
        ("1", MIX, "60:delay, 50:error", "web: the weights sum to 110 %, expected at most 100 %."),
        ("0", PHASE, "a phase", "Expected a name of letters"),
    ]
    for key, column, text, sentence in wrong:
        scenes.set_cell(key, column, text)
        cell = next(row for row in scenes.page().rows if row.key == key).cells[column]
        assert cell.text == text
        assert cell.problem.startswith(sentence), cell.problem
        scenes.set_cell(key, column, "" if column != PHASE else "calm")
    scenes.set_repeat("never")
    assert scenes.page().repeat_problem == "Expected a number of rounds from 1 on, or forever, got 'never'."
    scenes.set_repeat("forever")
    assert session.profile is not None
    assert session.profile.scenario is not None
    assert session.profile.scenario.repeat is None


async def test_a_rule_of_ones_own_can_be_used_where_it_is_set_up(session: Session, scenes: ScenarioPresenter) -> None:
    scenes.set_cell("1@db", MIX, "50:deadlock, 5:delay")
    assert not next(row for row in scenes.page().rows if row.key == "1@db").problem
    scenes.set_cell("1@db", MIX, "20:lock-timeout")
    assert not next(row for row in scenes.page().rows if row.key == "1@db").problem, "an error by its own name"
    assert session.profile is not None
    assert session.link is not None
    assert session.profile.proxy("db").behavior("lock-timeout").kind == "error"
    await session.link.drained()
    assert (await session.link.engine.profile()).profile == session.profile
    session.document.undo.undo()
    assert not session.profile.proxy("db").behavior("lock-timeout").options, "one step"
    scenes.set_cell("1@db", MIX, "20:lock-timeot")
    problem = next(row for row in scenes.page().rows if row.key == "1@db").problem
    assert problem == 'Unknown behavior "lock-timeot", did you mean "lock-timeout"?'
    scenes.remove("1@db")
    assert [row.key for row in scenes.page().rows] == ["0", "1"]
    assert scenes.add_proxy("web") == "1@web"
    assert texts(scenes)[-1] == ["web", "", "", "", "up"]


async def test_the_name_of_another_phase_means_that_phase_again(session: Session, scenes: ScenarioPresenter) -> None:
    scenes.choose("1")
    scenes.set_cell(scenes.add(), PHASE, "calm")
    assert session.profile is not None
    assert session.profile.scenario is not None
    assert session.profile.scenario.phases == ("calm", "outage", "calm")
    assert [phase.name for phase in session.profile.scenario.defined] == ["calm", "outage"]


async def test_phases_and_expectations_follow_a_proxy_that_is_renamed_or_goes(
    session: Session, scenes: ScenarioPresenter, troubles: Troubles
) -> None:
    session.edit(("expectations",), (Expectation("few", "exchanges", "<", 5.0, "db"),), "x")
    proxies = ProxiesPresenter(session, ProbePresenter(session))
    proxies.rename("db", "orders")
    assert session.link is not None
    await session.link.drained()
    profile = session.profile
    assert profile is not None
    assert profile.scenario is not None
    assert [c.proxy for c in profile.scenario.phase("outage").changes] == ["", "orders"]
    assert profile.expectations[0].proxy == "orders"
    proxies.remove("orders")
    await session.link.drained()
    assert session.profile is not None
    assert not session.profile.expectations
    assert (await session.link.engine.profile()).profile == session.profile
    session.document.undo.undo()
    assert session.profile == profile


async def test_band_status_mix_list_and_markers_name_the_phase(
    session: Session, scenes: ScenarioPresenter, registry: Registry
) -> None:
    band, graphs = BandPresenter(session), GraphsPresenter(session)
    probe = ProbePresenter(session)
    happenings = Happenings(session, probe)
    proxies, mix = ProxiesPresenter(session, probe), MixPresenter(session, registry, lambda *_: (0.0, 0.0))
    session.select("web")
    await play(session)
    assert band.state().since == "phase calm, 50 s left"
    assert scenes.page().now == "Phase calm, 50 s left · then outage"
    scenes.act("skip")
    await wait_until(lambda: scenes.playing.state and scenes.playing.state.phase == "outage")
    await wait_until(lambda: session.state and not session.state.proxy("db").running)
    shown = band.state()
    assert (shown.kind.value, shown.share, shown.since) == ("faults", "50 %", "phase outage, 50 s left")
    assert "Phase outage, 50 s left" in status_line(session, shown, "light", 0.0).left
    panel = mix.panel()
    assert panel is not None
    assert panel.phase == "Phase outage holds this proxy at 50:error. The weights below are those outside of it."
    assert [(row.status, row.down) for row in proxies.rows()] == [("50 %", False), ("down", True)]
    session.select("db")
    assert (band.state().kind.value, band.state().share) == ("faults", "Down")
    form = proxies.form()
    assert form is not None
    assert (form.state, form.state_note) == ("up", "Phase outage holds it down.")
    assert scenes.page().rows[1].marked
    await wait_until(lambda: len([m for m in graphs.markers if m.kind == "scenario"]) == 2)
    assert [m.text for m in graphs.markers if m.kind == "scenario"] == ["Phase calm", "Phase outage"]
    assert happenings is not None


async def test_the_playhead_stands_while_it_is_paused_and_all_normal_holds(
    session: Session, scenes: ScenarioPresenter
) -> None:
    await play(session)
    scenes.act("toggle")
    await wait_until(lambda: not scenes.page().plays)
    stood = scenes.playing.elapsed
    assert scenes.playing.words.endswith("left, paused")
    scenes.act("toggle")
    await wait_until(lambda: scenes.page().plays and scenes.playing.elapsed > stood)
    session.all_normal()
    await wait_until(lambda: session.held)
    stood = scenes.playing.elapsed
    scenes.jump(1)
    await wait_until(lambda: scenes.track().current == 1)
    assert scenes.track().stands
    assert scenes.playing.elapsed <= stood
    assert "stands at phase outage" in BandPresenter(session).state().text


async def test_a_proxy_taken_down_is_a_fault_with_a_way_back(session: Session, scenes: ScenarioPresenter) -> None:
    session.edit(("scenario",), None, "x")
    proxies, band = ProxiesPresenter(session, ProbePresenter(session)), BandPresenter(session)
    session.select("web")
    session.start()
    await wait_until(lambda: session.state and session.state.proxy("web").running)
    proxies.states.set("down")
    assert session.document.undo.undoText() == "Take web down"
    await wait_until(lambda: session.state and not session.state.proxy("web").running)
    shown = band.state()
    assert (shown.kind.value, shown.head, shown.share) == ("faults", "Faults on", "Down")
    assert [action.id for action in shown.actions] == ["bring-up:web"]
    session.all_normal()
    await wait_until(lambda: session.held and session.state and session.state.proxy("web").running)
    form = proxies.form()
    assert form is not None
    assert form.state_note == "All normal holds: it listens, and is down again on Resume."
    session.resume()
    await wait_until(lambda: session.state and not session.state.proxy("web").running)
    session.document.undo.undo()
    await wait_until(lambda: session.state and session.state.proxy("web").running)


async def test_expectations_are_judged_now_and_edited_in_the_loaders_words(
    session: Session, scenes: ScenarioPresenter
) -> None:
    shown = ExpectationsPresenter(session)
    key = shown.add()
    shown.set_cell(key, NAME, "no traffic yet")
    shown.set_cell(key, TEXT, "exchanges@web <= 0")
    key = shown.add()
    shown.set_cell(key, TEXT, "dealy >= 3")
    assert shown.page().rows[1].cells[TEXT].problem.startswith('Unknown metric "dealy", did you mean "delay"?')
    shown.set_cell(key, TEXT, "latency.p95@wbe < 1s")
    assert shown.page().rows[1].cells[TEXT].problem.startswith('Unknown proxy "wbe", did you mean "web"?')
    shown.set_cell(key, TEXT, "latency.p95@web < 1s")
    assert [cell.text for cell in shown.page().rows[1].cells[1:3]] == ["expectation 1", "latency.p95@web < 1000ms"]
    await play(session)
    page = shown.page()
    assert page.met == 1
    assert [row.cells[0].text for row in page.rows] == ["met", "not met"]
    assert page.rows[1].cells[3].text == "nothing measured"
    shown.set_cell("1", NAME, "no traffic yet")
    assert shown.page().rows[1].problem == "There is an expectation named no traffic yet already."
    assert session.profile is not None
    assert (
        loads(dumps(session.profile), "x.ini", Registry.builtin()).profile.expectations == session.profile.expectations
    )
    shown.move(-1)
    shown.remove("0")
    session.document.undo.undo()
    assert len(session.profile.expectations if session.profile else ()) == 2
