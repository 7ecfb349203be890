"""What the commands of `vaurienctl` share: the control API of one engine, and how results are printed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vaurien_core.errors import VaurienError
from vaurien_core.legacy.client import call, description

DEFAULT_HOST = "http://localhost:8080"
AUTHOR = "vaurienctl"
Json = Any


class Refused(VaurienError):  # noqa: N818 - the engine's answer
    """The engine said no; its own sentence."""

    exit_status = 1


class Control:
    """The control API of one engine.

    Args:
        host: its URL, or `host:port`.
        token: bearer token, or "".
    """

    def __init__(self, host: str, token: str) -> None:
        self._host, self._token = host, token

    def text(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> str:
        """The text of an answer.

        Raises:
            Refused: the status is an error. NotReachableError: nobody answers.
        """
        status, _, raw = call(self._host, method, path, body, token=self._token)
        text = raw.decode(errors="replace")
        if status < 300:
            return text
        try:
            sentence = description(json.loads(text))
        except ValueError:
            sentence = ""
        raise Refused(sentence or f"What answers at {self._host} is not Vaurien (status {status}).")

    def __call__(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """The JSON of an answer."""
        text = self.text(method, path, body)
        try:
            return json.loads(text)
        except ValueError:
            raise Refused(f"What answers at {self._host} is not Vaurien.") from None


Command = Callable[[Control, argparse.Namespace], "tuple[Json, str]"]
"""Does one thing; the result as JSON and as text."""


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need to be."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)
