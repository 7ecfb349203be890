"""The built-in demo: a backend of each protocol with varied answers, and a client that keeps asking."""

from vaurien_core.engine.demo.show import Demo

__all__ = ["Demo"]
