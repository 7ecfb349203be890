"""What an engine offers: behaviors, protocols and their errors, described as data.

The window builds its forms from it, `vaurien describe` and the manual print it; a remote engine sends it, so
that its plugins get a form too.
"""

from __future__ import annotations

from vaurien_core.frozen import dataclass
from vaurien_core.model.toxics import MOUNT, toxic_options
from vaurien_core.options import Option


@dataclass(frozen=True, slots=True)
class BehaviorInfo:
    """One registered behavior."""

    name: str
    title: str
    summary: str
    """One sentence."""
    wire: str
    """One paragraph: what really happens on the wire."""
    group: str
    """Timing, Errors, Connection, Data or Bandwidth."""
    protocols: tuple[str, ...] = ()
    """Where it works; empty: everywhere."""
    mounts: tuple[str, ...] = ("mix",)
    options: tuple[Option, ...] = ()
    origin: str = ""
    """Module of a plugin, or "" for a built-in one."""
    mix_only: tuple[str, ...] = ()
    """Names of options that mean nothing on a toxic."""


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """One protocol-true error that `error` can answer with."""

    name: str
    title: str
    phases: tuple[str, ...] = ("before", "after")
    at: str = "request"
    """`request` or `connect`."""
    closes: bool = False
    random: bool = False
    """Whether `error = random` may pick it."""
    wire: str = ""
    """Its bytes in short: `HTTP/1.1 503 Service Unavailable`."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ProtocolInfo:
    """One registered protocol."""

    name: str
    title: str
    summary: str
    default_port: int = 0
    options: tuple[Option, ...] = ()
    errors: tuple[ErrorInfo, ...] = ()
    origin: str = ""
    upgrade: str = ""
    """How plain text turns to TLS within the protocol (`STARTTLS`), or ""."""
    tls_port: int = 0
    """Where its servers speak TLS from the first byte; 0: nowhere by convention."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of it."""

    behaviors: tuple[BehaviorInfo, ...] = ()
    protocols: tuple[ProtocolInfo, ...] = ()
    selectors: tuple[Option, ...] = ()
    """What every rule of a mix can have beside its behavior's options."""

    def behavior(self, name: str) -> BehaviorInfo | None:
        """A behavior by name."""
        return next((b for b in self.behaviors if b.name == name), None)

    def options(self, behavior: str) -> tuple[Option, ...]:
        """Everything that a rule of this behavior can set: its own options, then its selectors."""
        info = self.behavior(behavior)
        return (*info.options, *self.selectors_of(behavior)) if info is not None else ()

    def selectors_of(self, behavior: str) -> tuple[Option, ...]:
        """The selectors of a rule of this behavior: an option of its own hides the one of that name."""
        info = self.behavior(behavior)
        taken = {option.name for option in info.options} if info is not None else set()
        return tuple(option for option in self.selectors if option.name not in taken)

    @property
    def toxics(self) -> tuple[BehaviorInfo, ...]:
        """The behaviors that a toxic can be of."""
        return tuple(b for b in self.behaviors if MOUNT in b.mounts)

    def toxic_options(self, behavior: str) -> tuple[Option, ...]:
        """What a toxic of this behavior can set beside what every toxic can."""
        info = self.behavior(behavior)
        return toxic_options(info.options, info.mix_only) if info is not None and MOUNT in info.mounts else ()

    def protocol(self, name: str) -> ProtocolInfo | None:
        """A protocol by name."""
        return next((p for p in self.protocols if p.name == name), None)
