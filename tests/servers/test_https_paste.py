"""`https://host/path` pasted as a backend, against a real nginx with TLS: from the flag, the profile and the API.

What the client does without a word about TLS: it follows redirects and keeps cookies, and stays with the proxy.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest
import trustme

from tests.acceptance.headless import headless
from tests.servers.nginx_server import nginx

pytestmark = pytest.mark.server
SERVER = """
    server {{
        listen 127.0.0.1:{secure} ssl;
        server_name localhost;
        ssl_certificate {folder}/leaf.pem;
        ssl_certificate_key {folder}/leaf.pem;
        location = /login {{
            add_header Set-Cookie "sid=42; Domain=localhost; Path=/; Secure; HttpOnly";
            add_header Set-Cookie "__Host-x=1; Path=/; Secure";
            return 302 https://$http_host/account?from=$http_host;
        }}
        location = /elsewhere {{ return 302 https://other.example/; }}
        location = /account {{ return 200 "sid=$cookie_sid host=$http_host sni=$ssl_server_name"; }}
    }}
"""


class Backend:
    """An nginx with TLS, and the file of the authority that signed its certificate."""

    def __init__(self, port: int, authority: Path) -> None:
        self.port, self.authority = port, authority

    @property
    def url(self) -> str:
        return f"https://me:geheim@localhost:{self.port}/cart"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    folder = tmp_path_factory.mktemp("nginx-tls")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(folder / "leaf.pem"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        secure = free.getsockname()[1]
    with nginx(folder, zones=SERVER.format(folder=folder, secure=secure)):
        yield Backend(secure, folder / "ca.pem")


async def walk(base: str, secure: bool = False, **how: object) -> httpx.Response:
    """Log in and land on the account page; the client knows the proxy only."""
    async with httpx.AsyncClient(base_url=base, follow_redirects=True, trust_env=False, **how) as client:  # type: ignore[arg-type]
        answer = await client.get("/login")
        elsewhere = await client.get("/elsewhere", follow_redirects=False)
        assert elsewhere.headers["location"] == "https://other.example/"
        first = answer.history[0]
        cookies = first.headers.get_list("set-cookie")
        kept = "; Secure" if secure else ""
        assert cookies == [f"sid=42; Path=/{kept}; HttpOnly", "__Host-x=1; Path=/; Secure"]
        return answer


def landed(answer: httpx.Response, base: str, backend: Backend) -> None:
    place = f"localhost:{backend.port}"
    assert str(answer.url) == f"{base}/account?from={place}"
    assert answer.text == f"sid=42 host={place} sni=localhost"


async def test_a_flag_is_all_it_takes(backend: Backend) -> None:
    words = ("--proxy", "127.0.0.1:0", "--backend", backend.url)
    async with headless(*words, env={"SSL_CERT_FILE": str(backend.authority)}) as run:
        for host in ("127.0.0.1", "localhost"):
            base = f"http://{host}:{run.ports['default']}"
            landed(await walk(base), base, backend)


async def test_a_backend_that_is_not_trusted_is_not_spoken_to(backend: Backend) -> None:
    words = ("--proxy", "127.0.0.1:0", "--backend", backend.url)
    async with headless(*words) as run, httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.HTTPError):
            await client.get(f"http://127.0.0.1:{run.ports['default']}/login")


async def test_a_profile_with_faults_and_tls_on_both_sides(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAURIEN_CERTIFICATES", str(tmp_path / "certificates"))
    profile = tmp_path / "profile.ini"
    profile.write_text(
        f"[vaurien]\nproxy = 127.0.0.1:0\nbackend = {backend.url} ; pasted\nbackend_verify = {backend.authority}\n"
        "tls = terminate\ncertificate = auto\nbehavior = 100:delay\nseed = 1\n[behavior:delay]\nsleep = 10ms\n"
    )
    journal = tmp_path / "journal.jsonl"
    async with headless("--config", str(profile), "--journal", str(journal)) as run:
        base = f"https://localhost:{run.ports['default']}"
        authority = str(tmp_path / "certificates" / "ca.pem")
        context = ssl.create_default_context(cafile=authority)
        landed(await walk(base, secure=True, verify=context), base, backend)
    text = journal.read_text()
    assert text.count('"delay"') >= 3
    assert "geheim" not in text


async def test_over_http_while_it_runs(backend: Backend, tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    words = ("--proxy", "127.0.0.1:0", "--backend", "127.0.0.1:9", "--protocol", "tcp", "--http", "--http-port", "0")
    env = {"SSL_CERT_FILE": str(backend.authority)}
    async with headless(*words, "--ready-file", str(ready), env=env) as run:
        control = json.loads(ready.read_text())["control"]
        control = control[0] if isinstance(control, list) else control
        async with (
            aiohttp.ClientSession() as http,
            http.put(f"{control}/backend", json={"backend": backend.url}) as put,
        ):
            assert put.status == 200, await put.text()
        base = f"http://127.0.0.1:{run.ports['default']}"
        landed(await walk(base), base, backend)
