"""Every exit status, produced by a real process, and the reason that summary.json gives for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runs import MODULE, PYTHON, alive, backend, environment, gets, running, taken, vaurien

from tests.support.timing import slack

FAULTS = ("--protocol", "http", "--proxy", "127.0.0.1:0", "--behavior", "100:error", "--seed", "42")


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with backend() as address:
        yield address


def summary(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return read


def cases(folder: Path) -> dict[str, bool]:
    """Names of the junit cases, and whether each passed."""
    suite = ET.parse(folder / "junit.xml").getroot()
    return {str(case.get("name")): len(case) == 0 for case in suite.iter("testcase")}


def test_0_when_the_command_and_every_expectation_succeed(web: str, tmp_path: Path) -> None:
    run = vaurien(
        *FAULTS, "--backend", web, "--report", tmp_path, "--expect", "all failed = error >= 3", "--", *gets(3)
    )
    assert (run.returncode, run.stdout.splitlines()[-1].split()[0]) == (0, "ready"), run.stderr
    told = summary(tmp_path)
    assert told["exit"] == {"status": 0, "reason": "the command ended with status 0"}
    assert told["proxies"]["default"]["hits"] == {"error": 3}
    assert told["proxies"]["default"]["exchanges"] == 3
    assert (told["seed"], told["format"]) == (42, 1)
    assert cases(tmp_path) == {"exchanges >= 1": True, "injected >= 1": True, "all failed": True}
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    faults = [line for line in lines if line["kind"] == "exchange"]
    assert [f["behavior"] for f in faults] == ["error"] * 3
    assert all("injected" in f["outcome"] for f in faults)
    assert sorted(f["label"] for f in faults) == ["GET /0", "GET /1", "GET /2"]


def test_4_when_faults_are_configured_and_no_exchange_reached_the_proxy(web: str, tmp_path: Path) -> None:
    run = vaurien(*FAULTS, "--backend", web, "--report", tmp_path, "--", "true")
    assert run.returncode == 4
    assert "no exchange reached the proxy" in run.stderr
    assert "no exchange reached the proxy" in summary(tmp_path)["exit"]["reason"]
    assert cases(tmp_path) == {"exchanges >= 1": False, "injected >= 1": False}


def test_4_when_a_written_expectation_fails(web: str, tmp_path: Path) -> None:
    run = vaurien(*FAULTS, "--backend", web, "--report", tmp_path, "--expect", "exchanges >= 9", "--", *gets(1))
    assert run.returncode == 4
    assert "expected exchanges >= 9, got 1" in run.stderr
    assert cases(tmp_path)["exchanges >= 9"] is False


def test_the_commands_own_status_comes_first(web: str, tmp_path: Path) -> None:
    run = vaurien(*FAULTS, "--backend", web, "--report", tmp_path, "--", "sh", "-c", "exit 7")
    assert run.returncode == 7
    assert summary(tmp_path)["exit"]["reason"] == "the command ended with status 7"


def test_128_and_the_signal_that_killed_the_command(web: str) -> None:
    run = vaurien("--proxy", "127.0.0.1:0", "--backend", web, "--", "sh", "-c", "kill -TERM $$")
    assert run.returncode == 143


@pytest.mark.parametrize(
    "words",
    [
        ["--behavior", "20:dealy"],
        ["--config", "no-such-profile.ini"],
    ],
)
def test_2_for_bad_usage_in_one_sentence_without_a_traceback(words: list[str]) -> None:
    run = vaurien(*words)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("vaurien: ")
    assert "Traceback" not in run.stderr
    assert len(run.stderr.splitlines()) == 1, run.stderr


def test_3_when_the_port_is_taken_and_the_report_says_so(web: str, tmp_path: Path) -> None:
    with taken() as address:
        run = vaurien("--proxy", address, "--backend", web, "--report", tmp_path, "--", "sh", "-c", "echo started")
    assert run.returncode == 3
    assert "started" not in run.stdout and "ready" not in run.stdout
    assert address in run.stderr and "in use" in run.stderr
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert summary(tmp_path)["exit"]["status"] == 3
    assert "in use" in summary(tmp_path)["exit"]["reason"]
    assert cases(tmp_path) == {"the run": False}


def test_126_for_a_command_that_is_not_executable(web: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    script.chmod(stat.S_IRUSR)
    run = vaurien("--proxy", "127.0.0.1:0", "--backend", web, "--", script)
    assert run.returncode == 126
    assert "can't be executed" in run.stderr


def test_127_for_a_command_that_does_not_exist(web: str, tmp_path: Path) -> None:
    run = vaurien("--proxy", "127.0.0.1:0", "--backend", web, "--report", tmp_path, "--", "no-such-command")
    assert run.returncode == 127
    assert "command not found: no-such-command" in run.stderr
    assert summary(tmp_path)["exit"]["status"] == 127


def test_5_for_an_internal_failure_and_the_report_is_still_written(web: str, tmp_path: Path) -> None:
    broken = (
        "import sys, vaurien_core.cli.run as run\n"
        "async def listen(self): raise ZeroDivisionError('a defect')\n"
        "run.Session._listen = listen\n"
        "from vaurien_core.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    words = [PYTHON, "-c", broken, "--proxy", "127.0.0.1:0", "--backend", web, "--report", str(tmp_path)]
    run = subprocess.run(words, capture_output=True, text=True, timeout=30, env=environment())
    assert run.returncode == 5
    assert "internal failure: ZeroDivisionError: a defect" in run.stderr
    assert summary(tmp_path)["exit"]["status"] == 5


def test_sigterm_under_load_leaves_complete_artefacts_no_process_and_no_port(web: str, tmp_path: Path) -> None:
    words = (
        "--protocol",
        "http",
        "--proxy",
        "127.0.0.1:0",
        "--backend",
        web,
        "--behavior",
        "30:delay,10:hang,20:error",
    )
    with running(
        *words, "--behavior-delay-sleep", "0.05", "--journal", tmp_path / "j.jsonl", "--report", tmp_path
    ) as run:
        host, port = run.place
        waiting = []
        for n in range(40):
            sock = socket.create_connection((host, port), 20)
            sock.sendall(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n)
            waiting.append(sock)
        time.sleep(0.1)
        begun = time.monotonic()
        status, err = run.end(signal.SIGTERM)
        took = time.monotonic() - begun
        for sock in waiting:
            sock.close()
    assert status == 0, err
    assert took < 10 + slack()
    told = summary(tmp_path)
    assert told["exit"] == {"status": 0, "reason": "ended by SIGTERM"}
    default = told["proxies"]["default"]
    assert default["exchanges"] == 40
    assert default["connections_open"] == 0
    streamed = (tmp_path / "j.jsonl").read_text()
    assert streamed == (tmp_path / "journal.jsonl").read_text()
    lines = [json.loads(line) for line in streamed.splitlines()]
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    touched = {line["label"] for line in lines if line["kind"] == "exchange" and line["behavior"]}
    assert len(touched) == default["injected"]
    assert not alive(run.process.pid)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port), 1)


def test_a_signal_is_passed_on_to_the_command_and_its_group_is_gone_at_the_end(web: str, tmp_path: Path) -> None:
    script = f'sleep 60 & echo $! > {tmp_path}/left; trap "exit 9" INT; echo up; while :; do sleep 0.05; done'
    with running("--proxy", "127.0.0.1:0", "--backend", web, "--", "sh", "-c", script) as run:
        assert run.process.stdout is not None
        assert run.process.stdout.readline() == "up\n"
        status, _ = run.end(signal.SIGINT)
    assert status == 9
    left = int((tmp_path / "left").read_text())
    deadline = time.monotonic() + 10
    while alive(left) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(left)


def test_a_second_signal_ends_it_at_once(web: str, tmp_path: Path) -> None:
    script = f'echo $$ > {tmp_path}/pid; trap "" TERM; echo up; while :; do sleep 0.05; done'
    with running("--proxy", "127.0.0.1:0", "--backend", web, "--report", tmp_path, "--", "sh", "-c", script) as run:
        assert run.process.stdout is not None
        assert run.process.stdout.readline() == "up\n"
        run.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert run.process.poll() is None, "the command ignores the first"
        status, _ = run.end(signal.SIGTERM)
    assert status == 143
    assert summary(tmp_path)["exit"]["reason"] == "ended at once by a second SIGTERM"
    left = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 10
    while alive(left) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(left)


def test_the_duration_ends_a_run_and_its_command(web: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    run = vaurien("--proxy", "127.0.0.1:0", "--backend", web, "--duration", "300ms", "--report", tmp_path)
    assert run.returncode == 0
    assert summary(tmp_path)["exit"]["reason"] == "the duration is over"
    assert summary(tmp_path)["duration_s"] >= 0.3
    run = vaurien("--proxy", "127.0.0.1:0", "--backend", web, "--duration", "300ms", "--", "sleep", "60")
    assert run.returncode == 143
    assert time.monotonic() - begun < 40


@pytest.mark.parametrize("count", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_port_0_with_a_command_works_many_times_in_parallel(web: str, count: int) -> None:
    words = [*MODULE, *FAULTS, "--backend", web, "--log-level", "warning", "--", *gets(1)]
    runs = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
        for _ in range(count)
    ]
    ended = [run.communicate(timeout=55) for run in runs]
    assert [run.returncode for run in runs] == [0] * count, ended
    assert len({out.split()[1] for out, _ in ended}) > 1


def test_the_port_implementation_can_be_chosen(web: str) -> None:
    run = vaurien(
        *FAULTS, "--backend", web, "--", *gets(2), env={"VAURIEN_PORT": "transport", "VAURIEN_LOOP": "asyncio"}
    )
    assert run.returncode == 0, run.stderr


def test_an_unknown_loop_is_bad_usage() -> None:
    run = vaurien("--proxy", "127.0.0.1:0", env={"VAURIEN_LOOP": "trio"})
    assert run.returncode == 2
    assert 'VAURIEN_LOOP: expected asyncio or uvloop, got "trio"' in run.stderr


def test_an_unknown_port_implementation_is_bad_usage() -> None:
    run = vaurien("--proxy", "127.0.0.1:0", env={"VAURIEN_PORT": "serial"})
    assert run.returncode == 2
    assert run.stderr == 'vaurien: VAURIEN_PORT: expected reactor or transport, got "serial".\n'


def test_where_descriptors_are_counted_nothing_leaks(web: str) -> None:
    with running("--protocol", "http", "--proxy", "127.0.0.1:0", "--backend", web) as run:
        run.get()
        before = len(os.listdir(f"/proc/{run.process.pid}/fd"))
        for _ in range(20):
            run.get()
        time.sleep(0.3)
        after = len(os.listdir(f"/proc/{run.process.pid}/fd"))
        status, _ = run.end()
    assert status == 0
    assert after <= before + 2
