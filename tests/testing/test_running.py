"""A Vaurien for a block: it is steered and asked as the manual says, and gone behind it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import vaurien
from tests.cli.runs import backend as http_origin
from vaurien_core.errors import UsageError


@pytest.fixture
def backend() -> Iterator[str]:
    with http_origin() as address:
        yield address


@pytest.fixture
def proxies(backend: str) -> Iterator[vaurien.Running]:
    with vaurien.running(proxy="127.0.0.1:0", backend=backend, protocol="http", seed=5) as started:
        yield started


def status(proxies: vaurien.Running, path: str = "/x?q=1") -> int:
    try:
        with urllib.request.urlopen(f"http://{proxies.address()}{path}", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_behavior_holds_inside_the_block_and_not_behind_it(proxies: vaurien.Running) -> None:
    assert status(proxies) == 200
    with pytest.raises(ZeroDivisionError), proxies.behavior("error", error="503"):
        assert status(proxies) == 503
        raise ZeroDivisionError
    assert status(proxies) == 200
    assert [(e.label, e.outcome) for e in proxies.journal(behavior="error")] == [("GET /x?q=?", "503 injected")]
    assert proxies.seed == 5


def test_a_mix_holds_inside_the_block_and_the_own_one_comes_back(backend: str, tmp_path: Path) -> None:
    profile = tmp_path / "p.ini"
    profile.write_text(
        f"[vaurien]\nproxy = 127.0.0.1:0\nbackend = {backend}\nprotocol = http\nbehavior = 100:gone\n"
        "[behavior:gone]\ntype = error\nerror = 501\n"
    )
    with vaurien.running(profile) as proxies:
        assert status(proxies) == 501
        with proxies.mix("100:error"), proxies.all_normal():
            assert status(proxies) == 200
        with proxies.mix(""):
            assert status(proxies) == 200
        assert status(proxies) == 501
        proxies.expect("gone@default = 2")
        with pytest.raises(AssertionError, match=r"expected exchanges > 4, got 4\."):
            proxies.expect("exchanges > 4")
        with pytest.raises(UsageError, match="the weights sum to 110 %"), proxies.mix("60:error, 50:delay"):
            pass


def test_a_held_exchange_is_let_go(proxies: vaurien.Running) -> None:
    with proxies.behavior("hang"), socket.create_connection(("127.0.0.1", proxies.port())) as client:
        client.settimeout(10)
        client.sendall(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        end = time.monotonic() + 10
        while not proxies.release():
            assert time.monotonic() < end
        assert client.recv(12) == b"HTTP/1.1 200"


def test_the_journal_is_asked_by_any_of_its_fields(proxies: vaurien.Running) -> None:
    with proxies.behavior("error"):
        for path in ("/a", "/b", "/ab"):
            status(proxies, path)
    assert [e.label for e in proxies.journal(label="GET /a*", proxy="default")] == ["GET /a", "GET /ab"]
    assert proxies.journal(rule="delay") == ()
    with pytest.raises(UsageError, match='unknown field "behaviour", did you mean "behavior"'):
        proxies.journal(behaviour="error")
    assert proxies.sample().proxy("default").injected == 3


def test_what_can_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Could not start the proxy: .*no such file"), vaurien.running(tmp_path / "n"):
        pass
    with pytest.raises(UsageError, match='unknown proxy "web"'), vaurien.running(proxy="127.0.0.1:0") as proxies:
        proxies.address("web")


def test_nothing_is_left_behind_a_block(backend: str) -> None:
    with vaurien.running(proxy="127.0.0.1:0", backend=backend) as proxies:
        pid, port = proxies._process.pid, proxies.port()
        folder = proxies._folder
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    assert not folder.exists()


def test_importing_vaurien_reads_no_profiles_and_no_protocols() -> None:
    code = (
        "import sys, vaurien; print([m for m in sys.modules if m.startswith(('vaurien_core.p', 'aiohttp', 'asyncio'))])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert found.stdout.strip() == "[]"
