"""The toxics of one proxy as they are in force: compiled from its spec, and which of them a stream meets."""

from __future__ import annotations

from collections.abc import Sequence

from vaurien_core.behaviors.base import Behavior
from vaurien_core.errors import OptionError, UsageError
from vaurien_core.model.profile import ProxySpec, ToxicSpec
from vaurien_core.options import OptionValues, values_of
from vaurien_core.proxy import draw
from vaurien_core.registry import Registry


class ActiveToxic:
    """One that is set up. An object lives as long as nothing about it changes; its behavior, as long as its options."""

    __slots__ = ("behavior", "name", "options", "spec")

    def __init__(self, spec: ToxicSpec, behavior: Behavior, options: OptionValues) -> None:
        self.spec, self.behavior, self.options = spec, behavior, options
        self.name = spec.name

    def meets(self, seed: int, proxy: str, connection: int, *, upstream: bool) -> bool:
        """Whether it is mounted on this stream: the same number is drawn however often one asks."""
        spec = self.spec
        if not spec.enabled or not (
            self.behavior.both_ways or spec.stream in ("both", "upstream" if upstream else "downstream")
        ):
            return False
        drawn = self.drawn(seed, proxy, connection, upstream=upstream)
        return drawn is None or drawn < spec.toxicity

    def drawn(self, seed: int, proxy: str, connection: int, *, upstream: bool) -> float | None:
        """The number that is held against the toxicity; None where that is 1 and nothing is drawn."""
        if self.spec.toxicity >= 1:
            return None
        place = draw.stream_place(connection, upstream=upstream or self.behavior.both_ways)
        return draw.fraction(seed, proxy, place, draw.toxic_purpose(self.name))


def compile_toxics(spec: ProxySpec, registry: Registry, before: Sequence[ActiveToxic] = ()) -> tuple[ActiveToxic, ...]:
    """The toxics of a spec in their order; those that are as `before` are taken over.

    Raises:
        UsageError: an unknown type, one that is no toxic, a name that comes twice, or options that don't fit.
    """
    old = {toxic.name: toxic for toxic in before}
    made: dict[str, ActiveToxic] = {}
    for toxic in spec.toxics:
        if toxic.name in made:
            raise UsageError(f'[toxic:{toxic.name}] comes twice in proxy "{spec.name}".')
        made[toxic.name] = _compile(toxic, registry, old.get(toxic.name))
    return tuple(made.values())


def _compile(spec: ToxicSpec, registry: Registry, before: ActiveToxic | None) -> ActiveToxic:
    if before is not None and before.spec == spec:
        return before
    kind = registry.behavior(spec.kind)
    if "toxic" not in kind.mounts:
        raise UsageError(f"[toxic:{spec.name}] type: {spec.kind} works in a mix only, it can't be mounted on a stream.")
    try:
        options = kind.Options.build(spec.options)
    except OptionError as error:
        raise UsageError(f"[toxic:{spec.name}] {error}") from None
    used = values_of({o.name: getattr(options, o.name) for o in kind.Options.describe() if o.name not in kind.mix_only})
    same = before is not None and type(before.behavior) is kind and before.options == used
    return ActiveToxic(spec, before.behavior if same and before is not None else kind(options), used)
