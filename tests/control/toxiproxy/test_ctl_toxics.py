"""`vaurienctl` does what `toxiproxy-cli` does."""

# ruff: noqa: E501 - one case a line
from __future__ import annotations

import asyncio
import json
import re

import pytest

from vaurien_core.cli.ctl import main
from vaurien_core.control import ControlServer
from vaurien_core.engine.local import LocalEngine


class Ctl:
    """Runs commands in a thread, as the server lives on this one."""

    def __init__(self, host: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._host, self._capsys = host, capsys

    async def __call__(self, *words: str) -> tuple[int, str, str]:
        try:
            status = await asyncio.to_thread(main, ["--host", self._host, *words])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = self._capsys.readouterr()
        return status, out.rstrip("\n"), err.rstrip("\n")


@pytest.fixture
def ctl(server: ControlServer, capsys: pytest.CaptureFixture[str]) -> Ctl:
    return Ctl(server.urls[0], capsys)


async def test_a_proxy_is_made_shown_switched_and_deleted(ctl: Ctl) -> None:
    status, out, _ = await ctl("create", "web", "--listen", "127.0.0.1:0", "--backend", "127.0.0.1:9")
    assert (status, re.sub(r"\d{4,}", "N", out)) == (0, "web: 127.0.0.1:N")
    status, out, _ = await ctl("show", "web")
    assert re.sub(r"\d{4,}", "N", out).splitlines() == [
        "name      web", "listen    127.0.0.1:N", "backend   127.0.0.1:9", "protocol  tcp", "state     running",
        "mix       100:dummy",
    ]  # fmt: skip
    assert await ctl("toggle", "web") == (0, "web: disabled", "")
    assert "disabled" in (await ctl("show", "web"))[1]
    assert await ctl("toggle", "web") == (0, "web: enabled", "")
    assert "running" in (await ctl("proxies"))[1]
    assert (await ctl("create", "web", "--listen", ":0", "--backend", "x:1"))[0] == 1
    assert await ctl("delete", "web") == (0, "web: deleted", "")
    assert await ctl("show", "web") == (1, "", 'vaurienctl: unknown proxy "web", there is none.')


async def test_toxics_are_added_updated_listed_and_removed(ctl: Ctl, engine: LocalEngine) -> None:
    await ctl("create", "web", "--listen", "127.0.0.1:0", "--backend", "127.0.0.1:9", "--disabled")
    added = await ctl("add-toxic", "web", "latency", "--option", "latency=0.1s", "--toxicity", "0.5")
    assert added == (0, "web: latency_downstream added", "")
    assert (await ctl("add-toxic", "web", "bandwidth", "--name", "thin", "--stream", "both", "--option", "rate=1MB/s"))[
        0
    ] == 0
    assert (await ctl("toxics", "web"))[1].splitlines() == [
        "latency_downstream  latency    downstream  50 %   latency=100.0",
        "thin                bandwidth  both        100 %  rate=1000.0",
    ]
    assert await ctl("update-toxic", "web", "thin", "--option", "rate=5") == (0, "web: thin changed", "")
    toxic = (await engine.profile()).profile.proxy("web").toxic("thin")
    assert toxic is not None
    assert (dict(toxic.options)["rate"], toxic.toxicity) == (5.0, 1.0)
    assert (await ctl("update-toxic", "web", "latency_downstream", "--toxicity", "1"))[0] == 0
    assert await ctl("remove-toxic", "web", "thin") == (0, "web: thin removed", "")
    _, out, _ = await ctl("toxics", "web", "--json")
    assert [(t["name"], t["toxicity"], t["options"]) for t in json.loads(out)] == [
        ("latency_downstream", 1.0, {"latency": 100.0})
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add-toxic", "web", "latenci"), 'vaurienctl: web: toxic latenci_downstream: unknown type of toxic "latenci", did you mean "latency"?'),
        (("add-toxic", "web", "latency", "--option", "latenc=1"), 'vaurienctl: web: toxic latency_downstream: latency has no option "latenc", did you mean "latency"?'),
        (("add-toxic", "web", "latency", "--option", "latency"), "vaurienctl: --option latency: expected NAME=VALUE."),
        (("add-toxic", "wbe", "latency"), 'vaurienctl: unknown proxy "wbe", did you mean "web"?'),
        (("add-toxic", "web", "noop"), 'vaurienctl: web has a toxic called "noop_downstream" already; change it, or give another --name.'),
        (("update-toxic", "web", "noop_downstream"), "vaurienctl: update-toxic: expected --toxicity or --option."),
        (("remove-toxic", "web", "nop"), 'vaurienctl: web: unknown toxic "nop", known: noop_downstream.'),
    ],
)  # fmt: skip
async def test_what_can_t_be_done_is_said_in_one_sentence(ctl: Ctl, words: tuple[str, ...], sentence: str) -> None:
    await ctl("create", "web", "--listen", "127.0.0.1:0", "--backend", "127.0.0.1:9", "--disabled")
    await ctl("add-toxic", "web", "noop")
    status, out, err = await ctl(*words)
    assert (bool(status), out, err) == (True, "", sentence)


async def test_help_tells_of_each_command(ctl: Ctl) -> None:
    status, out, _ = await ctl("--help")
    assert status == 0
    for command in ("show", "create", "toggle", "delete", "toxics", "add-toxic", "update-toxic", "remove-toxic"):
        assert command in out
