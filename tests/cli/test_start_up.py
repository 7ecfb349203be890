"""What a run imports, what it says when it is ready, and what its command finds."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import MODULE, PYTHON, alive, backend, environment, get, here, running, vaurien

from vaurien_core import __version__
from vaurien_core.cli import command
from vaurien_core.cli.ready import Ready
from vaurien_core.registry import BEHAVIORS, PROTOCOLS, STREAM_FAULTS

LOADED = """
import sys
from vaurien_core.cli.main import main
status = main(sys.argv[1:])
names = [n for n in ("PySide6", "qasync", "numpy", "pyqtgraph", "aiohttp") if n in sys.modules]
print("loaded:", *names)
sys.exit(status)
"""


NEW = """
import sys
known = set(sys.modules)
from vaurien_core.cli.main import main
status = main(sys.argv[1:])
print(*(set(sys.modules) - known))
sys.exit(status)
"""
SPARED = """
    email html importlib.metadata json random secrets shutil tempfile aiohttp cryptography platformdirs
    prometheus_client
    vaurien_core.certificates vaurien_core.cli.command vaurien_core.cli.recorder vaurien_core.cli.reports
    vaurien_core.cli.runtime vaurien_core.cli.witness vaurien_core.control vaurien_core.engine.demo
    vaurien_core.engine.probe vaurien_core.engine.statsd vaurien_core.legacy vaurien_core.messages vaurien_core.plugins
    vaurien_core.profiles.lines vaurien_core.profiles.presets vaurien_core.profiles.saving vaurien_core.profiles.urls
    vaurien_core.profiles.writing vaurien_core.verify
"""
"""What a run with a proxy and nothing else has no use for."""
COLLECTS = """
import gc, sys
from vaurien_core.cli import describe, main, run
run.run = describe.run = lambda *_: print("collects:", gc.isenabled()) or 0
sys.exit(main.main())
"""


def imported(*words: str) -> set[str]:
    """The modules that a run with these words imports."""
    run = subprocess.run([PYTHON, "-c", NEW, *words], capture_output=True, text=True, env=environment(), timeout=30)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.splitlines()[-1].split())


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with backend() as address:
        yield address


@pytest.mark.parametrize(
    ("words", "loaded"),
    [
        (["--help"], "loaded:"),
        (["--version"], "loaded:"),
        (["--proxy", "127.0.0.1:0", "--duration", "10ms"], "loaded:"),
        (["--proxy", "127.0.0.1:0", "--", "true"], "loaded:"),
        (["--proxy", "127.0.0.1:0", "--http", "--http-port", "0", "--duration", "10ms"], "loaded: aiohttp"),
    ],
)
def test_only_what_is_needed_is_imported(words: list[str], loaded: str) -> None:
    run = subprocess.run([PYTHON, "-c", LOADED, *words], capture_output=True, text=True, env=environment(), timeout=30)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == loaded


def test_a_start_imports_what_its_profile_names_and_no_more() -> None:
    found = imported("--proxy", "127.0.0.1:0", "--seed", "1", "--duration", "10ms")
    assert found.isdisjoint(SPARED.split())
    assert shipped(found) == {"tcp"}


def shipped(found: set[str]) -> set[str]:
    """The shipped behaviors and protocols among modules."""
    names = (*BEHAVIORS, *STREAM_FAULTS, *PROTOCOLS)
    return {name for name in names for kind in ("behaviors", "protocols") if f"vaurien_core.{kind}.{name}" in found}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("--protocol", "redis"), {"tcp", "redis"}),
        (("--behavior", "20:delay"), {"tcp", "delay"}),
        (("--behavior-hang-every", "2", "--protocol-http-drip", "1"), {"tcp", "hang", "http"}),
        (("--behavior-slow-type", "delay", "--behavior-slow-sleep", "1"), {"tcp", "delay"}),
    ],
    ids=["protocol", "mix", "options", "variant"],
)
def test_what_is_named_is_imported_too(words: tuple[str, ...], names: set[str]) -> None:
    assert shipped(imported("--proxy", "127.0.0.1:0", "--duration", "10ms", *words)) == names


def test_a_run_that_others_may_steer_has_all_of_it_before_bytes_flow() -> None:
    found = imported("--proxy", "127.0.0.1:0", "--http", "--http-port", "0", "--duration", "10ms")
    assert shipped(found) == {*BEHAVIORS, *STREAM_FAULTS, *PROTOCOLS}


@pytest.mark.parametrize("words", [["--proxy", "127.0.0.1:0"], ["describe", "protocol"]])
def test_garbage_is_collected_once_everything_is_imported(words: list[str]) -> None:
    run = subprocess.run(
        [PYTHON, "-c", COLLECTS, *words], capture_output=True, text=True, env=environment(), timeout=30
    )
    assert run.stdout == "collects: True\n", run.stderr


def test_version_and_help_go_to_stdout() -> None:
    run = vaurien("--version")
    assert (run.returncode, run.stdout, run.stderr) == (0, f"vaurien {__version__}\n", "")
    run = vaurien("--help")
    assert (run.returncode, run.stderr) == (0, "")
    for flag in ("--behavior-delay-sleep", "--protocol-tcp-keep-alive", "--statsd.enabled", "--pool-max-size"):
        assert flag in run.stdout


def test_the_ready_line_and_file_name_every_proxy(web: str, tmp_path: Path) -> None:
    profile = tmp_path / "two.ini"
    profile.write_text(
        f"[vaurien]\nproxy = 127.0.0.1:0\nbackend = {web}\nprotocol = http\nseed = 42\n"
        f"[proxy:orders-db]\nproxy = 127.0.0.1:0\nbackend = {web}\n"
        f"[proxy:off]\nproxy = 127.0.0.1:0\nbackend = {web}\nenabled = false\n"
    )
    ready = tmp_path / "ready.json"
    with running("--config", profile, "--ready-file", ready, "--http", "--http-port", "0") as run:
        told = json.loads(ready.read_text())
        places = {name: f"{p['host']}:{p['port']}" for name, p in told["proxies"].items()}
        assert run.ready == f"ready default={places['default']} orders-db={places['orders-db']} seed=42"
        assert stat.S_IMODE(ready.stat().st_mode) == 0o600
        assert (told["pid"], told["version"], told["seed"]) == (run.process.pid, __version__, 42)
        assert set(told) == {"pid", "version", "seed", "control", "token", "proxies"}
        host, _, port = told["control"].removeprefix("http://").rpartition(":")
        assert get((host, int(port)), "/behaviors").startswith(b"HTTP/1.1 200")
        assert get((told["proxies"]["orders-db"]["host"], told["proxies"]["orders-db"]["port"])).startswith(b"HTTP")
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_the_command_finds_every_proxy_in_its_environment(web: str, tmp_path: Path) -> None:
    profile = tmp_path / "two.ini"
    profile.write_text(
        f"[proxy:web]\nproxy = 0.0.0.0:0\nbackend = {web}\n[proxy:orders-db]\nproxy = 127.0.0.1:0\nbackend = {web}\n"
    )
    show = 'env | grep ^VAURIEN_ | sort; cut -d " " -f 5 /proc/$$/stat; echo $$'
    inherited = {"VAURIEN_CONTROL": "http://stale", "VAURIEN_TOKEN": "stale"}
    run = vaurien("--config", profile, "--seed", "7", "--", "sh", "-c", show, env=inherited)
    assert run.returncode == 0, run.stderr
    ready, *lines, group, pid = run.stdout.splitlines()
    found = dict(line.split("=", 1) for line in lines if not line.startswith("VAURIEN_PORT="))
    assert found.keys() == {
        "VAURIEN_SEED", "VAURIEN_WEB_HOST", "VAURIEN_WEB_PORT", "VAURIEN_ORDERS_DB_HOST", "VAURIEN_ORDERS_DB_PORT",
    }  # fmt: skip
    assert found["VAURIEN_SEED"] == "7"
    assert found["VAURIEN_WEB_HOST"] == "127.0.0.1", "0.0.0.0 is where it listens, not where one connects"
    assert f"web=0.0.0.0:{found['VAURIEN_WEB_PORT']} " in ready
    assert group == pid, "the command leads a process group of its own"


def test_the_control_url_is_in_the_environment_too(web: str) -> None:
    words = ("--proxy", "127.0.0.1:0", "--backend", web, "--http", "--http-port", "0")
    run = vaurien(*words, "--", "sh", "-c", "echo $VAURIEN_CONTROL")
    assert run.stdout.splitlines()[-1].startswith("http://"), run.stderr


def test_a_ready_file_that_can_not_be_written_is_bad_usage_and_starts_nothing(
    web: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = here(
        capsys, "--proxy", "127.0.0.1:0", "--backend", web, "--ready-file", "/proc/nope/ready", "--", "echo", "ran"
    )
    assert run.returncode == 2
    assert "can't write /proc/nope/ready" in run.stderr
    assert run.stdout == ""


def test_a_unix_socket_has_a_path_instead() -> None:
    ready = Ready(1, {"web": "unix:/tmp/web.sock", "six": "[::]:8000"})
    assert ready.environment()["VAURIEN_WEB_PATH"] == "/tmp/web.sock"
    assert (ready.environment()["VAURIEN_SIX_HOST"], ready.environment()["VAURIEN_SIX_PORT"]) == ("::1", "8000")


def test_a_chosen_seed_is_shown_and_differs_from_run_to_run(
    web: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = set()
    for _ in range(2):
        words = ("--proxy", "127.0.0.1:0", "--backend", web, "--duration", "10ms", "--report", tmp_path)
        line = here(capsys, *words).stdout.splitlines()[0]
        seed = int(line.rpartition("seed=")[2])
        assert json.loads((tmp_path / "summary.json").read_text())["seed"] == seed
        assert 0 <= seed < 2**63
        seeds.add(seed)
    assert len(seeds) == 2


def test_it_listens_before_it_says_so_and_is_gone_afterwards(web: str) -> None:
    with running("--protocol", "http", "--proxy", "127.0.0.1:0", "--backend", web) as run:
        assert run.get().endswith(b"the real answer")
        pid = run.process.pid
        assert alive(pid)
        assert run.end()[0] == 0
    assert not os.path.exists(f"/proc/{pid}")


PLUGIN = """
from dataclasses import dataclass
from vaurien_core.behaviors.base import Behavior
from vaurien_core.options import OptionSet, opt

@dataclass(frozen=True, slots=True)
class Options(OptionSet):
    word: str = opt("teapot", "What to say")

class Say(Behavior):
    name, title, summary, Options = "say", "Say", "Answers with a word", Options

    def begin(self, act):
        text = f"HTTP/1.1 418 {self.options.word}\\r\\nContent-Length: 0\\r\\n\\r\\n".encode()
        act.reply(lambda close: text, close=True)
"""


def test_the_plugins_of_installed_packages_have_flags_and_act(web: str, tmp_path: Path) -> None:
    (tmp_path / "say.py").write_text(PLUGIN)
    package = tmp_path / "say-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: say\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[vaurien.behaviors]\nsay = say:Say\nbroken = nowhere:Broken\n")
    words = ("--protocol", "http", "--proxy", "127.0.0.1:0", "--backend", web)
    env = {"PYTHONPATH": f"{tmp_path}:{environment()['PYTHONPATH']}"}
    with running(*words, "--behavior", "say", "--behavior-say-word", "kettle", env=env) as run:
        assert run.get().startswith(b"HTTP/1.1 418 kettle")
        status, err = run.end()
    assert status == 0
    assert err.count("broken") == 1
    (tmp_path / "p.ini").write_text("[vaurien]\nbehavior = 5:say\n[behavior:say]\nword = pot\n")
    for asked in (["check", "--strict", str(tmp_path / "p.ini")], ["describe", "behavior", "say"]):
        done = subprocess.run(
            [*MODULE, *asked], env={**environment(), **env}, capture_output=True, text=True, timeout=30
        )
        assert done.returncode == 0, done.stdout


def test_a_profile_finds_code_that_lies_beside_it(web: str, tmp_path: Path) -> None:
    (tmp_path / "say.py").write_text(PLUGIN)
    (tmp_path / "p.ini").write_text(
        f"[vaurien]\nproxy = 127.0.0.1:0\nbackend = {web}\nprotocol = http\nbehavior = say\n"
        "[behavior:say]\ncallable = say.Say\nword = pot\n"
    )
    with running("--config", tmp_path / "p.ini") as run:
        assert run.get().startswith(b"HTTP/1.1 418 pot")


def test_the_command_may_read_from_the_terminal(web: str) -> None:
    try:
        master, slave = os.openpty()
    except OSError as error:
        pytest.skip(f"this system gives no pseudo-terminal: {error}")

    def control_terminal() -> None:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    script = 'read line; echo "got $line"'
    words = ["--proxy", "127.0.0.1:0", "--backend", web, "--log-level", "error", "--", "sh", "-c", script]
    run = subprocess.Popen(
        [*MODULE, *words],
        stdin=slave,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        preexec_fn=control_terminal,
    )
    os.close(slave)
    try:
        os.write(master, b"tea\n")
        out, _ = run.communicate(timeout=30)
    finally:
        run.kill()
        os.close(master)
    assert run.returncode == 0
    assert out.splitlines()[1:] == ["got tea"]


def test_a_reader_of_the_ready_line_may_leave(web: str, tmp_path: Path) -> None:
    words = ["--proxy", "127.0.0.1:0", "--backend", web, "--duration", "10ms", "--report", str(tmp_path)]
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run([*MODULE, *words], stdout=writer, stderr=subprocess.PIPE, env=environment(), timeout=30)
    os.close(writer)
    assert run.returncode == 0, run.stderr
    assert json.loads((tmp_path / "summary.json").read_text())["exit"]["status"] == 0


def test_a_command_that_reads_before_it_has_the_terminal_is_not_stopped_for_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped = subprocess.Popen(["sleep", "30"], process_group=0)
    stopped.send_signal(signal.SIGSTOP)
    assert os.waitid(os.P_PID, stopped.pid, os.WSTOPPED | os.WNOWAIT) is not None
    lent = []
    monkeypatch.setattr(command.os, "isatty", lambda fd: True)
    monkeypatch.setattr(command.os, "tcgetpgrp", lambda fd: os.getpgrp())
    monkeypatch.setattr(command.os, "tcsetpgrp", lambda fd, group: lent.append(group))
    monkeypatch.setattr(command.sys, "stdin", open(os.devnull))  # noqa: SIM115 - closed with the process
    try:
        assert command._lend_terminal(stopped.pid) is not None
        assert lent == [stopped.pid]
        assert os.waitid(os.P_PID, stopped.pid, os.WCONTINUED | os.WNOWAIT) is not None
    finally:
        command.sys.stdin.close()
        stopped.kill()
        stopped.wait()
