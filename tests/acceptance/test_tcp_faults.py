"""The classic behaviors on `tcp`, where nothing but bytes and their order is known."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from wires import Vaurien, Wire, soon, vaurien

from tests.support.timing import soon_enough

PROXIES = {
    "plain": "100:dummy",
    "late": "100:delay",
    "late-answer": "100:delay",
    "broken": "100:error",
    "mixed-up": "100:error",
    "once": "100:transient",
    "hung": "100:hang",
    "black": "100:blackout",
    "reset": "100:abort",
}
OPTIONS = """
[behavior:delay]
sleep = 200ms
[behavior:delay@late-answer]
before = no
[behavior:error@mixed-up]
inject = true
"""


@dataclass
class Echo:
    """Says `220 hello`, then back what it hears; keeps what it heard and how each connection ended."""

    heard: list[bytearray] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        mine, ends = bytearray(), self.ends
        self.heard.append(mine)
        end = "rst"
        with sock, suppress(OSError):
            sock.sendall(b"220 hello\r\n")
            while data := sock.recv(65536):
                mine += data
                sock.sendall(data)
            end = "fin"
        ends.append(end)


@dataclass(frozen=True)
class Stand:
    """An echo server and a run with a proxy for each behavior."""

    echo: Echo
    run: Vaurien

    def wire(self, proxy: str) -> Wire:
        """A client that has read the greeting."""
        wire = Wire(self.run.ports[proxy])
        assert wire.sock.recv(100) == b"220 hello\r\n", "the connect phase is no exchange: no fault acts on it"
        return wire


@pytest.fixture(params=["reactor", pytest.param("transport", marks=pytest.mark.slow)], scope="module")
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    echo = Echo()
    profile: Path = tmp_path_factory.mktemp("tcp") / "profile.ini"
    text = "[vaurien]\nseed = 7\n"
    for name, mix in PROXIES.items():
        text += f"[proxy:{name}]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:{echo.port}\nbehavior = {mix}\n"
    profile.write_text(text + OPTIONS)
    with vaurien("--config", str(profile), env={"VAURIEN_PORT": request.param}) as started:
        yield Stand(echo, started)
    echo.listener.shutdown(socket.SHUT_RDWR)
    echo.listener.close()


@pytest.fixture
def stand(run: Stand) -> Stand:
    run.echo.heard, run.echo.ends = [], []
    return run


def read(wire: Wire, size: int) -> bytes:
    """Exactly so many bytes."""
    data = b""
    while len(data) < size:
        part = wire.sock.recv(size - len(data))
        assert part, f"the connection ended after {len(data)} of {size} bytes"
        data += part
    return data


@pytest.mark.parametrize("proxy", ["late", "late-answer"])
def test_each_exchange_is_delayed_and_the_greeting_is_not(stand: Stand, proxy: str) -> None:
    def greeted() -> float:
        begun = time.monotonic()
        with stand.wire(proxy) as wire:
            took = time.monotonic() - begun
            for n in range(3):
                begun = time.monotonic()
                wire.say(b"%d\r\n" % n)
                assert read(wire, 3) == b"%d\r\n" % n
                assert time.monotonic() - begun >= 0.2
        return took

    soon_enough(greeted, 0.2)


def test_an_error_is_a_thousand_bytes_of_the_seed_and_the_request_is_dropped(stand: Stand) -> None:
    answers = []
    for _ in range(2):
        with stand.wire("broken") as wire:
            for n in range(2):
                wire.say(b"request %d" % n)
                answers.append(read(wire, 1000))
            assert wire.silent(0.1)
    assert len(set(answers)) == 4
    assert soon(lambda: stand.echo.ends == ["fin", "fin"])
    assert [bytes(heard) for heard in stand.echo.heard] == [b"", b""]


def test_the_seed_gives_the_same_bytes_again(stand: Stand) -> None:
    words = ("--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{stand.echo.port}", "--behavior", "100:error")
    answers = []
    for seed in ("1", "1", "2"):
        with vaurien(*words, "--seed", seed) as run, Wire(run.ports["default"]) as wire:
            read(wire, 11)
            wire.say(b"hello")
            answers.append(read(wire, 1000))
    assert answers[0] == answers[1] != answers[2]


def test_inject_puts_64_bytes_behind_the_first_piece_of_the_answer(stand: Stand) -> None:
    with stand.wire("mixed-up") as wire:
        wire.say(b"one")
        got = read(wire, 3 + 64)
        assert got[:3] == b"one"
        wire.say(b"two")
        assert read(wire, 3) == b"two", "what follows is opaque and passes"
    assert soon(lambda: [bytes(heard) for heard in stand.echo.heard] == [b"onetwo"])


def test_transient_acts_once_per_proxy(stand: Stand) -> None:
    with stand.wire("once") as wire:
        wire.say(b"first")
        read(wire, 1000)
        wire.say(b"second")
        assert read(wire, 6) == b"second"


def test_a_hang_is_silent_and_the_backend_hears_nothing(stand: Stand) -> None:
    with stand.wire("hung") as wire:
        wire.say(b"anyone?")
        assert wire.silent(0.3)
        wire.say(b"hello?")
        assert wire.silent(0.1)
        assert stand.echo.ends == []
    assert soon(lambda: stand.echo.ends == ["fin"])
    assert [bytes(heard) for heard in stand.echo.heard] == [b""]


@pytest.mark.parametrize("size", [1, 100_000, 4 << 20])
def test_a_blackout_is_fin_on_both_sides(stand: Stand, size: int) -> None:
    with stand.wire("black") as wire:
        wire.say(b"x" * size)
        assert wire.end() == "fin"
    assert soon(lambda: stand.echo.ends == ["fin"])
    assert [bytes(heard) for heard in stand.echo.heard] == [b""]


def test_an_abort_is_a_reset_and_the_backend_heard_it(stand: Stand) -> None:
    with stand.wire("reset") as wire:
        wire.say(b"transfer 100")
        assert wire.end() == "rst"
    assert [bytes(heard) for heard in stand.echo.heard] == [b"transfer 100"]
    assert soon(lambda: stand.echo.ends == ["fin"], 8), "no end of an answer is known: it closes after 5 s"


@pytest.mark.parametrize("proxy", ["plain", "late", "late-answer"])
def test_a_client_that_ends_first_gets_the_rest(stand: Stand, proxy: str) -> None:
    with stand.wire(proxy) as wire:
        wire.say(b"the end")
        wire.sock.shutdown(socket.SHUT_WR)
        assert read(wire, 7) == b"the end"
        assert wire.end() == "fin"
    assert soon(lambda: stand.echo.ends == ["fin"])


def test_a_reset_of_the_backend_is_a_reset_for_the_client() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        words = ("--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{listener.getsockname()[1]}")
        for linger, end in ((b"\1\0\0\0\0\0\0\0", "rst"), (b"\0\0\0\0\0\0\0\0", "fin")):
            with vaurien(*words) as run, Wire(run.ports["default"]) as wire:
                wire.say(b"x")
                sock, _ = listener.accept()
                assert sock.recv(1) == b"x"
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                sock.close()
                assert wire.end() == end
