"""The toolbar: Start or Stop in one slot, All normal, and at the right what leads out of the window."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from vaurien_gui.style.controls import Button
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.applying import ApplyControls
from vaurien_gui.views.panic import PanicButton
from vaurien_gui.views.presetpart import PresetPart


class ToolBar(QWidget):
    """Emits intentions only; the keys for them belong to the window's actions."""

    start = Signal()
    stop = Signal()
    all_normal = Signal()
    export = Signal()
    own_backend = Signal()
    presets = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("toolbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme, self._running = theme, False
        self.run_button = Button(theme)
        self.panic_button = PanicButton(theme)
        self.preset = PresetPart(theme)
        self.applying = ApplyControls(theme)
        self._demo = self._enabled = False
        self.own_button = Button(theme, "", "arrow-right")
        self.export_button = Button(theme, "", "export")
        self.own_button.hide()
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 0, 12, 0)
        line.setSpacing(8)
        line.addWidget(self.run_button)
        line.addWidget(self.panic_button)
        line.addWidget(self.preset)
        line.addWidget(self.applying)
        line.addStretch(1)
        line.addWidget(self.own_button)
        line.addWidget(self.export_button)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.run_button.clicked.connect(self._run_pressed)
        self.panic_button.clicked.connect(self.all_normal)
        self.preset.button.clicked.connect(self.presets)
        self.own_button.clicked.connect(self.own_backend)
        self.export_button.clicked.connect(self.export)
        theme.changed.connect(self._measure)
        self._measure()
        self.set_state(running=False, held=False, enabled=False)

    def set_state(self, running: bool, held: bool, enabled: bool) -> None:
        """Whether the engine runs, all-normal holds, and a profile is open at all."""
        self._running = running
        text, icon = (self.tr("Stop"), "stop") if running else (self.tr("Start"), "play")
        if self.run_button.text() != text:
            self.run_button.setText(text)
            self.run_button.show_icon(icon)
            tip = self.tr("Stop all proxies (Shift+F5)") if running else self.tr("Start all proxies (F5)")
            self.run_button.setToolTip(tip)
        self.run_button.setEnabled(enabled)
        self.panic_button.setEnabled(enabled and running)
        self.panic_button.set_held(held and running)
        if enabled != self._enabled:
            self._enabled = enabled
            self._show_own()
        self.export_button.setEnabled(enabled)
        self.applying.setEnabled(enabled)

    def set_preset(self, title: str) -> None:
        """Which preset the selected proxy follows, as words."""
        self.preset.show_title(title)

    def set_demo(self, demo: bool) -> None:
        """Offer a way from the demo to a backend of one's own."""
        self._demo = demo
        self._show_own()

    def sizeHint(self) -> QSize:
        """44 px at the drawn size, more with a larger font."""
        return QSize(super().sizeHint().width(), self._theme.px(44))

    def minimumSizeHint(self) -> QSize:
        """As high as it wants to be."""
        return QSize(super().minimumSizeHint().width(), self._theme.px(44))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorter words where there is little room."""
        compact = self.width() < self._theme.px(1000)
        self._name_exits(compact)
        self.applying.set_compact(compact)
        self._show_own()
        super().resizeEvent(event)

    def _show_own(self) -> None:
        """Where there is little room, what waits comes first; presets have a key and a menu, too."""
        narrow = self.width() < self._theme.px(1000)
        own = self._demo and not (narrow and self.applying.staged)
        self.own_button.setVisible(own)
        self.preset.setVisible(self._enabled and not (own and self._lacks_room()))

    def _lacks_room(self) -> bool:
        """Whether not everything fits beside each other."""
        parts = (self.run_button, self.panic_button, self.preset, self.applying, self.own_button, self.export_button)
        line = self.layout()
        assert line is not None
        margins = line.contentsMargins()
        wanted = sum(part.sizeHint().width() + line.spacing() for part in parts)
        return wanted + margins.left() + margins.right() > self.width()

    def _name_exits(self, compact: bool) -> None:
        self.preset.set_compact(compact)
        self.own_button.setText(self.tr("Own backend…") if compact else self.tr("Use my own backend…"))
        self.export_button.setText(self.tr("Export…") if compact else self.tr("Export for CI…"))
        self.own_button.setAccessibleName(self.tr("Use my own backend"))
        self.export_button.setAccessibleName(self.tr("Export for CI"))

    def _measure(self) -> None:
        metrics = QFontMetrics(self._theme.font("button"))
        words = max(metrics.horizontalAdvance(text) for text in (self.tr("Start"), self.tr("Stop")))
        self.run_button.setFixedWidth(words + self._theme.px(52))
        self._name_exits(compact=False)
        self.updateGeometry()

    def _run_pressed(self) -> None:
        (self.stop if self._running else self.start).emit()
