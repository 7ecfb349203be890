"""Thousands of generated HTTP operations come through the proxy at weight 0 as they come directly, byte for byte."""

from __future__ import annotations

import json
import random
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance import conversations as c
from tests.acceptance.operations import LAST, OPS, SWITCHED, conversations_of, huge
from tests.acceptance.wires import vaurien
from tests.servers.nginx_server import nginx


class Scripted:
    """A server that plays its side of one conversation after the other, each on a connection of its own."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self.port = int(self._listener.getsockname()[1])

    def play(self, port: int, steps: list[c.Step], cut: str) -> None:
        """Play it by way of a port; both sides must have heard what the other said."""
        sides: list[c._Side] = []

        def serve() -> None:
            sock, _ = self._listener.accept()
            with sock:
                sock.settimeout(30)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                side = c._Side(sock, "s", steps, c.cuts(cut, 1))
                sides.append(side)
                side.run()

        thread = threading.Thread(target=serve)
        thread.start()
        client = c.play(port, steps, cut)
        thread.join(60)
        assert len(sides) == 1, "it never reached the backend"
        assert (client.error, sides[0].error) == ("", "")
        assert client.got.digest() == client.expected.digest()
        assert sides[0].got.digest() == sides[0].expected.digest()

    def close(self) -> None:
        """No more."""
        self._listener.close()


@contextmanager
def stand(folder: Path, backend: int | None = None) -> Iterator[tuple[Scripted, int, Path]]:
    """A scripted server, the proxy's port, its journal of everything."""
    server = Scripted()
    journal = folder / "journal.jsonl"
    profile = folder / "profile.ini"
    profile.write_text(
        f"[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:{backend or server.port}\nprotocol = http\n"
        "behavior = 0:error, 0:delay\n"
    )
    try:
        with vaurien("--config", str(profile), "--journal", str(journal), "--journal-all") as run:
            yield server, run.ports["default"], journal
    finally:
        server.close()


def passes(folder: Path, count: int, *, each_at_least: int) -> None:
    """Play so many operations, a tenth of the conversations in cuts of 1 to 3 bytes, a tenth also directly."""
    seen: Counter[str] = Counter()
    switched = 0
    with stand(folder) as (server, port, journal):
        for n, (steps, shapes) in enumerate(conversations_of(count, seed=count)):
            small = sum(len(data) for _, data in steps) < 1_500_000
            cut = "bytes" if n % 10 == 3 and small else ("small", "large")[n % 2]
            if n % 10 == 0:
                server.play(server.port, steps, cut)
            server.play(port, steps, cut)
            seen += shapes
            switched += any(shapes[name] for name in SWITCHED)
    assert seen.total() >= count
    assert set(seen) == {*OPS, *LAST}
    assert min(seen.values()) >= each_at_least
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    opaque = [e["outcome"] for e in entries if str(e.get("outcome", "")).startswith("opaque")]
    assert len(opaque) == switched, "only Upgrade and CONNECT may leave HTTP"
    framed = {(e["conn"], e["ex"]) for e in entries if e.get("kind") == "exchange" and e["ex"]}
    assert len(framed) >= count, "every request is an exchange of its own"


def test_hundreds_of_generated_operations_arrive(tmp_path: Path) -> None:
    passes(tmp_path, 500, each_at_least=3)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_generated_operations_arrive(tmp_path: Path) -> None:
    passes(tmp_path, 10_000, each_at_least=20)


@pytest.mark.parametrize(("way", "how"), [("up", "length"), ("down", "chunked")])
def test_20_mb_in_one_body_arrive(tmp_path: Path, way: str, how: str) -> None:
    with stand(tmp_path) as (server, port, _):
        server.play(port, huge(random.Random(3), way, how), "large")


@pytest.mark.slow
@pytest.mark.parametrize("cut", ["small", "large"])
@pytest.mark.parametrize(("way", "how"), [("up", "chunked"), ("down", "length"), ("down", "close")])
def test_20_mb_arrive_in_every_framing(tmp_path: Path, way: str, how: str, cut: str) -> None:
    with stand(tmp_path) as (server, port, _):
        server.play(port, huge(random.Random(4), way, how), cut)


DATE = re.compile(rb"\r\nDate: [^\r]+")


def _raw(port: int, asked: bytes, size: int) -> bytes:
    """All that comes back until the other side closes; what is said is cut to `size`."""
    got = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(asked), size):
            sock.sendall(asked[at : at + size])
        while data := sock.recv(65536):
            got += data
    return DATE.sub(b"\r\nDate: then", bytes(got))


def _for_nginx(rng: random.Random, count: int) -> bytes:
    """Pipelined requests that nginx answers in its ways, the last with `Connection: close`."""
    asked = b""
    for n in range(count):
        method = rng.choice(("GET", "GET", "HEAD", "POST", "PUT", "OPTIONS"))
        path = rng.choice(("/hello", "/chunks", "/empty", "/moved", "/none", "/big", "/gone"))
        lines = [
            "Host: test",
            *rng.sample(["Range: bytes=1-9", "If-None-Match: *", "Accept-Encoding: gzip", "X: y"], 2),
        ]
        lines += ["Connection: close"] if n == count - 1 else []
        body = rng.randbytes(rng.randrange(3000)) if method in ("POST", "PUT") else b""
        if body and rng.random() < 0.5:
            lines.append("Transfer-Encoding: chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        elif method in ("POST", "PUT"):
            lines.append(f"Content-Length: {len(body)}")
        asked += "\r\n".join([f"{method} {path}?n={n} HTTP/1.1", *lines, "", ""]).encode() + body
    return asked


NGINX = """
        location = /chunks { add_after_body /hello; default_type text/html; return 200 "before"; }
        location = /empty { return 204; }
        location = /moved { return 301 /hello; }
        location = /gone { return 410 "gone"; }
        location = /big { default_type text/plain; return 200 "%s"; }
""" % ("0123456789abcdef" * 200)


def _nginx_says_the_same(folder: Path, count: int) -> None:
    rng = random.Random(count)
    with nginx(folder, locations=NGINX) as behind, stand(folder, behind) as (_, port, _journal):
        for n in range(count // 20):
            asked = _for_nginx(rng, 20)
            size = 7 if n % 10 == 5 else rng.choice((1460, 100_000))
            direct = _raw(behind, asked, 100_000)
            assert direct.count(b"HTTP/1.1 ") >= 20
            assert _raw(port, asked, size) == direct


@pytest.mark.server
def test_nginx_answers_hundreds_of_generated_requests_as_it_does_directly(tmp_path: Path) -> None:
    _nginx_says_the_same(tmp_path, 400)


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(600)
def test_nginx_answers_ten_thousand_generated_requests_as_it_does_directly(tmp_path: Path) -> None:
    _nginx_says_the_same(tmp_path, 10_000)
