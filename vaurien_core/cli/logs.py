"""Where log lines go and how they look: text on stderr or in a file, coloured only on a terminal."""

from __future__ import annotations

import logging
import os
import sys
from typing import TextIO

from vaurien_core.errors import UsageError

_COLOURS = {logging.WARNING: "\x1b[33m", logging.ERROR: "\x1b[31m", logging.CRITICAL: "\x1b[31;1m"}
_RESET = "\x1b[0m"


class _Lines(logging.Formatter):
    def __init__(self, colours: bool) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """One line, coloured from warning on."""
        line = super().format(record)
        colour = _COLOURS.get(record.levelno) if self._colours else None
        return f"{colour}{line}{_RESET}" if colour else line


def colourful(stream: TextIO) -> bool:
    """Whether colours may be written: a terminal, and NO_COLOR is not set."""
    return not os.environ.get("NO_COLOR") and stream.isatty()


def set_up(level: str, output: str) -> logging.Handler:
    """Send the log to stderr (`-`) or append it to a file; returns the handler, which the caller closes.

    Raises:
        UsageError: the file can't be written.
    """
    handler: logging.Handler
    if output in ("", "-"):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_Lines(colourful(sys.stderr)))
    else:
        try:
            handler = logging.FileHandler(output, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--log-output: can't write {output}: {error.strerror}.") from None
        handler.setFormatter(_Lines(False))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    return handler
