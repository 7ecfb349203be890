"""The names of rules in the window: a copy under its own, another for a rule, and why one can't be had."""

from __future__ import annotations

from collections.abc import Callable

from vaurien_core.model.profile import ProxySpec
from vaurien_gui.models import rule_renaming
from vaurien_gui.presenters import rules
from vaurien_gui.session import Session

Show = Callable[[str, str, str], None]
"""A row is to be shown: proxy, rule, and in whose place ("": at the end)."""


class RuleNames:
    """Works on the selected proxy. Owned by the mix presenter, which shows the rows."""

    def __init__(self, session: Session, show: Show) -> None:
        self._session, self._show = session, show
        self._refused: dict[tuple[str, str], str] = {}
        """Proxy and row for which a name was asked that can't be had, and why."""

    def problem(self, proxy: str, rule: str) -> str:
        """Why the name that was last asked for can't be had; "" if it can."""
        return self._refused.get((proxy, rule), "")

    def renamable(self, spec: ProxySpec, rule: str) -> bool:
        """Whether the name is the profile's own: a behavior's is not."""
        return bool(spec.behavior(rule).type)

    def copy(self, behavior: str, name: str) -> None:
        """Make a rule of its own out of a row: the same options and selectors under a name, at 0 %."""
        spec, name = self._session.proxy, name.strip()
        if spec is not None and self._may(spec, behavior, name, [spec]):
            made = rules.copy_of(spec.behavior(behavior), name)
            self._show(spec.name, name, "")
            self._session.edit(("proxies", spec.name, "behaviors", name), made, f"Add rule {name}")
        self._session.announce()

    def rename(self, rule: str, name: str) -> None:
        """Give a rule another name, wherever the profile speaks of it, as one step."""
        spec, profile, name = self._session.proxy, self._session.profile, name.strip()
        if spec is None or profile is None or not self.renamable(spec, rule):
            return
        if name == rule:
            self._refused.pop((spec.name, rule), None)
        elif self._may(spec, rule, name, profile.proxies):
            self._show(spec.name, name, rule)
            self._session.edit_all(rule_renaming.renaming(profile, rule, name), f"Rename rule {rule} to {name}")
        self._session.announce()

    def forget(self) -> None:
        """Another profile is open."""
        self._refused.clear()

    def _may(self, spec: ProxySpec, row: str, name: str, among: list[ProxySpec] | tuple[ProxySpec, ...]) -> bool:
        """Whether the name is free; remembers why not."""
        registered = [b.name for b in self._session.catalogue.behaviors]
        problems = (rules.name_problem(name, each, registered) for each in among)
        problem = next(filter(None, problems), "")
        self._refused.pop((spec.name, row), None)
        if problem:
            self._refused[spec.name, row] = problem
        return not problem
