"""What a proxy or a toxic may be called: whatever a section's header, an edit's path and a URL can hold."""

from __future__ import annotations

_TAKEN = "/@[]"
"""They end a name in paths and in sections."""


def wrong_name(name: str) -> bool:
    """Whether a name can't be used: empty, spaces around it, one of / @ [ ], what is not printed, or a comment in it."""
    return (
        not name
        or name != name.strip()
        or any(c in _TAKEN or not (c.isprintable() or c == " ") for c in name)
        or " ;" in name
    )
