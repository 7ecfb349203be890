"""What leaves the window as a file besides the profile: graphs as PNG or CSV, the journal as CSV or JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vaurien_gui.models import journal_export
from vaurien_gui.views import dialogs

if TYPE_CHECKING:
    from vaurien_gui.app import App


async def graphs(app: App, kind: str) -> None:
    """Ask where and write the graphs; `kind` is `png` or `csv`."""
    suggestion = Path.cwd() / f"{Path(app.session.document.name).stem}.{kind}"
    path = await dialogs.ask_save_as(app.window, suggestion, f"{kind.upper()} (*.{kind})")
    if path is None:
        return
    if kind == "png":
        written = app.window.graphs.save_picture(path, f"{app.session.document.name} - Vaurien")
    else:
        written = app.workbench.graphs.write_csv(path)
    _say(app, path, written=written)


async def journal(app: App) -> None:
    """Ask where and write the rows that are shown; a name that ends in `.csv` makes it CSV, else JSON lines."""
    suggestion = Path.cwd() / "journal.jsonl"
    path = await dialogs.ask_save_as(app.window, suggestion, "JSON lines (*.jsonl);;CSV (*.csv)")
    if path is None:
        return
    write = journal_export.write_csv if path.suffix.lower() == ".csv" else journal_export.write_jsonl
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            write(app.workbench.journal.rows.entries, stream)
    except OSError:
        _say(app, path, written=False)
    else:
        _say(app, path, written=True)


def _say(app: App, path: Path, *, written: bool) -> None:
    if written:
        app.toast.show_text(f"Wrote {path.name}")
    else:
        app.tell(f"{path} could not be written.")
