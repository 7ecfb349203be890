"""What the usual HTTP clients make of the faults: they read every error, and go on with the same connection."""

from __future__ import annotations

import asyncio
import http.client
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
import urllib3
from wires import Backend, Vaurien, backend, told, vaurien

PROXIES = {"plain": "", "broken": "100:error", "replaced": "100:error", "black": "100:blackout", "reset": "100:abort"}
Ask = Callable[[str, str, bytes], tuple[int, bytes]]
"""Method, URL and body: the status and body of the answer."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Backend, Vaurien]]:
    with backend() as server:
        text = "[behavior:error]\nerror = 503\n[behavior:error@replaced]\nphase = after\n"
        for name, mix in PROXIES.items():
            text += f"[proxy:{name}]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:{server.port}\nprotocol = http\n"
            text += f"behavior = {mix}\n" if mix else ""
        profile: Path = tmp_path_factory.mktemp("clients") / "profile.ini"
        profile.write_text(text)
        with vaurien("--config", str(profile)) as started:
            yield server, started


def with_requests(method: str, url: str, body: bytes) -> tuple[int, bytes]:
    with requests.Session() as session:
        for _ in range(3):
            answer = session.request(method, url, data=body or None, timeout=5)
        return answer.status_code, answer.content


def with_httpx(method: str, url: str, body: bytes) -> tuple[int, bytes]:
    with httpx.Client(trust_env=False) as client:
        for _ in range(3):
            answer = client.request(method, url, content=body or None, timeout=5)
        return answer.status_code, answer.content


def with_urllib3(method: str, url: str, body: bytes) -> tuple[int, bytes]:
    with urllib3.PoolManager(retries=False) as pool:
        for _ in range(3):
            answer = pool.request(method, url, body=body or None, timeout=5)
        assert pool.connection_from_url(url).num_connections == 1, "one connection served all three"
        return answer.status, answer.data


def with_http_client(method: str, url: str, body: bytes) -> tuple[int, bytes]:
    _, _, place, path = url.split("/", 3)
    with closing(http.client.HTTPConnection(place, timeout=5)) as connection:
        socks = set()
        for _ in range(3):
            connection.request(method, f"/{path}", body or None)
            socks.add(connection.sock)
            answer = connection.getresponse()
            data = answer.read()
        assert len(socks) == 1, "one connection served all three"
        return answer.status, data


def with_aiohttp(method: str, url: str, body: bytes) -> tuple[int, bytes]:
    async def ask() -> tuple[int, bytes]:
        async with aiohttp.ClientSession() as session:
            for _ in range(3):
                async with session.request(method, url, data=body or None) as answer:
                    data = await answer.read()
            return answer.status, data

    return asyncio.run(ask())


def with_curl(method: str, url: str, body: bytes) -> tuple[int, bytes]:
    words = ["curl", "-sS", "-i", "--noproxy", "*", "-m", "5", "-X", method, url, url]
    if method == "HEAD":
        words = ["curl", "-sS", "-I", "--noproxy", "*", "-m", "5", url, url]
    if body:
        words += ["--data-binary", "@-"]
    done = subprocess.run(words, input=body, capture_output=True, check=False, timeout=20)
    if done.returncode:
        raise ConnectionError(done.returncode, done.stderr.decode())
    head, _, rest = done.stdout.rpartition(b"HTTP/1.1 ")[2].partition(b"\r\n\r\n")
    return int(head[:3]), rest


CLIENTS = [with_requests, with_httpx, with_urllib3, with_http_client, with_aiohttp]
CLIENTS += [pytest.param(with_curl, marks=pytest.mark.skipif(not shutil.which("curl"), reason="no curl here"))]  # type: ignore[list-item]
clients = pytest.mark.parametrize("ask", CLIENTS)
RESET = {
    with_requests: (requests.ConnectionError, "Connection reset"),
    with_httpx: (httpx.ReadError, "reset"),
    with_urllib3: (urllib3.exceptions.ProtocolError, "Connection reset"),
    with_http_client: (ConnectionResetError, "reset"),
    with_aiohttp: (aiohttp.ClientError, "reset|disconnected"),
    with_curl: (ConnectionError, "56.*reset"),
}
CLOSED = {
    with_requests: (requests.ConnectionError, "without response"),
    with_httpx: (httpx.RemoteProtocolError, "without sending"),
    with_urllib3: (urllib3.exceptions.ProtocolError, "without response"),
    with_http_client: (http.client.RemoteDisconnected, "without response"),
    with_aiohttp: (aiohttp.ServerDisconnectedError, "disconnected"),
    with_curl: (ConnectionError, "52.*[Ee]mpty reply"),
}


@clients
@pytest.mark.parametrize(("method", "body"), [("GET", b""), ("POST", b"b" * 5000), ("HEAD", b"")])
def test_it_gets_true_answers_and_true_errors(run: tuple[Backend, Vaurien], ask: Ask, method: str, body: bytes) -> None:
    for proxy in ("plain", "broken", "replaced"):
        status, said = ask(method, f"http://127.0.0.1:{run[1].ports[proxy]}/x", body)
        assert status == (200 if proxy == "plain" else 503)
        if method == "HEAD":
            assert said == b""
        else:
            assert said == told(method, "/x", body) if proxy == "plain" else b"503" in said


@clients
@pytest.mark.parametrize(("proxy", "raised"), [("reset", RESET), ("black", CLOSED)])
def test_it_tells_a_reset_from_a_close(
    run: tuple[Backend, Vaurien], ask: Ask, proxy: str, raised: dict[Ask, tuple[type[Exception], str]]
) -> None:
    kind, words = raised[ask]
    with pytest.raises(kind, match=words):
        ask("GET", f"http://127.0.0.1:{run[1].ports[proxy]}/x", b"")
