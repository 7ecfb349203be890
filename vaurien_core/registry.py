"""Which behaviors and protocols there are: an explicit table, one per engine, extended by plugins.

No global state: `Registry.builtin()` makes a new one; `plugins.load` adds to it. What is shipped is imported when it is
asked for by name; lists (`behavior_names`, `toxic_names`, the catalogue) and `complete` import all of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from vaurien_core.behaviors.base import Behavior
from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.model.catalogue import BehaviorInfo, Catalogue, ProtocolInfo
from vaurien_core.model.profile import BehaviorSpec
from vaurien_core.model.selectors import SELECTORS, Selector, contradiction, split
from vaurien_core.model.toxics import MOUNT, toxic_options
from vaurien_core.options import Option
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.shelf import Shelf

T = TypeVar("T")
BEHAVIORS = ("delay", "error", "transient", "hang", "abort", "blackout", "duplicate_request", "dummy")
"""What Vaurien ships, each in a file of its name (`shelf`)."""
STREAM_FAULTS = (
    "latency", "bandwidth", "slicer", "limit_data", "reset_peer", "timeout", "slow_close", "corrupt", "loss",
    "half_open", "short_write", "noop",
)  # fmt: skip
"""What can be mounted on streams."""
PROTOCOLS = ("tcp", "http", "redis", "memcache", "mysql", "smtp")
MIX = "mix"
"""How `Behavior.mounts` says that a behavior can be drawn for exchanges."""
RESERVED = "mix"
"""No behavior may be called so (classic.md)."""


class Registry:
    """The behaviors and protocols that one engine knows, by name."""

    def __init__(
        self, behaviors: tuple[type[Behavior], ...] = (), protocols: tuple[type[ProtocolType], ...] = ()
    ) -> None:
        self._behaviors = Shelf[Behavior]("vaurien_core.behaviors")
        self._protocols = Shelf[ProtocolType]("vaurien_core.protocols")
        self._origins: dict[str, str] = {}
        self._shared: dict[type, object] = {}
        for behavior in behaviors:
            self.add_behavior(behavior)
        for protocol in protocols:
            self.add_protocol(protocol)

    @classmethod
    def builtin(cls) -> Registry:
        """What Vaurien ships."""
        made = cls()
        made._behaviors = Shelf("vaurien_core.behaviors", (*BEHAVIORS, *STREAM_FAULTS))
        made._protocols = Shelf("vaurien_core.protocols", PROTOCOLS)
        return made

    def complete(self) -> None:
        """Import all of it now: for a process whose profile others may change while bytes flow."""
        self._behaviors.all()
        self._protocols.all()

    def add_behavior(self, behavior: type[Behavior], origin: str = "") -> None:
        """Register a behavior under its `name`; a plugin may replace a built-in one.

        Raises:
            UsageError: the name is empty or reserved.
        """
        if not behavior.name or behavior.name == RESERVED:
            raise UsageError(f'no behavior may be called "{behavior.name}".')
        self._behaviors.put(behavior.name, behavior)
        self._origins[f"behavior:{behavior.name}"] = origin

    def add_protocol(self, protocol: type[ProtocolType], origin: str = "") -> None:
        """Register a protocol under its `name`."""
        if not protocol.name:
            raise UsageError("a protocol needs a name.")
        self._protocols.put(protocol.name, protocol)
        self._origins[f"protocol:{protocol.name}"] = origin

    def shared(self, kind: type[T]) -> T:
        """The one object of a kind that all plugins of this engine share; made when first asked for."""
        made = self._shared.setdefault(kind, None)
        if made is None:
            made = self._shared[kind] = kind()
        assert isinstance(made, kind)
        return made

    def behavior(self, name: str) -> type[Behavior]:
        """A behavior by name.

        Raises:
            UsageError: there is none; names the nearest, or lists them.
        """
        kind = self._behaviors.get(name)
        if kind is None:
            raise UsageError(f'unknown behavior "{name}",{did_you_mean(name, self._behaviors)}')
        return kind

    def protocol(self, name: str) -> type[ProtocolType]:
        """A protocol by name.

        Raises:
            UsageError: there is none; lists the known ones.
        """
        kind = self._protocols.get(name)
        if kind is None:
            raise UsageError(f'unknown protocol "{name}"; known: {", ".join(sorted(self._protocols))}.')
        return kind

    def mixes(self, name: str) -> bool:
        """Whether there is a behavior of this name that a rule of a mix can be of."""
        kind = self._behaviors.get(name)
        return kind is not None and MIX in kind.mounts

    def stacks(self, name: str) -> bool:
        """Whether there is a behavior of this name that a toxic can be of."""
        kind = self._behaviors.get(name)
        return kind is not None and MOUNT in kind.mounts

    def own_options(self, behavior: str) -> tuple[Option, ...]:
        """What a behavior declares itself; nothing where there is no such behavior."""
        kind = self._behaviors.get(behavior)
        return kind.Options.describe() if kind is not None else ()

    def toxic(self, name: str) -> type[Behavior]:
        """A behavior that a toxic can be of, by name.

        Raises:
            UsageError: there is none, or it can only be drawn from a mix; names the nearest, or lists them.
        """
        kind = self._behaviors.get(name)
        if kind is not None and MOUNT in kind.mounts:
            return kind
        known = self.toxic_names
        if kind is not None:
            usable = f"toxics can be {', '.join(known)}" if known else "no behavior here can"
            raise UsageError(f"{name} is drawn from a mix and can't be a toxic; {usable}.")
        raise UsageError(f'unknown type of toxic "{name}",{did_you_mean(name, known)}')

    def own_toxic_options(self, behavior: str) -> tuple[Option, ...]:
        """What a toxic of a behavior can set beside `TOXIC_KEYS`; nothing where there is no such behavior."""
        kind = self._behaviors.get(behavior)
        return toxic_options(kind.Options.describe(), kind.mix_only) if kind is not None else ()

    @property
    def toxic_names(self) -> tuple[str, ...]:
        """The behaviors that a toxic can be of, sorted."""
        return tuple(sorted(filter(self.stacks, self._behaviors)))

    @property
    def behavior_names(self) -> tuple[str, ...]:
        """Those that a rule of a mix can be of, sorted."""
        return tuple(sorted(filter(self.mixes, self._behaviors)))

    @property
    def protocol_names(self) -> tuple[str, ...]:
        """All of them, sorted."""
        return tuple(sorted(self._protocols))

    def catalogue(self) -> Catalogue:
        """Everything as data, in the order of registration."""
        return Catalogue(
            tuple(self._with_origin(b) for b in self._behaviors.all().values()),
            tuple(self._protocol_info(p) for p in self._protocols.all().values()),
            SELECTORS,
        )

    def _with_origin(self, behavior: type[Behavior]) -> BehaviorInfo:
        return replace(behavior.info(), origin=self._origins.get(f"behavior:{behavior.name}", ""))

    def _protocol_info(self, protocol: type[ProtocolType]) -> ProtocolInfo:
        return replace(protocol.info(), origin=self._origins.get(f"protocol:{protocol.name}", ""))


def misfit(setup: BehaviorSpec, behavior: type[Behavior], protocol: type[ProtocolType]) -> str:
    """What can't be meant by a rule on a protocol, as `option: sentence` or a sentence; "" if nothing.

    Raises:
        OptionError: a value doesn't fit its declaration. UsageError: an unknown option.
    """
    if MIX not in behavior.mounts:
        return f"{setup.name} acts on streams, not on exchanges: it can be a toxic, not part of a mix."
    own = behavior.Options.describe()
    wrong = behavior.check(behavior.Options.build(split(setup.options, own)[0]), protocol.info())
    wrong = wrong or contradiction(setup.name, setup.options, own)
    selector = Selector.of(setup.options, own)
    if not wrong and selector is not None and selector.header and not protocol.heads:
        return f"header: requests of {protocol.name} have no headers."
    return wrong
