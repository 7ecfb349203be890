"""Which proxies are to listen: what Start and Stop said of all and of single ones. Owned by the local engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from vaurien_core.engine.checks import own_options
from vaurien_core.errors import UsageError
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.registry import Registry


class Wanted:
    """What the last Start and Stop leave. Nothing listens at first.

    Attributes:
        started: whether all were started.
    """

    def __init__(self, registry: Registry) -> None:
        self.started = False
        self._registry = registry
        self._singly: dict[str, bool] = {}
        self._closed = False
        self._acted: Callable[[ProxySpec], ProxySpec] = lambda spec: spec

    def through(self, acted: Callable[[ProxySpec], ProxySpec]) -> None:
        """What a scenario makes of each proxy."""
        self._acted = acted

    def turn_all(self, on: bool) -> None:
        """Start or stop all; what was said of single ones is forgotten."""
        self.started = on
        self._singly.clear()

    def turn(self, spec: ProxySpec, on: bool) -> None:
        """Start or stop one.

        Raises:
            UsageError: it is to be started and not enabled.
        """
        if on and not spec.enabled:
            raise UsageError(f"{spec.name} is not enabled: set its enabled to true first.")
        self._singly[spec.name] = on

    def forget(self, known: Iterable[str]) -> None:
        """Drop what was said of proxies that are gone."""
        self._singly = {name: self._singly[name] for name in known if name in self._singly}

    def close(self) -> None:
        """Nothing is wanted any more."""
        self._closed = True

    def proxies(self, profile: Profile) -> list[tuple[ProxySpec, bool]]:
        """Each proxy with the options of its present protocol only, and whether it is to listen."""
        acted = [self._acted(spec) for spec in profile.proxies]
        return [
            (replace(spec, protocol_options=own_options(spec, self._registry)), self._listens(spec)) for spec in acted
        ]

    def _listens(self, spec: ProxySpec) -> bool:
        return spec.enabled and not self._closed and self._singly.get(spec.name, self.started)
