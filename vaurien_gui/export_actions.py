"""Edit > Copy as: its actions, declared for the registry, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from vaurien_core.profiles.export import TARGETS
from vaurien_gui import exporting
from vaurien_gui.action_spec import ActionSpec

if TYPE_CHECKING:
    from vaurien_gui.app import App

COPY_AS = "&Copy as"

EXPORT_ACTIONS: tuple[ActionSpec, ...] = (
    *(
        ActionSpec(f"copy-{t.key}", f"&{t.title}", f"Copy the profile as {t.title}", "Edit", group=2, submenu=COPY_AS)
        for t in TARGETS
    ),
    ActionSpec("copy-proxy", "INI of the &selected proxy", "Copy this proxy alone, as INI", "Edit", group=2,
               submenu=COPY_AS),
)  # fmt: skip


def handlers(app: App) -> dict[str, Callable[[], object]]:
    """What each of them does, by id."""
    made: dict[str, Callable[[], object]] = {f"copy-{t.key}": partial(exporting.copy, app, t.key) for t in TARGETS}
    return made | {"copy-proxy": partial(exporting.copy_proxy, app)}
