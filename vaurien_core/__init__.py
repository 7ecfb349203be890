"""The engine of Vaurien: a fault-injecting proxy on asyncio, without Qt."""

__version__ = "3.0.0.dev0"
