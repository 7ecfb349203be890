"""What the Help menu shows: all keys, what each fault does on the wire, and what this program is."""

from __future__ import annotations

import sys
from pathlib import Path

from vaurien_core import __version__
from vaurien_core import messages as core_messages
from vaurien_core.model.catalogue import Catalogue
from vaurien_gui.actions import ACTIONS
from vaurien_gui.graph_actions import GRAPH_KEYS
from vaurien_gui.presenters import errors


def shortcuts() -> str:
    """All keys, by menu."""
    rows = [(s.text.replace("&", ""), ", ".join(s.shortcuts), s.menu) for s in ACTIONS if s.shortcuts]
    rows.append(("All normal", "Esc Esc", "Engine"))
    rows += [(text, keys, "Graphs") for keys, text in GRAPH_KEYS]
    return "\n".join(f"{menu:8} {keys:18} {text}" for text, keys, menu in rows)


def behaviors(catalogue: Catalogue) -> str:
    """Every fault that the engine offers, and every error of its protocols."""
    faults = (f"{b.title} ({b.name})\n{b.summary}.\n\n{b.wire}" for b in catalogue.behaviors)
    return "\n\n\n".join((*faults, errors.reference(catalogue)))


def messages() -> str:
    """Every message with an id, and what to do about it."""
    plain = (f"{m.id}  {m.says}\n{core_messages.advice(m.id)}" for m in core_messages.MESSAGES)
    return "\n\n".join(plain)


def manual(package: Path) -> Path | None:
    """The built manual's first page, else the folder of its sources; None where there is neither."""
    root = package.parent
    places = (
        package / "_resources" / "manual" / "index.html", root / "build" / "manual" / "index.html",
        root / "build" / "docs" / "index.html", root / "resources" / "manual" / "_build" / "html" / "index.html",
        root / "resources" / "manual", package / "_resources" / "manual",
    )  # fmt: skip
    return next((place for place in places if place.exists()), None)


def about(place: str, log: Path) -> str:
    """Version, engine, log file, licence."""
    return (
        f"Vaurien {__version__}\nBreaks the connection between a program and its backend on purpose.\n\n"
        f"Engine: {place}\nPython {sys.version.split()[0]}\nLog: {log}\nLicence: Apache-2.0\n"
    )
