"""A fault behind an exchange that is still open waits for its turn; and what else hangs on a connection's order."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from wires import Backend, Vaurien, Wire, backend, call, soon, told, vaurien

GET = b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass(frozen=True)
class Stand:
    """A backend, a run before it, and its control server."""

    server: Backend
    run: Vaurien
    api: str

    def hold_at(self, name: str, **options: object) -> None:
        """Override the mix."""
        assert call(f"{self.api}/behavior", "PUT", {"name": name, **options})[0] == 200

    def wire(self) -> Wire:
        """A client."""
        return Wire(self.run.ports["default"])


@pytest.fixture(params=["reactor", pytest.param("transport", marks=pytest.mark.slow)])
def stand(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    ready = tmp_path / "ready.json"
    with (
        backend() as server,
        vaurien(
            "--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{server.port}", "--protocol", "http", "--http",
            "--http-port", "0", "--ready-file", str(ready), env={"VAURIEN_PORT": request.param},
        ) as run,
    ):  # fmt: skip
        yield Stand(server, run, json.loads(ready.read_text())["control"].rstrip("/"))


def test_a_fault_waits_for_the_answers_before_it(stand: Stand) -> None:
    for name, options, end in (
        ("blackout", {}, "fin"),
        ("abort", {}, "rst"),
        ("hang", {}, "open"),
        ("error", {"error": "408"}, "408"),
        ("error", {"error": "503"}, "503"),
        ("error", {"error": "502", "phase": "after"}, "502"),
    ):
        stand.hold_at("mix")
        path = f"/slow/{name}{options.get('error', '')}".encode()
        with stand.wire() as wire:
            wire.say(GET % path)
            assert soon(lambda path=path: f"GET {path.decode()}" in stand.server.paths)
            stand.hold_at(name, **options)
            wire.say(GET % (b"/behind" + path))
            first = wire.answer()
            assert first.body == told("GET", path.decode(), b""), name
            if end.isdigit():
                assert wire.answer().status == int(end)
                assert wire.silent(0.05) or wire.end() == "fin"
            else:
                assert wire.end(0.3) == end, name


def test_what_is_behind_an_error_goes_on_and_behind_a_blackout_does_not(stand: Stand) -> None:
    stand.hold_at("transient", agitate=1, error="500")
    with stand.wire() as wire:
        wire.say(GET % b"/1" + GET % b"/2" + GET % b"/3")
        assert [wire.answer().status for _ in range(3)] == [500, 200, 200]
    assert stand.server.paths == ["GET /2", "GET /3"]
    stand.hold_at("blackout")
    with stand.wire() as wire:
        wire.say(GET % b"/4" + GET % b"/5")
        assert wire.end() == "fin"
    assert stand.server.paths == ["GET /2", "GET /3"]


def test_a_short_delay_waits_behind_a_long_one(stand: Stand) -> None:
    stand.hold_at("delay", sleep=0.6)
    with stand.wire() as wire:
        begun = time.monotonic()
        wire.say(GET % b"/long")
        time.sleep(0.1)
        stand.hold_at("delay", sleep=0.01)
        wire.say(GET % b"/short")
        assert wire.answer().body == told("GET", "/long", b"")
        assert time.monotonic() - begun >= 0.6
        assert wire.answer().body == told("GET", "/short", b"")
    assert stand.server.paths == ["GET /long", "GET /short"]


def test_a_client_that_leaves_a_delay_leaves_nothing(stand: Stand) -> None:
    stand.hold_at("delay", sleep=30)
    wires = [stand.wire() for _ in range(10)]
    for wire in wires:
        wire.say(GET % b"/gone")
    assert soon(lambda: 'vaurien_held{proxy="default"} 10.0' in call(f"{stand.api}/metrics")[1])
    for wire in wires:
        wire.reset()
    assert soon(lambda: 'vaurien_held{proxy="default"} 0.0' in call(f"{stand.api}/metrics")[1])
    assert soon(lambda: 'vaurien_connections_open{proxy="default"} 0.0' in call(f"{stand.api}/metrics")[1])


@pytest.mark.parametrize(("name", "acts"), [("error", False), ("blackout", True), ("delay", True)])
def test_on_an_upgraded_stream_only_what_needs_no_frames_acts(stand: Stand, name: str, acts: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = f"127.0.0.1:{listener.getsockname()[1]}"
        assert call(f"{stand.api}/backend", "PUT", {"backend": here})[0] == 200
        with stand.wire() as wire:
            wire.say(b"GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            sock, _ = listener.accept()
            with sock:
                assert sock.recv(1000).startswith(b"GET /chat")
                sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nwelcome")
                assert wire.interim() == 101
                stand.hold_at(name, **({"sleep": 0.3} if name == "delay" else {}))
                begun = time.monotonic()
                wire.say(b"frame")
                sock.settimeout(5)
                assert sock.recv(10) == (b"" if name == "blackout" else b"frame")
                assert (time.monotonic() - begun >= 0.3) == (name == "delay")
                if name == "blackout":
                    assert wire.end() in ("fin", "data")

    def outcomes() -> list[str]:
        entries = call(f"{stand.api}/v3/journal")[1]["entries"]
        return [e["outcome"] for e in entries if e["kind"] == "exchange" and e["behavior"] == name]

    if not acts:
        assert soon(lambda: outcomes() == ["not applicable: the stream is opaque: upgraded to websocket"]), outcomes()


def test_the_backend_may_close_between_two_requests(stand: Stand) -> None:
    with stand.wire() as wire:
        wire.say(GET % b"/1")
        assert wire.answer().status == 200
        stand.server.close()
        assert wire.end() == "fin"
    with stand.wire() as wire:
        wire.say(GET % b"/2")
        assert wire.end() == "fin", "refused: FIN, no invented error"
    entries = call(f"{stand.api}/v3/journal")[1]["entries"]
    assert "backend refused" in [e["outcome"] for e in entries], entries
