"""Toxiproxy's HTTP API (`api.go`, release 2.12.0) over an engine: every client of Toxiproxy drives it unchanged.

`Toxiproxy` has the handlers; `owns` says which paths are theirs, `answer_error` and `marked` how those answer.
"""

from vaurien_core.control.toxiproxy.endpoints import Toxiproxy
from vaurien_core.control.toxiproxy.errors import answer_error, marked, owns, refused

__all__ = ["Toxiproxy", "answer_error", "marked", "owns", "refused"]
