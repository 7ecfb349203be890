"""What users get wrong: one clear sentence each, the right status, never a traceback."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import pytest
from runs import Running, backend, free_port, here, running, taken

from vaurien_core.cli.main import main


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--behavior", "60:delay,50:error"], "110"),
        (["--behavior", "20:dealy"], 'did you mean "delay"'),
        (["--behavior", "x:delay"], "x"),
        (["--behavior-delay-sleep", "-1"], "at least 0"),
        (["--behavior-delay-sleep", "soon"], "expected a time"),
        (["--behavior-dealy-sleep", "1"], 'did you mean "--behavior-delay-sleep"'),
        (["--behavior-error-warmup", "-3"], "at least 0"),
        (["--proxy", "localhost"], "host:port"),
        (["--proxy", "localhost:70000"], "0..65535"),
        (["--backend", "nonsense"], "host:port"),
        (["--timeout", "-5"], "--timeout: expected at least"),
        (["--timeout", "0"], "--timeout: expected at least 0.001 s, got 0."),
        (["--behavior", "٣:delay"], "weight in percent"),
        (["--seed", "9" * 20], f"--seed: expected at most 9223372036854775807, got {'9' * 20}."),
        (["--log-level", "loud"], 'critical, got "loud".'),
        (["--backlog", "0"], "at least 1"),
        (["--seed", "x"], "whole number"),
        (["--seed", "-1"], "at least 0"),
        (["--duration", "never"], "--duration: expected a time"),
        (["--duration", "-1"], "more than 0 s"),
        (["--http-port", "x"], "port"),
        (["--protocol", "gopher"], 'unknown protocol "gopher"; known: http, memcache, mysql, redis, smtp, tcp'),
        (["--expect", "exchange >= 1"], 'did you mean "exchanges"'),
        (["--expect", "nonsense"], "expected METRIC"),
        (["--no-such-flag"], "Unknown option --no-such-flag"),
        (["--"], "After -- expected a command"),
        (["--config"], "expected one argument"),
        (["--confg", "x.ini"], 'Unknown option --confg, did you mean "--config"'),
        (["chekc", "x.ini"], 'Unexpected word "chekc", did you mean "check"'),
        (["--journal", "/proc/nope/j.jsonl"], "can't write the journal /proc/nope/j.jsonl"),
        (["--report", "/proc/nope"], "can't make /proc/nope"),
        (["--report", ""], "expected a path, got an empty text"),
        (["--log-output", "/proc/nope/log"], "can't write /proc/nope/log"),
    ],
)
def test_a_bad_flag_is_one_sentence_and_2(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--proxy", "127.0.0.1:0", "--log-level", "error", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("vaurien: ")
    assert sentence in err
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1, err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[vaurien]\nprotocol = http\nbehavior = 20:dealy\n", "profile.ini:3 [vaurien] behavior"),
        ("[vaurien]\nbehavior = 80:delay, 30:error\n", "110"),
        ("[behavior:delay]\nsleep = -1\n", "profile.ini:2 [behavior:delay] sleep"),
        ("no section\n", "profile.ini:1"),
        ("[proxy:a]\nproxy = 127.0.0.1:8123\nbackend = localhost:80\n[proxy:a]\n", "profile.ini:4"),
        ("[vaurien]\nbackend = ${NO_SUCH_VARIABLE}\n", "NO_SUCH_VARIABLE"),
    ],
)
def test_a_bad_profile_names_file_and_line(
    text: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("profile.ini").write_text(text)
    assert main(["--config", "profile.ini"]) == 2
    err = capsys.readouterr().err
    assert sentence in err, err
    assert "Traceback" not in err


def test_a_subcommand_complains_in_one_sentence_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--cure"]) == 2
    err = capsys.readouterr().err
    assert "--cure" in err
    assert len(err.splitlines()) == 1


def test_an_unreadable_profile_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_a_host_that_is_not_this_machine_can_not_be_listened_on(capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "--proxy", "192.0.2.1:0", "--backend", "localhost:80")
    assert run.returncode == 3
    assert "192.0.2.1" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_unknown_host_can_not_be_listened_on(capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "--proxy", "no-such-host.invalid:0", "--backend", "localhost:80")
    assert run.returncode == 3
    assert "no-such-host.invalid" in run.stderr


def test_a_taken_control_port_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    with taken() as address:
        port = address.rpartition(":")[2]
        run = here(capsys, "--proxy", "127.0.0.1:0", "--http", "--http-host", "127.0.0.1", "--http-port", port)
    assert run.returncode == 3
    assert "in use" in run.stderr
    assert "ready" not in run.stdout


def test_a_control_server_beyond_loopback_needs_to_be_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "--proxy", "127.0.0.1:0", "--http", "--http-host", "0.0.0.0", "--http-port", "0")
    assert run.returncode == 2
    assert "--allow-remote" in run.stderr


def test_a_backend_that_is_down_at_start_costs_that_connection_only(tmp_path: Path) -> None:
    backend_place = f"127.0.0.1:{free_port()}"
    words = ("--protocol", "http", "--proxy", "127.0.0.1:0", "--backend", backend_place, "--report", tmp_path)
    with running(*words) as run:
        assert run.ready.startswith("ready default=")
        assert run.get() == b""
        status, err = run.end()
    assert status == 0, err
    assert "Traceback" not in err
    assert "refused" in (tmp_path / "journal.jsonl").read_text()


def test_a_backend_that_goes_down_later_costs_later_connections_only() -> None:
    with backend() as server:
        run = Running(("--protocol", "http", "--proxy", "127.0.0.1:0", "--backend", server))
        assert run.get().startswith(b"HTTP/1.1 200")
    assert run.get() == b""
    status, err = run.end()
    assert status == 0, err
    assert "Traceback" not in err


def test_an_unknown_backend_host_is_no_reason_not_to_start() -> None:
    with running("--proxy", "127.0.0.1:0", "--backend", "no-such-host.invalid:80") as run:
        assert run.ready.startswith("ready default=")
        with socket.create_connection(run.place, 20) as sock:
            sock.settimeout(1)
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                sock.recv(1)
        status, err = run.end()
    assert status == 0
    assert "Traceback" not in err
