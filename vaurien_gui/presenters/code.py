"""The code that a profile names, as a text to read before anybody says that it may run."""

from __future__ import annotations

from collections.abc import Iterable

from vaurien_gui.trust import NamedCode

READ_LIMIT = 200_000
"""Characters of one file that are shown."""


def code_text(codes: Iterable[NamedCode]) -> str:
    """Where it lies, its hash, and the files themselves; reading them runs nothing."""
    return "\n\n".join(_one(code) for code in codes)


def _one(code: NamedCode) -> str:
    head = f"{code.kind} {code.name}: {code.callable}\n{code.file}\nSHA-256 {code.digest or 'unknown'}"
    if not code.files:
        return f"{head}\nThere is no such module, neither installed nor beside the profile."
    parts = [head, "It may load more code than this when it runs."]
    for file in code.files:
        try:
            text = file.read_text(encoding="utf-8", errors="replace")[:READ_LIMIT]
        except OSError as error:
            text = f"can't be read: {error.strerror}"
        parts.append(f"--- {file}\n{text}")
    return "\n\n".join(parts)
