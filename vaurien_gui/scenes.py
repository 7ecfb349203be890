"""Scenario and expectations, tied together: their presenters, their tabs, and what their actions do.

Owned by the workbench, which calls `show` when anything may have changed and `frame` five times a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from vaurien_core.registry import Registry
from vaurien_gui.presenters.expectations import TEXT, ExpectationsPresenter
from vaurien_gui.presenters.scenario import ScenarioPresenter
from vaurien_gui.presenters.states import StatesPresenter
from vaurien_gui.scene_actions import EDITS, EXPECTATION_EDITS
from vaurien_gui.session import Session
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.expectations_view import ExpectationsView
from vaurien_gui.views.scenario.scenario_view import ScenarioView

if TYPE_CHECKING:
    from vaurien_gui.actions import Actions
    from vaurien_gui.views.window import MainWindow

JOURNAL, SCENARIO, EXPECTATIONS = range(3)
"""The tabs."""


class Scenes(QObject):
    """See the module."""

    def __init__(self, session: Session, window: MainWindow, theme: Theme, registry: Registry, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._window = session, window
        self.scenario, self.expectations = ScenarioPresenter(session, registry), ExpectationsPresenter(session)
        self.states = StatesPresenter(session)
        self.scenario_view, self.expectations_view = ScenarioView(theme), ExpectationsView(theme)
        window.journal.add_page("Scenario", self.scenario_view, self.scenario_view.tools)
        window.journal.add_page("Expectations", self.expectations_view, self.expectations_view.tools)
        self._connect()

    def show(self) -> None:
        """Everything anew."""
        page = self.scenario.page()
        self.scenario_view.show_page(page)
        self._judge()

    def frame(self) -> None:
        """What moves by itself, of what is in sight."""
        if self._window.journal.tab == SCENARIO and self.scenario.playing.state is not None:
            self.scenario_view.show_page(self.scenario.page())
        self._judge()

    def give_actions(self, actions: Actions) -> None:
        """Buttons and menus beside the tabs are the registry's actions."""
        self.scenario_view.set_actions(
            [actions[key] for key in EDITS],
            [actions[key] for key in ("scenario-jump", *EDITS, "phase-proxy")],
        )
        self.expectations_view.set_actions([actions[key] for key in EXPECTATION_EDITS])

    def enable(self, actions: Actions) -> None:
        """What can be done now."""
        session, page = self._session, self.scenario.page()
        there, some = session.profile is not None, bool(page.rows)
        items = len(session.profile.expectations) if session.profile is not None else 0
        plays = some and page.playable
        actions.enable(
            scenario_toggle=plays, scenario_skip=page.skippable, scenario_restart=plays, scenario_jump=plays,
            phase_add=there, phase_duplicate=some, phase_remove=some, phase_proxy=bool(page.proxies) and some,
            phase_up=some and self.scenario.chosen > 0,
            phase_down=some and self.scenario.chosen < page.track.count - 1,
            expectation_add=there, expectation_remove=items > 0, expectation_up=self.expectations.chosen > 0,
            expectation_down=self.expectations.chosen < items - 1,
            take_down=session.proxy is not None, tab_journal=there, tab_scenario=there, tab_expectations=there,
        )  # fmt: skip
        actions["take-down"].setChecked(session.proxy is not None and session.proxy.state != "up")
        self.scenario_view.show_proxies(bool(page.proxies))

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What each action does, by its id."""
        scenario, expectations = self.scenario, self.expectations
        return {
            "scenario-toggle": lambda: scenario.act("toggle"),
            "scenario-skip": lambda: scenario.act("skip"),
            "scenario-restart": lambda: scenario.act("restart"),
            "scenario-jump": scenario.jump,
            "phase-add": self._add_phase,
            "phase-duplicate": lambda: self._phase(scenario.duplicate(), edit=True),
            "phase-remove": lambda: self._phase(scenario.remove(self.scenario_view.table.key)),
            "phase-up": lambda: self._phase(scenario.move(-1)),
            "phase-down": lambda: self._phase(scenario.move(1)),
            "phase-proxy": self._ask_proxy,
            "expectation-add": self._add_expectation,
            "expectation-remove": expectations.remove,
            "expectation-up": lambda: self._expectation(expectations.move(-1)),
            "expectation-down": lambda: self._expectation(expectations.move(1)),
            "take-down": self.states.toggle,
            "tab-journal": lambda: self._turn(JOURNAL),
            "tab-scenario": lambda: self._turn(SCENARIO),
            "tab-expectations": lambda: self._turn(EXPECTATIONS),
        }

    # -- inside

    def _judge(self) -> None:
        shown = self.expectations.page()
        self._window.graphs.set_verdicts(shown.met, len(shown.rows))
        if self._window.journal.tab == EXPECTATIONS:
            self.expectations_view.show_rows(shown.rows)

    def _turn(self, tab: int) -> None:
        """Bring a tab to the front, the keyboard with it."""
        self._window.journal.show_tab(tab)
        view, page = self.scenario_view, self.scenario.page()
        if tab == SCENARIO:
            (view.table if page.rows else view.add_button).setFocus()
        elif tab == EXPECTATIONS:
            other = self.expectations_view
            (other.table if other.table.rows else other.add_button).setFocus()
        else:
            self._window.journal.table.setFocus()

    def _phase(self, key: str, *, edit: bool = False) -> None:
        self._window.journal.show_tab(SCENARIO)
        self.show()
        self.scenario_view.table.choose(key, edit=edit)

    def _add_phase(self) -> None:
        self._phase(self.scenario.add(), edit=True)

    def _ask_proxy(self) -> None:
        self._window.journal.show_tab(SCENARIO)
        self.scenario_view.ask_proxy()

    def _proxy(self, name: str) -> None:
        self._phase(self.scenario.add_proxy(name))

    def _add_expectation(self) -> None:
        key = self.expectations.add()
        self._expectation(key)
        self.expectations_view.table.choose(key, TEXT, edit=True)

    def _expectation(self, key: str) -> None:
        self._window.journal.show_tab(EXPECTATIONS)
        self._judge()
        self.expectations_view.table.choose(key)

    def _connect(self) -> None:
        view, scenario = self.scenario_view, self.scenario
        view.toggle.connect(lambda: scenario.act("toggle"))
        view.skip.connect(lambda: scenario.act("skip"))
        view.restart.connect(lambda: scenario.act("restart"))
        view.jump.connect(scenario.jump)
        view.add.connect(self._add_phase)
        view.proxy_wanted.connect(self._proxy)
        view.cell_edited.connect(scenario.set_cell)
        view.row_chosen.connect(self._choose)
        view.remove.connect(lambda key: self._phase(scenario.remove(key)))
        view.move_wanted.connect(lambda by: self._phase(scenario.move(by)))
        view.repeat_edited.connect(scenario.set_repeat)
        view.key_edited.connect(scenario.set_key)
        other, expectations = self.expectations_view, self.expectations
        other.add.connect(self._add_expectation)
        other.cell_edited.connect(expectations.set_cell)
        other.row_chosen.connect(self._choose_expectation)
        other.remove.connect(expectations.remove)
        other.move_wanted.connect(lambda by: self._expectation(expectations.move(by)))
        self._window.graphs.verdicts_wanted.connect(lambda: self._turn(EXPECTATIONS))
        self._window.journal.turned.connect(lambda _: self.show())
        self._window.proxy_panel.state_edited.connect(self.states.set)

    def _choose(self, key: str) -> None:
        self.scenario.choose(key)
        self._session.announce()

    def _choose_expectation(self, key: str) -> None:
        self.expectations.choose(key)
        self._session.announce()
