"""Changes by clients of the public site's HTTP APIs are shown within a second, wherever the engine runs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from conftest import Troubles, running_app, wait_until
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from vaurien_gui.app import App
from vaurien_gui.models.shown import BandKind

PROFILE = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = tcp
behavior = 0:delay
seed = 5

[control]
http = true
host = 127.0.0.1
port = 0
"""
WITHIN_S = 1.0
ATTEMPTS = 5


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    async with running_app(qapp, place, settings, troubles, PROFILE) as made:
        await wait_until(lambda: made.session.state is not None and made.session.state.control)
        yield made


class Client:
    """Calls the public site, and sees how long the window takes; the machine's stalls are retried."""

    def __init__(self, app: App) -> None:
        state = app.session.state
        assert state is not None
        self.url = state.control[0]
        self.took: list[float] = []

    async def call(self, method: str, path: str, body: Any = None) -> int:
        async with aiohttp.ClientSession() as http, http.request(method, self.url + path, json=body) as answer:
            await answer.read()
            return answer.status

    async def shown(self, what: Callable[[], object]) -> None:
        began = time.monotonic()
        await wait_until(what)
        self.took.append(time.monotonic() - began)


def _in_sight(app: App, name: str) -> bool:
    """The view follows the document a turn of the loop later."""
    with suppress(KeyError):
        return app.window.toxics.row(name).isVisible()
    return False


def _row_text(app: App, name: str) -> str:
    panel = app.workbench.toxics.presenter.panel()
    assert panel is not None
    return next((f"{row.text} {row.enabled}" for row in panel.rows if row.name == name), "")


async def test_toxics_of_a_toxiproxy_client_come_change_and_go_in_the_window(app: App) -> None:
    api, at = Client(app), "/proxies/default/toxics"
    for attempt in range(ATTEMPTS):
        api.took.clear()
        body = {"name": "slow", "type": "latency", "attributes": {"latency": 100}}
        assert await api.call("POST", at, body) == 200
        await api.shown(lambda: _in_sight(app, "slow"))
        await api.shown(lambda: app.workbench.band.state().kind is BandKind.FAULTS)
        assert await api.call("POST", f"{at}/slow", {"toxicity": 0.5, "attributes": {"latency": 250}}) == 200
        await api.shown(lambda: "250 ms" in _row_text(app, "slow") and "50 %" in _row_text(app, "slow"))
        assert await api.call("DELETE", f"{at}/slow") == 204
        await api.shown(lambda: "slow" not in _names(app))
        await api.shown(lambda: app.workbench.band.state().kind is BandKind.NORMAL)
        if max(api.took) < WITHIN_S:
            return
        assert attempt < ATTEMPTS - 1, api.took


async def test_the_classic_and_the_native_api_are_shown_too(app: App) -> None:
    api = Client(app)
    for attempt in range(ATTEMPTS):
        api.took.clear()
        assert await api.call("PUT", "/behavior", {"name": "delay", "sleep": 0.2}) == 200
        await api.shown(lambda: app.workbench.band.state().kind is not BandKind.NORMAL)
        assert await api.call("PUT", "/behavior", {"name": "mix"}) == 200
        await api.shown(lambda: app.workbench.band.state().kind is BandKind.NORMAL)
        place = ["proxies", "default", "toxics", "thin"]
        toxic = {"name": "thin", "type": "bandwidth", "options": {"rate": 8.0}}
        assert await api.call("POST", "/v3/change", {"edits": [{"path": place, "value": toxic}]}) == 200
        await api.shown(lambda: "8 KB/s" in _row_text(app, "thin"))
        assert await api.call("POST", "/v3/change", {"edits": [{"path": place, "value": None}]}) == 200
        await api.shown(lambda: "thin" not in _names(app))
        if max(api.took) < WITHIN_S:
            return
        assert attempt < ATTEMPTS - 1, api.took


def _names(app: App) -> list[str]:
    assert app.session.proxy is not None
    panel = app.workbench.toxics.presenter.panel()
    return [row.name for row in panel.rows] if panel is not None else []
