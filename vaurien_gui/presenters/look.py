"""What the user chose to see of graphs and journal; remembered in the settings."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QSettings, Signal

from vaurien_gui.models.graphs_look import MARKER_CLASSES, POPULATION_TITLES, GraphsLook, PanelLayout
from vaurien_gui.models.journal_model import CAPACITY, LARGEST


class LookPresenter(QObject):
    """Holds the look; `changed` says that it is another."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.look = GraphsLook()
        self.current = self.look.panels.shown[0]
        """The panel that menus are about."""
        self.journal_size = CAPACITY
        self.detail = True
        """Whether the journal's trace stands beside a selected row."""

    def restore(self, settings: QSettings) -> None:
        """Take up what `save` wrote; anything else is as it was at first."""
        panels = PanelLayout.from_text(str(settings.value("graphs/panels", "")))
        population = str(settings.value("graphs/latency", "all"))
        hidden = frozenset(str(settings.value("graphs/hidden-markers", "")).split()) & set(MARKER_CLASSES)
        self.look = GraphsLook(panels, population if population in POPULATION_TITLES else "all", hidden)
        size = str(settings.value("journal/size", CAPACITY))
        self.journal_size = min(max(int(size), 1000), LARGEST) if size.isdecimal() else CAPACITY
        self.detail = str(settings.value("journal/detail", "true")) != "false"
        self._announce()

    def save(self, settings: QSettings) -> None:
        """Remember it."""
        settings.setValue("graphs/panels", self.look.panels.to_text())
        settings.setValue("graphs/latency", self.look.population)
        settings.setValue("graphs/hidden-markers", " ".join(sorted(self.look.hidden_markers)))
        settings.setValue("journal/size", self.journal_size)
        settings.setValue("journal/detail", "true" if self.detail else "false")

    def choose_panel(self, key: str) -> None:
        """Menus are about this panel now."""
        if key != self.current:
            self.current = key
            self.changed.emit()

    def toggle_panel(self, key: str) -> None:
        """Show or hide one."""
        self._set(replace(self.look, panels=self.look.panels.toggled(key)))

    def maximise(self, key: str) -> None:
        """All the room for one, or all of them again."""
        self.current = key
        self._set(replace(self.look, panels=self.look.panels.maximised(key)))

    def maximise_current(self) -> None:
        """The one that menus are about."""
        self.maximise(self.current)

    def move_current(self, by: int) -> None:
        """One place up (-1) or down (1)."""
        self._set(replace(self.look, panels=self.look.panels.moved(self.current, by)))

    def set_population(self, population: str) -> None:
        """Whose latencies are shown, a name of `POPULATIONS`."""
        self._set(replace(self.look, population=population))

    def toggle_markers(self, kind: str) -> None:
        """Show or hide a class of markers."""
        self._set(self.look.markers_toggled(kind))

    def set_journal_size(self, rows: int) -> None:
        """How many rows the journal keeps."""
        self.journal_size = rows
        self.changed.emit()

    def toggle_detail(self) -> None:
        """Show the trace of a selected row, or not."""
        self.detail = not self.detail
        self.changed.emit()

    def _set(self, look: GraphsLook) -> None:
        self.look = look
        self._announce()

    def _announce(self) -> None:
        shown = self.look.panels.shown
        if self.current not in shown:
            self.current = shown[0]
        self.changed.emit()
