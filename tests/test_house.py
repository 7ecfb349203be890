"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(p for top in ("vaurien", "vaurien_core", "vaurien_gui") for p in (ROOT / top).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", [p for p in SOURCES if "presenters" in p.parts], ids=name_of)
def test_presenters_import_no_widgets(path: Path) -> None:
    assert not [name for name in imported(ast.parse(path.read_text())) if name.startswith("PySide6.QtWidgets")]


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parts[len(ROOT.parts)] == "vaurien"], ids=name_of)
def test_the_old_import_name_holds_imports_only(path: Path) -> None:
    for node in ast.parse(path.read_text()).body:
        assert isinstance(node, (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign)), ast.unparse(node)


@pytest.mark.parametrize("path", [p for p in SOURCES if "vaurien_gui" in p.parts], ids=name_of)
def test_no_nested_event_loops_in_the_window(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("exec", "exec_", "processEvents", "asyncSlot"), f"line {node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_exceptions_from_the_rules_are_named(path: Path) -> None:
    text = path.read_text()
    assert not re.findall(r"# noqa(?!: ?[A-Z])", text)
    assert not re.findall(r"# type: ignore(?!\[)", text)
    assert not re.findall(r"\b(TODO|FIXME|XXX)\b", text)


@pytest.mark.parametrize("path", [p for p in SOURCES if "vaurien_core" in p.parts], ids=name_of)
def test_frozen_classes_of_the_core_cost_a_start_little(path: Path) -> None:
    text = path.read_text()
    if re.search(r"^@dataclass\(frozen=True, slots=True\)", text, re.MULTILINE):
        assert "from vaurien_core.frozen import dataclass" in text


def test_no_text_tells_to_install_the_old_tool() -> None:
    texts = [*SOURCES, ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "ARCHITECTURE.md"]
    assert [name_of(p) for p in texts if "pip install vaurien" in p.read_text()] == []
