"""A real nginx behind the proxy: untouched at weight 0, true errors otherwise, and as before once all is normal."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.headless import exchanges, headless
from tests.servers.nginx_server import nginx

pytestmark = pytest.mark.server
SIZE = 3_000_000


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "www").mkdir()
    (folder / "www" / "file.bin").write_bytes(random.Random(1).randbytes(SIZE))
    with nginx(folder) as port:
        yield port


def profile(tmp_path: Path, backend: int, behavior: str) -> str:
    path = tmp_path / "profile.ini"
    path.write_text(
        f"[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:{backend}\nprotocol = http\n"
        f"behavior = {behavior}\nseed = 7\n"
    )
    return str(path)


async def test_it_answers_through_the_proxy_as_it_does_directly(backend: int, tmp_path: Path) -> None:
    requests = [
        ("GET", "/file.bin", {}),
        ("GET", "/file.bin", {"Range": "bytes=100-199"}),
        ("HEAD", "/file.bin", {}),
        ("GET", "/hello", {}),
        ("GET", "/missing?secret=1", {}),
        ("GET", "/broken", {}),
        ("POST", "/hello", {}),
    ]
    async with headless("--config", profile(tmp_path, backend, "100:dummy")) as run, httpx.AsyncClient() as client:
        for method, path, headers in requests:
            answers = []
            for port in (backend, run.ports["default"]):
                url = f"http://127.0.0.1:{port}{path}"
                answer = await client.request(method, url, headers={**headers, "Host": "test"})
                fields = {k: v for k, v in answer.headers.items() if k != "date"}
                answers.append((answer.status_code, fields, hashlib.sha256(answer.content).hexdigest()))
            assert answers[0] == answers[1], (method, path)


async def test_an_injected_error_never_reaches_it_and_the_connection_goes_on(backend: int, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    config = profile(tmp_path, backend, "50:error")
    async with headless("--config", config, "--journal", str(journal)) as run, httpx.AsyncClient() as client:
        seen = {}
        for n in range(60):
            answer = await client.get(f"http://127.0.0.1:{run.ports['default']}/hello?n={n}")
            seen[n] = (answer.status_code, answer.text)
            assert len(client._transport._pool.connections) == 1  # type: ignore[attr-defined]
    injected = [line for line in exchanges(journal) if line["behavior"] == "error"]
    statuses = [status for status, _ in seen.values()]
    assert all(text == "hello" for status, text in seen.values() if status == 200)
    assert 15 < len(injected) < 45
    assert len(injected) == sum(status in (500, 502, 503, 504) for status in statuses)
    assert len({line["conn"] for line in injected}) == 1, "one kept connection carried them all"
