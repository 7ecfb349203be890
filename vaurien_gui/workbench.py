"""Views and presenters, tied together: what a hand does goes to a presenter, what changes is shown.

Everything is shown anew when the session says `changed`, and five times a second for what moves by itself. Views
compare with what they show already, so this is cheap.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from vaurien_core import messages
from vaurien_core.model.change import plain_rules
from vaurien_core.registry import Registry
from vaurien_gui import paths
from vaurien_gui.action_spec import plain
from vaurien_gui.actions import Actions
from vaurien_gui.export_actions import EXPORT_ACTIONS, PRESET_ACTIONS
from vaurien_gui.models import markers, trace
from vaurien_gui.models.shown import BandKind
from vaurien_gui.presenters.applying import apply_state
from vaurien_gui.presenters.band import BandPresenter
from vaurien_gui.presenters.code import code_text
from vaurien_gui.presenters.graphs import GraphsPresenter
from vaurien_gui.presenters.happenings import Happenings
from vaurien_gui.presenters.journal import JournalPresenter
from vaurien_gui.presenters.look import LookPresenter
from vaurien_gui.presenters.mix import MixPresenter
from vaurien_gui.presenters.presets import PresetsPresenter
from vaurien_gui.presenters.probe import ProbePresenter
from vaurien_gui.presenters.proxies import ProxiesPresenter
from vaurien_gui.presenters.title import status_line, window_title
from vaurien_gui.resting import Resting
from vaurien_gui.scenes import Scenes
from vaurien_gui.session import Session
from vaurien_gui.style.theme import Theme
from vaurien_gui.toxics import Toxics
from vaurien_gui.views.window import MainWindow

FRAME_MS = 200
"""Graphs, journal and everything that counts up: 5 Hz."""


class Workbench(QObject):
    """Owned by the app; holds the presenters."""

    details_wanted = Signal(str, str)
    """A title and a text to read."""
    own_backend_wanted = Signal()
    export_wanted = Signal()
    presets_wanted = Signal()
    stop_remote_wanted = Signal()
    """Somebody else's engine is to stop: ask first."""
    touched = Signal()
    """The time to auto-off counts anew."""
    ticks_changed = Signal()
    """Something is chosen now that a menu ticks."""

    def __init__(self, session: Session, window: MainWindow, theme: Theme, registry: Registry) -> None:
        super().__init__(window)
        self.session, self.window, self._theme = session, window, theme
        self.actions: Actions | None = None
        self.enable_more: list[Callable[[Actions], None]] = []
        """Who else says which actions can be done now."""
        self.probe = ProbePresenter(session, self)
        self.proxies = ProxiesPresenter(session, self.probe)
        self.graphs = GraphsPresenter(session, self)
        self.mix = MixPresenter(session, registry, self.graphs.history.share)
        self.presets = PresetsPresenter(session, registry, paths.presets_folder(), self)
        self.band = BandPresenter(session)
        self.journal = JournalPresenter(session)
        self.look = LookPresenter(self)
        self.scenes = Scenes(session, window, theme, registry, self)
        self.toxics = Toxics(session, window, registry, self)
        self._resting = Resting(session)
        self.happenings = Happenings(session, self.probe, self)
        self.rate_hz, self.table_on = 1000 // FRAME_MS, False
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._frame)
        self._connect_session()
        self._connect_left()
        self._connect_right()
        self._connect_top()

    def start(self) -> None:
        """Show what there is, and go on doing so."""
        self.show()
        self._timer.start()

    def close(self) -> None:
        """No more frames, and nothing shown any more."""
        self._timer.stop()
        self.session.changed.disconnect(self.show)

    # --- showing

    def show(self) -> None:
        """Everything that follows from the session."""
        session, window = self.session, self.window
        window.show_page(empty=session.profile is None)
        window.setWindowModified(session.document.modified)
        window.toolbar.set_demo(session.document.demo)
        window.toolbar.set_preset(self.presets.followed())
        self._show_state()
        applying = apply_state(session)
        window.toolbar.applying.show_state(applying)
        window.conflict.show_conflict(applying.conflict)
        if session.profile is None:
            return
        rows = self.proxies.rows()
        window.proxy_list.setVisible(len(rows) != 1)
        window.proxy_list.show_rows(rows, session.proxy.name if session.proxy else "")
        form, panel = self.proxies.form(), self.mix.panel()
        window.proxy_panel.setVisible(form is not None)
        window.mix.setVisible(panel is not None)
        if form is not None:
            window.proxy_panel.show_form(form)
        if panel is not None:
            window.mix.show_mix(panel)
        self.scenes.show()
        self.toxics.show()
        window.graphs.set_proxy(self.graphs.shown_proxy)
        titles = dict(self.graphs.behaviors())
        window.graphs.set_behaviors(tuple(titles), titles)
        window.journal.set_names(tuple(row.name for row in rows), (*titles, *self.toxics.names(titles)))
        window.graphs.set_empty(self.graphs.empty())

    def _show_state(self) -> None:
        """What changes by itself: band, title, toolbar, status."""
        session, window = self.session, self.window
        band = self.band.state()
        window.band.show_state(band)
        window.setWindowTitle(window_title(session, band))
        window.toolbar.set_state(
            running=session.started, held=session.held, enabled=session.profile is not None and not session.code
        )
        exchanges = self.graphs.history.tiles(None).exchanges
        window.status.show_status(status_line(session, band, self._theme.mode, exchanges))
        if self.actions is not None:
            self._enable(self.actions, band.kind)

    def _enable(self, actions: Actions, kind: BandKind) -> None:
        session = self.session
        there, undo = session.profile is not None, session.document.undo
        rules = plain_rules(session.proxy, session.own_options) if session.proxy else ()
        panel_over = sum(rule.weight for rule in rules) > 100
        actions.enable(
            save=there and (session.document.modified or session.document.path is None),
            save_as=there, export=there, find=there, add_proxy=there,
            remove_proxy=session.proxy is not None, probe=session.proxy is not None,
            zero=there and any(p.faults or p.mounted for p in session.profile.proxies) if session.profile else False,
            scale=panel_over,
            start=there and not session.started and not session.code, stop=session.started,
            all_normal=session.started, resume=session.held,
            demo_traffic=session.started, restart_engine=there,
            apply=bool(session.applying.waiting), discard=bool(session.applying.waiting),
            mode_live=there, mode_staged=there, detach=session.attached and there,
            restart_proxy=session.started and session.proxy is not None,
            undo=undo.canUndo(), redo=undo.canRedo(),
        )  # fmt: skip
        for spec in (*EXPORT_ACTIONS, *PRESET_ACTIONS):
            actions[spec.id].setEnabled(there)
        self.scenes.enable(actions)
        for enable in self.enable_more:
            enable(actions)
        actions["mode-staged" if session.applying.staging.staged else "mode-live"].setChecked(True)
        actions["stop"].setText("S&top remote…" if session.attached else "S&top")
        actions["undo"].setText(f"&Undo {plain(undo.undoText())}".rstrip())
        actions["redo"].setText(f"&Redo {plain(undo.redoText())}".rstrip())

    def _frame(self) -> None:
        self.journal.flush()
        if self.session.profile is None:
            return
        if self._resting.skips(self.rate_hz):
            return
        self._show_state()
        self.window.graphs.set_empty(self.graphs.empty())
        self.window.graphs.refresh()
        self.scenes.frame()
        if self.session.started:
            panel = self.mix.panel()
            if panel is not None:
                self.window.mix.show_mix(panel)
            self.toxics.show()

    # --- connecting

    def _connect_session(self) -> None:
        session = self.session
        session.changed.connect(self.show)
        session.document.replaced.connect(self._cleared)
        session.document.undo.indexChanged.connect(lambda _: session.announce())
        self.graphs.markers_changed.connect(lambda: self.window.graphs.set_markers(self.graphs.markers))
        self._theme.changed.connect(session.announce)

    def _cleared(self) -> None:
        self.journal.clear()
        self.graphs.clear()

    def _connect_top(self) -> None:
        window, session = self.window, self.session
        window.toolbar.start.connect(lambda: session.start())
        window.toolbar.stop.connect(self.stop)
        window.toolbar.applying.mode_chosen.connect(session.applying.set_mode)
        window.toolbar.applying.apply.connect(session.applying.apply)
        window.toolbar.applying.discard.connect(session.applying.discard)
        window.conflict.action.connect(self.act)
        window.toolbar.all_normal.connect(session.all_normal)
        window.toolbar.export.connect(self.export_wanted)
        window.toolbar.presets.connect(self.presets_wanted)
        window.toolbar.own_backend.connect(self.own_backend_wanted)
        window.panic.connect(session.all_normal)
        window.band.action.connect(self.act)

    def _connect_left(self) -> None:
        window = self.window
        window.proxy_list.selected.connect(self.session.select)
        window.proxy_list.add.connect(self.proxies.add)
        window.proxy_list.remove.connect(self.proxies.remove)
        window.proxy_list.renamed.connect(self.proxies.rename)
        window.proxy_panel.protocol_edited.connect(self.proxies.set_protocol)
        window.proxy_panel.listen_edited.connect(self.proxies.set_listen)
        window.proxy_panel.backend_edited.connect(self.proxies.set_backend)
        window.proxy_panel.backend_typed.connect(self.proxies.backend_typed)
        window.proxy_panel.probe.connect(self.probe.now)
        window.proxy_panel.action.connect(self.act)
        window.proxy_panel.option_edited.connect(self.proxies.tuning.set_option)
        window.proxy_panel.option_reset.connect(self.proxies.tuning.reset_option)
        window.mix.weight_edited.connect(self.mix.set_weight)
        window.mix.make_room.connect(self.mix.make_room)
        window.mix.option_edited.connect(self.mix.set_option)
        window.mix.option_reset.connect(self.mix.reset_option)
        window.mix.add_requested.connect(self.mix.add)
        window.mix.remove_requested.connect(self.mix.remove)
        window.mix.copy_requested.connect(self.mix.names.copy)
        window.mix.rename_requested.connect(self.mix.names.rename)
        window.mix.action.connect(self.act)

    def _connect_right(self) -> None:
        window = self.window
        window.graphs.set_history(self.graphs.history)
        window.graphs.note_added.connect(self._note)
        window.graphs.clear_requested.connect(self.graphs.clear)
        window.graphs.marker_clicked.connect(self._show_marker)
        window.graphs.maximise.connect(self.look.maximise)
        window.graphs.paused.connect(self.ticks_changed)
        window.graphs.span_chosen.connect(self.ticks_changed)
        self.look.changed.connect(self._show_look)
        window.graphs.copy_address.connect(self._copy_address)
        window.graphs.demo_traffic.connect(self.demo_traffic)
        window.journal.set_model(self.journal.rows)
        window.journal.row_chosen.connect(self._trace)
        window.journal.detail_wanted.connect(self._open_detail)
        window.journal.detail_closed.connect(self.look.toggle_detail)

    # --- acting

    def act(self, action: str) -> None:
        """A button in the band, under a field or in a panel was pressed."""
        name, _, argument = action.partition(":")
        known: dict[str, Callable[[], object]] = {
            "resume": self.session.resume,
            "zero": self.mix.zero_all,
            "scale-to-100": self.mix.scale_to_100,
            "back-to-mix": self._back_to_mix,
            "free-port": self._free_port,
            "details": self._details,
            "restart-engine": self.restart_engine,
            "retry": self.probe.now,
            "switch-protocol": lambda: self.proxies.set_protocol(argument),
            "set": lambda: self.proxies.change(argument),
            "bring-up": lambda: self.scenes.states.bring_up(argument),
            "demo-backend": self.proxies.start_demo_backend,
            "restart-proxy": self.proxies.restart,
            "take-theirs": self.session.applying.take_theirs,
            "keep-mine": self.session.applying.keep_mine,
            "run-code": lambda: self.session.answer_code(run=True),
            "without-code": lambda: self.session.answer_code(run=False),
            "show-code": self._show_code,
            "auto-off": self.touched.emit,
            "make-certificate": self.proxies.tuning.make_certificate,
        }
        if name in known:
            known[name]()

    def stop(self) -> None:
        """Stop what runs; somebody else's engine only after a question."""
        if self.session.attached:
            self.stop_remote_wanted.emit()
        else:
            self.session.stop()

    def _show_code(self) -> None:
        """The code that the profile names, to read before anybody says that it may run."""
        self.details_wanted.emit("Code that this profile names", code_text(self.session.code))

    def restart_engine(self) -> None:
        """A new engine for the open profile."""
        self.session.tasks.spawn(self.session.restart_engine(), "restart")

    def demo_traffic(self) -> None:
        """A built-in client against the selected proxy."""
        session, spec = self.session, self.session.proxy
        if session.link is not None and spec is not None:
            link, name = session.link, spec.name
            if session.state is not None and not session.state.proxy(name).running:
                name = next((p.name for p in session.state.proxies if p.running), name)
            link.submit(lambda: link.engine.demo("traffic", proxy=name))

    def _back_to_mix(self) -> None:
        session = self.session
        if session.link is None or session.state is None:
            return
        for proxy in session.state.proxies:
            if proxy.override:
                session.link.release_override(proxy.name)

    def _free_port(self) -> None:
        failed = self.band.failed_proxy()
        if failed is not None:
            self.proxies.use_free_port(failed.name)
            self.session.select(failed.name)

    def _details(self) -> None:
        session, failed = self.session, self.band.failed_proxy()
        if failed is not None:
            self.details_wanted.emit(f"{failed.name} is not listening", _listen_help(failed.error, failed.error_code))
        else:
            self.details_wanted.emit(self.band.state().head, session.lost)

    def set_rate(self, hz: int) -> None:
        """Draw the graphs so often a second."""
        self.rate_hz = hz
        self._timer.setInterval(1000 // hz)
        self.ticks_changed.emit()

    def toggle_table(self) -> None:
        """The graphs' values as a table, or the graphs again."""
        self.table_on = not self.table_on
        self.window.graphs.set_table(self.table_on)
        self.ticks_changed.emit()

    def toggle_detail(self) -> None:
        """The trace of a selected row, or none."""
        self.look.toggle_detail()

    def _open_detail(self) -> None:
        if not self.look.detail:
            self.look.toggle_detail()

    def _trace(self, row: int) -> None:
        """Why a row is as it is."""
        entry = self.journal.rows.entry(row)
        say = self.journal.rows.say
        self.window.journal.show_trace(trace.trace(entry, self.journal.seed_of(entry), say) if entry else ())

    def _show_look(self) -> None:
        self.window.graphs.set_look(self.look.look)
        self.window.journal.set_detail(self.look.detail)
        self.journal.rows.set_capacity(self.look.journal_size)
        self.ticks_changed.emit()

    def _note(self, text: str, at: float | None) -> None:
        """A note: a marker, and a line of the journal."""
        marker = self.graphs.note(text, at)
        known = self.graphs.history.wall  # 0 before the engine's first sample
        self.journal.note(marker.text, marker.number, marker.t + known if known else time.time())

    def _show_marker(self, number: int) -> None:
        """The journal's row that belongs to a marker."""
        marker = self.graphs.marker(number)
        if marker is not None:
            self.journal.settle()
            wall = marker.t + self.graphs.history.wall
            row = markers.row_at(self.journal.rows.entries, wall, marker.text)
            if row is not None:
                self.window.journal.show_row(row)

    def _copy_address(self) -> None:
        empty = self.graphs.empty()
        if empty is not None and empty.address:
            QGuiApplication.clipboard().setText(empty.address)


def _listen_help(error: str, code: str) -> str:
    return "\n\n".join(part for part in (f"{error} {code}".strip(), messages.advice(code)) if part)
