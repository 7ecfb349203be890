"""`vaurien-gui --doctor`: what the window needs, what is there, and the line that installs the rest. Imports no Qt."""

from __future__ import annotations

import ctypes
import importlib.metadata
import sys

from vaurien_core import __version__
from vaurien_gui import display

PACKAGES = ("PySide6-Essentials", "qasync", "pyqtgraph", "numpy", "aiohttp", "uvloop")
LIBRARIES: tuple[tuple[str, str], ...] = (
    ("libEGL.so.1", "libegl1"),
    ("libGL.so.1", "libgl1"),
    ("libxkbcommon.so.0", "libxkbcommon0"),
    ("libdbus-1.so.3", "libdbus-1-3"),
    ("libfontconfig.so.1", "libfontconfig1"),
    ("libglib-2.0.so.0", "libglib2.0-0"),
    ("libxcb-cursor.so.0", "libxcb-cursor0"),
    ("libxcb-icccm.so.4", "libxcb-icccm4"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    ("libxcb-shape.so.0", "libxcb-shape0"),
    ("libxcb-xkb.so.1", "libxcb-xkb1"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
)
"""Shared libraries that Qt loads (offscreen: the first six; X11: all), and the Debian packages that bring them."""


def report(*, try_display: bool = True) -> str:
    """What was found, as lines for people."""
    lines = [f"Vaurien {__version__}, Python {sys.version.split()[0]} on {sys.platform}", ""]
    absent = [name for name in PACKAGES if _version(name) is None]
    lines += [f"  {name:20} {_version(name) or 'missing'}" for name in PACKAGES]
    lacking: list[str] = []
    if sys.platform.startswith("linux"):
        lacking = [package for soname, package in LIBRARIES if not _loads(soname)]
        found = len(LIBRARIES) - len(lacking)
        lines += ["", f"  system libraries of Qt: {found} of {len(LIBRARIES)} found"]
    if absent:
        lines += ["", "Missing Python packages; from the checkout:", "  python3 -m pip install '.[gui]'"]
    if lacking:
        lines += ["", "Missing system libraries; on Debian and Ubuntu, as root:"]
        lines += [f"  apt-get install -y --no-install-recommends {' '.join(lacking)}"]
    if try_display and not absent:
        reason = display.why_not()
        lines += ["", f"A window can't be opened: {reason}." if reason else "A window can be opened."]
    return "\n".join(lines) + "\n"


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True
