"""A probe's verdict as a line under the field, and what the buttons beside it change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.events import ProbeResult
from vaurien_gui.models.question import Question
from vaurien_gui.models.shown import BandAction, ProbeLine

KINDS: Mapping[str, str] = {
    "ok": "ok", "wrong-protocol": "warn", "tls": "warn", "no-tls": "warn", "untrusted": "warn",
}  # fmt: skip
"""How a verdict looks; others are bad."""
RETRY = BandAction("retry", "Retry")
DEMO = BandAction("demo-backend", "Start demo backend")
STARTTLS = frozenset({"smtp", "mysql"})
"""Protocols that can turn to TLS on the way."""
_CHANGES: Mapping[str, tuple[str, str, str]] = {
    "tls": ("backend_tls", "on", "Enable TLS to backend"),
    "starttls": ("backend_tls", "starttls", "Use STARTTLS"),
    "no-tls": ("backend_tls", "off", "Disable TLS to backend"),
    "no-verify": ("backend_verify", "no", "Don't verify"),
}
"""Action to the key that it sets, its value, and the words on the button."""


def verdict_line(result: ProbeResult, question: Question, catalogue: Catalogue) -> ProbeLine:
    """The sentence and its buttons."""
    kind = KINDS.get(result.verdict, "bad")
    actions = () if kind == "ok" else (*_ways_out(result, question, catalogue), RETRY)
    if result.verdict == "wrong-protocol" and actions[:-1]:
        actions = actions[:-1]  # the same answer would come again
    return ProbeLine(kind, result.message, actions)


def changed_key(action: str) -> tuple[str, str, str] | None:
    """The key of a proxy that an action sets, its value, and the action's words; None: it sets none."""
    return _CHANGES.get(action)


def _ways_out(result: ProbeResult, question: Question, catalogue: Catalogue) -> Sequence[BandAction]:
    match result.verdict:
        case "wrong-protocol":
            title = next((p.title for p in catalogue.protocols if p.name == result.speaks), "")
            if title and result.speaks != question.protocol:
                return (BandAction(f"switch-protocol:{result.speaks}", f"Switch to {title}"),)
        case "refused":
            return (DEMO,)
        case "tls":
            return (_change("tls"),)
        case "no-tls" if question.backend_tls == "on" and question.protocol in STARTTLS:
            return (_change("starttls"), _change("no-tls"))
        case "no-tls":
            return (_change("no-tls"),)
        case "untrusted":
            return (_change("no-verify"),)
    return ()


def _change(name: str) -> BandAction:
    return BandAction(f"set:{name}", _CHANGES[name][2])
