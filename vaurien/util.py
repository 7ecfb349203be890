"""`vaurien.util` of the old documentation."""

from vaurien_core.legacy.launcher import start_proxy, stop_proxy

__all__ = ["start_proxy", "stop_proxy"]
