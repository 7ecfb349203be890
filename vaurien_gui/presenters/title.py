"""The window's title, the status bar, and what the toolbar allows."""

from __future__ import annotations

import math

from vaurien_gui.models.shown import BandKind, BandState, StatusLine
from vaurien_gui.presenters.playing import Playing
from vaurien_gui.presenters.states import down_now
from vaurien_gui.presenters.texts import plural
from vaurien_gui.session import Session


def window_title(session: Session, band: BandState) -> str:
    """`name[*] - Vaurien`, with `! ` in front while faults are on."""
    mark = "! " if band.kind is BandKind.FAULTS else ""
    return f"{mark}{session.document.name}[*] - Vaurien" if session.profile is not None else "Vaurien"


def status_line(session: Session, band: BandState, theme: str, exchanges: float) -> StatusLine:
    """The status bar; `exchanges` per second, NaN where nothing was measured."""
    return StatusLine(_left(session, band, exchanges), _right(session, theme), band.kind)


def _left(session: Session, band: BandState, exchanges: float) -> tuple[str, ...]:
    document = session.document
    if session.profile is None:
        return ("No profile",)
    mark = document.name
    if document.path is None:
        mark += ", not saved"
    elif document.modified:
        mark += ", modified"
    if session.silent:
        return ("Reconnecting" if session.remote else "No answer from the engine", mark)
    if not session.started:
        return ("Engine lost" if session.lost else "Stopped", mark)
    running = f"{_running(session)}{', held' if band.kind is BandKind.HELD else ''}"
    phase = Playing(session).words
    return (
        running,
        *((phase[:1].upper() + phase[1:],) if phase else ()),
        plural(sum(p.connections_open for p in session.last.proxies) if session.last else 0, "connection"),
        f"{0.0 if math.isnan(exchanges) else exchanges:,.0f} exchanges/s",
        mark,
    )


def _running(session: Session) -> str:
    assert session.profile is not None
    assert session.state is not None
    acting = session.acting or session.profile
    enabled = [p.name for p in acting.proxies if p.enabled]
    listening = [n for n in enabled if session.state.proxy(n).running]
    profile = session.profile
    down = [n for n in enabled if down_now(session, profile.proxy(n))]
    if down and len(listening) + len(down) == len(enabled):
        return f"Running, {down[0] if len(down) == 1 else plural(len(down), 'proxy', 'proxies')} down"
    if len(listening) < len(enabled):
        return f"{len(listening)} of {plural(len(enabled), 'proxy', 'proxies')} running"
    return "Running the demo" if session.document.demo else "Running"


def _right(session: Session, theme: str) -> tuple[str, ...]:
    place = session.link.engine.place if session.link is not None else session.place
    place = place.partition("://")[2] or place
    if session.lost:
        engine = f"Engine: {place}, lost"
    elif session.silent:
        engine = f"Engine: {place}, no answer"
    elif session.code:
        engine = "Engine: none yet"
    elif session.state is None and session.profile is not None:
        engine = f"Engine: {place}, starting"
    elif session.started:
        engine = f"Engine: {place}{_latency(session)}, {session.cpu_percent:.0f} % CPU"
    else:
        engine = f"Engine: {place}{_latency(session)}, idle"
    seed = (f"Seed {session.state.seed}",) if session.state is not None and session.profile is not None else ()
    return (engine, *seed, f"{theme.capitalize()} theme")


def _latency(session: Session) -> str:
    """The way to a remote engine and back: ` 3 ms`."""
    measured = session.link.latency_ms if session.link is not None else None
    return "" if measured is None else f", {measured:.0f} ms away" if measured >= 1 else ", under 1 ms away"
