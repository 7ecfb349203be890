"""Changes as sentences for the journal. Names and numbers only: a text may be a secret."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from vaurien_core.model.change import Edit
from vaurien_core.model.profile import ProxySpec

_SHOWN_TEXTS = ("proxy", "protocol", "draw_by", "state", "stream")


def sentence(edits: Iterable[Edit], author: str) -> str:
    """What was changed and by whom: `web: delay at 20 % (window)`."""
    text = "; ".join(_phrase(edit) for edit in edits) or "nothing"
    return f"{text} ({author})" if author else text


def _phrase(edit: Edit) -> str:
    match edit.path:
        case ("proxies", name):
            return f"{name}: removed" if not isinstance(edit.value, ProxySpec) else f"{name}: added or replaced"
        case ("proxies", name, "mix", behavior):
            return f"{name}: {behavior} {_weight(edit.value)}"
        case ("proxies", name, "behaviors", behavior):
            return f"{name}: rule {behavior} {'removed' if edit.value is None else 'set up'}"
        case ("proxies", name, "behaviors", behavior, option):
            return f"{name}: {behavior} {option}{_value(edit.value, option)}"
        case ("proxies", name, "toxics", toxic):
            return f"{name}: toxic {toxic} {'removed' if edit.value is None else 'set up'}"
        case ("proxies", name, "toxics", toxic, *_, key):
            return f"{name}: toxic {toxic} {key}{_value(edit.value, key)}"
        case ("proxies", name, *rest):
            return f"{name}: {' '.join(rest)}{_value(edit.value, rest[-1])}"
    return f"{' '.join(edit.path)}{_value(edit.value, edit.path[-1])}"


def _weight(value: Decimal | None) -> str:
    return "out of the mix" if value is None else f"at {value.normalize():f} %"


def _value(value: Any, key: str) -> str:
    if value is None:
        return " back to its default"
    if isinstance(value, bool):
        return f" = {str(value).lower()}"
    if isinstance(value, (int, float, Decimal)) or (isinstance(value, str) and key in _SHOWN_TEXTS):
        return f" = {value}"
    return " changed"
