"""What leaves the window as a file besides the profile: graphs as PNG or CSV, the journal as CSV or JSON lines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from vaurien_core.model.events import Entry
from vaurien_gui.models import journal_export
from vaurien_gui.views import dialogs

if TYPE_CHECKING:
    from vaurien_gui.app import App

HANDFUL = 50
"""Rows that are written at once, a millisecond or two."""
REST_S = 0.001


def title_of(app: App) -> str:
    """What a picture of the graphs is called: the profile, and the proxy if there are several."""
    proxy = app.workbench.graphs.shown_proxy
    return f"{app.session.document.name}, {proxy}" if proxy is not None else app.session.document.name


async def graphs_picture(app: App, panel: str = "", scale: int = 2) -> None:
    """Ask where, and write what is in sight: all panels, or one."""
    path = await _where(app, f"-{panel}" if panel else "", "png")
    if path is not None:
        _say(app, path, written=app.window.graphs.save_picture(path, title_of(app), panel, scale))


def copy_picture(app: App) -> None:
    """All panels to the clipboard."""
    QGuiApplication.clipboard().setImage(app.window.graphs.picture(title_of(app)))
    app.toast.show_text("Copied the picture")


async def graphs_values(app: App, *, everything: bool) -> None:
    """Ask where, and write the values: those in sight, or all."""
    view = app.window.graphs.board.view  # what is in sight now, not when the dialog was answered
    end = view.last(app.window.graphs.board.limits)
    path = await _where(app, "", "csv")
    if path is not None:
        asked = (None, None) if everything else (view.span, end)
        _say(app, path, written=await app.workbench.graphs.write_csv(path, *asked))


async def _where(app: App, suffix: str, kind: str) -> Path | None:
    suggestion = Path.cwd() / f"{Path(app.session.document.name).stem}{suffix}.{kind}"
    return await dialogs.ask_save_as(app.window, suggestion, f"{kind.upper()} (*.{kind})")


async def journal(app: App) -> None:
    """Ask where and write the rows that are shown; a name that ends in `.csv` makes it CSV, else JSON lines."""
    suggestion = Path.cwd() / "journal.jsonl"
    path = await dialogs.ask_save_as(app.window, suggestion, "JSON lines (*.jsonl);;CSV (*.csv)")
    if path is not None:
        await write_journal(app, path)


async def write_journal(app: App, path: Path) -> None:
    """Write the rows that are shown now, and say so."""
    write = journal_export.write_csv if path.suffix.lower() == ".csv" else journal_export.write_jsonl
    entries = app.workbench.journal.rows.entries

    def in_thread() -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            write(_giving_way(entries), stream)

    try:
        await asyncio.to_thread(in_thread)
    except OSError:
        _say(app, path, written=False)
    else:
        _say(app, path, written=True)


def _giving_way(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The same ones, with a rest after each handful: a thread that computes holds up the window's at every call."""
    for n, entry in enumerate(entries, 1):
        yield entry
        if n % HANDFUL == 0:
            time.sleep(REST_S)


def _say(app: App, path: Path, *, written: bool) -> None:
    if written:
        app.toast.show_text(f"Wrote {path.name}")
    else:
        app.tell(f"{path} could not be written.")
