"""The classes of behaviors that Vaurien ships, for tests that go through all of them."""

from __future__ import annotations

from vaurien_core import registry

_SHIPPED = registry.Registry.builtin()
BEHAVIORS = tuple(map(_SHIPPED.behavior, registry.BEHAVIORS))
STREAM_FAULTS = tuple(map(_SHIPPED.behavior, registry.STREAM_FAULTS))
