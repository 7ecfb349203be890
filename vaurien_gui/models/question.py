"""What a probe is asked: an address, what is expected there, and how a proxy would go there."""

from __future__ import annotations

from dataclasses import dataclass

from vaurien_core.model.profile import ProxySpec


@dataclass(frozen=True, slots=True)
class Question:
    """Field names are the arguments of `Engine.probe`."""

    backend: str
    protocol: str
    backend_tls: str = ""
    backend_verify: str = "yes"
    backend_name: str = ""

    @classmethod
    def of(cls, spec: ProxySpec) -> Question:
        """What a proxy's settings ask."""
        return cls(spec.backend, spec.protocol, spec.backend_tls, spec.backend_verify, spec.backend_name)
