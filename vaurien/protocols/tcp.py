"""The old name of `TCP`."""

from vaurien_core.legacy.plugins.bases import TCP

__all__ = ["TCP"]
