"""Can a window be opened here? Asked in a child process, because Qt ends the process that finds out it can't.

Imports no Qt itself.
"""

from __future__ import annotations

import os
import subprocess
import sys

TRY_S = 2.0
"""How long the child may take (issue: 2 s); a display that answers later is taken for dead."""
SCREENLESS = ("offscreen", "minimal", "vnc")
TRY_FLAG = "--try-display"
_PROGRAM = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"


def why_not(try_s: float = TRY_S) -> str:
    """Why no window can be opened, as a sentence; "" if one can."""
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in SCREENLESS:
        return ""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    try:
        tried = subprocess.run(_command(), capture_output=True, text=True, timeout=try_s, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return f"the display did not answer within {try_s:g} s"
    except OSError as error:
        return f"the display could not be tried: {error}"
    if tried.returncode == 0:
        return ""
    return _reason(tried.stderr)


def try_display() -> int:
    """In the child: open the display and leave."""
    from PySide6.QtGui import QGuiApplication

    QGuiApplication([])
    return 0


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, TRY_FLAG]
    return [sys.executable, "-c", _PROGRAM]


def _reason(stderr: str) -> str:
    """The first line of Qt's complaint that says something."""
    for line in stderr.splitlines():
        text = line.partition(": ")[2] if line.startswith("qt.qpa") else line
        if "libxcb-cursor" in text:
            return "Qt's X11 plugin lacks libxcb-cursor0 (vaurien-gui --doctor prints the line that installs it)"
        if "could not connect to display" in text:
            where = text.rpartition("display")[2].strip()
            return f"could not connect to the display {where}".rstrip()
    last = next((line for line in reversed(stderr.splitlines()) if line.strip()), "")
    return f"the display can't be opened: {last.strip() or 'Qt ended without a word'}"
