"""`Profile` to fresh INI text, for one that has no file: shared keys, proxies with their set-ups, expectations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.profile import BehaviorSpec, ControlSpec, Profile, ProxySpec, StatsdSpec, ToxicSpec
from vaurien_core.model.toxics import TOXIC_KEYS
from vaurien_core.model.veil import Veil
from vaurien_core.model.wire import from_json, to_json
from vaurien_core.options import Kind, Option, OptionValues
from vaurien_core.options.kinds import write_text
from vaurien_core.profiles import keys
from vaurien_core.profiles.expect import NONE, expectation_text
from vaurien_core.profiles.mixes import mix_text
from vaurien_core.profiles.scenarios import scenario_blocks
from vaurien_core.profiles.values import protect

CLASSIC = "default"
"""The one proxy that is written as `[vaurien]`."""


def dumps_covered(profile: Profile, catalogue: Catalogue | None = None) -> str:
    """`dumps` with what came from the environment as it was written, `${NAME}`."""
    covered = Veil(profile.references).covered({**to_json(profile), "references": []})
    text = dumps(from_json(Profile, covered), catalogue)
    for reference in profile.references:
        text = text.replace(protect(reference.text), reference.text)
    return text


def dumps(profile: Profile, catalogue: Catalogue | None = None) -> str:
    """The profile as INI text; reading it gives the profile back.

    Args:
        profile: any; a single proxy named `default` takes the classic form.
        catalogue: what its options are declared as; without it, times and sizes are bare numbers in sorted order.

    Raises:
        ValueError: INI text can't hold one of its values; says which.
    """
    catalogue = catalogue or Catalogue()
    several = len(profile.proxies) > 1
    classic = [spec for spec in profile.proxies if spec.name == CLASSIC and not several]
    shared = _fields(keys.SHARED, profile)
    blocks = [("vaurien", [*(line for spec in classic for line in proxy_lines(spec)), *shared])]
    blocks += [(f"{plugin.kind}:{plugin.name}", [("callable", plugin.callable)]) for plugin in profile.plugins]
    for spec in profile.proxies:
        if spec not in classic:
            blocks.append((f"proxy:{spec.name}", proxy_lines(spec)))
        at = f"@{spec.name}" if several else ""
        blocks += [(f"behavior:{b.name}{at}", behavior_lines(b, catalogue)) for b in spec.behaviors]
        blocks += [(f"toxic:{t.name}{at}", toxic_lines(t, catalogue)) for t in spec.toxics]
        if own := own_protocol_options(spec, catalogue):
            options = protocol_options(catalogue, spec.protocol)
            blocks.append((f"protocol:{spec.protocol}{at}", option_lines(own, options)))
    blocks.append(("control", control_lines(profile.control)))
    blocks.append(("statsd", _fields(keys.STATSD, profile.statsd, StatsdSpec())))
    blocks += scenario_blocks(profile.scenario)
    blocks.append(("expect", _expect_lines(profile)))
    return _joined(_merged(blocks))


def proxy_lines(spec: ProxySpec) -> list[tuple[str, str]]:
    """The keys of a proxy: its addresses and protocol always, the rest where it differs from the default."""
    lines = [(key, protect(str(getattr(spec, key)))) for key in ("proxy", "backend", "protocol")]
    if spec.mix:
        lines.append(("behavior", mix_text(spec.mix)))
    if spec.toxics:
        lines.append((keys.TOXICS.name, option_text(keys.TOXICS, tuple(toxic.name for toxic in spec.toxics))))
    return lines + _fields(keys.TUNING, spec, ProxySpec(spec.name))


def behavior_lines(spec: BehaviorSpec, catalogue: Catalogue) -> list[tuple[str, str]]:
    """The keys of a behavior's section."""
    lines = [("type", spec.type)] if spec.type else []
    return lines + option_lines(spec.options, behavior_options(catalogue, spec.kind))


def toxic_lines(spec: ToxicSpec, catalogue: Catalogue) -> list[tuple[str, str]]:
    """The keys of a toxic's section; none for one that is called like its type and has nothing set."""
    lines = [("type", spec.kind)] if spec.kind != spec.name else []
    lines += _fields(TOXIC_KEYS, spec, ToxicSpec(spec.name))
    return lines + option_lines(spec.options, keys.named(catalogue.toxic_options(spec.kind)))


def option_lines(values: OptionValues, options: Mapping[str, Option]) -> list[tuple[str, str]]:
    """Set options as keys, in the order of their declaration."""
    order = {name: index for index, name in enumerate(options)}
    return [
        (name, option_text(options.get(name), value))
        for name, value in sorted(values, key=lambda item: order.get(item[0], len(order)))
    ]


def option_text(option: Option | None, value: Any) -> str:
    """One value as INI text; an option that nobody declared (a plugin's, not loaded) is text."""
    return protect(option.format(value) if option else write_text(Kind.FLOAT, "", value))


def control_lines(control: ControlSpec) -> list[tuple[str, str]]:
    """The keys of `[control]`."""
    lines = _fields([o for o in keys.CONTROL if o.name != "port"], control, ControlSpec())
    if control.ports != ControlSpec().ports:
        lines.append(("port", ", ".join(map(str, control.ports))))
    return lines


def behavior_options(catalogue: Catalogue, kind: str) -> dict[str, Option]:
    """What a rule of a registered behavior can set, selectors too, by name."""
    return keys.named(catalogue.options(kind))


def protocol_options(catalogue: Catalogue, name: str) -> dict[str, Option]:
    """The options of a registered protocol, by name."""
    info = catalogue.protocol(name)
    return keys.named(info.options) if info else {}


def own_protocol_options(spec: ProxySpec, catalogue: Catalogue) -> OptionValues:
    """A proxy's protocol options less those of other protocols: kept for the way back, but no text holds them."""
    present = protocol_options(catalogue, spec.protocol)
    foreign = {option.name for info in catalogue.protocols for option in info.options} - present.keys()
    return tuple((name, value) for name, value in spec.protocol_options if name not in foreign)


def _fields(options: Iterable[Option], values: Any, defaults: Any = None) -> list[tuple[str, str]]:
    """The fields of a dataclass that differ from its defaults."""
    defaults = Profile() if defaults is None else defaults
    return [
        (option.name, option_text(option, getattr(values, option.name)))
        for option in options
        if getattr(values, option.name) != getattr(defaults, option.name)
    ]


def _expect_lines(profile: Profile) -> list[tuple[str, str]]:
    lines = [(item.name, expectation_text(item)) for item in profile.expectations]
    for name, _ in lines:
        if not name or any(c in "=:;\n\r" for c in name) or name[0] in "[#" or name != name.strip() or name == NONE:
            raise ValueError(f"the name of an expectation can't be {name!r} in an INI file")
    return [*lines, *([(NONE, "true")] if profile.expect_none else [])]


def _merged(blocks: list[tuple[str, list[tuple[str, str]]]]) -> dict[str, list[tuple[str, str]]]:
    merged: dict[str, list[tuple[str, str]]] = {}
    for section, lines in blocks:
        if lines or section.startswith(("proxy:", "behavior:")):
            merged.setdefault(section, []).extend(lines)
    return merged


def _joined(sections: Mapping[str, list[tuple[str, str]]]) -> str:
    parts = []
    for section, lines in sections.items():
        body = "".join(f"{key} = {text}".rstrip() + "\n" for key, text in lines)
        parts.append(f"[{section}]\n{body}")
    return "\n".join(parts)
