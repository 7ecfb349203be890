"""`vaurien`: the entrance. Decides between the subcommands and a run, and turns every ending into an exit status.

Only what the command needs is imported: `--help` and headless runs need neither Qt nor numpy, and aiohttp is loaded
only for a control server.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence

from vaurien_core.cli.output import reader_left
from vaurien_core.errors import VaurienError

USAGE, INTERNAL, INTERRUPTED = 2, 5, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run `vaurien` with these arguments (the process's own without); returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if argv is None:
        gc.disable()  # nothing that is imported is garbage
    try:
        return _dispatch(arguments, alone=argv is None)
    except VaurienError as error:
        from vaurien_core.messages import with_id

        _say(with_id(error))
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        reader_left()
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else USAGE
    except Exception as error:
        _say(f"internal failure: {type(error).__name__}: {error}. Please report it.")
        if os.environ.get("VAURIEN_DEBUG"):
            raise
        return INTERNAL


def _dispatch(arguments: list[str], *, alone: bool) -> int:
    from vaurien_core.cli.parser import SUBCOMMANDS, read

    if arguments and arguments[0] in SUBCOMMANDS:
        return _subcommand(arguments[0], arguments[1:])
    from vaurien_core.cli.registries import make_registry

    registry = make_registry()
    invocation = read(arguments, registry)
    from vaurien_core.cli.run import run
    from vaurien_core.engine.loops import spare_collections

    if alone:
        spare_collections()
        gc.enable()
    return run(invocation, registry)


def _subcommand(name: str, arguments: list[str]) -> int:
    from vaurien_core.cli.parser import SentenceParser

    module = importlib.import_module(f"vaurien_core.cli.{name}")
    parser = SentenceParser(prog=f"vaurien {name}", description=(module.__doc__ or "").partition("\n")[0])
    module.configure(parser)
    gc.enable()
    status: int = module.run(parser.parse_args(arguments))
    return status


def _say(sentence: str) -> None:
    print(f"vaurien: {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
