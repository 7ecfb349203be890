"""Four real clients, each asked four times in a row on one session; what they say of each answer in one word."""

from __future__ import annotations

import http.client
import subprocess
from collections.abc import Callable
from contextlib import closing

import httpx
import requests

from tests.support import real

TIMEOUT_S = 1.0
BODY = b"b" * 40
Said = tuple[str, ...]
"""A status and the type of what was read, or an exception's name, for each request."""
Ask = Callable[[list[str], str, dict[str, str]], Said]
"""URLs, the first one's method, its further headers."""


def _name(error: BaseException) -> str:
    return f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}"


def _said(status: int, kind: str | None) -> str:
    return f"{status} {(kind or '').partition(';')[0]}".strip()


def with_requests(urls: list[str], method: str, headers: dict[str, str]) -> Said:
    said = []
    with requests.Session() as session:
        session.trust_env = False
        for n, url in enumerate(urls):
            try:
                first = n == 0
                answer = session.request(
                    method if first else "GET", url, headers=headers if first else {},
                    data=BODY if first and method == "POST" else None, timeout=TIMEOUT_S,
                )  # fmt: skip
                said.append(_said(answer.status_code, answer.headers.get("Content-Type")))
            except requests.RequestException as error:
                said.append(_name(error))
    return tuple(said)


def with_httpx(urls: list[str], method: str, headers: dict[str, str]) -> Said:
    said = []
    with httpx.Client(trust_env=False, timeout=TIMEOUT_S) as client:
        for n, url in enumerate(urls):
            try:
                first = n == 0
                answer = client.request(
                    method if first else "GET", url, headers=headers if first else {},
                    content=BODY if first and method == "POST" else None,
                )  # fmt: skip
                said.append(_said(answer.status_code, answer.headers.get("Content-Type")))
            except httpx.HTTPError as error:
                said.append(_name(error))
    return tuple(said)


def with_http_client(urls: list[str], method: str, headers: dict[str, str]) -> Said:
    """It has no pool: after an exception its user closes it, and it opens again by itself."""
    said = []
    place = urls[0].split("/")[2]
    with closing(http.client.HTTPConnection(place, timeout=TIMEOUT_S)) as client:
        for n, url in enumerate(urls):
            try:
                first = n == 0
                client.request(
                    method if first else "GET", "/" + url.split("/", 3)[3],
                    BODY if first and method == "POST" else None, headers if first else {},
                )  # fmt: skip
                answer = client.getresponse()
                answer.read()
                said.append(_said(answer.status, answer.headers.get("Content-Type")))
            except (http.client.HTTPException, OSError, ValueError) as error:
                said.append(_name(error))
                client.close()
    return tuple(said)


def with_curl(urls: list[str], method: str, headers: dict[str, str]) -> Said:
    """Exit codes in the place of exceptions."""
    words = [real.need("curl"), "-s", "--noproxy", "*", "-m", str(TIMEOUT_S * 1.5), "--compressed", "-o", "/dev/null"]
    words += ["-w", "%{exitcode} %{http_code} %{content_type}\n"]
    first = [*(w for h in headers.items() for w in ("-H", f"{h[0]}: {h[1]}"))]
    first += ["--data-binary", BODY.decode(), "-H", "Content-Type:"] if method == "POST" else []
    first += ["-I"] if method == "HEAD" else []
    command = [*words, *first, urls[0]]
    for url in urls[1:]:
        command += ["--next", *words[1:], url]
    real.ran("curl")
    done = subprocess.run(command, capture_output=True, check=False, timeout=30, text=True)
    said = []
    for line in done.stdout.splitlines():
        code, status, kind = [*line.split(" ", 2), ""][:3]
        said.append(f"curl {code}" if code != "0" else _said(int(status), kind))
    return tuple(said)


CLIENTS: dict[str, Ask] = {
    "requests": with_requests,
    "httpx": with_httpx,
    "http.client": with_http_client,
    "curl": with_curl,
}
