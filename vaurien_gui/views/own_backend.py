"""Use my own backend: three fields and Start."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from vaurien_gui.forms.fields import CommitEdit, QuietCombo, mark_problem
from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.models.shown import ProxyForm
from vaurien_gui.style.controls import Button, IconButton, Rule, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.proxypanel import Verdict


class OwnBackendSheet(QWidget):
    """The content of a `Sheet`. Shows a `ProxyForm`, tells what is typed, checks nothing."""

    protocol_edited = Signal(str)
    listen_edited = Signal(str)
    backend_edited = Signal(str)
    backend_typed = Signal(str)
    action = Signal(str)
    start = Signal()
    done = Signal()
    """Closed without a start."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(self.tr("Use my own backend"))
        self.protocol = QuietCombo(theme, self.tr("Protocol"))
        self.backend = CommitEdit(theme, self.tr("Backend"), "127.0.0.1:9000")
        self.listen = CommitEdit(theme, self.tr("Listen"), "127.0.0.1:0")
        self._backend_problem, self._listen_problem = ProblemLine(theme), ProblemLine(theme)
        self._verdict = Verdict(theme)
        self.start_button = Button(theme, self.tr("Start"), "play", "ink")
        self.cancel_button = Button(theme, self.tr("Cancel"))
        self.close_button = IconButton(theme, "close", self.tr("Close"))
        self.setFocusProxy(self.backend)
        self._lay_out()
        self.protocol.chosen.connect(self.protocol_edited)
        self.backend.committed.connect(self.backend_edited)
        self.backend.typed.connect(self.backend_typed)
        self.listen.committed.connect(self.listen_edited)
        self._verdict.action.connect(self.action)
        self.start_button.clicked.connect(self._start)
        self.cancel_button.clicked.connect(self.done)
        self.close_button.clicked.connect(self.done)

    def show_form(self, form: ProxyForm, *, fresh: bool = False) -> None:
        """Show values and problems; text that is being typed stays unless it is a fresh start."""
        problems = {problem.field: problem.message for problem in form.problems}
        self.protocol.show_items(form.protocols, form.protocol)
        for name, field, line in (
            ("backend", self.backend, self._backend_problem),
            ("listen", self.listen, self._listen_problem),
        ):
            problem = problems.get(name, "")
            field.show_text(getattr(form, name), keep=bool(problem), force=fresh)
            mark_problem(field, bool(problem))
            line.show_problem(problem)
        self._verdict.show_line(form.probe)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(Text(self._theme, self.tr("Use my own backend"), "sheet-title"))
        head.addStretch(1)
        head.addWidget(self.close_button)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        rows: tuple[tuple[str, QWidget, tuple[QWidget, ...]], ...] = (
            (self.tr("Protocol"), self.protocol, ()),
            (self.tr("Backend"), self.backend, (self._backend_problem, self._verdict)),
            (self.tr("Listen"), self.listen, (self._listen_problem,)),
        )
        line = 0
        for words, field, notes in rows:
            label = Text(self._theme, words, token="text2")
            label.setBuddy(field)
            grid.addWidget(label, line, 0)
            grid.addWidget(field, line, 1)
            for offset, note in enumerate(notes, 1):
                grid.addWidget(note, line + offset, 1)
            line += len(notes) + 1
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.start_button)
        intro = self.tr("Vaurien listens beside your server. Point your program at it; port 0 takes a free one.")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(Text(self._theme, intro, token="text2", wrap=True))
        column.addSpacing(16)
        column.addLayout(grid)
        column.addStretch(1)
        column.addSpacing(16)
        column.addWidget(Rule(self._theme))
        column.addSpacing(12)
        column.addLayout(buttons)

    def _start(self) -> None:
        for field in (self.backend, self.listen):
            field.typing.commit()
        self.start.emit()
