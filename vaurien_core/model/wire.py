"""JSON <-> values: the one codec that control, remote engine, child and journal share.

Dataclasses become objects with their field names, tuples lists, `Decimal` a text, `OptionValues` an object.
Unknown keys are refused with their nearest name. Events carry their kind in `kind` (see `EVENT_KINDS`).
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.model.change import Edit
from vaurien_core.model.events import Changed, EngineState, Entry, Event, Gap, Lost, Sample
from vaurien_core.model.profile import BehaviorSpec, ControlSpec, Expectation, Profile, ProxySpec, Rule, ToxicSpec
from vaurien_core.options import OptionValues, values_of

T = TypeVar("T")
Json = Any
"""What `json.loads` gives."""

EVENT_KINDS: Mapping[str, type] = {
    "sample": Sample,
    "entry": Entry,
    "change": Changed,
    "state": EngineState,
    "gap": Gap,
    "lost": Lost,
}
_KIND_OF = {cls: kind for kind, cls in EVENT_KINDS.items()}


def to_json(value: Any) -> Json:
    """Any model value as JSON data."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        return {
            f.name: dict(getattr(value, f.name)) if hints[f.name] == OptionValues else to_json(getattr(value, f.name))
            for f in dataclasses.fields(value)
        }
    if isinstance(value, (tuple, list)):
        return [to_json(v) for v in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): to_json(v) for k, v in value.items()}
    return value


def from_json(cls: type[T], data: Json, where: str = "") -> T:
    """JSON data as a value of `cls`.

    Raises:
        UsageError: a wrong type, a missing or an unknown key; says where.
    """
    result: T = _read(cls, data, where or cls.__name__)
    return result


def event_to_json(event: Event) -> Json:
    """An event as one line of the stream: `{"kind": ..., ...}`. An entry's own kind is `entry_kind`."""
    body = to_json(event)
    if isinstance(event, Entry):
        body["entry_kind"] = body.pop("kind")
    return {"kind": _KIND_OF[type(event)], **body}


def event_from_json(data: Json) -> Event | None:
    """A line of the stream as an event; None for kinds that carry nothing (heartbeat) or are unknown."""
    body = dict(data)
    cls = EVENT_KINDS.get(body.pop("kind", ""))
    if cls is None:
        return None
    if cls is Entry:
        body["kind"] = body.pop("entry_kind", "exchange")
    event: Event = from_json(cls, body)
    return event


def edits_to_json(edits: tuple[Edit, ...]) -> Json:
    """Edits as JSON data."""
    return [{"path": list(e.path), "value": to_json(e.value)} for e in edits]


def edits_from_json(data: Json) -> tuple[Edit, ...]:
    """JSON data as edits, each value read by the type that its path has.

    Raises:
        UsageError: not a list of {"path", "value"}, or a value of the wrong type.
    """
    if not isinstance(data, list):
        raise UsageError('edits: expected a list of {"path": [...], "value": ...}')
    edits = []
    for item in data:
        if (
            not isinstance(item, dict)
            or not isinstance(item.get("path"), list)
            or not all(isinstance(p, str) for p in item["path"])
        ):
            raise UsageError('edits: expected {"path": [...], "value": ...}')
        path = tuple(item["path"])
        edits.append(Edit(path, _read(_type_at(path), item.get("value"), "/".join(path))))
    return tuple(edits)


def _type_at(path: tuple[str, ...]) -> Any:
    """The type of the value at a path (see `model.change`)."""
    match path:
        case ("proxies", _):
            return ProxySpec | None
        case ("proxies", _, "mix", _):
            return Decimal | None
        case ("proxies", _, "mix"):
            return tuple[Rule, ...]
        case ("proxies", _, "behaviors", _):
            return BehaviorSpec | None
        case ("proxies", _, "behaviors", _, _) | ("proxies", _, "protocol_options", _):
            return Any
        case ("proxies", _, "toxics", _):
            return ToxicSpec | None
        case ("proxies", _, "toxics", _, "options", _):
            return Any
        case ("proxies", _, "toxics", _, key) if key in ("stream", "toxicity", "enabled"):
            return _hints(ToxicSpec)[key]
        case ("proxies", _, key) if key in _hints(ProxySpec):
            return _hints(ProxySpec)[key]
        case ("control", key) if key in _hints(ControlSpec):
            return _hints(ControlSpec)[key]
        case ("expectations",):
            return tuple[Expectation, ...]
        case (key,) if key in _hints(Profile) and key != "references":
            return _hints(Profile)[key]
    raise UsageError(f"no such place in a profile: {'/'.join(path)}")


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _read(hint: Any, data: Json, where: str) -> Any:
    if hint is Any or hint is object:
        return tuple(data) if isinstance(data, list) else data
    if hint == OptionValues:
        if not isinstance(data, dict):
            raise UsageError(f"{where}: expected an object of options, got {data!r}.")
        return values_of({k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        options = get_args(hint)
        if data is None and type(None) in options:
            return None
        return _first(tuple(o for o in options if o is not type(None)), data, where)
    if origin is tuple:
        return _read_tuple(get_args(hint), data, where)
    if dataclasses.is_dataclass(hint):
        return _read_object(hint, data, where)
    return _read_scalar(hint, data, where)


def _first(options: tuple[Any, ...], data: Json, where: str) -> Any:
    for option in options[:-1]:
        if isinstance(option, type) and not dataclasses.is_dataclass(option) and type(data) is option:
            return data
        try:
            return _read(option, data, where)
        except UsageError:
            continue
    return _read(options[-1], data, where)


def _read_tuple(args: tuple[Any, ...], data: Json, where: str) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise UsageError(f"{where}: expected a list, got {data!r}.")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_read(args[0], v, f"{where}[{i}]") for i, v in enumerate(data))
    if len(args) != len(data):
        raise UsageError(f"{where}: expected {len(args)} items, got {len(data)}.")
    return tuple(_read(a, v, where) for a, v in zip(args, data, strict=True))


def _read_object(cls: Any, data: Json, where: str) -> Any:
    if not isinstance(data, dict):
        raise UsageError(f"{where}: expected an object, got {data!r}.")
    hints = _hints(cls)
    for key in data:
        if key not in hints:
            raise UsageError(f'{where}: unknown key "{key}",{did_you_mean(key, hints)}')
    try:
        return cls(**{k: _read(hints[k], v, f"{where}.{k}") for k, v in data.items()})
    except TypeError as error:
        raise UsageError(f"{where}: {error}") from None


def _read_scalar(hint: Any, data: Json, where: str) -> Any:
    if hint is Decimal:
        try:
            if isinstance(data, bool) or not isinstance(data, (str, int, float)):
                raise InvalidOperation
            value = Decimal(str(data))
            if not value.is_finite():
                raise InvalidOperation
            return value
        except InvalidOperation:
            raise UsageError(f"{where}: expected a number, got {data!r}.") from None
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if isinstance(hint, type) and issubclass(hint, StrEnum) and isinstance(data, str):
        return hint(data)
    if type(data) is not hint:
        raise UsageError(f"{where}: expected {hint.__name__}, got {data!r}.")
    return data
