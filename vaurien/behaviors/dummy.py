"""The old name of `Dummy`."""

from vaurien_core.legacy.plugins.bases import Dummy

__all__ = ["Dummy"]
