"""Results go to stdout, and whoever reads them may leave early."""

from __future__ import annotations

import os
import sys


def reader_left() -> None:
    """Let what is still written to stdout go nowhere: its reader has left, which is no error of ours."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def say_result(line: str) -> None:
    """One line on stdout, at once."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        reader_left()
