"""`[behavior:NAME]`, `[behavior:NAME@PROXY]`, `[protocol:NAME]`: how each is set up for each proxy, key by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from vaurien_core.errors import OptionError, UsageError, did_you_mean
from vaurien_core.model.profile import BehaviorSpec
from vaurien_core.model.selectors import SELECTORS, check_selector, selectors_of
from vaurien_core.options import Option, OptionValue, OptionValues, values_of
from vaurien_core.options.kinds import Kind
from vaurien_core.profiles import keys
from vaurien_core.profiles.implied import KIND, error_names, is_error
from vaurien_core.profiles.layers import Cell
from vaurien_core.registry import RESERVED

if TYPE_CHECKING:
    from vaurien_core.profiles.building import Builder

BEHAVIOR, PROTOCOL = "behavior", "protocol"


class Setups:
    """The behaviors and protocol options of one reading; writes its problems into the builder's."""

    def __init__(self, builder: Builder, proxies: tuple[str, ...], plugins: set[str]) -> None:
        self._builder, self._layers, self._registry = builder, builder.layers, builder.registry
        self._proxies, self._plugins = proxies, plugins
        self._types: dict[str, str] = {}
        self._protocols: dict[str, str] = {}
        """Of the proxies that have been read."""
        self._said: set[tuple[str, str]] = set()
        for section in (*self._layers.sections, *self._layers.flags):
            kind, _, name = section.partition(":")
            if kind == BEHAVIOR and name:
                self._types.setdefault(name.partition("@")[0], "")

    @property
    def names(self) -> tuple[str, ...]:
        """Every behavior that a mix may name."""
        return tuple(dict.fromkeys((*self._registry.behavior_names, *sorted(self._types))))

    def known(self, name: str, cell: Cell, protocols: Iterable[str] = ()) -> bool:
        """Whether a mix of proxies with these protocols may name this; if not, that is a problem of its cell."""
        errors = error_names(protocols, self._registry)
        if name == RESERVED:
            self._builder.problems.append(cell.problem(f'"{RESERVED}" is reserved: no behavior may be called so.'))
        elif f"toxic:{name}" in self._layers.sections:
            self._builder.problems.append(cell.problem(f'"{name}" is a toxic; a mix names behaviors.'))
        elif name in self._types or self._registry.mixes(name) or name in errors:
            return True
        elif self._registry.stacks(name):
            message = f'"{name}" acts on streams, not on exchanges: put it into toxics = {name}; a mix names behaviors.'
            self._builder.problems.append(cell.problem(message))
        elif cell.secret:
            self._builder.problems.append(cell.unexpected("known behaviors"))
        else:
            from difflib import get_close_matches

            near = get_close_matches(name, (*self.names, *errors), n=1)  # a list of all errors would be long
            known = [n for n in (*self.names, *(errors if near else ())) if n != RESERVED]
            self._builder.problems.append(cell.problem(f'unknown behavior "{name}",{did_you_mean(name, known)}'))
        return False

    def behaviors(self, proxy: str, protocol: str) -> tuple[BehaviorSpec, ...]:
        """What is set up for one proxy, sorted by name."""
        self._protocols[proxy] = protocol
        specs = (self._behavior(name, proxy) for name in sorted(self._types))
        return tuple(spec for spec in specs if spec.options or spec.type)

    def protocols(self, proxy: str) -> tuple[str, ...]:
        """The protocol of a proxy that has been read, or with "" those of all."""
        return tuple(protocol for name, protocol in self._protocols.items() if proxy in ("", name))

    def protocol_options(self, proxy: str, protocol: str) -> OptionValues:
        """The options of a proxy's protocol."""
        cells = self._cells(PROTOCOL, protocol, proxy)
        options = keys.named(self._registry.protocol(protocol).Options.describe())
        return self._values(f"proxies/{proxy}/protocol_options", cells, options, keys.PROTOCOL_WITHOUT_EFFECT)

    def check(self) -> None:
        """Look at sections as such: names that are unknown, and options of what no proxy uses."""
        for section in (*self._layers.sections, *self._layers.flags):
            kind, _, rest = section.partition(":")
            name, at, proxy = rest.partition("@")
            if kind not in (BEHAVIOR, PROTOCOL):
                continue
            if at and proxy not in self._proxies:
                self._builder.misspelt(section, "proxy", proxy, self._proxies)
            if kind == BEHAVIOR and (name == RESERVED or not self._meant(name, proxy)):
                self._builder.misspelt(section, "behavior", name, self._registry.behavior_names)
            elif kind == PROTOCOL:
                self._check_protocol(section, name)

    def _check_protocol(self, section: str, name: str) -> None:
        cells = self._layers.sections.get(section, {})
        if name not in self._registry.protocol_names:
            if "callable" not in cells:
                self._builder.misspelt(section, "protocol", name, self._registry.protocol_names)
            return
        options = keys.named(self._registry.protocol(name).Options.describe())
        for layer in (self._layers.sections, self._layers.flags):
            self._values("", layer.get(section, {}), options, keys.PROTOCOL_WITHOUT_EFFECT)

    def _cells(self, kind: str, name: str, proxy: str) -> Mapping[str, Cell]:
        flags, sections = self._layers.flags, self._layers.sections
        plain, at = f"{kind}:{name}", f"{kind}:{name}@{proxy}"
        return {**sections.get(plain, {}), **sections.get(at, {}), **flags.get(plain, {}), **flags.get(at, {})}

    def _meant(self, name: str, proxy: str) -> bool:
        """Whether a section's name means something, or says what it means in `type` (which is checked by itself)."""
        if self._registry.mixes(name) or name in self._plugins or self._typed(name, proxy):
            return True
        names = (proxy,) if proxy else self._proxies
        return any(is_error(name, self._protocols.get(p, ""), self._registry) for p in names)

    def _typed(self, name: str, proxy: str) -> bool:
        return any("type" in self._cells(BEHAVIOR, name, p) for p in ((proxy,) if proxy else self._proxies))

    def _behavior(self, name: str, proxy: str) -> BehaviorSpec:
        cells = self._cells(BEHAVIOR, name, proxy)
        path = f"proxies/{proxy}/behaviors/{name}"
        kind = self._type(name, cells, path)
        alone = is_error(kind, self._protocols.get(proxy, ""), self._registry)
        kind = KIND if alone and cells else kind
        if not self._registry.mixes(kind):
            texts = {key: cell.text for key, cell in cells.items() if key not in keys.FRAME}
            return BehaviorSpec(name, "", values_of(texts) if name in self._plugins else ())
        own = self._registry.own_options(kind)
        options = keys.named((*own, *selectors_of(own)))
        values = self._values(path, cells, options, frozenset())
        if alone and "error" not in dict(values):
            values = values_of({**dict(values), KIND: name})
        return BehaviorSpec(name, kind if kind != name else "", values)

    def _type(self, name: str, cells: Mapping[str, Cell], path: str) -> str:
        cell = cells.get("type")
        if cell is None or cell.broken:
            return name
        self._builder.cells[f"{path}/type"] = cell
        try:
            self._registry.behavior(cell.text)
        except UsageError as error:
            self._say(cell, f"unknown behavior {cell.raw!r}." if cell.secret else str(error))
        else:
            if cell.text != name and self._registry.mixes(name):
                self._say(
                    cell, f"{name} is a behavior itself and can't be a variant of {cell.text}; name it differently."
                )
        return cell.text

    def _values(
        self, path: str, cells: Mapping[str, Cell], options: Mapping[str, Option], ignored: frozenset[str]
    ) -> OptionValues:
        found: dict[str, OptionValue] = {}
        for key, cell in cells.items():
            option = options.get(key)
            if option is None:
                if key not in keys.FRAME and key not in ignored:
                    self._unknown(cell, options)
                continue
            value = self._value(option, f"{path}/{key}", cell) if path else None
            if value is not None:
                found[key] = value
        return values_of(found)

    def _value(self, option: Option, path: str, cell: Cell) -> OptionValue | None:
        if option.kind is Kind.TEXT and option.default is not None and not cell.text and not cell.broken:
            self._builder.cells[path] = cell
            return ""
        before = len(self._builder.problems)
        value = self._builder.parsed(option, path, cell)
        if option in SELECTORS:
            value = self._usable(option, value, cell)
        for problem in self._builder.problems[before:]:
            if (cell.origin, problem.message) in self._said:
                self._builder.problems.remove(problem)
            self._said.add((cell.origin, problem.message))
        return value

    def _usable(self, option: Option, value: OptionValue, cell: Cell) -> OptionValue:
        try:
            return check_selector(option.name, value)
        except OptionError as error:
            self._builder.problems.append(cell.unexpected(error.expected, error.found))
            return None

    def _unknown(self, cell: Cell, options: Mapping[str, Option]) -> None:
        hint = did_you_mean(cell.key, options) if options else " it has none."
        self._say(cell, f'unknown option "{cell.key}",{hint}')

    def _say(self, cell: Cell, message: str) -> None:
        if (cell.origin, message) not in self._said:
            self._said.add((cell.origin, message))
            self._builder.problems.append(cell.problem(message))
