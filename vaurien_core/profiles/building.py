"""Merged layers to a `Profile`: which sections describe which proxy, and what each key means.

A `Builder` lives for one reading. It never raises: what is wrong stands in `problems`, and a value that can't be read
is left at its default, so that everything wrong is found at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from vaurien_core.addresses import Address
from vaurien_core.errors import OptionError, Problem, VaurienError, did_you_mean
from vaurien_core.model.names import wrong_name
from vaurien_core.model.profile import ControlSpec, Expectation, PluginSpec, Profile, ProxySpec, Rule, StatsdSpec
from vaurien_core.options import Kind, Option, OptionValue, values_of
from vaurien_core.profiles import keys
from vaurien_core.profiles.expect import NONE, parse_expectation
from vaurien_core.profiles.implied import with_implied
from vaurien_core.profiles.layers import Cell, Layers
from vaurien_core.profiles.mixes import parse_mix
from vaurien_core.profiles.references import references
from vaurien_core.profiles.scenarios import Scenarios
from vaurien_core.profiles.setups import Setups
from vaurien_core.profiles.toxics import Toxics
from vaurien_core.profiles.unknown import unknown
from vaurien_core.profiles.url_values import take_url
from vaurien_core.registry import Registry

DEFAULT = "default"
"""The proxy of the classic `[vaurien]` section."""
_TARGETED = frozenset(keys.named((*keys.ADDRESSES, keys.TOXICS)))
Place = tuple[Mapping[str, Mapping[str, Cell]], str, str]


class Builder:
    """Reads merged layers once."""

    def __init__(self, layers: Layers, registry: Registry, load_plugins: Any = None) -> None:
        """`load_plugins` is a `reading.LoadPlugin` or None."""
        self.layers, self.registry = layers, registry
        self.problems: list[Problem] = []
        self.cells: dict[str, Cell] = {}
        """Path in the profile to where its value came from."""
        self._load_plugins = load_plugins

    def build(self) -> Profile:
        """The profile, as far as it can be read."""
        plugins = self._plugins()
        homes = self.homes()
        self._classic = homes.get(DEFAULT) == "vaurien"
        self._setups = Setups(self, tuple(homes), {p.name for p in plugins if p.kind == "behavior"})
        self._toxics = Toxics(self, tuple(homes))
        target = self._target(tuple(homes))
        proxies = tuple(self._proxy(name, section, name == target) for name, section in homes.items())
        shared = self._shared()
        profile = Profile(
            proxies=proxies,
            control=self._control(),
            statsd=self._statsd(),
            plugins=plugins,
            scenario=Scenarios(self, tuple(homes)).read(),
            expect_none=self._expect_none(),
            **shared,
        )
        profile = with_implied(profile, self.registry)
        profile = replace(profile, expectations=self._expectations(profile.proxies))
        profile = replace(profile, references=references(profile, self.cells))
        self._setups.check()
        self._toxics.check()
        self.problems += unknown(self.layers)
        return profile

    # -- values

    def value(self, option: Option, path: str, *places: Place) -> OptionValue | None:
        """The value of the first place that holds something; None where none does or it can't be read."""
        cell = self.layers.find(*places)
        return None if cell is None else self.parsed(option, path, cell)

    def parsed(self, option: Option, path: str, cell: Cell) -> OptionValue | None:
        """A cell's value; None if it can't be read, which is then a problem."""
        self.cells[path] = cell
        if cell.broken:
            return None
        try:
            return option.parse(cell.text)
        except OptionError as error:
            self.problems.append(cell.unexpected(error.expected, error.found))
            return None

    # -- proxies

    def homes(self) -> dict[str, str]:
        """Proxy name to the section that describes it, in file order."""
        sections = self.layers.sections
        named = [name for name in sections if name.startswith("proxy:")]
        classic = sections.get("vaurien", {})
        homes: dict[str, str] = {}
        for section in sections:
            if section == "vaurien" and (_TARGETED & classic.keys() or not named):
                self._home(homes, DEFAULT, section)
            elif section.startswith("proxy:"):
                self._home(homes, section.removeprefix("proxy:"), section)
        return homes or {DEFAULT: "vaurien"}

    def _home(self, homes: dict[str, str], name: str, section: str) -> None:
        if wrong_name(name):
            self._at(section, f"expected a name without / @ [ ], got {name!r}.")
            return
        if name in homes:
            self._at(section, f'two proxies are named "{name}": [{homes[name]}] and [{section}].')
            return
        homes[name] = section

    def _target(self, names: tuple[str, ...]) -> str:
        """The proxy that `--proxy`, `--backend`, `--protocol` and `--behavior` mean."""
        if DEFAULT in names or len(names) == 1:
            return DEFAULT if DEFAULT in names else names[0]
        for key, cell in self.layers.flags.get("vaurien", {}).items():
            if key in _TARGETED:
                self.problems.append(
                    cell.problem(f"expected one proxy, or one named default; the profile has {', '.join(names)}.")
                )
        return ""

    def _proxy(self, name: str, section: str, targeted: bool) -> ProxySpec:
        layers, values = self.layers, dict[str, Any]()
        for option in (*keys.ADDRESSES, *keys.TUNING):
            spellings, shared = self._spellings(option.name), option.name not in _TARGETED
            layered = [
                (layers.flags, "vaurien", targeted or shared),
                (layers.flags, f"proxy:{name}", True),
                (layers.sections, section, True),
                (layers.sections, "vaurien", shared and section != "vaurien" and not self._classic),
            ]
            places = [(layer, where, key) for layer, where, reads in layered if reads for key in spellings]
            field = "mix" if option.name == "behavior" else option.name
            found = self.value(option, f"proxies/{name}/{field}", *places)
            if found is not None:
                values[option.name] = found
        self._both_spellings(section)
        from_url = take_url(self, name, values)
        protocol = str(values.get("protocol", ProxySpec("").protocol))
        values["protocol"] = self._protocol(name, protocol)
        values["mix"] = self._mix(name, str(values.pop("behavior", "")), values["protocol"])
        for key in ("proxy", "backend"):
            self._address(f"proxies/{name}/{key}", values, key)
        values["behaviors"] = self._setups.behaviors(name, values["protocol"])
        values["toxics"] = self._toxics.of(name, section)
        own = self._setups.protocol_options(name, values["protocol"])
        values["protocol_options"] = values_of({**dict(from_url), **dict(own)})
        return ProxySpec(name, **values)

    @staticmethod
    def _spellings(key: str) -> tuple[str, ...]:
        return (key, *(old for old, new in keys.ALIASES.items() if new == key))

    def _both_spellings(self, section: str) -> None:
        held = self.layers.sections.get(section, {})
        for old, new in keys.ALIASES.items():
            if old in held and new in held:
                self.problems.append(held[old].problem(f"expected {new} or its old name {old}, got both."))

    def _address(self, path: str, values: dict[str, Any], key: str) -> None:
        if key not in values:
            return
        cell = self.cells[path]
        try:
            address = Address.parse(values[key], name=key)
        except OptionError as error:
            self.problems.append(cell.unexpected(error.expected, error.found))
            del values[key]
            return
        if key == "backend" and not address.is_unix and not address.port:
            self.problems.append(cell.unexpected("the port of the backend, 1..65535"))

    def _protocol(self, name: str, protocol: str) -> str:
        if protocol in self.registry.protocol_names:
            return protocol
        known = ", ".join(self.registry.protocol_names)
        cell = self.cells.get(f"proxies/{name}/protocol")
        shown = repr(cell.raw) if cell and cell.secret else f'"{protocol}"'
        if cell is None or not cell.broken:
            message = f"unknown protocol {shown}; known: {known}."
            self.problems.append(cell.problem(message) if cell else Problem(message))
        return ProxySpec("").protocol

    def _mix(self, name: str, text: str, protocol: str) -> tuple[Rule, ...]:
        cell = self.cells.get(f"proxies/{name}/mix")
        if cell is None:
            return ()
        rules, wrong = parse_mix(text)
        for message in wrong:
            shown = f"expected a mix such as 20:delay, got {cell.raw!r}." if cell.secret else message
            self.problems.append(cell.problem(shown))
        return tuple(rule for rule in rules if self._setups.known(rule.behavior, cell, (protocol,)))

    # -- the other sections

    def _shared(self) -> dict[str, Any]:
        layers, values = self.layers, dict[str, Any]()
        for option in keys.SHARED:
            places = [(layer, "vaurien", option.name) for layer in (layers.flags, layers.sections)]
            found = self.value(option, option.name, *places)
            if found is not None:
                values[option.name] = found
        return values

    def _control(self) -> ControlSpec:
        layers, values = self.layers, dict[str, Any]()
        classic = {new: old for old, new in keys.CLASSIC_HTTP.items()}
        for option in keys.CONTROL:
            places: list[Place] = []
            for layer in (layers.flags, layers.sections):
                places.append((layer, "control", option.name))
                if option.name in classic:
                    places.append((layer, "vaurien", classic[option.name]))
            found = self.value(option, f"control/{option.name}", *places)
            if found is not None:
                values[option.name] = found
        if "port" in values:
            ports = self._ports(values.pop("port"))
            if ports:
                values["ports"] = ports
        return ControlSpec(**values)

    def _ports(self, texts: tuple[str, ...]) -> tuple[int, ...]:
        cell = self.cells["control/port"]
        self.cells["control/ports"] = self.cells.pop("control/port")
        wrong = [t for t in texts if not t.isascii() or not t.isdigit() or int(t) > 65535]
        if wrong or not texts:
            self.problems.append(cell.unexpected("ports within 0..65535", repr(wrong[0] if wrong else "")))
            return ()
        return tuple(int(t) for t in texts)

    def _statsd(self) -> StatsdSpec:
        layers, values = self.layers, dict[str, Any]()
        for option in keys.STATSD:
            places = [(layer, "statsd", option.name) for layer in (layers.flags, layers.sections)]
            found = self.value(option, f"statsd/{option.name}", *places)
            if found is not None:
                values[option.name] = found
        return StatsdSpec(**values)

    def _expectations(self, proxies: tuple[ProxySpec, ...]) -> tuple[Expectation, ...]:
        names = [spec.name for spec in proxies]
        cells = {**self.layers.sections.get("expect", {}), **self.layers.flags.get("expect", {})}
        if not cells:
            return ()
        behaviors = [*self._setups.names, *(b.name for spec in proxies for b in spec.behaviors)]
        behaviors += [toxic.name for spec in proxies for toxic in spec.toxics]
        found = []
        for key, cell in cells.items():
            if key == NONE or cell.broken:
                continue
            self.cells[f"expectations/{key}"] = cell
            try:
                found.append(parse_expectation(key, cell.text, behaviors=behaviors, proxies=names))
            except ValueError as error:
                self.problems.append(cell.problem(str(error) if not cell.secret else "expected METRIC OP VALUE."))
        return tuple(found)

    def _expect_none(self) -> bool:
        option = Option(NONE, Kind.BOOL, False, "A run without exchanges or faults is fine")
        layers = self.layers
        return bool(
            self.value(option, "expect_none", (layers.flags, "expect", NONE), (layers.sections, "expect", NONE))
        )

    # -- plugins

    def _plugins(self) -> tuple[PluginSpec, ...]:
        found = []
        for section, cells in self.layers.sections.items():
            kind, _, name = section.partition(":")
            cell = cells.get("callable")
            if cell is None or kind not in ("behavior", "protocol") or "@" in name:
                continue
            self.cells[f"plugins/{kind}/{name}"] = cell
            file = cell.text.rpartition(":")[0] or cell.text
            if not file.endswith(".py") and not all(part.isidentifier() for part in cell.text.split(".")):
                self.problems.append(cell.unexpected("a dotted path such as package.module.Class, or a .py file"))
                continue
            plugin = PluginSpec(kind, name, cell.text)
            found.append(plugin)
            self._load(plugin, cell)
        return tuple(found)

    def _load(self, plugin: PluginSpec, cell: Cell) -> None:
        if self._load_plugins is None:
            return
        try:
            self._load_plugins(plugin)
        except VaurienError as error:
            self.problems.append(cell.problem(str(error)))

    def knows(self, behavior: str, cell: Cell, proxy: str) -> bool:
        """Whether a mix of this proxy ("": of all) may name this behavior; if not, that is a problem of its cell."""
        return self._setups.known(behavior, cell, self._setups.protocols(proxy))

    def toxics_of(self, proxy: str) -> tuple[str, ...]:
        """The names of a proxy's toxics ("": of those of all)."""
        return self._toxics.names(proxy)

    def say(self, section: str, message: str, severity: str = "error") -> None:
        """A problem of a section."""
        self._at(section, message, severity)

    def _at(self, section: str, message: str, severity: str = "error") -> None:
        file, line = self.layers.places.get(section, ("", 0))
        self.problems.append(Problem(message, file, line, section, severity=severity))

    def misspelt(self, section: str, what: str, name: str, known: Iterable[str]) -> None:
        """A section that names something unknown."""
        self._at(section, f'unknown {what} "{name}",{did_you_mean(name, known)}')
