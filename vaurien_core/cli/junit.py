"""junit.xml: one case per expectation, so that a CI shows faults that never fired beside the tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from vaurien_core.profiles.expect import Verdict

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow (production 2, Char)."""


def render(verdicts: Sequence[Verdict], *, started: str, duration_s: float, failure: str = "") -> str:
    """The document.

    Args:
        verdicts: of the expectations, implied ones included.
        started: ISO 8601.
        duration_s: of the run.
        failure: why the run itself failed (can't listen, an internal failure), or "".
    """
    failed = sum(not v.ok for v in verdicts)
    errors = 1 if failure else 0
    cases = [_case(verdict) for verdict in verdicts]
    if failure:
        cases.append(
            f'    <testcase classname="vaurien" name="the run"><error message={_attribute(failure)}/></testcase>'
        )
    counts = f'tests="{len(cases)}" failures="{failed}" errors="{errors}"'
    head = f'name="vaurien" {counts} time="{duration_s:.3f}" timestamp={_attribute(started)}'
    body = "\n".join(cases)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites {counts}>\n  <testsuite {head}>\n'
        f"{body}{chr(10) if body else ''}  </testsuite>\n</testsuites>\n"
    )


def _case(verdict: Verdict) -> str:
    head = f'    <testcase classname="vaurien.expect" name={_attribute(verdict.name)}'
    if verdict.ok:
        return f"{head}/>"
    return f"{head}><failure message={_attribute(verdict.sentence)}>{_text(verdict.sentence)}</failure></testcase>"


def _attribute(text: str) -> str:
    cleaned = escape(_ILLEGAL.sub("?", text))
    return '"' + cleaned.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;") + '"'


def _text(text: str) -> str:
    return escape(_ILLEGAL.sub("?", text), quote=False)
