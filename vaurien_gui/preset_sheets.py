"""The sheets of presets over the window, tied to their presenter."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from vaurien_gui.presenters.new_from_preset import NewFromPreset
from vaurien_gui.presenters.presets import PresetsPresenter
from vaurien_gui.session import Session
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.preset_saving import PresetSaving
from vaurien_gui.views.preset_sheet import PresetSheet
from vaurien_gui.views.sheet import Sheet
from vaurien_gui.views.window import MainWindow


class PresetSheets(QObject):
    """Owned by the app; the sheets belong to the window."""

    told = Signal(str)
    """Something was done: a sentence."""

    new_wanted = Signal(object)
    """The `Profile` to open in place of what is open."""

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        theme: Theme,
        presenter: PresetsPresenter,
        beginning: NewFromPreset,
    ) -> None:
        super().__init__(window)
        self._session, self._presenter, self._beginning = session, presenter, beginning
        self.new = PresetSheet(theme, fresh=True)
        self.new_sheet = Sheet(theme, window, window.band, self.new, 760, 560)
        self.list, self.saving = PresetSheet(theme), PresetSaving(theme)
        self.list_sheet = Sheet(theme, window, window.band, self.list, 760, 560)
        self.saving_sheet = Sheet(theme, window, window.band, self.saving, 520, 300)
        self._connect()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions do, by id."""
        return {"presets": self.show_list, "save-preset": self.show_saving, "new-from-preset": self.show_new}

    def show_list(self) -> None:
        """What fits the selected proxy."""
        if self._session.proxy is None:
            return
        self._presenter.begin()
        self.list.show_form(self._presenter.form(), fresh=True)
        self.list_sheet.open()

    def show_new(self) -> None:
        """All of them, to begin a profile with."""
        self._beginning.begin()
        self.new.show_form(self._beginning.form(), fresh=True)
        self.new_sheet.open()

    def show_saving(self) -> None:
        """A name for the present mix."""
        if self._session.proxy is None:
            return
        self.list_sheet.close_sheet()
        self.saving.begin(str(self._presenter.folder))
        self.saving_sheet.open()

    def _connect(self) -> None:
        presenter, view, saving = self._presenter, self.list, self.saving
        presenter.changed.connect(lambda: view.show_form(presenter.form()))
        view.searched.connect(presenter.search)
        view.chosen.connect(presenter.choose)
        view.applied.connect(self._apply)
        view.save_wanted.connect(self.show_saving)
        view.done.connect(self.list_sheet.close_sheet)
        begun, new = self._beginning, self.new
        begun.changed.connect(lambda: new.show_form(begun.form()))
        new.searched.connect(begun.search)
        new.chosen.connect(begun.choose)
        new.applied.connect(self._create)
        new.done.connect(self.new_sheet.close_sheet)
        saving.typed.connect(self._typed)
        saving.saved.connect(self._save)
        saving.done.connect(self.saving_sheet.close_sheet)

    def _apply(self) -> None:
        title = self._presenter.apply()
        if title:
            self.list_sheet.close_sheet()
            self.told.emit(f"Applied {title}")

    def _create(self) -> None:
        profile = self._beginning.profile()
        if profile is not None:
            self.new_wanted.emit(profile)

    def _typed(self, name: str) -> None:
        replaced = self._presenter.replaces(name)
        self.saving.show_words(remark=f"Replaces your preset {replaced}." if replaced else "")

    def _save(self, name: str, description: str) -> None:
        problem = self._presenter.save(name, description)
        if problem:
            self.saving.show_words(problem)
        else:
            self.saving_sheet.close_sheet()
            self.told.emit(f"Saved preset {name.strip()}")
