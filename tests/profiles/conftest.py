"""A registry, and short ways to read, edit and save."""

from __future__ import annotations

import pytest

from vaurien_core.registry import Registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry.builtin()
