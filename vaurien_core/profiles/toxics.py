"""`toxics =`, `[toxic:NAME]` and `[toxic:NAME@PROXY]`: read into the toxics of each proxy, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.model.profile import ToxicSpec
from vaurien_core.model.toxics import TOXIC_KEYS
from vaurien_core.options import OptionSet, OptionValue, values_of
from vaurien_core.profiles import keys
from vaurien_core.profiles.layers import Cell

if TYPE_CHECKING:
    from vaurien_core.profiles.building import Builder

TOXIC = "toxic"


class Toxics:
    """The toxics of one reading; writes its problems into the builder's."""

    def __init__(self, builder: Builder, proxies: tuple[str, ...]) -> None:
        self._builder, self._sections, self._registry = builder, builder.layers.sections, builder.registry
        self._proxies = proxies
        self._used: set[str] = set()
        """Sections that some proxy's toxics name."""
        self._names: dict[str, tuple[str, ...]] = {}
        self._said: set[tuple[str, str]] = set()

    def of(self, proxy: str, section: str) -> tuple[ToxicSpec, ...]:
        """Those of a proxy that `section` describes, in their order."""
        path = f"proxies/{proxy}/toxics"
        names = self._builder.value(keys.TOXICS, path, (self._sections, section, keys.TOXICS.name))
        if not isinstance(names, tuple):
            return ()
        cell = self._builder.cells[path]
        self._names[proxy] = names
        for name in sorted({n for n in names if names.count(n) > 1}):
            self._builder.problems.append(cell.problem(f"{_shown(cell, name)} stands there more than once."))
        return tuple(self._toxic(name, proxy, cell) for name in dict.fromkeys(names))

    def names(self, proxy: str) -> tuple[str, ...]:
        """Those of a proxy that has been read, or with "" of all."""
        return tuple(n for name, names in self._names.items() if proxy in ("", name) for n in names)

    def check(self) -> None:
        """Look at sections as such: unknown proxies, and toxics that no proxy has."""
        for section in self._sections:
            kind, _, rest = section.partition(":")
            name, at, proxy = rest.partition("@")
            if kind != TOXIC or not name:
                continue
            if at and proxy not in self._proxies:
                self._builder.misspelt(section, "proxy", proxy, self._proxies)
            elif section not in self._used:
                where = f"the toxics of {proxy}" if at else "any proxy's toxics"
                self._builder.say(section, f'is not in {where} and never acts; add it: "toxics = {name}".', "warning")
                self._read(name, self._sections[section], "")

    def _toxic(self, name: str, proxy: str, listed: Cell) -> ToxicSpec:
        plain, at = f"{TOXIC}:{name}", f"{TOXIC}:{name}@{proxy}"
        self._used |= {plain, at}
        cells = {**self._sections.get(plain, {}), **self._sections.get(at, {})}
        if not listed.broken and plain not in self._sections and at not in self._sections:
            self._known(name, listed)
        return self._read(name, cells, f"proxies/{proxy}/toxics/{name}")

    def _known(self, name: str, listed: Cell) -> None:
        """A name without a section has to be a type itself."""
        try:
            self._registry.toxic(name)
        except UsageError as error:
            message = str(error)
            if not self._registry.mixes(name):
                known = {*self._registry.toxic_names, *self._sections_of_toxics()}
                message = f'"{name}" has no section [{TOXIC}:{name}];{did_you_mean(name, known)}'
            self._say(listed, message if not listed.secret else "expected known toxics.")

    def _sections_of_toxics(self) -> set[str]:
        return {s.removeprefix(f"{TOXIC}:").partition("@")[0] for s in self._sections if s.startswith(f"{TOXIC}:")}

    def _read(self, name: str, cells: Mapping[str, Cell], path: str) -> ToxicSpec:
        """One toxic; without a `path` its keys are only checked."""
        kind = self._type(name, cells, path)
        fields, options = keys.named(TOXIC_KEYS), dict[str, OptionValue]()
        values: dict[str, Any] = {}  # each of the type of its field, as its option has read it
        known = keys.named(self._registry.own_toxic_options(kind))
        for key, cell in cells.items():
            option = fields.get(key) or known.get(key)
            if option is not None:
                before = len(self._builder.problems)
                value = self._builder.parsed(option, f"{path}/{key}" if path else "", cell)
                self._once(before, cell)
                if value is not None:
                    (values if key in fields else options)[key] = value
            elif key != "type" and self._registry.stacks(kind):
                hint = did_you_mean(key, {*known, *fields, "type"})
                self._say(cell, f'unknown option "{key}",{hint}')
        spec = ToxicSpec(name, kind if kind != name else "", options=values_of(options), **values)
        if path and self._registry.stacks(kind):
            self._check(spec, cells, path)
        return spec

    def _type(self, name: str, cells: Mapping[str, Cell], path: str) -> str:
        cell = cells.get("type")
        if cell is None:
            if cells and not self._registry.stacks(name):
                first = next(iter(cells.values()))
                self._section_problem(first, f"expected type = TYPE with one of {self._types()}.")
            return name
        if path:
            self._builder.cells[f"{path}/type"] = cell
        if cell.broken:
            return name
        try:
            self._registry.toxic(cell.text)
        except UsageError as error:
            self._say(cell, f"unknown type of toxic {cell.raw!r}." if cell.secret else str(error))
        return cell.text

    def _types(self) -> str:
        return ", ".join(self._registry.toxic_names) or "none"

    def _check(self, spec: ToxicSpec, cells: Mapping[str, Cell], path: str) -> None:
        """Options that can each be read and can't be meant together."""
        kind = self._registry.toxic(spec.kind)
        try:
            options: OptionSet = kind.Options.build(spec.options)
        except UsageError:
            return  # has been said
        problem = kind.check_toxic(options)
        if problem:
            key, colon, rest = problem.partition(": ")
            cell = cells.get(key) if colon else None
            if cell is not None:
                self._say(cell, rest)
            else:
                listed = self._builder.cells[path.rpartition("/")[0]]
                self._say(next(iter(cells.values()), listed), f"{spec.name}: {problem}")

    def _section_problem(self, cell: Cell, message: str) -> None:
        if (cell.section, message) not in self._said:
            self._said.add((cell.section, message))
            self._builder.say(cell.section, message)

    def _once(self, before: int, cell: Cell) -> None:
        """What several proxies share is complained of once."""
        for problem in self._builder.problems[before:]:
            if (cell.origin, problem.message) in self._said:
                self._builder.problems.remove(problem)
            self._said.add((cell.origin, problem.message))

    def _say(self, cell: Cell, message: str) -> None:
        if (cell.origin, message) not in self._said:
            self._said.add((cell.origin, message))
            self._builder.problems.append(cell.problem(message))


def _shown(cell: Cell, name: str) -> str:
    return repr(cell.raw) if cell.secret else f'"{name}"'
