"""`vaurienctl` against a control server."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
from fake import FakeEngine

from vaurien_core.cli.ctl import main
from vaurien_core.control import ControlServer, serve


class Ctl:
    """Runs a command in a thread, as the server lives on this one."""

    def __init__(self, host: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._host, self._capsys = host, capsys

    async def __call__(self, *words: str) -> tuple[int, str, str]:
        try:
            status = await asyncio.to_thread(main, ["--host", self._host, *words])
        except SystemExit as exit:
            status = int(exit.code or 0)
        out, err = self._capsys.readouterr()
        return status, out, err


@pytest.fixture
def ctl(server: ControlServer, capsys: pytest.CaptureFixture[str]) -> Ctl:
    return Ctl(server.urls[0], capsys)


async def test_the_classic_commands_print_as_they_did(ctl: Ctl, engine: FakeEngine) -> None:
    assert await ctl("list-behaviors") == (0, "delay, dummy, error, hang\n", "")
    assert await ctl("get-behavior") == (0, "mix\n", "")
    assert await ctl("set-behavior", "error") == (0, 'Behavior changed to "error"\n', "")
    assert await ctl("get-behavior") == (0, "error\n", "")
    assert await ctl("set-behavior", "delay", "--option", "sleep=250ms", "--option", "before=no") == (
        0, 'Behavior changed to "delay"\n', "",
    )  # fmt: skip
    assert dict((await engine.state()).proxy("web").override_options) == {"before": False, "sleep": 0.25}
    assert (await ctl("set-behavior", "mix"))[0] == 0
    assert await ctl("get-behavior", "--proxy", "all", "--json") == (
        0, '{"behavior": "delay", "options": {"sleep": 2.0}}\n', "",
    )  # fmt: skip


async def test_the_host_stands_before_or_after_the_command_with_or_without_a_scheme(
    server: ControlServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = server.urls[0].removeprefix("http://")
    for words in (
        ["get-behavior", "--host", server.urls[0]],
        ["get-behavior", "--host", bare],
        ["--host", bare, "get-behavior"],
    ):
        assert await asyncio.to_thread(main, words) == 0
    monkeypatch.setenv("VAURIEN_CONTROL", server.urls[0])
    assert await asyncio.to_thread(main, ["get-behavior"]) == 0
    assert capsys.readouterr().out == "mix\n" * 4


async def test_a_mix_is_shown_and_set(ctl: Ctl, engine: FakeEngine) -> None:
    assert (await ctl("mix"))[1] == "20:delay, 5:error\n"
    assert (await ctl("mix", "all"))[1] == "100:delay\n"
    assert (await ctl("mix", "12.5:delay,1:hang"))[1] == "web: 12.5:delay, 1:hang\n"
    assert (await ctl("mix", "all", "0.5:error"))[1] == "all: 0.5:error\n"
    profile = (await engine.profile()).profile
    assert [(r.behavior, str(r.weight)) for r in profile.proxy("web").mix] == [("delay", "12.5"), ("hang", "1")]
    assert [(r.behavior, str(r.weight)) for r in profile.proxy("all").mix] == [("error", "0.5")]
    assert (await ctl("mix", "none"))[1] == "100:dummy\n"
    await engine.all_normal()
    assert "without effect while all normal holds" in (await ctl("mix", "1:hang"))[1]


async def test_the_engine_is_steered(ctl: Ctl, engine: FakeEngine) -> None:
    assert await ctl("start") == (0, "started\n", "")
    assert (await engine.state()).proxy("web").running
    assert (await ctl("stop", "web"))[0] == 0
    assert not (await engine.state()).proxy("web").running
    assert (await ctl("all-normal"))[0] == 0
    assert (await engine.state()).held
    assert "all normal" in (await ctl("state"))[1]
    assert (await ctl("resume"))[0] == 0
    assert await ctl("release") == (0, "0 released\n", "")
    assert await ctl("kick", "web") == (0, "0 closed\n", "")
    status, out, _ = await ctl("proxies")
    assert status == 0
    assert [line.split()[:2] for line in out.splitlines()] == [["web", "http"], ["all", "tcp"], ["none", "tcp"]]
    assert "20:delay, 5:error" in out
    assert [row["name"] for row in json.loads((await ctl("--json", "proxies"))[1])] == ["web", "all", "none"]
    assert json.loads((await ctl("state", "--json"))[1])["seed"] == 7
    assert "[proxy:web]" in (await ctl("export"))[1]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ((), 2, "COMMAND"),
        (("dance",), 2, "dance"),
        (("set-behavior",), 2, "name"),
        (("set-behavior", "delay", "--option", "sleep"), 2, "NAME=VALUE"),
        (("mix", "20-delay", "x", "y"), 2, "at most"),
        (("mix", "web", "20-delay"), 2, "WEIGHT:BEHAVIOR"),
        (("mix", "20:dealy"), 1, 'did you mean "delay"'),
        (("mix", "x:delay"), 1, "expected a number"),
        (("mix", "120:delay"), 1, "at most 100 %"),
        (("mix", "wep"), 1, 'unknown proxy "wep"'),
        (("set-behavior", "dealy"), 1, 'did you mean "delay"'),
        (("get-behavior", "--proxy", "wep"), 1, 'did you mean "web"'),
        (("start", "wep"), 1, 'did you mean "web"'),
        (("release", "wep"), 1, "wep"),
        (("kick", "wep"), 1, 'did you mean "web"'),
    ],
)
async def test_a_mistake_is_one_sentence_with_its_status(
    ctl: Ctl, words: tuple[str, ...], status: int, says: str
) -> None:
    found, out, err = await ctl(*words)
    assert (found, out) == (status, "")
    assert says in err
    assert err.startswith("vaurienctl: ")
    assert err.count("\n") == 1


async def test_nobody_there_and_bad_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = await Ctl("localhost:1", capsys)("state")
    assert (status, out) == (1, "")
    assert err == (
        "vaurienctl: No Vaurien answers at http://localhost:1: Connection refused. Was it started with --http?\n"
    )
    for host in (
        "http://",
        "ftp://x",
        "localhost:port",
        "http://[::1",
        "http://bad host",
        "http://a..b",
        "http://a\tb\x7f",
    ):
        status, _, err = await Ctl(host, capsys)("state")
        assert (status, err.count("\n")) == (2, 1), host


async def test_a_token_opens_a_private_site(engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    server = await serve(engine, token="s3cret", private=True)
    try:
        ctl = Ctl(server.urls[0], capsys)
        status, _, err = await ctl("state")
        assert status == 1
        assert "token" in err
        assert (await ctl("state", "--token", "s3cret"))[0] == 0
    finally:
        await server.aclose()


def test_it_imports_neither_asyncio_nor_aiohttp() -> None:
    code = "import sys, vaurien_core.cli.ctl; print([m for m in ('asyncio', 'aiohttp') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
