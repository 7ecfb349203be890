"""A list of presets that is searched and one of which is chosen: what the two sheets of presets have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import QObject, Signal

from vaurien_core.profiles.presets import Preset


class PresetChoice(QObject):
    """Base of the presenters of these sheets; they say which presets there are."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chosen = self._search = ""

    def search(self, text: str) -> None:
        """Show only those whose words hold all of these."""
        self._search = text
        shown = [preset.name for preset in self._shown()]
        if self._chosen not in shown:
            self._chosen = shown[0] if shown else ""
        self.changed.emit()

    def choose(self, name: str) -> None:
        """Look at one."""
        if name != self._chosen:
            self._chosen = name
            self.changed.emit()

    def _usable(self) -> Iterable[Preset]:
        """Those that can be chosen at all."""
        raise NotImplementedError

    def _shown(self) -> list[Preset]:
        words = self._search.lower().split()
        return [p for p in self._usable() if all(word in words_of(p) for word in words)]

    def _preset(self) -> Preset | None:
        """The chosen one, if it is shown."""
        return next((p for p in self._shown() if p.name == self._chosen), None)


def words_of(preset: Preset) -> str:
    """What a search looks through."""
    return " ".join((preset.name, preset.title, preset.description, *preset.protocols, *_behaviors(preset))).lower()


def _behaviors(preset: Preset) -> Iterator[str]:
    yield from (rule.behavior for rule in preset.mix)
    yield from (spec.kind for spec in preset.behaviors)
    yield from (name for spec in preset.toxics for name in (spec.name, spec.kind))
