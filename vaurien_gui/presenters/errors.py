"""The error catalogue of a protocol, as values to choose from and as words about the chosen one."""

from __future__ import annotations

from vaurien_core.behaviors.failing import RANDOM
from vaurien_core.model.catalogue import Catalogue, ErrorInfo
from vaurien_core.options import Kind, Option
from vaurien_gui.models.shown import Suggestion

ERROR = "error"


def suggestions(catalogue: Catalogue, protocol: str, option: Option) -> tuple[Suggestion, ...]:
    """What an option can be, where it is a protocol's error; () for others."""
    info = catalogue.protocol(protocol)
    if info is None or option.name != ERROR or option.kind is not Kind.TEXT or not info.errors:
        return ()
    drawn = ", ".join(error.name for error in info.errors if error.random)
    first = Suggestion(RANDOM, "one of several, drawn by the seed", drawn)
    return (first, *(Suggestion(error.name, error.title, detail(error)) for error in info.errors))


def detail(error: ErrorInfo) -> str:
    """`before or after · closes · HTTP/1.1 503 Service Unavailable · RFC 9110 section 15.6.4`."""
    when = "in the connect phase" if error.at == "connect" else " or ".join(error.phases)
    parts = (when, "closes the connection" if error.closes else "", " ".join(error.wire.split()), error.source)
    return " · ".join(part for part in parts if part)


def about(catalogue: Catalogue, protocol: str, name: str) -> str:
    """Say what the chosen error is; "" for random and unknown ones."""
    info = catalogue.protocol(protocol)
    error = next((e for e in info.errors if e.name == name), None) if info is not None else None
    return f"{error.title} · {detail(error)}" if error is not None else ""


def reference(catalogue: Catalogue) -> str:
    """All errors of all protocols, for the behavior reference."""
    parts = []
    for info in catalogue.protocols:
        if info.errors:
            lines = [f"  {error.name}: {error.title}\n    {detail(error)}" for error in info.errors]
            parts.append(f"Errors of {info.title} ({info.name})\n\n" + "\n".join(lines))
    return "\n\n\n".join(parts)
