"""Toxiproxy's words for toxics and its JSON configuration, as our values.

Attributes have Toxiproxy's names and units (`toxics/*.go`), and 0 where nothing is said; our options have their own
defaults. A configuration is what Toxiproxy's `-config` and `POST /populate` read (`proxy_collection.go`), with one
thing more: toxics that stand in it are kept. Called by the control API and the command line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vaurien_core.errors import OptionError, UsageError, did_you_mean
from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.profile import Profile, ProxySpec, ToxicSpec
from vaurien_core.options import Option, OptionValues, values_of
from vaurien_core.options.kinds import SECONDS

ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "noop": {},
    "latency": {"latency": "ms", "jitter": "ms"},
    "bandwidth": {"rate": "KB/s"},
    "slow_close": {"delay": "ms"},
    "timeout": {"timeout": "ms"},
    "reset_peer": {"timeout": "ms"},
    "slicer": {"average_size": "B", "size_variation": "B", "delay": "us"},
    "limit_data": {"bytes": "B"},
}
"""Toxiproxy's types, and their attributes with units. All are whole numbers."""
STREAMS = ("upstream", "downstream")
EVERYWHERE = "[::]"
"""How an address without a host is written: every interface."""
_PROXY_KEYS = ("name", "listen", "upstream", "enabled", "toxics")
_TOXIC_KEYS = ("name", "type", "stream", "toxicity", "attributes")


def attributes(toxic: ToxicSpec, catalogue: Catalogue) -> dict[str, Any]:
    """What a toxic is set to, as Toxiproxy says it: all attributes of its type, then what else was set."""
    options = {option.name: option for option in catalogue.toxic_options(toxic.kind)}
    given = {**{name: option.default for name, option in options.items()}, **dict(toxic.options)}
    units = ATTRIBUTES.get(toxic.kind)
    if units is None:
        return {name: _number(value) for name, value in given.items()}
    shown = {name: _number(_scaled(given.get(name, 0), _unit(options, name), unit)) for name, unit in units.items()}
    return {**shown, **{name: value for name, value in toxic.options if name not in units}}


def options(
    kind: str, given: Mapping[str, Any], catalogue: Catalogue, under: OptionValues | None = None
) -> OptionValues:
    """Attributes as options of our behavior.

    Args:
        kind: a type that the catalogue has.
        given: as decoded from JSON; null leaves what was.
        catalogue: of the engine.
        under: what they are laid over; None: Toxiproxy's defaults, 0.

    Raises:
        OptionError: a value doesn't fit. UsageError: an unknown attribute.
    """
    declared = {option.name: option for option in catalogue.toxic_options(kind)}
    units = ATTRIBUTES.get(kind, {})
    if under is None:
        result: dict[str, Any] = {name: declared[name].check(0) if _takes_0(declared[name]) else 0 for name in units}
    else:
        result = dict(under)
    for key, value in given.items():
        name = key if key in declared else key.lower()
        option = declared.get(name)
        if option is None:
            hint = did_you_mean(key, declared) if declared else " it has none."
            raise UsageError(f'{kind} has no attribute "{key}",{hint}')
        if value is None:
            continue
        result[name] = option.check(_scaled(_whole(name, value), units[name], option.unit) if name in units else value)
    for name in units:
        result[name] = declared[name].check(result[name])
    return values_of(result)


def _takes_0(option: Option) -> bool:
    return option.minimum is None or option.minimum <= 0


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise OptionError(name, "a whole number", json.dumps(value)[:40])
    if abs(value) >= 2**63:
        raise OptionError(name, "a whole number below 2^63", f"{value:g}")
    return int(value)


def _unit(options: Mapping[str, Option], name: str) -> str:
    return options[name].unit if name in options else ""


def _scaled(value: Any, unit: str, to: str) -> Any:
    """A time in another unit; other numbers as they are."""
    if unit == to or unit not in SECONDS or to not in SECONDS or isinstance(value, str) or value is None:
        return value
    return round(value * SECONDS[unit] / SECONDS[to], 9)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def listen_address(text: str) -> str:
    """Toxiproxy's `listen` as an address of ours: without a host it means every interface, without all a free port."""
    if not text:
        return f"{EVERYWHERE}:0"
    host, colon, port = text.rpartition(":")
    return f"{EVERYWHERE}:{port}" if colon and host in ("", "0.0.0.0", "[::]") else text  # noqa: S104 - read


def read_config(text: str, name: str, catalogue: Catalogue) -> Profile:
    """A configuration file of Toxiproxy as a profile.

    Args:
        text: JSON.
        name: of the file, for messages.
        catalogue: what toxics there are.

    Raises:
        UsageError: says where it is wrong, what was expected and what was there.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        what = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
        raise UsageError(f"{name}{where}: expected Toxiproxy's JSON, a list of proxies: {what}.") from None
    if isinstance(data, dict) and isinstance(data.get("proxies"), list):
        data = data["proxies"]
    elif isinstance(data, dict) and data and all(isinstance(item, dict) for item in data.values()):
        data = list(data.values())
    if not isinstance(data, list):
        raise UsageError(f"{name}: expected a list of proxies, got {_kind(data)}.")
    profile = Profile()
    for number, item in enumerate(data, start=1):
        spec = _proxy(item, f"{name}: proxy {number}", catalogue)
        if any(p.name == spec.name for p in profile.proxies):
            raise UsageError(f'{name}: proxy {number}: there is another proxy called "{spec.name}".')
        profile = profile.with_proxy(spec)
    return profile


def _proxy(item: Any, where: str, catalogue: Catalogue) -> ProxySpec:
    data = _object(item, where, _PROXY_KEYS)
    name, upstream = _text(data, "name", where), _text(data, "upstream", where)
    for key, value in (("name", name), ("upstream", upstream)):
        if not value:
            raise UsageError(f"{where}: expected {key}, got none.")
    enabled = data.get("enabled")
    if enabled is not None and not isinstance(enabled, bool):
        raise UsageError(f"{where}: enabled: expected true or false, got {_kind(enabled)}.")
    listen = listen_address(_text(data, "listen", where))
    spec = ProxySpec(name, listen, upstream, enabled=enabled is not False)
    given = data.get("toxics") or []
    if not isinstance(given, list):
        raise UsageError(f"{where}: toxics: expected a list, got {_kind(given)}.")
    for number, toxic in enumerate(given, start=1):
        read = _toxic(toxic, f"{where} ({name}): toxic {number}", catalogue)
        if spec.toxic(read.name) is not None:
            raise UsageError(f'{where} ({name}): toxic {number}: there is another toxic called "{read.name}".')
        spec = spec.with_toxic(read)
    return spec


def _toxic(item: Any, where: str, catalogue: Catalogue) -> ToxicSpec:
    data = _object(item, where, _TOXIC_KEYS)
    kind, stream = _text(data, "type", where), (_text(data, "stream", where) or "downstream").lower()
    known = [info.name for info in catalogue.toxics]
    if kind not in known:
        raise UsageError(f'{where}: unknown type "{kind}",{did_you_mean(kind, known)}')
    if stream not in (*STREAMS, "both"):
        raise UsageError(f'{where}: stream: expected upstream or downstream, got "{stream}".')
    toxicity = 1.0 if data.get("toxicity") is None else data["toxicity"]
    if isinstance(toxicity, bool) or not isinstance(toxicity, (int, float)) or not 0 <= toxicity <= 1:
        raise UsageError(f"{where}: toxicity: expected a number within 0..1, got {json.dumps(toxicity)}.")
    given = data.get("attributes") or {}
    if not isinstance(given, dict):
        raise UsageError(f"{where}: attributes: expected an object, got {_kind(given)}.")
    try:
        values = options(kind, given, catalogue)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    name = _text(data, "name", where) or f"{kind}_{stream}"
    return replace(ToxicSpec(name, kind), stream=stream, toxicity=float(toxicity), options=values)


def _object(item: Any, where: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """An object with its keys in lower case, as Go minds no case; others are left out."""
    if not isinstance(item, dict):
        raise UsageError(f"{where}: expected an object, got {_kind(item)}.")
    return {key.lower(): value for key, value in item.items() if key.lower() in keys}


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{where}: {key}: expected a text, got {_kind(value)}.")
    return value or ""


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
