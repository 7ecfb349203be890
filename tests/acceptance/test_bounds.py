"""What is too much, too odd or too late: it passes, is journalled, stays within bounds and ends in time."""

from __future__ import annotations

import json
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from wires import PYTHON, Backend, Vaurien, Wire, backend, soon, told, vaurien

from tests.support.timing import slack

MB = 1 << 20
ALL = "20:delay,20:error,10:hang,10:abort,10:blackout"


@dataclass(frozen=True)
class Stand:
    """A backend and a run with a report."""

    server: Backend
    run: Vaurien
    report: Path

    def wire(self, **more: int) -> Wire:
        """A client."""
        return Wire(self.run.ports["default"], **more)

    def journal(self, kind: str = "") -> list[dict[str, Any]]:
        """The journal's lines, each complete."""
        lines = [json.loads(line) for line in (self.report / "journal.jsonl").read_text().splitlines()]
        return [line for line in lines if not kind or line.get("kind") == kind]

    def summary(self) -> dict[str, Any]:
        """What summary.json says of the proxy."""
        found: dict[str, Any] = json.loads((self.report / "summary.json").read_text())["proxies"]["default"]
        return found


@pytest.fixture
def stand(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    report = tmp_path / "report"
    with (
        backend() as server,
        vaurien(
            "--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{server.port}", "--protocol", "http", "--seed", "1",
            "--report", str(report), *getattr(request, "param", ()),
        ) as run,
    ):  # fmt: skip
        yield Stand(server, run, report)


def with_words(*words: str) -> pytest.MarkDecorator:
    """A run with further words."""
    return pytest.mark.parametrize("stand", [words], indirect=True, ids=[" ".join(words)])


def test_ten_megabytes_of_header_pass_in_little_memory_and_are_journalled(stand: Stand) -> None:
    before = stand.run.rss_mb
    with stand.wire() as wire:
        wire.say(
            b"GET /long HTTP/1.1\r\n" + b"".join(b"X-%d: %b\r\n" % (n, b"y" * 990) for n in range(10_000)) + b"\r\n"
        )
        assert wire.answer().body == told("GET", "/long", b"")
        wire.say(b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.answer().body == told("GET", "/next", b"")
    assert stand.run.rss_mb - before < 24


@with_words("--behavior", "100:error")
def test_garbage_passes_and_is_counted_and_the_error_is_not_applicable(stand: Stand) -> None:
    rubbish = random.Random(1).randbytes(50_000).replace(b"\r\n\r\n", b"")
    with stand.wire() as wire:
        wire.say(rubbish)
        assert soon(lambda: [bytes(seen.data) for seen in stand.server.connections] == [rubbish])
    assert stand.run.end()[0] == 0
    summary = stand.summary()
    assert (summary["opaque"], summary["errors_client"], summary["injected"]) == (1, 1, 0)
    assert [line for line in stand.journal() if "opaque" in json.dumps(line) or "not HTTP" in json.dumps(line)]


@pytest.mark.slow
@with_words("--behavior", "100:delay", "--behavior-delay-sleep", "2")
def test_a_delayed_upload_of_300_mb_is_bounded_and_complete(stand: Stand) -> None:
    before = stand.run.rss_mb
    size = 300 * MB
    highest = before
    with stand.wire(timeout_s=30) as wire:
        wire.say(b"PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        block = bytes(MB)
        uploading = threading.Thread(target=lambda: [wire.say(block) for _ in range(300)])
        begun = time.monotonic()
        uploading.start()
        while uploading.is_alive():
            highest = max(highest, stand.run.rss_mb)
            time.sleep(0.02)
        assert wire.answer("PUT").body == told("PUT", "/upload", bytes(size))
        assert time.monotonic() - begun >= 2
    assert highest - before < 160, "64 MiB may wait while something adds time"


@with_words("--behavior", "100:hang")
def test_fifty_hung_connections_end_with_the_run_in_time(stand: Stand) -> None:
    with ExitStack() as stack:
        wires = [stack.enter_context(stand.wire()) for _ in range(50)]
        for n, wire in enumerate(wires):
            wire.say(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n)
        assert all(wire.silent(0.01) for wire in wires)
        assert soon(lambda: len(stand.server.connections) == 50)
        begun = time.monotonic()
        status, _ = stand.run.end()
        assert time.monotonic() - begun < 2.5 + slack()
        assert status == 0
        answers = [wire.answer().body for wire in wires]
        assert answers == [told("GET", f"/{n}", b"") for n in range(50)], "they are let go, and get the true answer"
        assert {wire.end(1) for wire in wires} == {"fin"}
    with pytest.raises(ConnectionRefusedError):
        stand.wire()
    assert soon(lambda: all(seen.end for seen in stand.server.connections))
    held = [line for line in stand.journal("exchange") if line["behavior"] == "hang"]
    assert len({line["conn"] for line in held}) == 50
    assert stand.summary()["hits"] == {"hang": 50}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@with_words(
    "--behavior", "20:delay,20:error,10:hang,10:abort,10:blackout", "--behavior-delay-sleep", "0.05", "--journal-all"
)
def test_a_signal_under_load_leaves_complete_artefacts(stand: Stand, number: int) -> None:
    stop = threading.Event()

    def load(me: int) -> None:
        n = 0
        while not stop.is_set():
            with suppress(OSError, EOFError), stand.wire(timeout_s=1) as wire:
                for _ in range(20):
                    n += 1
                    wire.say(b"GET /%d/%d HTTP/1.1\r\nHost: x\r\n\r\n" % (me, n))
                    wire.answer()

    workers = [threading.Thread(target=load, args=(n,)) for n in range(10)]
    for worker in workers:
        worker.start()
    time.sleep(1)
    begun = time.monotonic()
    status, errors = stand.run.end(number)
    took = time.monotonic() - begun
    stop.set()
    for worker in workers:
        worker.join()
    assert (status, "Traceback" in errors) == (0, False), errors
    assert took < 5
    assert {p.name for p in stand.report.iterdir()} == {"summary.json", "journal.jsonl", "junit.xml", "report.html"}
    exchanges, summary = stand.journal("exchange"), stand.summary()
    assert not any("dropped" in line for line in stand.journal())
    assert len({(line["conn"], line["ex"]) for line in exchanges}) == summary["exchanges"] > 50
    with pytest.raises(ConnectionRefusedError):
        stand.wire()


OK = b"HTTP/1.1 200 OK\r\n"
ODD = [
    OK + b"Content-Length: 2\r\n\r\nok and more",
    OK + b"Content-Length: 9\r\n\r\nok",
    OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nbad",
    OK + b"Conte",
    b"nonsense\r\n",
    b"",
]


def test_a_backend_that_says_more_or_less_than_it_should_is_passed_on_as_it_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        words = ["--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{listener.getsockname()[1]}", "--protocol", "http"]
        with vaurien(*words, "--behavior", "100:delay", "--behavior-delay-sleep", "0") as run:
            for said in ODD:
                with Wire(run.ports["default"]) as wire:
                    wire.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    sock, _ = listener.accept()
                    with sock:
                        assert sock.recv(1000).startswith(b"GET /")
                        sock.sendall(said)
                        sock.shutdown(socket.SHUT_WR)
                        got = b""
                        while part := wire.sock.recv(1000):
                            got += part
                    assert got == said


CLIENT = """
import os, signal, sys, time
print(os.environ["VAURIEN_SEED"], os.environ["VAURIEN_DEFAULT_HOST"], os.environ["VAURIEN_DEFAULT_PORT"], flush=True)
print(os.getpgrp() == os.getpid(), "VAURIEN_CONTROL" in os.environ, flush=True)
def got(number, frame):
    print("got", number, flush=True)
    sys.exit(7)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, got)
print("waiting", flush=True)
time.sleep(20)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_has_its_environment_and_gets_the_signal(number: int) -> None:
    run = Vaurien("--proxy", "127.0.0.1:0", "--seed", "77", "--", PYTHON, "-u", "-c", CLIENT)
    assert run.process.stdout is not None
    lines = [run.process.stdout.readline() for _ in range(3)]
    assert lines[0].split() == ["77", "127.0.0.1", str(run.ports["default"])]
    assert lines[1:] == ["True False\n", "waiting\n"]
    run.process.send_signal(number)
    out, errors = run.process.communicate(timeout=10)
    assert out == f"got {number}\n"
    assert run.process.returncode == 7, errors
