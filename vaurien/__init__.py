"""The import name that the old documentation promises."""

from vaurien_core import __version__
from vaurien_core.legacy.client import Client
from vaurien_core.legacy.launcher import start_proxy, stop_proxy
from vaurien_core.testing import Running, running

__all__ = ["Client", "Running", "__version__", "running", "start_proxy", "stop_proxy"]
