"""HTTP with TLS on either side: curl's place is taken by httpx."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.proxy.lab import Lab, Place, everywhere, lab, named
from tests.tls.authority import Certificates
from tests.tls.peers import Peer, serving
from vaurien_core.behaviors.error import Error
from vaurien_core.protocols.http import Http

httpx = pytest.importorskip("httpx", reason="pip install httpx")


def web(peer: Peer) -> None:
    """Answers each request with its body's length."""
    held = b""
    while data := peer.recv():
        held += data
        while b"\r\n\r\n" in held:
            head, _, rest = held.partition(b"\r\n\r\n")
            size = next((int(x[15:]) for x in head.lower().split(b"\r\n") if x[:15] == b"content-length:"), 0)
            if len(rest) < size:
                break
            held = rest[size:]
            body = b"%d" % size
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def ask(scheme: str, pem: Certificates) -> Callable[[int], list[int]]:
    def work(port: int) -> list[int]:
        with httpx.Client(verify=pem.client(), timeout=10, base_url=f"{scheme}://localhost:{port}") as client:
            return [
                client.get("/a").status_code,
                int(client.post("/b", content=b"x" * 3_000_000).text or 0),
                client.get("/c").status_code,
            ]

    return work


async def through(port: int, work: Callable[[int], Any], look: Callable[[Lab], object], mix: str, **keys: Any) -> Any:
    async with lab(
        Error, mix=mix, handler=None, backend=f"localhost:{port}", protocols=(Http,), protocol="http",
        behaviors=(named("error", error="503"),), **keys,
    ) as it:  # fmt: skip
        result = await asyncio.to_thread(work, it.server.bound.port)
        look(it)
        return result


@everywhere
def test_every_combination_of_sides(place: Place, pem: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = {"tls": "terminate", "certificate": str(pem.both)}
    trusts = {"backend_verify": str(pem.authority)}

    def opaque(count: int) -> Callable[[Lab], None]:
        def look(it: Lab) -> None:
            assert it.server.sample().opaque == count
            assert it.server.sample().errors_backend == 0

        return look

    async def main() -> None:
        with serving(web, pem.server()) as secure, serving(web) as plain:
            fine = [200, 3_000_000, 200]
            assert await through(plain, ask("https", pem), opaque(0), "", **ends) == fine
            assert await through(secure, ask("https", pem), opaque(0), "", backend_tls="on", **ends, **trusts) == fine
            assert await through(secure, ask("http", pem), opaque(0), "", backend_tls="on", **trusts) == fine
            assert await through(secure, ask("https", pem), opaque(1), "") == fine
            monkeypatch.setattr(Http, "tls_port", secure)  # as if it were 443
            assert await through(secure, ask("http", pem), opaque(0), "", **trusts) == fine
            assert await through(secure, ask("https", pem), opaque(1), "", **trusts) == fine
            assert await through(secure, ask("https", pem), opaque(0), "", **ends, **trusts) == fine

    place.run(main)


async def test_errors_reach_a_client_whose_tls_ends_here(pem: Certificates) -> None:
    def work(port: int) -> list[int]:
        with httpx.Client(verify=pem.client(), timeout=10, base_url=f"https://localhost:{port}") as client:
            return [client.get("/a").status_code, client.post("/b", content=b"x" * 100_000).status_code]

    def look(it: Lab) -> None:
        assert it.server.counters.errors_injected == 2

    with serving(web, pem.server()) as port:
        keys = {"tls": "terminate", "certificate": str(pem.both), "backend_tls": "on"}
        assert await through(port, work, look, "100:error", backend_verify=str(pem.authority), **keys) == [503, 503]
