"""Presets: which fit the selected proxy, what applying one changes, and the present mix as one more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject

from vaurien_core.errors import VaurienError
from vaurien_core.model.change import Edit
from vaurien_core.model.profile import Profile, ProxySpec, ToxicSpec
from vaurien_core.profiles import preset_writing, presets
from vaurien_core.profiles.presets import Listed, Preset
from vaurien_core.registry import Registry
from vaurien_gui.models.shown import PresetForm, PresetItem
from vaurien_gui.models.toxics_shown import NetworkItem
from vaurien_gui.presenters.choosing import PresetChoice
from vaurien_gui.presenters.networks import networks
from vaurien_gui.presenters.preset_changes import changes
from vaurien_gui.session import Session

APPLY = "Apply preset"
"""How the label of its undo step begins."""
Offered = tuple[tuple[NetworkItem, tuple[ToxicSpec, ...]], ...]
NONE, CUSTOM = "None", "Custom"
"""What the toolbar says without a preset: nothing is broken, or something else is."""


class PresetsPresenter(PresetChoice):
    """The files are read when the sheet opens; which preset is followed is read off the profile."""

    def __init__(self, session: Session, registry: Registry, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._registry, self.folder = session, registry, folder
        self._listed: Listed | None = None
        self._followed: tuple[Profile, str, str] | None = None
        self._networks: tuple[Listed, str, Offered] | None = None

    # --- the toolbar

    def followed(self) -> str:
        """The title of the preset that the selected proxy follows to the letter; `None` or `Custom` else."""
        profile, spec = self._session.profile, self._session.proxy
        if profile is None or spec is None:
            return NONE
        known = self._followed
        if known is None or known[0] is not profile or known[1] != spec.name:
            preset = presets.present(profile, spec.name, self._all().presets)
            broken = preset_writing.worth_saving(spec) or profile.scenario is not None
            title = preset.title if preset else CUSTOM if broken else NONE
            known = self._followed = (profile, spec.name, title)
        return known[2]

    # --- the sheet

    def begin(self) -> None:
        """Read the files anew; the preset that is followed, or else the first, is chosen."""
        self._listed = self._followed = None
        self._search = ""
        title = self.followed()
        fitting = list(self._usable())
        self._chosen = next((p.name for p in fitting if p.title == title), fitting[0].name if fitting else "")
        self.changed.emit()

    def form(self) -> PresetForm:
        """What the sheet shows."""
        profile, spec = self._session.profile, self._session.proxy
        shown = self._shown()
        preset = self._preset()
        items = tuple(PresetItem(p.name, p.title, note_of(p)) for p in shown)
        remark = unreadable(self._all())
        if profile is None or spec is None or preset is None:
            remark = remark if items else f"No preset for {spec.protocol if spec else 'this'} has these words."
            return PresetForm(items, "", _proxy_words(spec), remark=remark)
        edits = presets.apply(profile, spec.name, preset)
        lines = tuple(changes(self._session, profile, edits))
        remark = remark if edits else f"{spec.name} is like this already."
        return PresetForm(
            items, preset.name, _proxy_words(spec), preset.description, lines, remark, applicable=bool(edits)
        )

    def apply(self) -> str:
        """Lay the chosen one over the selected proxy, as one undo step; its title, "" if there was nothing to do."""
        profile, spec = self._session.profile, self._session.proxy
        preset = self._preset()
        if profile is None or spec is None or preset is None:
            return ""
        edits: tuple[Edit, ...] = presets.apply(profile, spec.name, preset)
        if not edits:
            return ""
        self._session.edit_all([(e.path, e.value) for e in edits], f"{APPLY} {preset.title}")
        self._session.happen(f"Preset {preset.title}", "preset")
        return preset.title

    def networks(self, spec: ProxySpec) -> Offered:
        """The network profiles for a proxy; see `ToxicsPresenter`."""
        listed = self._all()
        known = self._networks
        if known is None or known[0] is not listed or known[1] != spec.protocol:
            known = self._networks = (listed, spec.protocol, networks(listed.presets, spec))
        return known[2]

    # --- saving

    def save_problem(self, title: str) -> str:
        """Why the present mix can't be saved under this title; "" if it can."""
        spec = self._session.proxy
        if spec is None or not preset_writing.worth_saving(spec):
            return "Nothing is broken now: give a behavior a weight or add a toxic first."
        if not preset_writing.file_name(title):
            return "Type a name." if not title.strip() else "The name needs a letter or a digit."
        return ""

    def replaces(self, title: str) -> str:
        """The title of the user's own preset that saving under this title writes over, or ""."""
        name = preset_writing.file_name(title)
        own = (p for p in self._all().presets if not p.builtin and f"{p.name}.ini" == name)
        return next((p.title for p in own), "")

    def save(self, title: str, description: str) -> str:
        """Write the present mix and toxics as a preset of the user's; what went wrong, or ""."""
        spec = self._session.proxy
        problem = self.save_problem(title)
        if problem or spec is None:
            return problem
        path = self.folder / preset_writing.file_name(title)
        try:
            text = preset_writing.text_of(spec, title, description, self._registry)
            presets.reads(text, path.name, self._registry)
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except VaurienError as error:
            return str(error)
        except OSError as error:
            return f"{path} could not be written: {error.strerror}."
        self._listed = self._followed = None
        self._session.announce()
        return ""

    # --- inside

    def _all(self) -> Listed:
        if self._listed is None:
            self._listed = presets.presets(self._registry, self.folder)
        return self._listed

    def _fits(self, preset: Preset) -> bool:
        spec = self._session.proxy
        return spec is not None and preset.fits(spec.protocol)

    def _usable(self) -> Iterator[Preset]:
        return (preset for preset in self._all().presets if self._fits(preset))


def unreadable(listed: Listed) -> str:
    """Which file can't be used, and why; "" if all can."""
    problems = listed.problems
    return f"{Path(problems[0].file).name} can't be used: {problems[0]}" if problems else ""


def note_of(preset: Preset) -> str:
    """What it is for, and whose."""
    notes = [*(() if preset.builtin else ("your own",)), *(("over time",) if preset.scenario else ())]
    return ", ".join([", ".join(preset.protocols) or "any protocol", *notes])


def _proxy_words(spec: ProxySpec | None) -> str:
    return f"{spec.name}, {spec.protocol}" if spec is not None else ""
