"""The old name of `BaseProtocol`."""

from vaurien_core.legacy.plugins.bases import BaseProtocol

__all__ = ["BaseProtocol"]
