"""Selectors and rules of one's own in the window: rows, forms, undo, and the same counts as from everywhere else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.acceptance import traffic
from tests.support import selecting
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec, Rule
from vaurien_core.model.selectors import SELECTORS
from vaurien_core.options import values_of
from vaurien_core.profiles import dumps, loads, read_document
from vaurien_core.profiles.saving import render
from vaurien_core.registry import Registry
from vaurien_gui.models.mix_model import MixModel
from vaurien_gui.models.shown import MixPanel, MixRow
from vaurien_gui.presenters.band import BandPresenter
from vaurien_gui.presenters.mix import MixPresenter
from vaurien_gui.session import Session
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.mixpanel import MixPanelView

PAYS = BehaviorSpec("pays", "error", values_of({"match": "POST /pay*", "first": 2}))
WEB = ProxySpec(
    "web", proxy="127.0.0.1:8000", backend="127.0.0.1:9000", protocol="http",
    mix=(Rule("pays", Decimal(100)), Rule("delay", Decimal(10))), behaviors=(PAYS,),
)  # fmt: skip
OTHER = ProxySpec("other", proxy="127.0.0.1:8001", backend="127.0.0.1:9000", protocol="http")


class Bench:
    """Presenters over a session without an engine."""

    def __init__(self, registry: Registry, troubles: Troubles) -> None:
        self.session = Session(self._never, lambda e, w: None, registry.catalogue())
        self.session.document.replaced.disconnect()
        self.session.trouble.connect(lambda text, details: troubles.append(text))
        self.mix = MixPresenter(self.session, registry, lambda proxy, rule: (9.84, 12.13))

    async def _never(self, profile: Profile) -> Any:
        raise AssertionError("no engine is wanted here")

    def open(self, *proxies: ProxySpec) -> None:
        self.session.document.replace(Profile(proxies=proxies or (WEB,)))

    @property
    def spec(self) -> ProxySpec:
        assert self.session.profile is not None
        return self.session.profile.proxies[0]

    @property
    def panel(self) -> MixPanel:
        panel = self.mix.panel()
        assert panel is not None
        return panel

    def row(self, name: str) -> MixRow:
        return next(row for row in self.panel.rows if row.behavior == name)

    def undo(self) -> None:
        self.session.document.undo.undo()


@pytest.fixture
def bench(qapp: object, registry: Registry, troubles: Troubles) -> Bench:
    made = Bench(registry, troubles)
    made.open()
    return made


def test_a_row_with_selectors_takes_nothing_from_normal(bench: Bench) -> None:
    assert bench.panel.normal == 90
    assert (bench.row("pays").apart, bench.row("pays").limit) == (True, 100)
    assert (bench.row("delay").apart, bench.row("delay").limit) == (False, 100)
    assert bench.panel.over == ""
    bench.mix.set_weight("delay", Decimal(100))
    assert bench.panel.normal == 0
    bench.mix.set_weight("pays", Decimal(40))
    assert [r.weight for r in bench.spec.mix] == [40, 100]


def test_a_row_says_which_exchanges_it_is_for(bench: Bench) -> None:
    said = bench.row("pays").sentence
    assert said.startswith("<b>100\N{NO-BREAK SPACE}%</b> of exchanges like <b>POST\N{NO-BREAK SPACE}/pay*</b>")
    assert "(the first <b>2</b>)" in said
    assert bench.row("pays").selectors == SELECTORS


def test_a_selector_is_read_from_its_field_and_can_be_undone(bench: Bench) -> None:
    bench.mix.set_option("delay", "match", "GET /search*")
    assert dict(bench.spec.behavior("delay").options) == {"match": "GET /search*"}
    assert bench.row("delay").apart
    assert bench.panel.normal == 100
    bench.mix.set_option("delay", "client", "10.0.0.0/8, ::1")
    assert dict(bench.spec.behavior("delay").options)["client"] == ("10.0.0.0/8", "::1")
    bench.undo()
    bench.undo()
    assert bench.spec == WEB


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("match", "re:(", "Expected a regular expression after re:"),
        ("client", "nowhere", "Expected addresses or networks"),
        ("header", ": x", "Expected a header's name"),
        ("first", "0", "Expected at least 1, got 0."),
    ],
)
def test_a_wrong_selector_stays_in_its_field_with_the_reason(bench: Bench, option: str, text: str, words: str) -> None:
    bench.mix.set_option("delay", option, text)
    (problem,) = bench.row("delay").problems
    assert (problem.field, problem.message[: len(words)]) == (option, words)
    assert bench.spec == WEB


def test_selectors_that_can_not_be_meant_together_are_said(bench: Bench) -> None:
    bench.mix.set_option("pays", "at", "connect")
    (problem,) = bench.row("pays").problems
    assert problem.field == "match"
    assert "the connect phase is labelled connect" in problem.message


def test_a_rule_that_loses_its_last_selector_gets_what_is_left_as_one_step(bench: Bench) -> None:
    bench.mix.reset_option("pays", "match")
    assert bench.spec.weight("pays") == 100
    bench.mix.reset_option("pays", "first")
    assert bench.spec.weight("pays") == 90
    assert not bench.row("pays").apart
    assert bench.panel.over == ""
    bench.undo()
    assert bench.spec.weight("pays") == 100
    assert dict(bench.spec.behavior("pays").options) == {"first": 2}


def test_a_copy_is_a_rule_with_a_name_at_0_and_one_step(bench: Bench) -> None:
    assert bench.row("delay").new_name == "delay-2"
    bench.mix.set_option("delay", "sleep", "300ms")
    bench.mix.names.copy("delay", "search-slow")
    assert bench.spec.behavior("search-slow") == BehaviorSpec("search-slow", "delay", values_of({"sleep": 0.3}))
    row = bench.row("search-slow")
    assert (row.weight, row.title, row.apart) == (0, "search-slow", False)
    bench.mix.set_option("search-slow", "match", "GET /search*")
    bench.mix.set_weight("search-slow", Decimal(100))
    assert [r.behavior for r in bench.spec.mix] == ["pays", "delay", "search-slow"]
    for _ in range(3):
        bench.undo()
    assert not bench.spec.behavior("search-slow").type
    assert [r.behavior for r in bench.panel.rows] == ["pays", "delay"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("error", "error is a behavior itself"),
        ("mix", "mix is a reserved word"),
        ("two words", "Expected a name of letters"),
        ("", "Expected a name of letters"),
        ("pays", "There is a rule named pays already."),
    ],
)
def test_a_name_that_can_not_be_had_is_said_and_nothing_happens(bench: Bench, name: str, words: str) -> None:
    bench.mix.names.copy("delay", name)
    assert bench.row("delay").name_problem.startswith(words)
    assert bench.spec == WEB
    bench.mix.names.copy("delay", "good")
    assert bench.row("delay").name_problem == ""


def test_removing_a_rule_takes_it_out_of_the_profile_and_undo_brings_it_back(bench: Bench) -> None:
    bench.open(WEB, replace(OTHER, behaviors=(PAYS,)))
    bench.mix.remove("pays")
    assert bench.session.profile is not None
    assert all(not p.behavior("pays").type for p in bench.session.profile.proxies)
    assert [r.behavior for r in bench.panel.rows] == ["delay"]
    bench.undo()
    assert bench.session.profile.proxies == (WEB, replace(OTHER, behaviors=(PAYS,)))


def test_a_rule_that_another_proxy_uses_can_be_added_again(bench: Bench) -> None:
    bench.open(WEB, replace(OTHER, mix=WEB.mix, behaviors=(PAYS,)))
    bench.mix.remove("pays")
    assert bench.spec.behavior("pays") == PAYS
    assert "pays" not in [r.behavior for r in bench.panel.rows]
    (offer,) = [b for b in bench.panel.addable if b.name == "pays"]
    assert (offer.title, offer.group) == ("pays", "Rules")
    bench.mix.add("pays")
    bench.mix.set_weight("pays", Decimal(100))
    assert bench.row("pays").apart


def test_a_dummy_with_selectors_has_a_row(bench: Bench) -> None:
    spare = BehaviorSpec("spare", "dummy", values_of({"match": "GET /health"}))
    bench.open(replace(WEB, mix=(Rule("spare", Decimal(100)), Rule("dummy", Decimal(50))), behaviors=(spare,)))
    assert [r.behavior for r in bench.panel.rows] == ["spare"]


def test_rules_apart_are_never_rescaled() -> None:
    model = MixModel.of([("a", Decimal(90)), ("b", Decimal(60)), ("c", Decimal(70))], apart=["a"])
    assert (model.total, model.normal, model.limit("a")) == (130, 0, 100)
    assert dict(model.scale_to_100().weights)["a"] == 90
    assert model.scale_to_100().total == 100
    assert dict(model.make_room("b", Decimal(80)).weights) == {"a": 90, "b": 80, "c": 20}
    assert dict(model.make_room("a", Decimal(100)).weights) == {"a": 100, "b": 60, "c": 70}


def test_the_band_tells_rules_for_some_exchanges_from_shares_of_all(bench: Bench) -> None:
    band = BandPresenter(bench.session)
    assert (band._figure(bench.spec), band._where(bench.spec)) == (
        "10 %",
        "of exchanges, and 1 rule for matching ones",
    )
    only = replace(WEB, mix=WEB.mix[:1])
    assert (band._figure(only), band._where(only)) == ("1 rule", "for matching exchanges")
    assert band._each(WEB, WEB.mix[0]) == "100 % of matches"


def test_what_the_window_made_is_written_and_read_back(bench: Bench, registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "p.ini"
    file.write_text("[vaurien]\nproxy = 127.0.0.1:8000\nbackend = 127.0.0.1:9000\nprotocol = http ; as is\n")
    before = loads(file.read_text(), "p.ini", registry).profile
    bench.session.document.replace(before)
    bench.mix.add("error")
    bench.mix.names.copy("error", "pays")
    bench.mix.set_option("pays", "match", "POST /pay*")
    bench.mix.set_option("pays", "every", "3")
    bench.mix.set_weight("pays", Decimal(100))
    after = bench.session.profile
    assert after is not None
    text = render(read_document(file), before, after, registry)
    assert text.startswith("[vaurien]\nproxy = 127.0.0.1:8000\nbackend = 127.0.0.1:9000\nprotocol = http ; as is\n")
    assert "[behavior:pays]\ntype = error\nmatch = POST /pay*\nevery = 3\n" in text
    assert loads(text, "p.ini", registry).profile.proxies == after.proxies
    assert loads(dumps(after, registry.catalogue()), "q.ini", registry).profile.proxies == after.proxies
    file.write_text(text)
    bench.mix.remove("pays")
    gone = bench.session.profile
    assert gone is not None
    assert "pays" not in render(read_document(file), after, gone, registry)


def test_a_hand_makes_a_rule_in_the_panel(bench: Bench, qtbot: QtBot) -> None:
    theme = Theme()
    view = MixPanelView(theme)
    qtbot.addWidget(view)
    view.resize(400, 700)
    view.copy_requested.connect(
        lambda behavior, name: (bench.mix.names.copy(behavior, name), view.show_mix(bench.panel))
    )
    view.option_edited.connect(
        lambda behavior, option, text: (bench.mix.set_option(behavior, option, text), view.show_mix(bench.panel))
    )
    view.show_mix(bench.panel)
    view.show()
    row = view.row("delay")
    view.open_options("delay")
    row.copy_button.click()
    assert row.naming.isVisible()
    assert row.naming.field.text() == "delay-2"
    row.naming.field.setText("error")
    row.naming.create_button.click()
    assert row.naming.isVisible()
    row.naming.field.setText("slow")
    QTest.keyClick(row.naming.field, Qt.Key.Key_Return)
    assert not row.naming.isVisible()
    made = view.row("slow")
    match = made.form.editor("match")
    qtbot.waitUntil(match.isVisible)
    match.field.setText("GET *")
    QTest.keyClick(match.field, Qt.Key.Key_Return)
    assert dict(bench.spec.behavior("slow").options)["match"] == "GET *"
    row.copy_button.click()
    QTest.keyClick(row.naming.field, Qt.Key.Key_Escape)
    assert not row.naming.isVisible()
    assert "1 rule" in view._summary.text()
    assert [r.behavior for r, _ in view.bar._segments()] == ["delay"]


async def test_the_window_gets_the_counts_that_everybody_gets(session: Session, registry: Registry) -> None:
    """By the presenters' verbs, as hands call them, against a real engine; see `tests/acceptance/test_selectors.py`."""
    sent = selecting.workload()
    predicted = selecting.predicted(sent)
    mix = MixPresenter(session, registry, lambda proxy, rule: (0.0, 0.0))
    async with traffic.backend() as port:
        spec = ProxySpec("default", proxy="127.0.0.1:0", backend=f"127.0.0.1:{port}", protocol="http")
        session.document.replace(Profile(proxies=(spec,), seed=selecting.SEED))
        await session.settled()
        for name, options in selecting.OPTIONS.items():
            kind = str(options["type"])
            mix.add(kind)
            mix.names.copy(kind, name)
            for option, text in options.items():
                if option != "type":
                    mix.set_option(name, option, str(text))
            mix.set_weight(name, Decimal(100))
        mix.set_weight("error", Decimal(10))
        session.start()
        assert session.link is not None
        await wait_until(lambda: session.state and session.state.proxy("default").bound)
        await session.link.drained()
        assert session.state is not None
        bound = int(session.state.proxy("default").bound.rpartition(":")[2])
        selecting.check_statuses(await selecting.send(bound, sent), predicted)
        sample = (await session.link.engine.sample()).proxy("default")
        hits, matched = selecting.counted(predicted)
        assert (dict(sample.hits), dict(sample.matched)) == (hits, matched)
        await wait_until(lambda: session.last and session.last.proxy("default").exchanges == selecting.COUNT)
        panel = mix.panel()
        assert panel is not None
        (pays,) = [row for row in panel.rows if row.behavior == "pay-fails"]
        assert (pays.measured, pays.remark) == ("1,000 of 1,000", "1,000 exchanges matched, 1,000 injected")
