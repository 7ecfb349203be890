"""INI text <-> Profile: lossless reading and writing, expectations, export.

`load` and `loads` read, `render` and `save` write only what changed, `dumps` makes a fresh file, `judge` judges. What
writes is imported when it is asked for: a run only reads.
"""

from typing import TYPE_CHECKING, Any

from vaurien_core.profiles.document import ChangedOnDiskError, Document, read_document
from vaurien_core.profiles.layers import Flags
from vaurien_core.profiles.reading import Loaded, LoadPlugin, load, loads, named_rules

from vaurien_core.profiles.expect import METRICS, Verdict, implied, judge  # isort: skip - hides the module `implied`

if TYPE_CHECKING:
    from vaurien_core.profiles.equal import same
    from vaurien_core.profiles.saving import render, reread, save
    from vaurien_core.profiles.writing import dumps, dumps_covered

_WRITES = {
    "dumps": "writing", "dumps_covered": "writing", "render": "saving", "reread": "saving", "save": "saving",
    "same": "equal",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WRITES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_WRITES[name]}"), name)


__all__ = [
    "METRICS",
    "ChangedOnDiskError",
    "Document",
    "Flags",
    "LoadPlugin",
    "Loaded",
    "Verdict",
    "dumps",
    "dumps_covered",
    "implied",
    "judge",
    "load",
    "loads",
    "named_rules",
    "read_document",
    "render",
    "reread",
    "same",
    "save",
]
