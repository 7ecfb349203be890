"""Toxics in the real window: add, set, order, switch, remove, undo; the band counts them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from conftest import Troubles, running_app, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox

from tests.support.backends import backend
from vaurien_core.model.change import Edit
from vaurien_core.model.profile import Phase, PhaseChange, Scenario, ToxicSpec
from vaurien_gui.app import App
from vaurien_gui.autooff import AutoOff
from vaurien_gui.models.shown import BandKind

PROFILE = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = tcp
seed = 5
"""


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    async with running_app(qapp, place, settings, troubles, PROFILE) as made:
        yield made


def _toxics(app: App) -> tuple[ToxicSpec, ...]:
    assert app.session.proxy is not None
    return app.session.proxy.toxics


def _in_sight(app: App, name: str) -> bool:
    """The view follows the document a turn of the loop later."""
    with suppress(KeyError):
        return app.window.toxics.row(name).isVisible()
    return False


def _add(app: App, title: str) -> None:
    menu = app.window.toxics.menu()
    next(action for action in menu.actions() if action.text() == title and not action.isSeparator()).trigger()


async def test_a_toxic_is_added_set_and_counted_as_a_fault_and_undone(app: App) -> None:
    assert app.workbench.band.state().kind is BandKind.NORMAL
    _add(app, "Latency")
    row = app.window.toxics.row("latency")
    editor = row.form.editor("latency")
    editor.field.setFocus()
    QTest.keyClick(editor.field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor.field, "120")
    QTest.keyClick(editor.field, Qt.Key.Key_Return)
    assert _toxics(app) == (ToxicSpec("latency", options=(("latency", 120.0),)),)
    await app.session.settled()
    await wait_until(lambda: app.workbench.band.state().kind is BandKind.FAULTS)
    band = app.workbench.band.state()
    assert (band.share, band.text) == ("1 toxic", "always on")
    app.session.document.undo.undo()
    app.session.document.undo.undo()
    assert _toxics(app) == ()
    await wait_until(lambda: app.workbench.band.state().kind is BandKind.NORMAL)


async def test_order_tick_and_removal_are_one_step_each(app: App) -> None:
    for title in ("Latency", "Bandwidth", "Latency"):
        _add(app, title)
    assert [t.name for t in _toxics(app)] == ["latency", "bandwidth", "latency-2"]
    app.window.toxics.row("latency-2").up_button.click()
    assert [t.name for t in _toxics(app)] == ["latency", "latency-2", "bandwidth"]
    tick = app.window.toxics.row("latency").tick
    QTest.keyClick(tick, Qt.Key.Key_Space)
    assert [t.enabled for t in _toxics(app)] == [False, True, True]
    app.window.toxics.row("bandwidth").remove_button.click()
    app.session.document.undo.undo()
    assert [t.name for t in _toxics(app)] == ["latency", "latency-2", "bandwidth"]


async def test_what_cannot_be_read_stays_in_its_field_with_the_reason(app: App) -> None:
    _add(app, "Latency")
    presenter = app.workbench.toxics.presenter
    presenter.set_option("latency", "toxicity", "140")
    panel = presenter.panel()
    assert panel is not None
    problems = {row.option.name: row.problem for row in panel.rows[0].rows if row.problem}
    assert problems == {"toxicity": "Expected at most 100 %, got 140."}
    presenter.set_option("latency", "toxicity", "50")
    assert _toxics(app)[0].toxicity == 0.5
    presenter.set_option("latency", "name", "slow/link")
    panel = presenter.panel()
    assert panel is not None
    assert "expected a name without" in panel.rows[0].rows[0].problem.lower()
    presenter.set_option("latency", "name", "slow-link")
    assert _toxics(app)[0] == ToxicSpec("slow-link", "latency", toxicity=0.5)


async def test_real_loss_is_a_choice_that_leaves_the_model_s_options_alone(app: App) -> None:
    _add(app, "Packet loss")
    row = app.window.toxics.row("loss")
    QTest.keyClick(row.tick, Qt.Key.Key_Space)  # off: this machine may not permit it
    assert row.form.editor("correlation").isEnabled()
    presenter = app.workbench.toxics.presenter
    presenter.set_option("loss", "how", "kernel")
    await wait_until(lambda: not app.window.toxics.row("loss").form.editor("correlation").isEnabled())
    panel = presenter.panel()
    assert panel is not None
    assert "arrive late as the kernel drops <b>1" in panel.rows[0].sentence
    link = app.session.link
    assert link is not None
    async with asyncio.timeout(5):
        while (await link.engine.profile()).profile.proxies[0].toxics != _toxics(app):
            await asyncio.sleep(0.02)
    assert dict(_toxics(app)[0].options) == {"how": "kernel"}


async def test_changes_made_by_others_are_shown(app: App) -> None:
    link = app.session.link
    assert link is not None
    toxic = ToxicSpec("theirs", "latency")
    state = await link.engine.profile()
    name = state.profile.proxies[0].name
    await link.engine.change([Edit(("proxies", name, "toxics", "theirs"), toxic)], author="toxiproxy")
    await wait_until(lambda: [t.name for t in _toxics(app)] == ["theirs"])
    await wait_until(lambda: _in_sight(app, "theirs"))
    assert isinstance(app.window.toxics.row("theirs").tick, QCheckBox)


async def test_every_control_has_a_name(app: App) -> None:
    _add(app, "Latency")
    row = app.window.toxics.row("latency")
    stops = (*row.stops, row.remove_button, row.wire_button)
    assert all("latency" in stop.accessibleName().lower() for stop in stops)


async def test_a_network_is_added_from_the_menu_and_another_takes_its_place(app: App) -> None:
    _add(app, "Nothing")
    actions = app.window.toxics.menu().actions()
    at = next(n for n, action in enumerate(actions) if action.isSeparator() and action.text() == "Networks")
    offered = [action.text() for action in actions[at + 1 :]]
    assert len(offered) == 6
    assert "Slow 4G   1.6 Mbit/s down, 0.75 up, 150 ms round trip" in offered
    _add(app, "EDGE   250 kbit/s down, 250 up, 300 ms round trip, 1.5 % loss")
    assert [t.name for t in _toxics(app)] == ["noop", "latency", "bandwidth-down", "bandwidth-up", "loss"]
    _add(app, "Slow 4G   1.6 Mbit/s down, 0.75 up, 150 ms round trip")
    assert [t.name for t in _toxics(app)] == ["noop", "latency", "bandwidth-down", "bandwidth-up"]
    assert dict(_toxics(app)[1].options) == {"latency": 75.0}
    assert app.session.document.undo.undoText() == "Add network Slow 4G"
    app.session.document.undo.undo()
    assert [t.name for t in _toxics(app)][-1] == "loss"


async def test_a_phase_mounts_toxics_and_follows_their_names(app: App) -> None:
    _add(app, "Latency")
    presenter = app.workbench.toxics.presenter
    presenter.enable("latency", False)
    scenario = Scenario(("bad",), defined=(Phase("bad", changes=(PhaseChange(toxics=("latency",)),)),))
    app.session.edit(("scenario",), scenario, "A scenario")
    link = app.session.link
    assert link is not None
    await link.drained()
    await link.engine.scenario("restart")
    await wait_until(lambda: _phase_note(app) != "")
    assert _phase_note(app) == "Phase bad mounts latency. Below are those outside of it."
    presenter.set_option("latency", "name", "far")
    assert app.session.profile is not None
    assert app.session.profile.scenario is not None
    assert app.session.profile.scenario.phase("bad").changes == (PhaseChange(toxics=("far",)),)
    app.session.document.undo.undo()
    assert app.session.profile.scenario == scenario


def _phase_note(app: App) -> str:
    panel = app.workbench.toxics.presenter.panel()
    assert panel is not None
    return panel.phase


async def test_a_toxic_on_traffic_shows_its_streams_and_its_journal_row_and_kick_closes_them(app: App) -> None:
    async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

    async with backend(repeat) as behind:
        proxy = app.session.proxy
        assert proxy is not None
        app.session.edit(("proxies", proxy.name, "backend"), behind.address, "Set backend")
        latency = ToxicSpec("slow", "latency", "both", options=(("latency", 5.0),))
        app.session.edit(("proxies", proxy.name, "toxics"), (latency,), "Mount")
        assert app.session.link is not None
        await app.session.link.drained()
        state = app.session.state
        assert state is not None
        host, _, port = state.proxy(proxy.name).bound.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"ping")
        assert await reader.readexactly(4) == b"ping"

        def measured() -> str:
            panel = app.workbench.toxics.presenter.panel()
            return panel.rows[0].measured if panel is not None else ""

        await wait_until(lambda: measured() == "2 streams")
        model = app.workbench.journal.rows
        await wait_until(lambda: [e.label for e in model.entries if e.kind == "toxic"] == ["upstream", "downstream"])
        model.set_filter(behavior="slow")
        assert [e.rule for e in model.entries] == ["slow", "slow"]
        model.set_filter(text="toxic latency")
        assert [e.rule for e in model.entries] == ["slow", "slow"]
        model.set_filter()
        app.window.toxics.kick_button.click()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        await wait_until(lambda: any(e.text == "kick: 1 closed" for e in model.entries))
        assert app.session.state is not None
        assert app.session.state.proxy(proxy.name).bound == f"{host}:{port}"


async def test_all_normal_says_that_toxics_are_held_and_auto_off_covers_them(app: App) -> None:
    now = 0.0
    off = AutoOff(app.session, lambda text: None, app, lambda: now)
    off.minutes = 1.0
    assert off.left_s is None
    _add(app, "Latency")
    await app.session.settled()
    await wait_until(lambda: off.left_s is not None)
    now = 61.0
    off.look()
    await wait_until(lambda: app.session.held)
    panel = app.workbench.toxics.presenter.panel()
    assert panel is not None
    assert panel.held
    assert off.left_s is None


async def test_tab_goes_through_the_toxics_in_their_order(app: App) -> None:
    _add(app, "Latency")
    _add(app, "Bandwidth")
    panel = app.window.toxics
    wanted = [*panel.row("latency").stops, *panel.row("bandwidth").stops, panel.add_button, panel.kick_button]
    at, seen = wanted[0], [wanted[0]]
    while at is not panel.kick_button:
        at = at.nextInFocusChain()
        assert at is not wanted[0], "the whole chain has no such button"
        if at in wanted:
            seen.append(at)
    assert seen == wanted
