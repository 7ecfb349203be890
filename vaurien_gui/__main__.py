"""`vaurien-gui`: the window, or with `--headless` the same engine without one.

Arguments are read first; `--headless`, `--help` and `--version` import neither Qt nor numpy, and work where the `gui`
extra is not installed.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

USAGE = 2
MISSING = (
    "vaurien-gui: the window needs {name}, which is not installed here; "
    "from the checkout: python3 -m pip install '.[gui]'  (vaurien-gui --headless works without it)\n"
)
NEEDED = ("PySide6", "qasync", "pyqtgraph")


def main(argv: Sequence[str] | None = None) -> int:
    """Run; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if "--engine-child" in arguments[:1]:
        from vaurien_core.cli.child_main import main as child

        return child()
    if "--headless" in arguments[: _end_of_own(arguments)]:
        from vaurien_core.cli.main import main as headless

        arguments.remove("--headless")
        return headless(arguments)
    return _window(arguments)


def _end_of_own(arguments: Sequence[str]) -> int:
    """What follows `--` is somebody else's command line."""
    return arguments.index("--") if "--" in arguments else len(arguments)


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False


def _window(argv: Sequence[str]) -> int:
    from vaurien_gui import display
    from vaurien_gui.arguments import read

    if display.TRY_FLAG in argv[:1]:
        return display.try_display()
    arguments = read(argv)
    if arguments.doctor:
        from vaurien_gui.doctor import report

        sys.stdout.write(report())
        return 0
    missing = next((name for name in NEEDED if not _installed(name)), None)
    if missing is not None:
        sys.stderr.write(MISSING.format(name=missing))
        return USAGE
    reason = display.why_not()
    if reason:
        hint = "vaurien-gui --headless --config PROFILE.ini runs without one."
        sys.stderr.write(f"vaurien-gui: no window can be opened: {reason}. {hint}\n")
        return USAGE
    from vaurien_gui.app import main as open_window

    return open_window(arguments)


if __name__ == "__main__":
    sys.exit(main())
