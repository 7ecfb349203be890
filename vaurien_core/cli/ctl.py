"""`vaurienctl`: steers a running Vaurien over its control API. Starts fast: no asyncio, no aiohttp.

Results go to standard output, errors as one sentence to standard error. Exit status: 0; 1 the engine refuses or is not
there; 2 bad usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

from vaurien_core import __version__
from vaurien_core.cli import ctl_proxies
from vaurien_core.cli.ctl_client import AUTHOR, DEFAULT_HOST, Command, Control, Json, Refused, table
from vaurien_core.cli.output import say_result
from vaurien_core.errors import UsageError, VaurienError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    arguments = parser().parse_args(argv)
    command: Command = arguments.command
    try:
        result, text = command(Control(arguments.host, arguments.token), arguments)
    except VaurienError as error:
        print(f"vaurienctl: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    say_result(json.dumps(result, ensure_ascii=False) if arguments.json else text)
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = _Parser(prog="vaurienctl", description="Steer a running Vaurien.", allow_abbrev=False)
    _common(top)
    top.add_argument("--version", action="version", version=f"vaurienctl {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, command: Command, help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name, help=help, description=help, argument_default=argparse.SUPPRESS, allow_abbrev=False
        )
        _common(sub)
        sub.set_defaults(command=command)
        return sub

    for name, command, help in (
        ("list-behaviors", list_behaviors, "List the behaviors that the engine knows."),
        ("get-behavior", get_behavior, "Show the behavior that acts now."),
    ):
        add(name, command, help).add_argument("--proxy", default="", help="which proxy; the main one without it")
    held = add("set-behavior", set_behavior, "Hold a proxy at one behavior; `mix` goes back to its mix.")
    held.add_argument("name", help="of the behavior")
    held.add_argument("--option", action="append", default=[], metavar="K=V", help="an option of it")
    held.add_argument("--proxy", default="", help="which proxy; the main one without it")
    add("proxies", proxies, "List the proxies and how they stand.")
    add("state", state, "Show how the engine stands.")
    mixed = add("mix", mix, "Show a proxy's mix, or set it: `vaurienctl mix web 20:delay,5:error`.")
    mixed.add_argument("what", nargs="*", metavar="[PROXY] [MIX]", default=[], help="the main proxy without a name")
    add("release", release, "Let go what is held now.").add_argument("proxy", nargs="?", default="")
    add("kick", kick, "Close a proxy's open connections; it goes on listening.").add_argument("proxy")
    add("all-normal", all_normal, "Suspend every fault at once.")
    add("resume", resume, "End all-normal.")
    add("start", start, "Start a proxy, or all.").add_argument("proxy", nargs="?", default="")
    add("stop", stop, "Stop a proxy, or all.").add_argument("proxy", nargs="?", default="")
    played = add("scenario", scenario, "Show the scenario, or steer it: play, pause, skip, restart, jump PHASE.")
    played.add_argument("action", nargs="?", default="", help="what to do; without it, how it stands")
    played.add_argument("phase", nargs="?", default="", help="where to jump")
    add("export", export, "Print the running profile as an INI file.")
    ctl_proxies.configure(add)
    return top


def _common(parser: argparse.ArgumentParser) -> None:
    """What stands before or after the command's name."""
    parser.add_argument("--host", help=f"where the engine is steered ({DEFAULT_HOST}, or VAURIEN_CONTROL)")
    parser.add_argument("--token", help="its bearer token (or VAURIEN_TOKEN)")
    parser.add_argument("--json", action="store_const", const=True, help="print JSON")


class _Parser(argparse.ArgumentParser):
    """Fills in what the environment says, once the command line is read; errors are one sentence."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        found = super().parse_args(args, namespace)
        found.host = found.host or os.environ.get("VAURIEN_CONTROL") or DEFAULT_HOST
        found.token = found.token or os.environ.get("VAURIEN_TOKEN") or ""
        return found

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"vaurienctl: {message}; see vaurienctl --help\n")


def list_behaviors(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`list-behaviors`."""
    answer = control("GET", f"/behaviors{_query(arguments)}")
    return answer, ", ".join(answer["behaviors"])


def get_behavior(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`get-behavior`."""
    answer = control("GET", f"/behavior{_query(arguments)}")
    return answer, str(answer["behavior"])


def set_behavior(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`set-behavior`."""
    options = {}
    for option in arguments.option:
        key, equals, value = option.partition("=")
        if not equals or not key:
            raise UsageError(f"--option {option}: expected NAME=VALUE.")
        options[key.replace("-", "_")] = value
    answer = control("PUT", f"/behavior{_query(arguments)}", {**options, "name": arguments.name})
    return answer, f'Behavior changed to "{arguments.name}"'


def proxies(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`proxies`."""
    profile, stand = control("GET", "/v3/profile")["profile"], control("GET", "/v3/state")
    stands = {s["name"]: s for s in stand["proxies"]}
    rows = [{**spec, **stands.get(spec["name"], {})} for spec in profile["proxies"]]
    shown = [
        (
            row["name"],
            row["protocol"],
            f"{row.get('bound') or row['proxy']} -> {row['backend']}",
            "running" if row.get("running") else (row.get("error") or "stopped"),
            f"held at {row['override']}" if row.get("override") else _mix_text(row),
        )
        for row in rows
    ]
    return rows, table(shown)


def state(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`state`."""
    answer = control("GET", "/v3/state")
    held = ", all normal (faults suspended)" if answer["held"] else ""
    lines = [f"{'started' if answer['started'] else 'stopped'}{held}, seed {answer['seed']}, "
             f"revision {answer['revision']}, pid {answer['pid']}, version {answer['version']}"]  # fmt: skip
    lines += [f"{row['name']}: {row['bound'] or row['error'] or 'stopped'}" for row in answer["proxies"]]
    return answer, "\n".join(lines)


def mix(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`mix [PROXY] [20:delay,5:error]`."""
    words = list(arguments.what)
    if len(words) > 2:
        raise UsageError("mix: expected at most a proxy and a mix.")
    wanted = words.pop() if words and (":" in words[-1] or len(words) == 2) else None
    profile = control("GET", "/v3/profile")
    specs = profile["profile"]["proxies"]
    name = words[0] if words else next((p["name"] for p in specs if p["name"] == "default"), "")
    spec = next((p for p in specs if not name or p["name"] == name), None)
    if spec is None:
        raise Refused(f'unknown proxy "{name}"; known: {", ".join(p["name"] for p in specs) or "none"}.')
    if wanted is None:
        return spec["mix"], _mix_text(spec)
    rules = _rules(wanted)
    edit = {"path": ["proxies", spec["name"], "mix"], "value": rules}
    answer = control("POST", "/v3/change", {"edits": [edit], "author": AUTHOR})
    waits = " (without effect while all normal holds)" if answer["held"] else ""
    return answer, f"{spec['name']}: {_mix_text({'mix': rules})}{waits}"


def release(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`release [PROXY]`."""
    answer = control("POST", "/v3/release", {"proxy": arguments.proxy})
    return answer, f"{answer['released']} released"


def kick(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`kick PROXY`."""
    answer = control("POST", f"{_place(arguments.proxy)}/kick")
    return answer, f"{answer['kicked']} closed"


def all_normal(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`all-normal`."""
    return control("POST", "/v3/all-normal"), "all normal: every fault is suspended until resume"


def resume(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`resume`."""
    return control("POST", "/v3/resume"), "resumed"


def scenario(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`scenario [ACTION [PHASE]]`."""
    if arguments.action:
        stand = control("POST", "/v3/scenario", {"action": arguments.action, "phase": arguments.phase})
    else:
        stand = control("GET", "/v3/state")["scenario"]
    if stand is None:
        return None, "the profile has no scenario"
    if not stand["phase"]:
        return stand, f"not begun{', waits for ' + stand['waiting'] if stand['waiting'] else ''}"
    more = [f"{stand['number']} of {stand['phases']}"]
    more += ["over"] if stand["over"] else ["paused"] if stand["paused"] else []
    return stand, f"{stand['phase']} ({', '.join(more)})"


def start(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`start [PROXY]`."""
    answer = control("POST", f"{_place(arguments.proxy)}/start")
    failed = [p["error"] for p in answer["proxies"] if p["error"] and arguments.proxy in ("", p["name"])]
    if failed:
        raise Refused(" ".join(failed))
    return answer, "started"


def stop(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`stop [PROXY]`."""
    return control("POST", f"{_place(arguments.proxy)}/stop"), "stopped"


def export(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`export`."""
    text = control.text("GET", "/v3/export")
    return {"ini": text}, text.rstrip("\n")


def _query(arguments: argparse.Namespace) -> str:
    return f"?{urlencode({'proxy': arguments.proxy})}" if arguments.proxy else ""


def _place(proxy: str) -> str:
    return f"/v3/proxies/{quote(proxy, safe='')}" if proxy else "/v3"


def _mix_text(spec: Mapping[str, Any]) -> str:
    return ", ".join(f"{rule['weight']}:{rule['behavior']}" for rule in spec["mix"]) or "100:dummy"


def _rules(text: str) -> list[dict[str, str]]:
    """`20:delay,5:error` as JSON rules; the engine judges the names and the sum.

    Raises:
        UsageError: an item is no weight and name.
    """
    rules = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        weight, colon, behavior = item.partition(":")
        if not colon or not behavior.strip() or not weight.strip():
            raise UsageError(f'"{item}": expected WEIGHT:BEHAVIOR, as in 20:delay,5:error.')
        rules.append({"behavior": behavior.strip(), "weight": weight.strip()})
    return rules


if __name__ == "__main__":
    sys.exit(main())
