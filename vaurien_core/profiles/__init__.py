"""INI text <-> Profile: lossless reading and writing, expectations, export.

`load` and `loads` read, `render` and `save` write only what changed, `dumps` makes a fresh file, `judge` judges.
"""

from vaurien_core.profiles.document import ChangedOnDiskError, Document, read_document
from vaurien_core.profiles.equal import same
from vaurien_core.profiles.expect import METRICS, Verdict, implied, judge
from vaurien_core.profiles.layers import Flags
from vaurien_core.profiles.reading import Loaded, LoadPlugin, load, loads, named_rules
from vaurien_core.profiles.saving import render, reread, save
from vaurien_core.profiles.writing import dumps, dumps_covered

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
