"""File > Import > Toxiproxy JSON by hand: a new unsaved profile, or one sentence."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu

from vaurien_core.model.profile import ToxicSpec
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter

CONFIG = [
    {
        "name": "redis", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:6379", "enabled": True,
        "toxics": [{"type": "latency", "name": "slow", "stream": "upstream", "toxicity": 0.5,
                    "attributes": {"latency": 100, "jitter": 20}}],
    },
    {"name": "web", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:80"},
]  # fmt: skip


@pytest.fixture
async def app(settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    reporter = CrashReporter(None)
    made = App(qapp, Arguments(engine="local", theme="light"), settings=settings, reporter=reporter)
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    yield made
    await made.aclose()


def _press_import(app: App) -> None:
    """Through the menus, by keys: File, Import, the entry."""
    bar = app.window.menuBar()
    bar.setActiveAction(bar.actions()[0])
    menu = app.menus.menus["File"]
    inner = next(a.menu() for a in menu.actions() if a.menu() is not None and "mport" in a.text())
    assert isinstance(inner, QMenu)
    QTest.keyClick(menu, Qt.Key.Key_I)
    QTest.keyClick(inner, Qt.Key.Key_T)


async def _choose(app: App, path: Path) -> None:
    _press_import(app)
    await wait_until(lambda: app.window.findChild(QFileDialog) is not None)
    dialog = app.window.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.clear()
    QTest.keyClicks(field, str(path))
    QTest.keyClick(field, Qt.Key.Key_Return)


async def test_a_toxiproxy_file_opens_as_a_new_unsaved_profile(app: App, tmp_path: Path) -> None:
    path = tmp_path / "toxiproxy.json"
    path.write_text(json.dumps(CONFIG), encoding="utf-8")
    await _choose(app, path)
    document = app.session.document
    await wait_until(lambda: document.profile is not None)
    profile = document.profile
    assert profile is not None
    assert [p.name for p in profile.proxies] == ["redis", "web"]
    options = (("jitter", 20.0), ("latency", 100.0))
    toxic = profile.proxies[0].toxics[0]
    assert (toxic.name, toxic.kind, toxic.stream, toxic.toxicity) == ("slow", "latency", "upstream", 0.5)
    assert tuple(sorted(toxic.options)) == options
    assert (document.path, document.name, document.modified) == (None, "toxiproxy.ini", True)
    await app.session.settled()
    await wait_until(lambda: app.window.toxics.isVisible() and app.window.toxics.row("slow").isVisible())
    assert isinstance(toxic, ToxicSpec)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{not json", "Not imported. odd.json:1: expected Toxiproxy's JSON, a list of proxies"),
        ("[]", "Not imported. odd.json: expected at least one proxy, got none."),
        ('[{"name": "a", "upstream": "127.0.0.1:1", "toxics": [{"type": "latncy"}]}]', 'did you mean "latency"'),
        ("\udcff", "Not imported. odd.json: can't be read (it is not UTF-8)."),
    ],
)
async def test_a_wrong_file_is_one_sentence_and_changes_nothing(app: App, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    await _choose(app, path)
    await wait_until(lambda: app.window.messages.isVisible())
    shown = app.window.messages.text()
    assert said in shown
    assert "\n" not in shown
    assert app.session.document.profile is None
