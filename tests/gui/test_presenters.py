"""Presenters without a window: what they decide to show, and what an edit becomes."""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import Troubles

import vaurien_gui
from vaurien_core.model.events import EngineState, ProbeResult, ProxySample, ProxyState, Sample
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec, Rule
from vaurien_core.options import values_of
from vaurien_core.registry import Registry
from vaurien_gui.models.question import Question
from vaurien_gui.models.shown import BandKind
from vaurien_gui.opening import Happening
from vaurien_gui.presenters.band import BandPresenter
from vaurien_gui.presenters.export import export
from vaurien_gui.presenters.graphs import GraphsPresenter
from vaurien_gui.presenters.mix import MixPresenter
from vaurien_gui.presenters.probe import ProbePresenter
from vaurien_gui.presenters.proxies import ProxiesPresenter, new_profile
from vaurien_gui.presenters.title import status_line, window_title
from vaurien_gui.session import Session

GUI = Path(vaurien_gui.__file__).parent


def mix(**weights: str) -> tuple[Rule, ...]:
    return tuple(Rule(name, Decimal(weight)) for name, weight in weights.items())


WEB = ProxySpec(
    "web", proxy="127.0.0.1:8000", backend="127.0.0.1:9000", protocol="http", mix=mix(delay="10", error="5")
)
DB = ProxySpec("orders-db", proxy="127.0.0.1:3307", backend="127.0.0.1:3306")


class Bench:
    """A session without an engine whose state is set by hand."""

    def __init__(self, qapp: object, registry: Registry, troubles: Troubles) -> None:
        self.session = Session(self._never, lambda e, w: None, registry.catalogue())
        self.session._replaced = lambda: None  # type: ignore[method-assign]
        self.session.document.replaced.disconnect()
        self.session.trouble.connect(lambda text, details: troubles.append(text))
        self.now = 100.0
        self.band = BandPresenter(self.session, lambda: self.now)
        self.mix = MixPresenter(self.session, registry, lambda proxy, rule: (9.84, 12.13))
        self.probe = ProbePresenter(self.session)
        self.proxies = ProxiesPresenter(self.session, self.probe)

    async def _never(self, profile: Profile) -> Any:
        raise AssertionError("no engine is wanted here")

    def open(self, *proxies: ProxySpec, seed: int = 42) -> None:
        self.session.document.replace(Profile(proxies=proxies, seed=seed), title="flaky")

    def run(self, *states: ProxyState, held: bool = False, started: bool = True) -> None:
        self.session.state = EngineState(1, 42, started, held, proxies=states)


@pytest.fixture
def bench(qapp: object, registry: Registry, troubles: Troubles) -> Bench:
    return Bench(qapp, registry, troubles)


UP = ProxyState("web", running=True, bound="127.0.0.1:8000")
TAKEN = ProxyState("web", error="127.0.0.1:8000 is in use by another program.", error_code="VA-101")


# --- the band


def test_the_band_says_that_nothing_is_open(bench: Bench) -> None:
    assert bench.band.state().kind is BandKind.STOPPED
    assert "No profile is open" in bench.band.state().text


def test_the_band_reports_faults_with_their_shares_and_since_when(bench: Bench) -> None:
    bench.open(WEB, DB)
    bench.run(UP)
    bench.band.state()
    bench.now += 42
    band = bench.band.state()
    assert (band.kind, band.head, band.share, band.text) == (
        BandKind.FAULTS,
        "Faults on",
        "15 %",
        "of exchanges on web",
    )
    assert [(s.title, s.share) for s in band.shares] == [("Delay", "10 %"), ("Error", "5 %")]
    assert band.since == "for 00:42"


def test_the_band_says_what_faults_can_not_act_on_and_the_ways_out(bench: Bench) -> None:
    deadlock = BehaviorSpec("deadlock", "error", values_of({"error": "deadlock"}))
    db = replace(DB, protocol="mysql", mix=mix(deadlock="50", delay="5")).with_behavior(deadlock)
    bench.open(db)
    bench.run(ProxyState("orders-db", running=True, bound=DB.proxy))
    bench.session.last = Sample(1.0, 1.0, (ProxySample("orders-db", opaque=3, opaque_reasons=(("TLS", 3),)),))
    assert bench.band.state().text == (
        "orders-db: 3 connections use TLS, so deadlock can't act on them. "
        "Use tls = terminate with a certificate, or tls = strip."
    )
    bench.open(replace(db, tls="strip"))
    assert bench.band.state().text == "of exchanges"


def test_the_band_is_calm_where_no_rule_has_a_weight(bench: Bench) -> None:
    bench.open(replace(WEB, mix=mix(delay="0")))
    bench.run(UP)
    assert bench.band.state().kind is BandKind.NORMAL


def test_faults_of_a_proxy_that_does_not_listen_are_not_on(bench: Bench) -> None:
    bench.open(WEB)
    bench.run(started=False)
    assert bench.band.state().kind is BandKind.STOPPED


def test_a_taken_port_is_red_with_its_code_and_ways_out(bench: Bench) -> None:
    bench.open(WEB, DB)
    bench.run(TAKEN)
    band = bench.band.state()
    assert (band.kind, band.head) == (BandKind.FAILED, "web is not listening")
    assert "VA-101" in band.text
    assert [a.id for a in band.actions] == ["details", "free-port"]


def test_a_stop_comes_before_held_which_outlives_it(bench: Bench) -> None:
    bench.open(WEB)
    bench.run(ProxyState("web"), held=True, started=False)
    band = bench.band.state()
    assert (band.kind, band.head) == (BandKind.STOPPED, "Stopped")
    assert "Nothing listens. All normal still holds" in band.text
    assert [action.id for action in band.actions] == ["zero", "resume"]


def test_held_comes_before_everything_but_a_lost_engine(bench: Bench) -> None:
    bench.open(WEB)
    bench.run(TAKEN, held=True)
    assert [a.id for a in bench.band.state().actions] == ["zero", "resume"]
    bench.session.lost = "The engine's process was killed by signal 9."
    assert [a.id for a in bench.band.state().actions] == ["details", "restart-engine"]


def test_an_override_is_reported_as_the_fault_that_it_is(bench: Bench) -> None:
    bench.open(replace(WEB, mix=()))
    bench.run(replace(UP, override="error"))
    band = bench.band.state()
    assert (band.kind, band.share) == (BandKind.FAULTS, "100 %")
    assert "held at error by the API" in band.text


def test_the_title_warns_while_faults_are_on(bench: Bench) -> None:
    bench.open(WEB)
    bench.run(UP)
    assert window_title(bench.session, bench.band.state()) == "! flaky[*] - Vaurien"
    bench.run(UP, held=True)
    assert window_title(bench.session, bench.band.state()) == "flaky[*] - Vaurien"


def test_the_status_bar_counts_those_that_listen(bench: Bench) -> None:
    bench.open(WEB, DB)
    bench.run(UP)
    line = status_line(bench.session, bench.band.state(), "system", math.nan)
    assert line.left == ("1 of 2 proxies running", "0 connections", "0 exchanges/s", "flaky, not saved")
    assert line.right == ("Engine: child, 0 % CPU", "Seed 42", "System theme")


# --- the mix


def weights(bench: Bench) -> dict[str, Decimal]:
    assert bench.session.profile is not None
    return {r.behavior: r.weight for r in bench.session.profile.proxy("web").mix}


def test_a_row_is_limited_by_what_is_normal_and_others_never_move(bench: Bench) -> None:
    bench.open(WEB)
    panel = bench.mix.panel()
    assert panel is not None
    assert [(r.behavior, r.weight, r.limit) for r in panel.rows] == [("delay", 10, 95), ("error", 5, 90)]
    bench.mix.set_weight("delay", Decimal(99))
    assert weights(bench) == {"delay": 95, "error": 5}


def test_a_weight_has_a_label_that_says_it(bench: Bench) -> None:
    bench.open(WEB)
    bench.mix.set_weight("delay", Decimal("12.5"))
    assert bench.session.document.undo.undoText() == "Set delay weight to 12.5 %"


def test_a_drag_and_its_release_are_one_step_and_the_next_drag_another(bench: Bench) -> None:
    bench.open(WEB)
    for weight in (11, 12, 13):
        bench.mix.set_weight("delay", Decimal(weight), dragging=True)
    bench.mix.set_weight("delay", Decimal(14), dragging=False)
    bench.mix.set_weight("delay", Decimal(20), dragging=True)
    bench.mix.set_weight("delay", Decimal(21), dragging=False)
    assert bench.session.document.undo.count() == 2


def test_a_new_row_leaves_no_trace_until_it_has_a_weight(bench: Bench) -> None:
    bench.open(WEB)
    bench.mix.add("hang")
    panel = bench.mix.panel()
    assert panel is not None
    assert [r.behavior for r in panel.rows] == ["delay", "error", "hang"]
    assert "hang" not in [b.name for b in panel.addable]
    assert not bench.session.document.modified
    bench.mix.set_weight("hang", Decimal(3))
    assert weights(bench)["hang"] == 3
    bench.mix.set_weight("hang", Decimal(0))
    assert not bench.session.document.modified


def test_a_removed_row_that_comes_back_stands_where_it_stood(bench: Bench) -> None:
    bench.open(WEB)
    bench.mix.remove("delay")
    assert weights(bench) == {"error": 5}
    bench.mix.add("delay")
    bench.mix.set_weight("delay", Decimal(10))
    assert not bench.session.document.modified


def test_removing_a_row_takes_its_options_and_undo_brings_both_back(bench: Bench) -> None:
    bench.open(WEB.with_behavior(BehaviorSpec("delay", options=values_of({"sleep": 2.0}))))
    bench.mix.remove("delay")
    assert bench.session.profile is not None
    assert bench.session.profile.proxy("web").behaviors == ()
    bench.session.document.undo.undo()
    assert not bench.session.document.modified


def test_an_explicit_dummy_gives_way(bench: Bench) -> None:
    bench.open(replace(WEB, mix=mix(dummy="80", delay="20")))
    bench.mix.set_weight("delay", Decimal(30))
    assert weights(bench) == {"dummy": 70, "delay": 30}


def test_make_room_scales_the_others(bench: Bench) -> None:
    bench.open(replace(WEB, mix=mix(delay="60", error="30")))
    bench.mix.make_room("error", Decimal(70))
    assert weights(bench) == {"delay": 30, "error": 70}
    assert bench.session.document.undo.count() == 1


def test_zeroing_the_sliders_is_one_step(bench: Bench) -> None:
    bench.open(WEB, replace(DB, mix=mix(delay="50")))
    bench.mix.zero_all()
    assert bench.session.document.undo.count() == 1
    assert bench.session.profile is not None
    assert not any(p.faults for p in bench.session.profile.proxies)
    bench.session.document.undo.undo()
    assert not bench.session.document.modified


def test_an_option_is_read_from_its_field(bench: Bench) -> None:
    bench.open(WEB)
    bench.mix.set_option("delay", "sleep", "300 ms")
    assert bench.session.profile is not None
    assert dict(bench.session.profile.proxy("web").behavior("delay").options) == {"sleep": 0.3}
    assert bench.session.document.undo.undoText() == "Set delay sleep to 300 ms"
    bench.mix.set_option("delay", "sleep", "1 s")
    assert not bench.session.document.modified, "the default leaves no trace in a file that did not name it"


def test_a_wrong_option_stays_in_its_field_with_the_reason_and_goes_nowhere(bench: Bench) -> None:
    bench.open(WEB)
    bench.mix.set_option("delay", "sleep", "-1")
    panel = bench.mix.panel()
    assert panel is not None
    assert [(p.field, p.message) for p in panel.rows[0].problems] == [("sleep", "Expected at least 0 s, got -1.")]
    assert "Not applied" in panel.rows[0].sentence
    assert not bench.session.document.modified
    bench.mix.set_option("delay", "sleep", "2")
    panel = bench.mix.panel()
    assert panel is not None
    assert panel.rows[0].problems == ()


def test_an_error_that_the_protocol_does_not_have_is_said(bench: Bench) -> None:
    bench.open(WEB)
    bench.mix.set_option("error", "error", "deadlock")
    panel = bench.mix.panel()
    assert panel is not None
    assert [p.field for p in panel.rows[1].problems] == ["error"]
    assert "deadlock" in panel.rows[1].problems[0].message


def test_rows_say_what_was_measured_or_that_nothing_runs(bench: Bench) -> None:
    bench.open(WEB)
    panel = bench.mix.panel()
    assert panel is not None
    assert panel.rows[0].measured == "not running"
    bench.run(UP)
    panel = bench.mix.panel()
    assert panel is not None
    assert panel.rows[0].measured == "9.8 % · 12.1/s"


# --- proxies


def test_a_wrong_address_stays_in_its_field(bench: Bench) -> None:
    bench.open(WEB)
    bench.proxies.set_listen("nonsense")
    form = bench.proxies.form()
    assert form is not None
    assert form.listen == "nonsense"
    assert [(p.field, p.message) for p in form.problems] == [("listen", "Expected host:port, got 'nonsense'.")]
    assert not bench.session.document.modified


def test_a_backend_that_is_the_proxy_itself_is_refused(bench: Bench) -> None:
    bench.open(WEB)
    bench.proxies.set_backend("localhost:8000")
    form = bench.proxies.form()
    assert form is not None
    assert form.problems[0].message == "The backend is this proxy itself."


def test_a_pasted_url_gives_protocol_and_address_without_its_secret(bench: Bench) -> None:
    bench.open(replace(WEB, protocol="tcp", mix=()))
    bench.proxies.set_backend("http://user:secret@shop.example:8080/cart?x=1")
    assert bench.session.proxy is not None
    assert (bench.session.proxy.protocol, bench.session.proxy.backend) == ("http", "shop.example:8080")
    assert "secret" not in repr(bench.session.profile)


def test_a_network_address_is_remarked_and_a_free_port_is_resolved(bench: Bench) -> None:
    bench.open(replace(WEB, proxy="0.0.0.0:0"))
    bench.run(replace(UP, bound="0.0.0.0:40123"))
    form = bench.proxies.form()
    assert form is not None
    assert form.note == "Reachable from the network."
    assert form.bound == "0.0.0.0:40123"


def test_use_a_free_port_keeps_the_host(bench: Bench) -> None:
    bench.open(WEB)
    bench.proxies.use_free_port("web")
    assert bench.session.proxy is not None
    assert bench.session.proxy.proxy == "127.0.0.1:0"


def test_the_list_says_where_it_goes_and_how_it_stands(bench: Bench) -> None:
    bench.open(WEB, DB)
    bench.run(UP)
    rows = bench.proxies.rows()
    assert (rows[0].route, rows[0].status, rows[0].running) == (":8000 → :9000", "15 %", True)
    assert (rows[1].status, rows[1].running) == ("stopped", False)
    bench.run(TAKEN)
    assert (bench.proxies.rows()[0].status, bench.proxies.rows()[0].failed) == ("not listening", True)


def test_added_proxies_have_names_of_their_own(bench: Bench) -> None:
    bench.open(WEB)
    bench.proxies.add()
    bench.proxies.add()
    assert bench.session.profile is not None
    assert [p.name for p in bench.session.profile.proxies] == ["web", "proxy-2", "proxy-3"]
    assert bench.session.selected == "proxy-3"


def test_a_verdict_offers_the_protocol_that_answers(bench: Bench) -> None:
    bench.open(replace(WEB, protocol="tcp"))
    question = Question("127.0.0.1:9000", "tcp")
    bench.probe._results[question] = ProbeResult("wrong-protocol", "Speaks HTTP", "http")
    form = bench.proxies.form()
    assert form is not None
    assert (form.probe.kind, form.probe.actions[0].id) == ("warn", "switch-protocol:http")


def test_an_undone_edit_does_not_show_the_other_address_verdict(bench: Bench) -> None:
    bench.open(WEB)
    bench.session.link = SimpleNamespace(alive=True)  # type: ignore[assignment]
    bench.probe._results[Question("127.0.0.1:9999", "http")] = ProbeResult("ok", "there")
    assert bench.proxies.form().probe.kind == "none"  # type: ignore[union-attr]
    bench.session.link = None


# --- graphs


def test_markers_of_one_drag_are_one(bench: Bench) -> None:
    graphs = GraphsPresenter(bench.session)
    for first, second in ((8, 9), (9, 10), (10, 12)):
        bench.session.happen(f"Delay {first} → {second} %", key="web/delay")
    bench.session.happen("All normal", "normal")
    assert [(m.number, m.text) for m in graphs.markers] == [(1, "Delay 8 → 12 %"), (2, "All normal")]


def test_what_a_new_engine_does_before_its_first_sample_stands_where_its_samples_will(bench: Bench) -> None:
    graphs = GraphsPresenter(bench.session)
    bench.session.sampled.emit(Sample(80.0, 1_000_080.0, ()))
    bench.session.happened.emit(Happening("Start", "start", 0.2))
    assert graphs.markers == (), "80 s before the traffic that it began"
    bench.session.sampled.emit(Sample(0.3, 1_000_085.0, ()))
    (marker,) = graphs.markers
    assert marker.t == pytest.approx(graphs.history.now - 0.1)
    assert marker.t > 80.0


def test_without_traffic_the_graphs_say_what_to_do(bench: Bench) -> None:
    graphs = GraphsPresenter(bench.session)
    bench.open(WEB, DB)
    empty = graphs.empty()
    assert empty is not None
    assert "Press Start" in empty.text
    bench.run(TAKEN, ProxyState("orders-db", running=True, bound="127.0.0.1:3307"))
    empty = graphs.empty()
    assert empty is not None
    assert (empty.text, empty.address) == (
        "web cannot be reached until it listens. orders-db is ready:",
        "127.0.0.1:3307",
    )


# --- export


def test_what_is_exported_is_read_back_as_the_same_profile(bench: Bench, registry: Registry) -> None:
    bench.open(WEB.with_behavior(BehaviorSpec("delay", options=values_of({"sleep": 0.3}))), DB)
    made = export(bench.session, registry)
    assert made.ok, made.detail
    assert "[behavior:delay@web]" in made.page("ini").text
    assert made.page("command").text.startswith("vaurien-gui --headless --config profile.ini\n")
    assert made.detail == "2 proxies, 2 rules, seed 42"


def test_what_the_headless_program_refuses_is_said_with_the_reason(bench: Bench, registry: Registry) -> None:
    bench.open(replace(WEB, mix=mix(delay="80", error="40")))
    made = export(bench.session, registry)
    assert not made.ok
    assert "100 %" in made.detail


def test_a_new_profile_has_a_seed_so_that_ci_draws_the_same(registry: Registry) -> None:
    assert new_profile().seed is not None


# --- who may know whom


@pytest.mark.parametrize("path", sorted((GUI / "presenters").glob("*.py")), ids=lambda p: p.name)
def test_presenters_import_no_widgets(path: Path) -> None:
    assert "QtWidgets" not in path.read_text()


@pytest.mark.parametrize("path", sorted(GUI.rglob("*.py")), ids=lambda p: p.name)
def test_nothing_blocks_in_a_dialog_or_spins_the_event_loop(path: Path) -> None:
    called = {
        n.func.attr
        for n in ast.walk(ast.parse(path.read_text()))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    }
    forbidden = {"exec", "exec_", "processEvents", "getOpenFileName", "getSaveFileName", "question", "critical"}
    assert not called & forbidden
