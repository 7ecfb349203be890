"""Bodies as Go's `encoding/json` reads them: one value, the rest ignored; keys in any case; null leaves the default."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from aiohttp import web

from vaurien_core.control.toxiproxy.errors import bad_body

_DECODER = json.JSONDecoder(parse_constant=lambda name: _refuse_constant(name))
_SPACE = " \t\r\n"
_GO = {str: "string", bool: "bool", float: "float32", dict: "map", list: "slice"}


async def read_value(request: web.Request) -> Any:
    """The first JSON value of the body; the content type is not looked at.

    Raises:
        Failure: there is none (400).
    """
    raw = await request.read()
    text = raw.decode("utf-8", "replace").lstrip(_SPACE + "\ufeff")
    if not text:
        raise bad_body("EOF")
    try:
        value, _ = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text):
            raise bad_body("unexpected EOF") from None
        raise bad_body(f"invalid character {text[error.pos]!r} looking for beginning of value") from None
    except (ValueError, RecursionError) as error:
        raise bad_body(str(error) or "exceeded max depth") from None
    return value


def fields(value: Any, kind: str, **types: type) -> dict[str, Any]:
    """The known keys of an object that are there and not null, each of its type.

    Args:
        value: decoded JSON; null is an empty object.
        kind: what it is, for messages.
        types: key to type; `float` takes whole numbers too.

    Raises:
        Failure: it is no object, or a value has another type (400).
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_body(f"json: cannot unmarshal {_named(value)} into Go value of type {kind}")
    found: dict[str, Any] = {}
    for key, item in value.items():
        name = key if key in types else key.lower()
        if name not in types or item is None:
            continue
        wanted = types[name]
        fits = isinstance(item, (int, float) if wanted is float else wanted)
        if not fits or (isinstance(item, bool) and wanted is not bool):
            raise bad_body(
                f"json: cannot unmarshal {_named(item)} into Go struct field {kind}.{name} of type {_GO[wanted]}"
            )
        found[name] = item
    return found


def items(value: Any) -> list[Any]:
    """The items of a list; null has none.

    Raises:
        Failure: it is no list (400).
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise bad_body(f"json: cannot unmarshal {_named(value)} into Go value of type []Proxy")
    return value


def _named(value: Any) -> str:
    names: Mapping[type, str] = {dict: "object", list: "array", str: "string", bool: "bool", type(None): "null"}
    return names.get(type(value), "number")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"invalid character {name[0]!r} looking for beginning of value")
