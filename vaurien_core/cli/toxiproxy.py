"""A drop-in for toxiproxy-server: no proxies at first, the API of Toxiproxy on localhost:8474.

Its flags are written as Go writes them, `-port 8474`, or with two dashes. What Toxiproxy's server does and this one does
not: a `-config` that can't be read ends it (Toxiproxy logs that and starts empty), and metrics need no flag.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from vaurien_core import __version__
from vaurien_core.addresses import Address
from vaurien_core.errors import UsageError
from vaurien_core.model.profile import ControlSpec, Profile
from vaurien_core.profiles.keys import MAX_SEED
from vaurien_core.registry import Registry

HOST, PORT = "localhost", 8474
LEVELS = {"trace": "debug", "debug": "debug", "info": "info", "warn": "warning", "warning": "warning",
          "error": "error", "fatal": "critical", "panic": "critical", "disabled": "critical"}  # fmt: skip
"""Toxiproxy's words in LOG_LEVEL and ours."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `vaurien toxiproxy`."""
    parser.add_argument(
        "-host", "--host", default=HOST, help=f"where the API listens ({HOST}); others may then call it"
    )
    parser.add_argument("-port", "--port", default=str(PORT), help=f"its port ({PORT}), or several with commas")
    parser.add_argument("-config", "--config", type=Path, metavar="FILE", help="Toxiproxy's JSON, or a profile (.ini)")
    parser.add_argument("-seed", "--seed", type=int, help="of every draw; a chosen one is shown")
    for name in ("proxy-metrics", "runtime-metrics"):
        parser.add_argument(f"-{name}", f"--{name}", action="store_true", help="accepted: /metrics is always there")
    parser.add_argument("-version", "--version", action="store_true", help="print the version and end")
    parser.add_argument("-ready-file", "--ready-file", type=Path, metavar="FILE", help="written when all listens")


def run(args: argparse.Namespace) -> int:
    """Serve until a signal; returns the exit status.

    Raises:
        VaurienError: the configuration can't be read, or a port can't be had.
    """
    from vaurien_core.cli.registries import make_registry

    if args.version:
        from vaurien_core.control.toxiproxy.endpoints import VERSION

        print(f"vaurien toxiproxy version {__version__} (the API of Toxiproxy {VERSION})")
        return 0
    registry = make_registry()
    from vaurien_core.cli.parser import Invocation
    from vaurien_core.cli.run import serve_profile

    profile = _profile(args, registry)
    ini = args.config if args.config is not None and args.config.suffix != ".json" else None
    return serve_profile(
        profile, registry, Invocation(config=ini, ready_file=args.ready_file, any_host=profile.control.allow_remote)
    )


def _profile(args: argparse.Namespace, registry: Registry) -> Profile:
    profile = read_any(args.config, registry) if args.config is not None else Profile()
    control = ControlSpec(True, args.host, _ports(args.port), allow_remote=not Address(args.host).is_loopback)
    level = LEVELS.get(os.environ.get("LOG_LEVEL", "").strip().lower(), profile.log_level)
    if args.seed is not None:
        if args.seed < -MAX_SEED - 1 or args.seed > MAX_SEED:
            raise UsageError(f"-seed: expected a whole number within 64 bits, got {args.seed}.")
        profile = replace(profile, seed=args.seed if args.seed >= 0 else args.seed + MAX_SEED + 1)
    return replace(profile, control=control, log_level=level)


def read_any(path: Path, registry: Registry) -> Profile:
    """A profile, or Toxiproxy's JSON as one.

    Raises:
        VaurienError: says where it is wrong.
    """
    if path.suffix == ".ini":
        from vaurien_core.profiles import load

        return load(path, registry).profile
    from vaurien_core.profiles.toxiproxy import read_config

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path}: can't be read ({reason}).") from None
    return read_config(text, str(path), registry.catalogue())


def _ports(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    wrong = next((p for p in parts if not (p.isascii() and p.isdigit() and int(p) <= 65535)), None)
    if wrong is not None:
        raise UsageError(f"-port: expected ports within 0..65535, got {wrong!r}.")
    return tuple(int(part) for part in parts)
