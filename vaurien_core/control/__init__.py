"""The HTTP control API: native, classic and metrics on every site. `serve` is its one entrance."""

from vaurien_core.control.server import ControlServer, serve, serve_spec

__all__ = ["ControlServer", "serve", "serve_spec"]
