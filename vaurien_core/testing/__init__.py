"""Vaurien in tests: `running()` starts one for a block, the pytest fixture `vaurien` for a test."""

from vaurien_core.testing.running import Place, Running, running

__all__ = ["Place", "Running", "running"]
