"""What the journal shows of a request: names, not values."""

from __future__ import annotations

import re

LABEL_MAX = 200
"""Characters."""
_PARAMETER = re.compile(rb"=[^&;]*")
_NAME = re.compile(rb"[A-Za-z][A-Za-z_-]{0,23}")
_USER = re.compile(rb"^([A-Za-z][A-Za-z0-9+.-]*://)?[^/?#@]*@")
_MATRIX = re.compile(rb";([^;/=]*)=[^;/]*")


def request_label(method: str, target: bytes) -> str:
    """`GET /search?q=?`: values of the query and of path parameters become `?`, fragment and user are left out.

    A parameter without `=` is shown where it can only be a name (letters), else it is `?` too.
    """
    target = target.partition(b"#")[0]
    path, question, query = target.partition(b"?")
    if b"@" in path or b";" in path:
        path = _MATRIX.sub(rb";\1=?", _USER.sub(lambda m: m[1] or b"", path))
    shown = path + question + b"&".join(map(_masked, re.split(rb"[&;]", query))) if question else path
    text = f"{method} {shown.decode('utf-8', 'replace')}"
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text[: LABEL_MAX + 1])
    return text if len(text) <= LABEL_MAX else text[: LABEL_MAX - 1] + "…"


def _masked(parameter: bytes) -> bytes:
    if b"=" in parameter:
        return _PARAMETER.sub(b"=?", parameter)
    return parameter if not parameter or _NAME.fullmatch(parameter) else b"?"
