"""No secret that was said to a proxy stands in the window, its models, what it copies, exports and keeps on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, QObject, QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QTextEdit, QWidget

from tests.support.canaries import PROTOCOLS, SHOWN, backends, found, ini, needle, say_all
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter, report_text
from vaurien_gui.export_actions import FORMS
from vaurien_gui.exports import journal_export
from vaurien_gui.models.shown import BandKind
from vaurien_gui.presenters.band import BandPresenter

FROM_ENVIRONMENT = "c4n4ry-environment-5ecret"
BY_VARIABLE = """
[proxy:by-variable]
proxy = 127.0.0.1:0
backend = ${SECRET_URL}
behavior = 50:picky
[behavior:picky]
type = error
match = *${SECRET_MATCH}*
"""


@pytest.fixture(params=["local", pytest.param("child", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest) -> str:
    """The child only among the slow ones, as it takes 10 s."""
    place: str = request.param
    return place


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication,
              monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:  # fmt: skip
    monkeypatch.setenv("SECRET_URL", f"http://user:{FROM_ENVIRONMENT}@127.0.0.1:9/?k={FROM_ENVIRONMENT}")
    monkeypatch.setenv("SECRET_MATCH", FROM_ENVIRONMENT)
    made = App(qapp, Arguments(engine=place, theme="light"), settings=settings, reporter=CrashReporter(None))
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    made.window.show()
    yield made
    await made.aclose()


def texts_of(thing: QObject) -> Iterator[str]:
    """Every property of an object that is a text: words, tips, accessible names, placeholders."""
    meta = thing.metaObject()
    for at in range(meta.propertyCount()):
        value = thing.property(meta.property(at).name())
        if isinstance(value, str):
            yield value
    if isinstance(thing, (QPlainTextEdit, QTextEdit)):
        yield thing.toPlainText()


def rows_of(model: QAbstractItemModel) -> Iterator[str]:
    """Every text of a model, in every role that Qt names and the first of its own."""
    roles = [*Qt.ItemDataRole, *range(Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 8)]
    for row in range(model.rowCount(QModelIndex())):
        for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount(QModelIndex())):
            yield from (str(value) for role in roles if (value := model.index(row, column).data(int(role))) is not None)


def words_in(window: QWidget) -> str:
    things: list[QObject] = [window, *window.findChildren(QWidget), *window.findChildren(QAction)]
    return "\n".join(text for thing in things for text in texts_of(thing))


def everything_in(window: QWidget) -> str:
    things = window.findChildren(QWidget)
    models = {id(m): m for thing in things if callable(getattr(thing, "model", None))
              and isinstance(m := thing.model(), QAbstractItemModel)}  # fmt: skip
    return "\n".join([words_in(window), *(text for model in models.values() for text in rows_of(model))])


async def test_nothing_that_was_said_is_shown_copied_exported_or_kept(
    app: App, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    session, profile, out = app.session, tmp_path / "profile.ini", dict[str, str]()
    with backends() as addresses:
        profile.write_text(ini(addresses) + BY_VARIABLE)
        app.filing.load(profile)
        await session.settled()
        session.start()
        await wait_until(lambda: session.state and len(session.state.proxies) == len(PROTOCOLS) + 1
                         and all(p.bound for p in session.state.proxies))  # fmt: skip
        assert session.state is not None
        ports = {p.name: int(p.bound.rpartition(":")[2]) for p in session.state.proxies}
        await asyncio.to_thread(say_all, ports, 2)
        await wait_until(lambda: len(app.workbench.journal.rows.entries) > 50)
        for row, entry in enumerate(app.workbench.journal.rows.entries):  # the trace of an exchange is shown too
            if entry.rule and row % 20 == 0:
                app.window.journal.show_row(row)
                await asyncio.sleep(0)
                out[f"trace {row}"] = words_in(app.window.journal)
        session.edit(("seed",), 77, "edit")
        app.recovery.keep()
        out["window"] = everything_in(app.window)
        assert BandPresenter(session).state().kind is BandKind.FAULTS
        app.window.journal.table.selectAll()
        for action in ("copy-rows", "copy-json", *(f"copy-{key}" for key in FORMS), "copy-proxy"):
            app.actions[action].trigger()
            out[action] = QApplication.clipboard().text()
        for name, write in (("csv", journal_export.write_csv), ("jsonl", journal_export.write_jsonl)):
            write(app.workbench.journal.rows.entries, stream := StringIO())
            out[name] = stream.getvalue()
        try:
            assert session.link is not None
            await session.link.engine.start("no such proxy")
        except Exception as error:
            out["report"] = report_text("a test", repr(error))
    token = getattr(session.link.engine, "_token", "") if session.link is not None else ""
    app.settings.sync()
    out |= {str(f): f.read_text(errors="replace") for f in tmp_path.rglob("*") if f.is_file() and f != profile}
    out["log"] = caplog.text
    assert any("recovery" in name and name.endswith(".ini") for name in out), list(out)
    assert needle("http", SHOWN.field) in out["window"], "the walk sees labels"
    leaks = {name: fields for name, text in out.items() if (fields := [f for f in found(text) if f != "http path"])}
    assert leaks == {}
    on_screen = ("window", *(name for name in out if name.startswith("trace")))
    assert [name for name, text in out.items() if FROM_ENVIRONMENT in text and name not in on_screen] == []
    assert not token or [name for name, text in out.items() if token in text] == []
