"""File > New from preset: every preset, and the profile with one proxy that follows the chosen one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from vaurien_core.model.change import edit_all
from vaurien_core.model.profile import Profile
from vaurien_core.profiles import presets
from vaurien_core.profiles.presets import Listed, Preset
from vaurien_core.registry import Registry
from vaurien_gui.models.shown import PresetForm, PresetItem
from vaurien_gui.presenters.preset_changes import changes
from vaurien_gui.presenters.presets import note_of, unreadable, words_of
from vaurien_gui.presenters.proxies import new_profile
from vaurien_gui.session import Session


class NewFromPreset(QObject):
    """The same sheet as for presets shows it. The files are read when it opens."""

    changed = Signal()

    def __init__(self, session: Session, registry: Registry, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._registry, self._folder = session, registry, folder
        self._listed = Listed(())
        self._chosen = self._search = ""

    def begin(self) -> None:
        """Read the files anew; the first is chosen."""
        self._listed = presets.presets(self._registry, self._folder)
        self._search = self._chosen = ""
        self.search("")

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

    def form(self) -> PresetForm:
        """What the sheet shows: what the new profile has beside its addresses."""
        items = tuple(PresetItem(p.name, p.title, note_of(p)) for p in self._shown())
        preset, remark = self._preset(), unreadable(self._listed)
        if preset is None:
            return PresetForm(items, "", "", remark=remark or "No preset has these words.")
        bare = self._bare(preset)
        lines = tuple(changes(self._session, bare, presets.apply(bare, bare.proxies[0].name, preset)))
        return PresetForm(items, preset.name, "", preset.description, lines, remark, applicable=True)

    def profile(self) -> Profile | None:
        """A new profile that follows the chosen preset; None if none is chosen."""
        preset = self._preset()
        if preset is None:
            return None
        bare = self._bare(preset)
        return edit_all(bare, presets.apply(bare, bare.proxies[0].name, preset))

    def _bare(self, preset: Preset) -> Profile:
        """As File > New makes it, for a protocol that the preset is for and with the backend at its usual port."""
        made = new_profile()
        spec = made.proxies[0]
        if preset.fits(spec.protocol):
            return made
        protocol = preset.protocols[0]
        info = next(p for p in self._session.catalogue.protocols if p.name == protocol)
        backend = f"127.0.0.1:{info.default_port}" if info.default_port else spec.backend
        return replace(made, proxies=(replace(spec, protocol=protocol, backend=backend),))

    def _preset(self) -> Preset | None:
        return next((p for p in self._shown() if p.name == self._chosen), None)

    def _shown(self) -> list[Preset]:
        words = self._search.lower().split()
        known = {p.name for p in self._session.catalogue.protocols}
        usable = (p for p in self._listed.presets if not p.protocols or p.protocols[0] in known)
        return [p for p in usable if all(w in words_of(p) for w in words)]
