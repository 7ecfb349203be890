"""The toxics of the selected proxy: presenter and panel, tied together. Owned by the workbench."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from vaurien_core.registry import Registry
from vaurien_gui.presenters.toxics import ToxicsPresenter
from vaurien_gui.session import Session

if TYPE_CHECKING:
    from vaurien_gui.views.window import MainWindow
    from vaurien_gui.workbench import Workbench


class Toxics(QObject):
    """See the module; `show` draws what there is now."""

    def __init__(self, session: Session, window: MainWindow, registry: Registry, bench: Workbench) -> None:
        super().__init__(bench)
        self._session, self._view = session, window.toxics
        self.presenter = ToxicsPresenter(session, registry, bench.presets.networks)
        view, presenter = self._view, self.presenter
        view.add_requested.connect(self._add)
        view.network_requested.connect(presenter.add_network)
        view.enabled_edited.connect(presenter.enable)
        view.move_wanted.connect(presenter.move)
        view.option_edited.connect(presenter.set_option)
        view.option_reset.connect(presenter.reset_option)
        view.remove_requested.connect(presenter.remove)
        view.kick.connect(bench.proxies.kick)

    def show(self) -> None:
        """The panel anew."""
        panel = self.presenter.panel()
        self._view.setVisible(panel is not None)
        if panel is not None:
            self._view.show_toxics(panel)

    def names(self, taken: Container[str]) -> tuple[str, ...]:
        """What the toxics of all proxies are called, as far as nothing else is called so: for the journal's filter."""
        profile = self._session.profile
        names = (toxic.name for spec in (profile.proxies if profile else ()) for toxic in spec.toxics)
        return tuple(dict.fromkeys(name for name in names if name not in taken))

    def _add(self, kind: str) -> None:
        name = self.presenter.add(kind)
        self.show()
        if name:
            self._view.open_options(name)
            self._view.row(name).form.setFocus()
