"""One proxy: protocol, where clients connect, where the backend is, and what the probe found there."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from vaurien_gui.forms.fields import CommitEdit, QuietCombo, mark_problem
from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.models.shown import ProbeLine, ProxyForm
from vaurien_gui.style.controls import Button, ElidedText, Glyph, IconButton, Text, clear
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.applying import EditMark
from vaurien_gui.views.messagebar import InlineNote
from vaurien_gui.views.segmented import Segmented
from vaurien_gui.views.tuning import TuningFold

PROBE_ICONS = {
    "ok": ("tick-circle", "ok"),
    "warn": ("warning", "warn"),
    "bad": ("failed", "bad"),
    "busy": ("refresh", "text3"),
}


class ProxyPanel(QWidget):
    """Shows a `ProxyForm`. Edits are told on Return or when the focus leaves, the backend also after a pause."""

    protocol_edited = Signal(str)
    listen_edited = Signal(str)
    backend_edited = Signal(str)
    backend_typed = Signal(str)
    state_edited = Signal(str)
    """`up` or `down`."""
    probe = Signal()
    action = Signal(str)
    option_edited = Signal(str, str)
    option_reset = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("section")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme, self._name = theme, ""
        self._title = ElidedText(theme, "section")
        self.protocol = QuietCombo(theme, self.tr("Protocol"))
        self.listen = CommitEdit(theme, self.tr("Listen"), "127.0.0.1:8000")
        self.backend = CommitEdit(theme, self.tr("Backend"), "127.0.0.1:9000")
        self.listen.setAccessibleDescription(self.tr("Where clients connect: host:port; port 0 takes a free one"))
        self.backend.setAccessibleDescription(self.tr("The real server: host:port, unix:/path or a URL"))
        for field in (self.listen, self.backend):
            field.setToolTip(field.accessibleDescription())
        self.probe_button = Button(theme, self.tr("Probe"), kind="small")
        self.probe_button.setToolTip(self.tr("See whether the backend answers, and what it speaks (F6)"))
        self._listen_problem, self._backend_problem = ProblemLine(theme), ProblemLine(theme)
        self._protocol_problem = ProblemLine(theme)
        self._note = ProblemLine(theme, "warning", "warn", "caption")
        self._bound = _Bound(theme)
        self._marks = {name: EditMark(theme) for name in ("protocol", "listen", "backend", "tuning")}
        self.former = InlineNote(theme, "info", "accent", "text2", self.tr("Restart now"))
        self.former.button.setToolTip(self.tr("Close its connections and listen again"))
        self.former.button.setAccessibleName(self.tr("Restart this proxy now"))
        self._verdict = Verdict(theme)
        self.tuning = TuningFold(theme)
        self.state = Segmented(
            theme,
            (("up", self.tr("Up")), ("down", self.tr("Down")), ("syn_blackhole", self.tr("No answer"))),
            "up",
            self.tr("State"),
        )
        self.state.setToolTip(
            self.tr(
                "Down refuses connections and cuts open ones, on purpose (Ctrl+Shift+D). "
                "No answer lets connects time out; open connections live"
            )
        )
        self._state_note = Text(theme, role="caption", token="text2", wrap=True)
        self.state.chosen.connect(self.state_edited)
        self._lay_out()
        self.protocol.chosen.connect(self.protocol_edited)
        self.listen.committed.connect(self.listen_edited)
        self.backend.committed.connect(self.backend_edited)
        self.backend.typed.connect(self.backend_typed)
        self.probe_button.clicked.connect(self._probe)
        self.former.pressed.connect(lambda: self.action.emit("restart-proxy"))
        self._verdict.action.connect(self.action)
        self.tuning.form.action.connect(self.action)
        self.tuning.form.edited.connect(self.option_edited)
        self.tuning.form.reset.connect(self.option_reset)

    def show_form(self, form: ProxyForm) -> None:
        """Show a proxy; text that is being typed for the same proxy stays."""
        other, self._name = form.name != self._name, form.name
        problems = {problem.field: problem.message for problem in form.problems}
        self._title.show_text(form.name)
        self.protocol.show_items(form.protocols, form.protocol)
        fields = (("listen", self.listen, self._listen_problem), ("backend", self.backend, self._backend_problem))
        for name, field, line in fields:
            problem = problems.get(name, "")
            field.show_text(getattr(form, name), keep=bool(problem), force=other)
            mark_problem(field, bool(problem))
            line.show_problem(problem)
        mark_problem(self.protocol, "protocol" in problems)
        self._protocol_problem.show_problem(problems.get("protocol", ""))
        self._note.show_problem(form.note)
        self._bound.show_address(form.bound)
        self._verdict.show_line(form.probe)
        self.probe_button.setEnabled(form.probe.kind != "busy")
        self.tuning.show_tuning(form.tuning)
        self.state.show_current(form.state)
        self._state_note.show_text(form.state_note)
        self.former.show_text(form.former)
        for name, mark in self._marks.items():
            mark.show_mark("waits" if name in form.waits else "")

    def _lay_out(self) -> None:
        self.protocol.setMinimumWidth(self._theme.px(104))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title, 1)
        head.addStretch(0)
        head.addWidget(self._marks["tuning"])
        head.addWidget(self._marks["protocol"])
        head.addWidget(self.protocol)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        rows = (
            (self.tr("Listen"), self.listen, (self._listen_problem, self._note, self._bound)),
            (self.tr("Backend"), self.backend, (self._backend_problem, self._verdict)),
        )
        line = 0
        for words, field, notes in rows:
            label = Text(self._theme, words, token="text2")
            label.setBuddy(field)
            named = QHBoxLayout()
            named.setSpacing(4)
            named.addWidget(label)
            named.addWidget(self._marks["listen" if field is self.listen else "backend"])
            named.addStretch(1)
            grid.addLayout(named, line, 0)
            grid.addWidget(field, line, 1, 1, 1 if field is self.backend else 2)
            for offset, note in enumerate(notes, 1):
                grid.addWidget(note, line + offset, 1, 1, 2)
            line += len(notes) + 1
        grid.addWidget(self.probe_button, len(rows[0][2]) + 1, 2)
        label = Text(self._theme, self.tr("State"), token="text2")
        label.setBuddy(self.state)
        switch = QHBoxLayout()
        switch.setSpacing(8)
        switch.addWidget(self.state)
        switch.addWidget(self._state_note, 1)
        grid.addWidget(label, line, 0)
        grid.addLayout(switch, line, 1, 1, 2)
        grid.setColumnMinimumWidth(0, self._theme.px(64))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 4, 12, 12)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._protocol_problem)
        column.addLayout(grid)
        column.addWidget(self.former)
        column.addWidget(self.tuning)

    def _probe(self) -> None:
        self.backend.typing.commit()
        self.probe.emit()


class Verdict(QWidget):
    """The probe's answer and what can be done about it."""

    action = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._line = theme, ProbeLine("unset")
        self._glyph = Glyph(theme, "tick-circle", "ok", 14)
        self._text = Text(theme, role="caption", token="text2", wrap=True)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        words = QHBoxLayout()
        words.setSpacing(6)
        words.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        words.addWidget(self._text, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(4)
        column.addLayout(words)
        column.addLayout(self._buttons)
        self.show_line(ProbeLine())

    def show_line(self, line: ProbeLine) -> None:
        """Show a verdict, or nothing."""
        if line == self._line:
            return
        before, self._line = self._line, line
        self.setVisible(line.kind != "none")
        if line.kind in PROBE_ICONS:
            self._glyph.show_icon(*PROBE_ICONS[line.kind])
        self._text.show_text(line.text.replace("-", "\N{NON-BREAKING HYPHEN}"))  # no server's name in two lines
        self.setAccessibleName(line.text)
        if before.actions != line.actions:
            clear(self._buttons)
            for shown in line.actions:
                button = Button(self._theme, shown.text, shown.icon, "small")
                button.clicked.connect(lambda _=False, name=shown.id: self.action.emit(name))
                self._buttons.addWidget(button)
            self._buttons.addStretch(1)


class _Bound(QWidget):
    """The address that clients use, to copy."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._address = ""
        self._text = Text(theme, role="caption", token="text2")
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy_button = IconButton(theme, "copy", self.tr("Copy client address"))
        self.copy_button.setProperty("kind", "reset")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self._text)
        line.addWidget(self.copy_button)
        line.addStretch(1)
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._address))
        self.hide()

    def show_address(self, address: str) -> None:
        """The address, or "" for none."""
        self._address = address
        self._text.show_text(self.tr("Clients connect to {}").format(address))
        self.setVisible(bool(address))
