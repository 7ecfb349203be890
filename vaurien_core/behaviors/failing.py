"""What `error` and `transient` share: their options, and answering an exchange with an error of its protocol."""

from __future__ import annotations

from functools import partial

from vaurien_core.behaviors.base import Intervention
from vaurien_core.behaviors.wording import escape
from vaurien_core.errors import did_you_mean
from vaurien_core.frozen import dataclass
from vaurien_core.model.answer import Answer
from vaurien_core.model.catalogue import ErrorInfo, ProtocolInfo
from vaurien_core.options import OptionSet, opt

RANDOM = "random"
TCP = "tcp"
HTTP = "http"
GARBAGE = 1000
"""Bytes that `tcp`, which has no errors of its own, answers with (as the classic tool did)."""
INSERTED = 64
"""Bytes that `inject` puts into an answer."""


@dataclass(frozen=True, slots=True)
class ErrorOptions(OptionSet):
    """Which error, and on which side of the backend."""

    error: str = opt(RANDOM, "The error to answer with: random, or a name from the protocol's catalogue")
    phase: str = opt(
        "before",
        "before: the backend never sees the request; after: it has done it, its answer is replaced",
        choices=("before", "after"),
    )
    inject: bool = opt(False, "Insert random bytes into the real answer instead (no effect on http)", advanced=True)
    warmup: int = opt(0, "How many exchanges pass untouched first", minimum=0, advanced=True)


def check_error(options: OptionSet, protocol: ProtocolInfo) -> str:
    """What is wrong with `error` and `phase` on this protocol; "" if nothing."""
    assert isinstance(options, ErrorOptions)
    if options.error == RANDOM:
        return ""
    names = [e.name for e in protocol.errors]
    entry = next((e for e in protocol.errors if e.name == options.error), None)
    if entry is None:
        known = did_you_mean(options.error, [RANDOM, *names])
        return f'error: {protocol.name} has no error "{options.error}",{known}'
    if options.phase not in entry.phases:
        return f"error: {entry.name} can be sent {' or '.join(entry.phases)} only, and phase is {options.phase}."
    return ""


def names_connect(options: OptionSet, errors: tuple[ErrorInfo, ...]) -> bool:
    """Whether the named error is one that is sent in the connect phase only; `random` never is."""
    assert isinstance(options, ErrorOptions)
    return any(e.name == options.error and e.at == "connect" for e in errors)


def fail(act: Intervention, options: ErrorOptions) -> None:
    """Answer this exchange with an error, or say why it can't be."""
    if act.opaque:
        _fail_opaque(act, options)
    elif options.inject and act.protocol != HTTP:
        act.phase("after")
        act.note(inject=INSERTED)
        act.insert(act.draw_bytes(INSERTED, "inject"))
    elif act.protocol == TCP and not act.errors:
        _fail_tcp(act, options)
    else:
        _fail_by_catalogue(act, options)


def _fail_opaque(act: Intervention, options: ErrorOptions) -> None:
    """TLS that is passed through has errors that need no keys: an alert in the ClientHello's place, a reset later."""
    begun = act.exchange.facts.get("tls")
    if begun is None or options.inject or options.error != RANDOM or options.phase != "before":
        act.not_applicable(f"the stream is opaque: {act.opaque}")
    elif begun == "hello":
        act.phase("before")
        act.note(error="TLS alert handshake_failure")
        act.alert()
    else:
        act.phase("after")
        act.note(error="reset")
        act.reset()


def _fail_tcp(act: Intervention, options: ErrorOptions) -> None:
    if options.phase != "before":
        act.not_applicable("tcp does not know where an answer ends")
    elif options.error != RANDOM:
        act.not_applicable(f"tcp has no error {options.error}")
    else:
        act.phase("before")
        act.note(error=f"{GARBAGE} random bytes")
        garbage = act.draw_bytes(GARBAGE, "error")
        act.reply(lambda _close: garbage)


def _fail_by_catalogue(act: Intervention, options: ErrorOptions) -> None:
    at = "connect" if act.exchange.ordinal == 0 else "request"
    legal = [e for e in act.errors if options.phase in e.phases and e.at == at and _renders(act, e)]
    if options.error == RANDOM:
        legal = [e for e in legal if e.random]
        if not legal:
            act.not_applicable(f"no error of {act.protocol} is legal here")
            return
        entry = legal[int(act.draw("error") * len(legal))]
    else:
        named = [e for e in legal if e.name == options.error]
        if not named:
            act.not_applicable(f"error {options.error} is not legal here")
            return
        entry = named[0]
    act.phase(options.phase)
    act.note(error=entry.name)
    render = partial(_render, act, entry.name)
    if options.phase == "before":
        act.reply(render, close=entry.closes, upstream=act.remedy(entry.name))
    else:
        act.replace_answer(render, close=entry.closes)
    act.failed(entry.name)


def _render(act: Intervention, name: str, close: bool) -> Answer | None:
    return act.error_answer(name, close=close)


def _renders(act: Intervention, entry: ErrorInfo) -> bool:
    return act.error_answer(entry.name, close=entry.closes) is not None


def error_sentence(options: ErrorOptions) -> str:
    """`are answered with a random error; the backend never sees them`."""
    if options.inject:
        return f"get <b>{INSERTED} random bytes</b> inside their answer"
    what = "a random error" if options.error == RANDOM else f"error {escape(options.error)}"
    end = "the backend never sees them" if options.phase == "before" else "after the backend has done them"
    return f"are answered with <b>{what}</b>{';' if options.phase == 'before' else ''} {end}"
