"""A profile that names hostile code is opened, listed, previewed, exported and recovered, and no module of it runs."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from vaurien_gui import recovery
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.export_actions import FORMS

CALLABLES = ("hostile_m.Evil", "hostile_m.py:Evil", "hostile_p.inner.Evil")
INI = """[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
behavior = 10:evil, 5:delay
[behavior:evil]
callable = {0}
"""
PRESET = "[preset]\nname = Evil\n[vaurien]\nbehavior = 10:evil\n[behavior:evil]\ncallable = {0}\n"


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication, tmp_path: Path,
              monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:  # fmt: skip
    presets = tmp_path / "presets"
    presets.mkdir()
    for at, name in enumerate(CALLABLES):
        (presets / f"evil-{at}.ini").write_text(PRESET.format(name))
    monkeypatch.setenv("VAURIEN_PRESETS", str(presets))
    monkeypatch.syspath_prepend(tmp_path)
    made = App(qapp, Arguments(engine=place, theme="light"), settings=settings, reporter=CrashReporter(None))
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    yield made
    await made.aclose()


@pytest.mark.parametrize("name", CALLABLES)
async def test_looking_at_it_in_every_way_runs_nothing(app: App, name: str, tmp_path: Path, troubles: Troubles) -> None:
    trace = tmp_path / "trace"
    (tmp_path / "hostile_p").mkdir()
    for module in ("hostile_m.py", "hostile_p/__init__.py", "hostile_p/inner.py"):
        (tmp_path / module).write_text(f"open({str(trace)!r}, 'a').write(__name__)\nclass Evil: name = 'evil'\n")
    file, session = tmp_path / "evil.ini", app.session
    file.write_text(INI.format(name))

    app.filing.load(file)
    await session.settled()
    assert [code.callable for code in session.code] == [name]
    session.start()
    session.all_normal()
    for key in FORMS:
        app.actions[f"copy-{key}"].trigger()
    for action in ("export", "presets", "copy-proxy"):
        app.actions[action].trigger()
        QApplication.sendPostedEvents()
    session.edit(("seed",), 9, "edit")
    app.recovery.keep()
    app.recovery.close(leave=True)
    assert recovery.found(Path(app.settings.fileName()).parent / "recovery")
    await app.filing.save()
    app.show_recent()
    file.write_text(INI.format(name) + "; changed by somebody else\n")
    await wait_until(lambda: "changed on disk" in app.window.offers.text())
    session.answer_code(run=False)
    await session.settled()
    assert session.link is not None
    session.link.start()
    await session.link.drained()

    assert not trace.exists()
    assert not [module for module in sys.modules if module.startswith("hostile")]
    assert not list(tmp_path.rglob("hostile*.pyc"))
    troubles.expected = True
