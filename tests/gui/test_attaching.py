"""An engine that somebody else runs: attach, share, lose, find again, detach."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from test_session import WEIGHT, web

from vaurien_core.cli import runtime
from vaurien_core.control import ControlServer, serve
from vaurien_core.engine.local import LocalEngine
from vaurien_core.errors import VaurienError
from vaurien_core.model.change import Edit
from vaurien_core.registry import Registry
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.models.shown import BandKind
from vaurien_gui.presenters.band import BandPresenter
from vaurien_gui.presenters.title import status_line
from vaurien_gui.session import Session

ERROR = ("proxies", "web", "mix", "error")
TOKEN = "t0ken-canary"


class Elsewhere:
    """A running engine with a control site that can go and come back at the same port."""

    def __init__(self, registry: Registry) -> None:
        self.engine = LocalEngine(web("127.0.0.1:9", ("delay", "8")), registry=registry)
        self._server: ControlServer | None = None
        self._port = 0

    async def open(self) -> None:
        self._server = await serve(self.engine, ports=(self._port,), token=TOKEN, private=True)
        self._port = int(self.url.rpartition(":")[2])

    @property
    def url(self) -> str:
        assert self._server is not None
        return self._server.urls[0]

    async def close(self) -> None:
        if self._server is not None:
            await self._server.aclose()

    async def weight(self, behavior: str = "delay") -> Decimal:
        return (await self.engine.profile()).profile.proxy("web").weight(behavior)


@pytest.fixture
async def elsewhere(registry: Registry) -> AsyncIterator[Elsewhere]:
    made = Elsewhere(registry)
    await made.engine.start()
    await made.open()
    yield made
    await made.close()
    await made.engine.aclose()


@pytest.fixture
async def app(settings: QSettings, troubles: Troubles, qapp: QApplication, tmp_path: Path,
              monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:  # fmt: skip
    monkeypatch.setenv("VAURIEN_RUNTIME", str(tmp_path / "runtime"))
    monkeypatch.delenv("VAURIEN_TOKEN", raising=False)
    made = App(qapp, Arguments(engine="local", theme="light"), settings=settings, reporter=CrashReporter(None))
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    yield made
    await made.aclose()


async def attached(app: App, elsewhere: Elsewhere) -> Session:
    await app.attaching.attach(elsewhere.url, TOKEN)
    await app.session.settled()
    await wait_until(lambda: app.session.started)
    return app.session


async def test_attaching_shows_what_runs_there_changes_nothing_and_begins_staged(
    app: App, elsewhere: Elsewhere
) -> None:
    before = await elsewhere.engine.profile()
    session = await attached(app, elsewhere)
    assert session.profile == before.profile
    assert (await elsewhere.engine.profile()).revision == before.revision
    assert session.applying.staging.staged
    band = BandPresenter(session).state()
    assert band.remote == elsewhere.url.partition("://")[2]
    assert band.share == "8 %"
    app.workbench.show()
    assert app.window.band.accessibleName().startswith(f"REMOTE {band.remote} ")
    await wait_until(lambda: "away" in status_line(session, band, "light", 0.0).right[0])


async def test_an_edit_waits_for_apply_and_others_changes_come_in(app: App, elsewhere: Elsewhere) -> None:
    session = await attached(app, elsewhere)
    session.edit(WEIGHT, Decimal(20), "")
    await elsewhere.engine.change([Edit(ERROR, Decimal(5))], author="ci")
    await wait_until(lambda: session.profile and session.profile.proxy("web").weight("error") == 5)
    assert await elsewhere.weight() == 8
    await wait_until(app.actions["apply"].isEnabled)
    app.actions["apply"].trigger()
    assert session.link is not None
    await session.link.drained()
    assert await elsewhere.weight() == 20
    assert session.profile == (await elsewhere.engine.profile()).profile


async def test_a_conflict_bar_asks_and_its_buttons_answer(app: App, elsewhere: Elsewhere) -> None:
    session = await attached(app, elsewhere)
    session.edit(WEIGHT, Decimal(20), "")
    await elsewhere.engine.change([Edit(WEIGHT, Decimal(30))], author="ci job 12")
    await wait_until(lambda: not app.window.conflict.isHidden())
    assert "ci job 12 changed the same" in app.window.conflict.text()
    buttons = {b.text(): b for b in app.window.conflict.findChildren(type(app.window.toolbar.run_button))}
    QTest.mouseClick(buttons["Take theirs"], Qt.MouseButton.LeftButton)
    await wait_until(lambda: app.window.conflict.isHidden())
    assert session.profile is not None
    assert session.profile.proxy("web").weight("delay") == 30
    assert session.applying.waiting == ()


async def test_a_broken_link_is_red_within_a_second_and_found_again_with_what_came_meanwhile(
    app: App, elsewhere: Elsewhere
) -> None:
    session = await attached(app, elsewhere)
    session.edit(WEIGHT, Decimal(20), "")
    band = BandPresenter(session)
    await elsewhere.close()
    began = time.monotonic()
    await wait_until(lambda: band.state().kind is BandKind.FAILED, 3)
    assert time.monotonic() - began < 1.5
    assert band.state().head == "Reconnecting…"
    await elsewhere.engine.change([Edit(ERROR, Decimal(5))], author="ci")
    await elsewhere.open()
    await wait_until(lambda: not session.silent)
    await wait_until(lambda: session.profile and session.profile.proxy("web").weight("error") == 5)
    assert band.state().kind is BandKind.FAULTS
    assert [d.text for d in session.applying.waiting] == ["Delay 8 → 20 %"]
    session.applying.apply()
    assert session.link is not None
    await session.link.drained()
    assert await elsewhere.weight() == 20


async def test_detach_asks_nothing_and_leaves_it_running(app: App, elsewhere: Elsewhere) -> None:
    session = await attached(app, elsewhere)
    app.actions["detach"].trigger()
    await session.settled()
    assert session.remote == ""
    assert session.profile is not None
    assert not session.started
    assert not session.applying.staging.staged
    assert (await elsewhere.engine.state()).started


@pytest.mark.parametrize(("button", "runs"), [("Cancel", True), ("Stop remote", False)])
async def test_stop_remote_asks(app: App, elsewhere: Elsewhere, button: str, runs: bool) -> None:
    session = await attached(app, elsewhere)
    app.workbench.show()
    assert app.actions["stop"].text().replace("&", "") == "Stop remote…"
    app.window.toolbar.run_button.click()
    boxes: list[QMessageBox] = []
    await wait_until(lambda: boxes.extend(b for b in app.window.findChildren(QMessageBox) if b.isVisible()) or boxes)
    next(b for b in boxes[0].buttons() if b.text().replace("&", "") == button).click()
    await asyncio.sleep(0.1)
    assert session.link is not None
    await session.link.drained()
    assert (await elsewhere.engine.state()).started is runs


async def test_the_sheet_by_keyboard_says_what_is_wrong_and_forgets_the_token(
    app: App, elsewhere: Elsewhere, settings: QSettings
) -> None:
    runtime.announce(runtime.RunningEngine(os.getpid(), elsewhere.url, TOKEN, "checkout.ini", 7))
    app.actions["attach"].trigger()
    form = app.attaching.form
    assert form.engines.count() == 1
    assert "checkout.ini" in form.engines.item(0).text()
    QTest.keyClicks(form.address, elsewhere.url)
    QTest.keyClick(form.address, Qt.Key.Key_Return)
    await wait_until(lambda: form._problem.accessibleName())
    assert "token" in form._problem.accessibleName()
    assert app.session.profile is None
    form.engines.setCurrentRow(0)
    QTest.keyClick(form.address, Qt.Key.Key_Return)
    await wait_until(lambda: app.session.started)
    assert app.attaching.sheet.isHidden()
    assert form.token.text() == ""
    settings.sync()
    kept = Path(settings.fileName()).parent
    assert not [f for f in kept.rglob("*") if f.is_file() and "runtime" not in f.parts
                and TOKEN in f.read_text(errors="replace")]  # fmt: skip


@pytest.mark.parametrize("address", ["", "https://127.0.0.1:1", "127.0.0.1:1"])
async def test_an_address_that_leads_nowhere_is_one_sentence(app: App, address: str) -> None:
    with pytest.raises(VaurienError) as raised:
        await app.attaching.attach(address, "")
    assert "\n" not in str(raised.value)
    assert "any more" not in str(raised.value)
