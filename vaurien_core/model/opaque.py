"""Which faults can't act on connections that nobody can read, and the sentence that says so with the ways out.

Used by the data plane (journal, standard error of a headless run) and by the window's band.
"""

from __future__ import annotations

from collections.abc import Sequence

TLS = "TLS"
STARTTLS = "STARTTLS"
OURS = "bytes were inserted"
"""The reason of connections that a fault of ours made unreadable."""


def begins_with_tls(reason: str, upgrade: str) -> bool:
    """Whether such connections begin with a ClientHello, which can be answered with an alert.

    Args:
        reason: why they are opaque.
        upgrade: how the protocol turns to TLS, or "".
    """
    return reason == TLS and upgrade != "SSLRequest"


def is_stuck(group: str, error: object, *, begins: bool, selects: bool = False) -> bool:
    """Whether a fault can't act on them.

    Args:
        group: of the behavior.
        error: its option of that name.
        begins: see `begins_with_tls`.
        selects: it is for requests that have to be read to be known.
    """
    return selects or (group == "Errors" and not (begins and error == "random"))


def opaque_sentence(proxy: str, reason: str, count: int, faults: Sequence[str], upgrade: str) -> str:
    """`orders-db: 3 connections use TLS, so deadlock can't act on them.` and the ways out."""
    one = count == 1
    noun = f"{count} connection{'' if one else 's'}"
    names = " and ".join(filter(None, (", ".join(faults[:-1]), faults[-1])))
    cant = f"so {names} can't act on {'it' if one else 'them'}."
    if reason in (TLS, STARTTLS):
        use = f"use{'s' if one else ''} {reason}"
        if upgrade:
            ways = "Use tls = terminate with a certificate, or tls = strip."
        else:
            ways = "Use tls = terminate with a certificate, or let clients speak plain text and set backend_tls = on."
        return f"{proxy}: {noun} {use}, {cant} {ways}"
    return f"{proxy}: {noun} can't be read ({reason}), {cant}"
