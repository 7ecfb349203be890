"""JSON <-> values: the one codec that control, remote engine, child and journal share.

Dataclasses become objects with their field names, tuples lists, `Decimal` a text, `OptionValues` an object.
Unknown keys are refused with their nearest name. Events carry their kind in `kind` (see `EVENT_KINDS`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from vaurien_core.errors import UsageError
from vaurien_core.model.change import Edit
from vaurien_core.model.events import Changed, EngineState, Entry, Event, Gap, Lost, Sample
from vaurien_core.model.profile import BehaviorSpec, ControlSpec, Expectation, Profile, ProxySpec, Rule, ToxicSpec
from vaurien_core.model.wire_read import Json as Json
from vaurien_core.model.wire_read import hints_of, read
from vaurien_core.options import OptionValues

T = TypeVar("T")

EVENT_KINDS: Mapping[str, type] = {
    "sample": Sample,
    "entry": Entry,
    "change": Changed,
    "state": EngineState,
    "gap": Gap,
    "lost": Lost,
}
_PLAIN = frozenset((str, int, float, bool, type(None)))
_KIND_OF = {cls: kind for kind, cls in EVENT_KINDS.items()}


def to_json(value: Any) -> Json:
    """Any model value as JSON data."""
    cls: Any = type(value)
    if cls in _PLAIN:
        return value
    if cls is tuple or cls is list:
        return list(value) if _PLAIN.issuperset(map(type, value)) else [to_json(v) for v in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            name: dict(getattr(value, name)) if options else to_json(getattr(value, name))
            for name, options in _fields(cls)
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
    result: T = read(cls, data, where or cls.__name__)
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
        edits.append(Edit(path, read(_type_at(path), item.get("value"), "/".join(path))))
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
            return hints_of(ToxicSpec)[key]
        case ("proxies", _, key) if key in hints_of(ProxySpec):
            return hints_of(ProxySpec)[key]
        case ("control", key) if key in hints_of(ControlSpec):
            return hints_of(ControlSpec)[key]
        case ("expectations",):
            return tuple[Expectation, ...]
        case (key,) if key in hints_of(Profile) and key != "references":
            return hints_of(Profile)[key]
    raise UsageError(f"no such place in a profile: {'/'.join(path)}")


@cache
def _fields(cls: type) -> tuple[tuple[str, bool], ...]:
    """The names of a class's fields, and which of them are options."""
    hints = hints_of(cls)
    return tuple((f.name, hints[f.name] == OptionValues) for f in dataclasses.fields(cls))
