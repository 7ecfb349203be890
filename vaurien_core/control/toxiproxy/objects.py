"""Proxies and toxics as the clients of Toxiproxy see them."""

from __future__ import annotations

from typing import Any

from vaurien_core.control.toxiproxy.listening import shown
from vaurien_core.frozen import dataclass
from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.events import EngineState, ProxyState
from vaurien_core.model.profile import Profile, ProxySpec, ToxicSpec
from vaurien_core.profiles.toxiproxy import attributes

FIRST = ("upstream", "both", "downstream")
"""In which order toxics are listed; a toxic on both streams acts on the upstream one first."""


@dataclass(frozen=True, slots=True)
class Stand:
    """An engine at one moment."""

    profile: Profile
    state: EngineState
    catalogue: Catalogue

    def spec(self, name: str) -> ProxySpec | None:
        """A proxy by name."""
        return next((p for p in self.profile.proxies if p.name == name), None)

    def proxy(self, spec: ProxySpec) -> dict[str, Any]:
        """A proxy as JSON."""
        state = self.state.proxy(spec.name)
        return {
            "name": spec.name,
            "listen": listen_of(spec, state),
            "upstream": spec.backend,
            "enabled": is_enabled(spec, state),
            "toxics": self.toxics(spec),
        }

    def toxics(self, spec: ProxySpec) -> list[dict[str, Any]]:
        """The toxics of a proxy: those of the upstream first, each stream's in their order."""
        return [self.toxic(toxic) for stream in FIRST for toxic in spec.toxics if toxic.stream == stream]

    def toxic(self, toxic: ToxicSpec) -> dict[str, Any]:
        """A toxic as JSON; `enabled` is there only for one that is switched off."""
        body: dict[str, Any] = {
            "attributes": attributes(toxic, self.catalogue),
            "name": toxic.name,
            "type": toxic.kind,
            "stream": toxic.stream,
            "toxicity": toxic.toxicity,
        }
        return body if toxic.enabled else {**body, "enabled": False}


def listen_of(spec: ProxySpec, state: ProxyState) -> str:
    """Where a proxy listens, numeric; what was asked for while it doesn't."""
    return shown(state.bound) if state.running else spec.proxy


def is_enabled(spec: ProxySpec, state: ProxyState) -> bool:
    """Whether clients are served, or would be but for a state that is a fault (`down`)."""
    return spec.enabled and (state.running or (state.state != "up" and not state.error))
