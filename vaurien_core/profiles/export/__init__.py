"""Copy as: a profile as the texts that CI and others run, each made by one pure function.

`TARGETS` says which there are. A further one is a file of its own and a line here.
"""

from __future__ import annotations

from collections.abc import Callable

from vaurien_core.frozen import dataclass
from vaurien_core.profiles.export.command import command, headless, without_file
from vaurien_core.profiles.export.compose import compose
from vaurien_core.profiles.export.pytest_file import pytest_file
from vaurien_core.profiles.export.source import Source
from vaurien_core.profiles.export.verdict import Verdict, counts, ini, validate
from vaurien_core.profiles.export.workflow import workflow

__all__ = [
    "TARGETS",
    "Source",
    "Target",
    "Verdict",
    "command",
    "compose",
    "counts",
    "headless",
    "ini",
    "pytest_file",
    "validate",
    "without_file",
    "workflow",
]


@dataclass(frozen=True, slots=True)
class Target:
    """One form that a profile can take outside the window."""

    key: str
    title: str
    file_name: str
    """Under which it is saved; `{stem}` is the profile's file name less its suffix, as an identifier."""
    render: Callable[[Source], str]
    note: str
    """What it is for, as a sentence or two."""
    beside: bool = False
    """It reads the profile from its own folder, so both are saved together."""


TARGETS = (
    Target(
        "ini", "INI", "{name}", lambda source: source.ini,
        "CI runs this file without a screen and draws the same faults for the same requests.",
    ),
    Target(
        "command", "Command", "run_{stem}.sh", command,
        "Runs the profile where there is no screen; with a command behind --, until that ends.", beside=True,
    ),
    Target(
        "pytest", "pytest", "test_{stem}.py", pytest_file,
        "Starts the profile for a test and holds which requests it breaks. Saved with the profile beside it.",
        beside=True,
    ),
    Target(
        "compose", "Compose", "compose.yaml", compose,
        "Runs the profile in a container that is built from a checkout of Vaurien. Saved with the profile beside it.",
        beside=True,
    ),
    Target(
        "workflow", "GitHub Actions", "{stem}.yml", workflow,
        "Runs your tests against the faults on every push. Belongs into .github/workflows/.",
    ),
)  # fmt: skip
