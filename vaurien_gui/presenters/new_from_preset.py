"""File > New from preset: every preset, and the profile with one proxy that follows the chosen one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from vaurien_core.model.change import edit_all
from vaurien_core.model.profile import Profile
from vaurien_core.profiles import presets
from vaurien_core.profiles.presets import Listed, Preset
from vaurien_core.registry import Registry
from vaurien_gui.models.shown import PresetForm, PresetItem
from vaurien_gui.presenters.choosing import PresetChoice
from vaurien_gui.presenters.preset_changes import changes
from vaurien_gui.presenters.presets import note_of, unreadable
from vaurien_gui.presenters.proxies import new_profile
from vaurien_gui.session import Session


class NewFromPreset(PresetChoice):
    """The same sheet as for presets shows it. The files are read when it opens."""

    def __init__(self, session: Session, registry: Registry, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._registry, self._folder = session, registry, folder
        self._listed = Listed(())

    def begin(self) -> None:
        """Read the files anew; the first is chosen."""
        self._listed = presets.presets(self._registry, self._folder)
        self._search = self._chosen = ""
        self.search("")

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

    def _usable(self) -> Iterator[Preset]:
        known = {p.name for p in self._session.catalogue.protocols}
        return (p for p in self._listed.presets if not p.protocols or p.protocols[0] in known)
