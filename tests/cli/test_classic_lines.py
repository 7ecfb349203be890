"""The command lines of the classic documentation and slides, against real sockets.

`HOST` is this machine; the backend's port is that of a real server here. The listening port is the written one where
nobody has it, else a free one.
"""

from __future__ import annotations

import re
import shlex
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from runs import Running, backend, echo, free_port, get, here, running

from vaurien_core.cli.parser import read
from vaurien_core.model.profile import Profile
from vaurien_core.profiles import load
from vaurien_core.registry import Registry


@contextmanager
def started(line: str, server: str, *more: str) -> Iterator[Running]:
    """A run of a written line with a backend that is there, and another port if the written one is taken."""
    words = shlex.split(line)[1:]
    words[words.index("--backend") + 1] = server
    with running(*words, *more) as run:
        if run.ready:
            yield run
            return
    at = words.index("--proxy") + 1
    words[at] = f"{words[at].rpartition(':')[0]}:0"
    with running(*words, *more) as run:
        yield run


def profile_of(line: str) -> Profile:
    """What a line means, word by word as it stands."""
    registry = Registry.builtin()
    return load(None, registry, flags=read(shlex.split(line)[1:], registry).flags).profile


def test_the_slow_backend() -> None:
    line = (
        "vaurien --protocol http --proxy localhost:8000 --backend HOST:80 --behavior 20:delay --behavior-delay-sleep 2"
    )
    spec = profile_of(line).proxy("default")
    assert (spec.proxy, spec.backend, spec.protocol) == ("localhost:8000", "HOST:80", "http")
    assert spec.weight("delay") == 20
    assert dict(spec.behavior("delay").options) == {"sleep": 2.0}
    with backend() as server, started(line, server, "--seed", "42") as run:
        times = []
        for n in range(4):
            begun = time.monotonic()
            assert run.get(f"/{n}").endswith(b"the real answer")
            times.append(time.monotonic() - begun)
            if times[-1] > 1.9:
                break
        assert times[-1] >= 2, times


def test_the_warm_up_lets_twelve_through() -> None:
    line = (
        "vaurien --protocol http --proxy localhost:8000 --backend HOST:80 "
        "--behavior 100:error --behavior-error-warmup 12"
    )
    with backend() as server, started(line, server) as run:
        answers = [int(re.match(rb"HTTP/1.1 (\d+)", run.get(f"/{n}"))[1]) for n in range(12)]  # type: ignore[index]
        assert answers == [200] * 12
        with socket.create_connection(run.place, 20) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert re.match(rb"HTTP/1.1 50[0234] ", sock.recv(4096))


def test_the_quick_ssh_tunnel() -> None:
    line = "vaurien --stay-connected --proxy 0.0.0.0:8887 --backend HOST:22 --protocol-tcp-keep-alive"
    spec = profile_of(line).proxy("default")
    assert (spec.protocol, spec.stay_connected) == ("tcp", True)
    assert dict(spec.protocol_options) == {"keep_alive": True}
    with echo(b"SSH-2.0-OpenSSH_9.2\r\n") as server, started(line, server) as run:
        _, port = run.place
        with socket.create_connection(("127.0.0.1", port), 20) as sock:
            assert sock.recv(100) == b"SSH-2.0-OpenSSH_9.2\r\n"
            sock.sendall(b"SSH-2.0-client\r\n")
            assert sock.recv(100) == b"SSH-2.0-client\r\n"


def test_a_config_file(tmp_path: Path) -> None:
    with backend() as server:
        (tmp_path / "vaurien.ini").write_text(
            f"[vaurien]\nbackend = {server}\nproxy = localhost:{free_port()}\nprotocol = http\n"
            "behavior = 20:delay\n\n[behavior:delay]\nsleep = 2\n"
        )
        with running("--config", tmp_path / "vaurien.ini") as run:
            assert run.get("/").startswith(b"HTTP/1.1 200")


def test_the_control_server() -> None:
    profile = profile_of("vaurien --http")
    assert profile.control.http
    assert (profile.control.host, profile.control.ports) == ("localhost", (8080,))
    assert (profile.proxy("default").proxy, profile.proxy("default").backend) == ("localhost:8000", "localhost:80")
    words = ["--http"]
    control = 8080
    with running(*words) as run:
        if not run.ready:
            control = free_port()
            words += ["--proxy", "localhost:0", "--http-port", str(control)]
        else:
            assert get(("127.0.0.1", control), "/behaviors").startswith(b"HTTP/1.1 200")
    with running(*words) as run:
        assert run.ready.startswith("ready default=")
        answer = get(("127.0.0.1", control), "/behavior")
        assert answer.startswith(b"HTTP/1.1 200")
        assert b'"dummy"' in answer


@pytest.mark.parametrize(
    ("line", "weights"),
    [
        ("vaurien --proxy 0.0.0.0:6565 --backend HOST:465 --behavior 5:error,10:delay", {"error": 5, "delay": 10}),
        ("vaurien --behavior delay", {"delay": 100}),
        ("vaurien --behavior 10:dummy,20:delay", {"dummy": 10, "delay": 20}),
        ("vaurien --behavior 0.5:hang", {"hang": 0.5}),
    ],
)
def test_what_a_mix_on_the_command_line_means(line: str, weights: dict[str, float]) -> None:
    spec = profile_of(line).proxy("default")
    assert {r.behavior: float(r.weight) for r in spec.mix} == weights


@pytest.mark.parametrize("protocol", ["smtp", "mysql", "redis", "memcache"])
def test_a_protocol_that_is_not_there_is_refused_with_the_known_ones(
    protocol: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if protocol in Registry.builtin().protocol_names:
        pytest.skip("it is there")
    run = here(capsys, "--proxy", "0.0.0.0:3307", "--backend", "localhost:3306", "--protocol", protocol)
    assert run.returncode == 2
    assert f'unknown protocol "{protocol}"' in run.stderr
    assert "http" in run.stderr and "tcp" in run.stderr


def test_every_flag_without_effect_is_accepted_with_one_notice(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--pool-max-size", "100", "--pool-timeout", "30", "--bufsize", "8192", "--sync")
    run = here(capsys, "--proxy", "localhost:0", *words, "--duration", "50ms")
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("WARNING") == 1, run.stderr


def test_statsd_gets_what_was_counted() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, backend() as web:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        port = str(server.getsockname()[1])
        where = ("--statsd.enabled", "--statsd.host", "127.0.0.1", "--statsd.port", port, "--statsd.prefix", "ci")
        words = ("--proxy", "127.0.0.1:0", "--backend", web, "--protocol", "http", "--behavior", "100:error")
        with running(*words, *where) as run:
            assert run.get().startswith(b"HTTP/1.1 50")
            told = server.recv(2000).decode().splitlines()
    assert "ci.default.exchanges:1|c" in told
    assert "ci.default.injected.error:1|c" in told
    assert "ci.default.errors.injected:1|c" in told
    assert not any(line.startswith("ci.default.errors.backend") for line in told)


def test_a_statsd_host_that_is_not_there_is_one_notice(capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--statsd.enabled", "--statsd.host", "nowhere.invalid")
    run = here(capsys, "--proxy", "localhost:0", *where, "--duration", "50ms")
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("statsd") == 1


def test_log_level_and_log_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "vaurien.log"
    run = here(capsys, "--proxy", "localhost:0", "--log-level", "info", "--log-output", log, "--duration", "50ms")
    assert (run.returncode, run.stderr) == (0, "")
    assert "listens on localhost:" in log.read_text()
    run = here(capsys, "--proxy", "localhost:0", "--log-level", "error", "--duration", "50ms")
    assert (run.returncode, run.stderr) == (0, "")
