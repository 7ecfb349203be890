"""From one profile to another in the text that one was made from: which key each difference belongs to.

A removal is tried first and kept where the text then says the same: so a value set back to what it inherits disappears.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.options import Option, OptionValue
from vaurien_core.profiles import keys
from vaurien_core.profiles.building import DEFAULT
from vaurien_core.profiles.equal import effective_mix
from vaurien_core.profiles.expect import NONE, expectation_text
from vaurien_core.profiles.implied import implied
from vaurien_core.profiles.mix_edit import edit_mix
from vaurien_core.profiles.mixes import mix_text
from vaurien_core.profiles.placing import Placing
from vaurien_core.profiles.scenarios import PHASES, SCENARIO, scenario_blocks
from vaurien_core.profiles.toxic_changes import ToxicChanges
from vaurien_core.profiles.values import has_variable, protect
from vaurien_core.profiles.writing import behavior_options, option_text, own_protocol_options, protocol_options

_ORDER = [option.name for option in (*keys.ADDRESSES, keys.TOXICS, *keys.TUNING, *keys.SHARED)]
_ALWAYS = ("proxy", "backend", "protocol")
"""Keys of a proxy that stay although they have the default."""
_UNSET = ("draw_by", "backend_tls")
"""Choices whose "" means that nothing was chosen."""
_MISSING = object()


class Changes(Placing):
    """One text on its way to another profile. Lives for one `render`.

    Attributes:
        order: of the keys of a proxy's section.
    """

    order = _ORDER

    def write(self, current: Profile, wanted: Profile) -> str:
        """The text that says `wanted`.

        Raises:
            ValueError: INI text can't hold one of the values.
        """
        self._shared(current, wanted)
        self._proxies(current, wanted)
        self._expectations(current, wanted)
        self._scenario(current, wanted)
        now = self.now()
        for spec in wanted.proxies:
            if any(p.name == spec.name for p in now.proxies):
                self._proxy(now.proxy(spec.name), spec)
        several = len(wanted.proxies) > 1
        for spec in wanted.proxies:
            self._behaviors(spec, several)
            self._protocol_options(spec, several)
        self._variants(current, wanted)
        toxics = ToxicChanges(self)
        for spec in wanted.proxies:
            toxics.write(spec, several)
        toxics.sweep(current, wanted)
        return self.editor.text

    # -- the profile's own keys

    def _shared(self, current: Profile, wanted: Profile) -> None:
        for option in keys.SHARED:
            value = getattr(wanted, option.name)
            if getattr(current, option.name) != value:
                self._first_section("vaurien", option, value)
                self.place([("vaurien", option.name)], option, value, _attribute(option.name), order=_ORDER)
        classic = {new: old for old, new in keys.CLASSIC_HTTP.items()}
        for option in keys.CONTROL:
            places = [("vaurien", classic[option.name])] if option.name in classic else []
            name = "ports" if option.name == "port" else option.name
            read = _texts if option.name == "port" else _same
            self.place(
                [*places, ("control", option.name)],
                option,
                read(getattr(wanted.control, name)),
                lambda p, name=name, read=read: read(getattr(p.control, name)),  # type: ignore[misc]
                order=[o.name for o in keys.CONTROL],
            )
        for option in keys.STATSD:
            self.place(
                [("statsd", option.name)],
                option,
                getattr(wanted.statsd, option.name),
                lambda p, name=option.name: getattr(p.statsd, name),  # type: ignore[misc]
                order=[o.name for o in keys.STATSD],
            )

    def _first_section(self, section: str, option: Option, value: Any) -> None:
        if section not in self.editor.ini.sections and self.editor.ini.sections:
            self.editor.add_first(section, f"{option.name} = {option_text(option, value)}")

    def _expectations(self, current: Profile, wanted: Profile) -> None:
        before = {item.name: item for item in current.expectations}
        after = {item.name: item for item in wanted.expectations}
        for name in before.keys() - after.keys():
            self.editor.drop("expect", name)
        for name, item in after.items():
            if before.get(name) != item:
                self.editor.put("expect", name, expectation_text(item))
        if current.expect_none != wanted.expect_none:
            if wanted.expect_none:
                self.editor.put("expect", NONE, "true")
            else:
                self.editor.drop("expect", NONE)

    def _scenario(self, current: Profile, wanted: Profile) -> None:
        before, after = dict(scenario_blocks(current.scenario)), dict(scenario_blocks(wanted.scenario))
        for section in before.keys() - after.keys():
            self.editor.drop_section(section)
        for section, lines in after.items():
            held, texts = dict(before.get(section, ())), dict(lines)
            for key in held.keys() - texts.keys():
                self.editor.drop(section, key)
            for key, text in lines:
                if held.get(key) != text:
                    self.editor.put(section, key, text, order=[o.name for o in (*SCENARIO, *PHASES)])

    # -- proxies

    def _proxies(self, current: Profile, wanted: Profile) -> None:
        homes = self.read().homes()
        before = {spec.name: spec for spec in current.proxies}
        after = {spec.name: spec for spec in wanted.proxies}
        gone, new = [n for n in before if n not in after], [n for n in after if n not in before]
        if len(gone) == len(new) == 1 and _only_renamed(before[gone[0]], after[new[0]]) and homes[gone[0]] != "vaurien":
            self._rename(gone[0], new[0])
            return
        if new and homes.get(DEFAULT) == "vaurien" and DEFAULT in after:
            spec = before[DEFAULT]
            for key in _ALWAYS if not self._described() else ():
                self.editor.put("vaurien", key, getattr(spec, key), order=_ORDER)
        for name in new:
            self._add(after[name])
        for name in gone:
            self._remove(name, homes[name])

    def _described(self) -> bool:
        """Whether `[vaurien]` says itself that it is a proxy."""
        return any(self.editor.item("vaurien", option.name) for option in (*keys.ADDRESSES, keys.TOXICS))

    def _add(self, spec: ProxySpec) -> None:
        after = [s for s in self.editor.ini.sections if s == "vaurien" or s.startswith("proxy:") or "@" in s]
        for key in _ALWAYS:
            self.editor.put(f"proxy:{spec.name}", key, protect(getattr(spec, key)), after=after, order=_ORDER)

    def _remove(self, name: str, home: str) -> None:
        if home == "vaurien":
            for key in (*(o.name for o in (*keys.ADDRESSES, keys.TOXICS, *keys.TUNING)), *keys.ALIASES):
                self.editor.drop("vaurien", key)
        else:
            self.editor.drop_section(home)
        for section in [s for s in self.editor.ini.sections if s.endswith(f"@{name}")]:
            self.editor.drop_section(section)

    def _rename(self, old: str, new: str) -> None:
        for section in list(self.editor.ini.sections):
            if section == f"proxy:{old}":
                self.editor.rename_section(section, f"proxy:{new}")
            elif section.endswith(f"@{old}"):
                self.editor.rename_section(section, f"{section.removesuffix(f'@{old}')}@{new}")

    def _proxy(self, current: ProxySpec, wanted: ProxySpec) -> None:
        name = wanted.name
        home = self.read().homes().get(name, f"proxy:{name}")
        for option in (*keys.ADDRESSES, *keys.TUNING):
            if option.name == "behavior":
                continue
            spellings = [old for old, key in keys.ALIASES.items() if key == option.name]
            value = getattr(wanted, option.name)
            self.place(
                [*((home, old) for old in spellings), (home, option.name)],
                option,
                value or None if option.name in _UNSET else value,
                _of_proxy(name, option.name),
                order=_ORDER,
                stays=option.name in _ALWAYS,
            )
        if current.mix != wanted.mix:
            self._mix(home, wanted)

    def _mix(self, home: str, spec: ProxySpec) -> None:
        now = self.now().proxy(spec.name).mix
        written = {rule.behavior for rule in now}
        rules = [rule for rule in spec.mix if rule.weight or rule.behavior in written]
        item = self.editor.item(home, "behavior")
        if item is None or has_variable(item.text) or not item.text:
            self.editor.put(home, "behavior", mix_text(rules), order=_ORDER)
            return
        if not rules and not self.editor.commented(item):
            wanted = effective_mix(spec.mix)
            if self.removed(home, "behavior", wanted, lambda p: effective_mix(_mix_of(p, spec.name))):
                return
        self.editor.set_lines(item, edit_mix(self.editor.lines_of(item), rules, now, self.editor.end))

    # -- set-ups

    def _behaviors(self, spec: ProxySpec, several: bool) -> None:
        now = self.now().proxy(spec.name)
        for name in sorted({b.name for b in (*now.behaviors, *spec.behaviors)}):
            was, wanted = now.behavior(name), spec.behavior(name)
            if wanted == implied(name) and (was == wanted or not any(r.behavior == name for r in spec.mix)):
                continue
            if was.type and not (wanted.type or wanted.options):
                self.editor.drop_section(f"behavior:{name}@{spec.name}")
            if wanted.type != was.type and wanted.type:
                self.editor.put(self.section("behavior", name, spec.name, "type", several), "type", wanted.type)
            options = behavior_options(self.registry.catalogue(), wanted.kind)
            self._options("behavior", name, spec.name, options, dict(was.options), dict(wanted.options), several)

    def _protocol_options(self, spec: ProxySpec, several: bool) -> None:
        was = dict(self.now().proxy(spec.name).protocol_options)
        catalogue = self.registry.catalogue()
        options, wanted = protocol_options(catalogue, spec.protocol), dict(own_protocol_options(spec, catalogue))
        self._options("protocol", spec.protocol, spec.name, options, was, wanted, several)

    def _options(
        self,
        kind: str,
        name: str,
        proxy: str,
        options: Mapping[str, Option],
        was: Mapping[str, OptionValue],
        wanted: Mapping[str, OptionValue],
        several: bool,
    ) -> None:
        changed = [key for key in (*options, *(wanted.keys() - options.keys())) if was.get(key) != wanted.get(key)]
        for key in changed:
            section = self.section(kind, name, proxy, key, several)
            self.place(
                [(section, key)],
                options.get(key),
                wanted.get(key),
                self._reader(kind, name, proxy, key, options.get(key)),
                after=self.before(kind, proxy),
                order=list(options),
            )

    def section(self, kind: str, name: str, proxy: str, key: str, several: bool) -> str:
        """Where an option of one proxy is set, or is to be set."""
        plain, at = f"{kind}:{name}", f"{kind}:{name}@{proxy}"
        held = self.read().layers.sections
        return at if several or key in held.get(at, {}) or (at in held and plain not in held) else plain

    def before(self, kind: str, proxy: str) -> list[str]:
        """What a new section of this kind goes behind."""
        sections = list(self.editor.ini.sections)
        home = self.read().homes().get(proxy, "vaurien")
        own = [s for s in sections if s == home or s.endswith(f"@{proxy}")]
        shared = [s for s in sections if s.startswith(f"{kind}:") and "@" not in s]
        return own if home in sections and home != "vaurien" else [*own, *shared]

    def _reader(
        self, kind: str, name: str, proxy: str, key: str, option: Option | None
    ) -> Callable[[Profile], OptionValue]:
        default = option.default if option else None

        def read(profile: Profile) -> OptionValue:
            spec = next((p for p in profile.proxies if p.name == proxy), ProxySpec(proxy))
            values = spec.protocol_options if kind == "protocol" else spec.behavior(name).options
            return dict(values).get(key, default)

        return read

    def _variants(self, current: Profile, wanted: Profile) -> None:
        """Take named variants out that no proxy has any more."""
        left = {b.name for spec in wanted.proxies for b in spec.behaviors if b.type}
        gone = {b.name for spec in current.proxies for b in spec.behaviors if b.type} - left
        for section in [s for s in self.editor.ini.sections if s.startswith("behavior:")]:
            if section.removeprefix("behavior:").partition("@")[0] in gone:
                self.editor.drop_section(section)


def _only_renamed(old: ProxySpec, new: ProxySpec) -> bool:
    return replace(old, name=new.name) == new


def _mix_of(profile: Profile, proxy: str) -> Any:
    return next((p.mix for p in profile.proxies if p.name == proxy), ())


def _attribute(name: str) -> Callable[[Profile], Any]:
    return lambda profile: getattr(profile, name)


def _of_proxy(proxy: str, field: str) -> Callable[[Profile], Any]:
    def read(profile: Profile) -> Any:
        spec = next((p for p in profile.proxies if p.name == proxy), None)
        if spec is None:
            return _MISSING
        return getattr(spec, field) or None if field in _UNSET else getattr(spec, field)

    return read


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(v) for v in values)


def _same(value: Any) -> Any:
    return value
