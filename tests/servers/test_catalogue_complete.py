"""Every error of every built-in protocol is complete as data, and is tried somewhere with a real client or server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.registry import Registry

PROTOCOLS = Registry.builtin().catalogue().protocols
ENTRIES = [(info.name, entry) for info in PROTOCOLS for entry in info.errors]
HERE = Path(__file__).parent
TABLES = {
    info.name: "".join(
        path.read_text() for path in (*HERE.glob(f"test_{info.name}_catalogue.py"), *HERE.glob(f"{info.name}_*.py"))
    )
    for info in PROTOCOLS
}
"""The tests of whole catalogues, `test_PROTOCOL_catalogue.py`, with the tables that they read, by their protocols."""


def called(value: object) -> str:
    return value.name if isinstance(value, ErrorInfo) else str(value)


@pytest.mark.parametrize(("protocol", "entry"), ENTRIES, ids=called)
def test_an_entry_says_all_that_is_to_be_known(protocol: str, entry: ErrorInfo):
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", entry.name)
    assert re.match(r"[A-Z0-9]", entry.title)
    assert entry.phases
    assert set(entry.phases) <= {"before", "after"}
    assert entry.at in ("request", "connect")
    assert entry.wire
    assert len(entry.source) > 5
    assert "unchecked" not in f"{entry.title} {entry.wire} {entry.source}".lower()
    assert not (entry.random and (entry.closes or entry.at == "connect"))


@pytest.mark.parametrize(("protocol", "entry"), ENTRIES, ids=called)
def test_an_entry_is_in_the_table_that_is_tried_on_servers(protocol: str, entry: ErrorInfo):
    assert re.search(rf"""["']{re.escape(entry.name)}["']""", TABLES[protocol])


@pytest.mark.parametrize("info", PROTOCOLS, ids=lambda info: info.name)
def test_names_are_unique_and_random_has_something_to_pick(info):
    names = [entry.name for entry in info.errors]
    assert len(set(names)) == len(names)
    assert not names or any(entry.random for entry in info.errors)
