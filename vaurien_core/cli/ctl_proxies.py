"""`vaurienctl`: make, show, switch and delete proxies, and add, change and remove their toxics.

What `toxiproxy-cli` does, in our words, over the native API: so any protocol, option and unit can be given.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vaurien_core.cli.ctl_client import AUTHOR, Command, Control, Json, Refused, table
from vaurien_core.errors import UsageError, did_you_mean

Add = Callable[[str, Command, str], argparse.ArgumentParser]
"""Declares a command: its name, what it does, its help."""
STREAMS = ("upstream", "downstream", "both")


def configure(add: Add) -> None:
    """Declare the commands."""
    add("show", show, "Show a proxy with its mix and toxics.").add_argument("proxy", help="its name")
    made = add(
        "create", create, "Make a proxy: `vaurienctl create web --listen localhost:8001 --backend localhost:80`."
    )
    made.add_argument("proxy", help="its name")
    made.add_argument("--listen", required=True, metavar="HOST:PORT", help="where clients connect; port 0: a free one")
    made.add_argument("--backend", required=True, metavar="HOST:PORT", help="the real server")
    made.add_argument("--protocol", default="tcp", help="how its traffic is framed (tcp)")
    made.add_argument("--disabled", action="store_true", default=False, help="it does not listen yet")
    add("toggle", toggle, "Enable a proxy that is disabled, or disable it.").add_argument("proxy", help="its name")
    add("delete", delete, "Delete a proxy with its connections.").add_argument("proxy", help="its name")
    add("toxics", toxics, "List the toxics of a proxy, in order.").add_argument("proxy", help="its name")
    put = add(
        "add-toxic", add_toxic, "Put a toxic on a proxy: `vaurienctl add-toxic web latency --option latency=100ms`."
    )
    put.add_argument("proxy", help="its name")
    put.add_argument("type", help="of the toxic; see vaurien describe toxic")
    put.add_argument("--name", default="", help="of the toxic; TYPE_STREAM without it")
    put.add_argument("--stream", default="downstream", choices=STREAMS, help="what it acts on (downstream)")
    put.add_argument("--toxicity", type=float, default=1.0, metavar="0..1", help="share of connections (1)")
    changed = add("update-toxic", update_toxic, "Change what is named of a toxic; the rest stays.")
    changed.add_argument("proxy", help="its name")
    changed.add_argument("toxic", help="its name")
    changed.add_argument("--toxicity", type=float, default=None, metavar="0..1", help="share of connections")
    for parser in (put, changed):
        parser.add_argument("--option", action="append", default=[], metavar="K=V", help="an option, also with a unit")
    gone = add("remove-toxic", remove_toxic, "Take a toxic off a proxy.")
    gone.add_argument("proxy", help="its name")
    gone.add_argument("toxic", help="its name")


def show(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`show PROXY`."""
    spec = _spec(control, arguments.proxy)
    stand = _stand(control, spec["name"])
    how = "running" if stand.get("running") else stand.get("error") or ("stopped" if spec["enabled"] else "disabled")
    mix = ", ".join(f"{rule['weight']}:{rule['behavior']}" for rule in spec["mix"]) or "100:dummy"
    rows = [
        ("name", spec["name"]), ("listen", stand.get("bound") or spec["proxy"]), ("backend", spec["backend"]),
        ("protocol", spec["protocol"]), ("state", how if spec["state"] == "up" else f"{how}, {spec['state']}"),
        ("mix", mix),
    ]  # fmt: skip
    return {**spec, **stand}, "\n".join(part for part in (table(rows), _toxics_text(spec)) if part)


def create(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`create PROXY`."""
    if any(p["name"] == arguments.proxy for p in _specs(control)):
        raise Refused(f'there is a proxy called "{arguments.proxy}" already.')
    value = {"name": arguments.proxy, "proxy": arguments.listen, "backend": arguments.backend,
             "protocol": arguments.protocol, "enabled": not arguments.disabled}  # fmt: skip
    answer = _change(control, ["proxies", arguments.proxy], value)
    stand = _stand(control, arguments.proxy)
    if stand["error"]:
        raise Refused(f"{arguments.proxy} is made and does not listen: {stand['error']}")
    return answer, f"{arguments.proxy}: {stand['bound'] or 'made'}{'' if stand['running'] else ', does not listen yet'}"


def toggle(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`toggle PROXY`."""
    spec = _spec(control, arguments.proxy)
    answer = _change(control, ["proxies", spec["name"], "enabled"], not spec["enabled"])
    stand = _stand(control, spec["name"])
    if stand["error"]:
        raise Refused(f"{spec['name']} is enabled and does not listen: {stand['error']}")
    return answer, f"{spec['name']}: {'disabled' if spec['enabled'] else 'enabled'}"


def delete(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`delete PROXY`."""
    name = _spec(control, arguments.proxy)["name"]
    return _change(control, ["proxies", name], None), f"{name}: deleted"


def toxics(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`toxics PROXY`."""
    spec = _spec(control, arguments.proxy)
    return spec["toxics"], _toxics_text(spec) or f"{spec['name']} has no toxics"


def add_toxic(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`add-toxic PROXY TYPE`."""
    spec = _spec(control, arguments.proxy)
    name = arguments.name or f"{arguments.type}_{arguments.stream}"
    if any(t["name"] == name for t in spec["toxics"]):
        raise Refused(f'{spec["name"]} has a toxic called "{name}" already; change it, or give another --name.')
    value = {"name": name, "type": arguments.type, "stream": arguments.stream, "toxicity": arguments.toxicity,
             "options": _options(arguments)}  # fmt: skip
    answer = _change(control, ["proxies", spec["name"], "toxics", name], value)
    return answer, f"{spec['name']}: {name} added{_waits(answer)}"


def update_toxic(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`update-toxic PROXY TOXIC`."""
    spec, toxic = _toxic(control, arguments)
    at, options = ["proxies", spec["name"], "toxics", toxic["name"]], _options(arguments)
    edits = [{"path": [*at, "options", key], "value": value} for key, value in options.items()]
    if arguments.toxicity is not None:
        edits.append({"path": [*at, "toxicity"], "value": arguments.toxicity})
    if not edits:
        raise UsageError("update-toxic: expected --toxicity or --option.")
    answer = control("POST", "/v3/change", {"edits": edits, "author": AUTHOR})
    return answer, f"{spec['name']}: {toxic['name']} changed{_waits(answer)}"


def remove_toxic(control: Control, arguments: argparse.Namespace) -> tuple[Json, str]:
    """`remove-toxic PROXY TOXIC`."""
    spec, toxic = _toxic(control, arguments)
    answer = _change(control, ["proxies", spec["name"], "toxics", toxic["name"]], None)
    return answer, f"{spec['name']}: {toxic['name']} removed"


def _change(control: Control, path: Sequence[str], value: Any) -> Json:
    return control("POST", "/v3/change", {"edits": [{"path": list(path), "value": value}], "author": AUTHOR})


def _specs(control: Control) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = control("GET", "/v3/profile")["profile"]["proxies"]
    return found


def _stand(control: Control, name: str) -> dict[str, Any]:
    """How a proxy stands; a stopped one if it went meanwhile."""
    proxies = control("GET", "/v3/state")["proxies"]
    gone = {"name": name, "running": False, "bound": "", "error": ""}
    return next((dict(stand) for stand in proxies if stand["name"] == name), gone)


def _spec(control: Control, name: str) -> dict[str, Any]:
    specs = _specs(control)
    for spec in specs:
        if spec["name"] == name:
            return spec
    raise Refused(f'unknown proxy "{name}",{did_you_mean(name, (p["name"] for p in specs))}')


def _toxic(control: Control, arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = _spec(control, arguments.proxy)
    for toxic in spec["toxics"]:
        if toxic["name"] == arguments.toxic:
            return spec, toxic
    known = (t["name"] for t in spec["toxics"])
    raise Refused(f'{spec["name"]}: unknown toxic "{arguments.toxic}",{did_you_mean(arguments.toxic, known)}')


def _options(arguments: argparse.Namespace) -> dict[str, str]:
    """`K=V` as texts: the engine reads their units.

    Raises:
        UsageError: one is no K=V.
    """
    options = {}
    for option in arguments.option:
        key, equals, value = option.partition("=")
        if not equals or not key:
            raise UsageError(f"--option {option}: expected NAME=VALUE.")
        options[key.replace("-", "_")] = value
    return options


def _toxics_text(spec: Mapping[str, Any]) -> str:
    return table([
        (
            toxic["name"], toxic["type"] or toxic["name"], toxic["stream"], f"{toxic['toxicity'] * 100:g} %",
            ", ".join(f"{key}={value}" for key, value in toxic["options"].items()),
            "" if toxic["enabled"] else "disabled",
        )
        for toxic in spec["toxics"]
    ])  # fmt: skip


def _waits(answer: Mapping[str, Any]) -> str:
    return " (without effect while all normal holds)" if answer["held"] else ""
