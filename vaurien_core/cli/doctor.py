"""Check this machine: Python, loop, ports, limits, and the libraries that the window needs.

Libraries are loaded as Qt would load them, and what is missing is named as the line that installs it.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import importlib.metadata
import importlib.util
import os
import platform
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from vaurien_core import __version__
from vaurien_core.cli.logs import colourful
from vaurien_core.engine.loops import loop_factory
from vaurien_core.errors import VaurienError
from vaurien_core.frozen import dataclass
from vaurien_core.proxy import kernel_loss

OFFSCREEN: Mapping[str, str] = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
"""What Qt needs even without a display: soname to Debian package."""
X11: Mapping[str, str] = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""What it needs on X11 besides."""
RENAMED: Mapping[str, str] = {"libglib2.0-0": "libglib2.0-0t64"}
"""Names since the 64-bit time transition (Ubuntu 24.04, Debian 13)."""
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
LOW_DESCRIPTORS = 4096
GUI_MODULES = ("PySide6", "qasync", "pyqtgraph")


class Verdict(StrEnum):
    """How a check ended; only `FAIL` makes the exit status 1."""

    OK = "ok"
    NOTE = "note"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    subject: str
    verdict: Verdict
    text: str


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags of `vaurien doctor`."""
    parser.add_argument("--core", action="store_true", help="leave out what only the window needs")


def run(args: argparse.Namespace) -> int:
    """Print the table; 1 if something fails, else 0."""
    findings = list(examine(core_only=args.core))
    width = max(len(f.subject) for f in findings)
    colours = colourful(sys.stdout)
    for finding in findings:
        print(f"{finding.subject:<{width}}  {_mark(finding.verdict, colours)}  {finding.text}")
    return int(any(f.verdict is Verdict.FAIL for f in findings))


def examine(*, core_only: bool = False) -> Iterator[Finding]:
    """All findings, in the order of the table."""
    yield Finding("vaurien", Verdict.OK, __version__)
    yield python()
    yield loop()
    yield port()
    yield descriptors()
    yield filters()
    yield package()
    if not core_only:
        yield gui()
        yield libraries("offscreen", OFFSCREEN)
        if sys.platform.startswith("linux"):
            yield libraries("X11", X11, needed=bool(os.environ.get("DISPLAY")))
        yield fonts()


def python() -> Finding:
    """Its version; 3.11 or newer, or nothing of ours would be imported."""
    text = f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.platform != "linux":
        return Finding("Python", Verdict.NOTE, f"{text}; only Linux is tested")
    return Finding("Python", Verdict.OK, text)


def loop() -> Finding:
    """Which event loop runs, and that it opens."""
    try:
        name, factory = loop_factory()
        opened = factory()
        opened.run_until_complete(asyncio.sleep(0))
        opened.close()
    except (VaurienError, OSError) as error:
        return Finding("loop", Verdict.FAIL, str(error))
    if name == "asyncio" and importlib.util.find_spec("uvloop") is None and sys.platform != "win32":
        return Finding("loop", Verdict.NOTE, "asyncio; uvloop is not installed and would be faster")
    return Finding("loop", Verdict.OK, name)


def port() -> Finding:
    """Which of the two implementations moves the bytes."""
    asked = os.environ.get("VAURIEN_PORT", "")
    if asked not in ("", "reactor", "transport"):
        return Finding("port", Verdict.FAIL, f'VAURIEN_PORT: expected reactor or transport, got "{asked}"')
    chosen = asked or ("transport" if sys.platform == "win32" else "reactor")
    return Finding("port", Verdict.OK, f"{chosen} (VAURIEN_PORT)" if asked else chosen)


def descriptors() -> Finding:
    """How many sockets a process may have: two per proxied connection."""
    if sys.platform == "win32":
        return Finding("descriptors", Verdict.OK, "not limited here")
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"{soft}, raised to {hard}: about {max(0, hard - 64) // 2} connections at once"
    return Finding("descriptors", Verdict.NOTE if hard < LOW_DESCRIPTORS else Verdict.OK, text)


def filters() -> Finding:
    """Whether the kernel lets this process lose packets of its own sockets."""
    why = kernel_loss.why_not()
    if why:
        return Finding("loss", Verdict.NOTE, f"{why}: loss is modelled, how = kernel is refused")
    return Finding("loss", Verdict.OK, "loss with how = kernel drops real packets")


def package() -> Finding:
    """That the original package, which the Python package index calls vaurien, doesn't stand beside ours."""
    for distribution in importlib.metadata.distributions(path=_site_packages()):
        name, version = distribution.metadata["Name"], distribution.version
        if name and name.lower() == "vaurien" and version.split(".")[0] in ("0", "1", "2"):
            remedy = f"remove it: {sys.executable} -m pip uninstall vaurien, then install ours again"
            return Finding("package", Verdict.FAIL, f"the original vaurien {version} stands beside ours; {remedy}")
    return Finding("package", Verdict.OK, str(Path(__file__).parent.parent))


def gui() -> Finding:
    """Whether the window's Python packages are installed."""
    missing = [name for name in GUI_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        remedy = "install the extra gui; --headless works without"
        return Finding("window", Verdict.NOTE, f"not installed: {', '.join(missing)} ({remedy})")
    versions = f"PySide6 {_version('PySide6-Essentials')}, qasync {_version('qasync')}"
    if _version("PySide6-Essentials").startswith("6.12") and sys.version_info < (3, 12):
        return Finding("window", Verdict.FAIL, f"{versions}: this PySide6 crashes on Python 3.11; expected below 6.12")
    return Finding("window", Verdict.OK, versions)


def libraries(
    subject: str, sonames: Mapping[str, str], *, needed: bool = True, load: Callable[[str], object] = ctypes.CDLL
) -> Finding:
    """Whether these system libraries load; if not, the line that installs them."""
    missing = []
    for soname, name in sonames.items():
        try:
            load(soname)
        except OSError:
            missing.append(package_name(name))
    if not missing:
        return Finding(subject, Verdict.OK, "all libraries load")
    line = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    return Finding(subject, Verdict.FAIL if needed else Verdict.NOTE, f"missing; as root: {line}")


def fonts() -> Finding:
    """Whether there is any font to draw with."""
    for folder in FONT_FOLDERS:
        found = Path(folder).expanduser()
        if found.is_dir() and next(found.rglob("*.[to]tf"), None) is not None:
            return Finding("fonts", Verdict.OK, str(found))
    line = "apt-get install -y --no-install-recommends fonts-dejavu-core"
    return Finding("fonts", Verdict.FAIL, f"none found; as root: {line}")


def package_name(name: str, release: str | None = None) -> str:
    """The Debian or Ubuntu package as this release calls it.

    Args:
        name: as Debian 12 calls it.
        release: content of os-release; None: this machine's.
    """
    if name not in RENAMED:
        return name
    fields = _os_release() if release is None else release
    known = dict(line.partition("=")[::2] for line in fields.splitlines())
    version = known.get("VERSION_ID", "").strip('"').partition(".")[0]
    since = 24 if "ubuntu" in known.get("ID", "") + known.get("ID_LIKE", "") else 13
    return RENAMED[name] if version.isdigit() and int(version) >= since else name


def _os_release() -> str:
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""


def _site_packages() -> list[str]:
    return [*{sysconfig.get_path("purelib"), *sys.path} - {""}]


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "(unknown)"


def _mark(verdict: Verdict, colours: bool) -> str:
    colour = {Verdict.OK: "32", Verdict.NOTE: "33", Verdict.FAIL: "31"}[verdict]
    return f"\x1b[{colour}m{verdict:<4}\x1b[0m" if colours else f"{verdict:<4}"
