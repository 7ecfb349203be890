"""The import name that the old documentation promises."""

from vaurien_core import __version__
from vaurien_core.legacy.client import Client
from vaurien_core.legacy.launcher import start_proxy, stop_proxy

__all__ = ["Client", "__version__", "start_proxy", "stop_proxy"]
