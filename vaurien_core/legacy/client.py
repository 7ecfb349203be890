"""The classic `Client`, as old test suites import it from `vaurien`, and the HTTP call that `vaurienctl` makes too.

Stands alone: the standard library and our errors, so that importing it costs a test suite nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from vaurien_core.errors import EngineLostError, UsageError

CALL_WITHIN_S = 20.0
_MIX = "mix"
_OVERRIDE = "Vaurien-Override"


class NotReachableError(EngineLostError, ConnectionError):
    """Nothing answers at the control address."""


class Client:
    """Steers a running Vaurien through its classic API (`vaurien --http`).

    Args:
        host: of the control server.
        port: of the control server.
        scheme: http or https.
        proxy: which proxy is meant; "" the one called `default`, else the first.
    """

    def __init__(self, host: str = "localhost", port: int = 8080, scheme: str = "http", *, proxy: str = "") -> None:
        self.host, self.port, self.scheme = host, port, scheme
        self.root_url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
        self._query = f"?{urlencode({'proxy': proxy})}" if proxy else ""

    def set_behavior(self, behavior: str, **options: Any) -> None:
        """Hold the proxy at one behavior, 100 % of it, with these options; `mix` goes back to the profile's mix.

        Raises:
            ValueError: the server doesn't know the behavior or an option; its own description.
        """
        self._call("PUT", "/behavior", {**options, "name": behavior})

    def get_behavior(self) -> str:
        """The name of the behavior that acts now; `mix` for several."""
        return self._now()[0]

    def list_behaviors(self) -> list[str]:
        """The names of all behaviors."""
        return list(self._call("GET", "/behaviors")[0]["behaviors"])

    @contextlib.contextmanager
    def with_behavior(self, behavior: str, **options: Any) -> Iterator[None]:
        """Hold the proxy at a behavior inside the block; afterwards, also after an exception, as it was before it."""
        name, before, mixed = self._now()
        self.set_behavior(behavior, **options)
        try:
            yield
        finally:
            if mixed or name == _MIX:
                self.set_behavior(_MIX)
            else:
                self.set_behavior(name, **before)

    def _now(self) -> tuple[str, dict[str, Any], bool]:
        """The behavior, its options, and whether it is the profile's mix that acts (a server of old doesn't say)."""
        answer, headers = self._call("GET", "/behavior")
        return str(answer["behavior"]), dict(answer.get("options", {})), headers.get(_OVERRIDE, "") == "no"

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], http.client.HTTPMessage]:
        status, headers, raw = call(self.root_url, method, path + self._query, body)
        try:
            answer = json.loads(raw)
        except ValueError:
            raise NotReachableError(f"What answers at {self.root_url} is not Vaurien (status {status}).") from None
        if status < 300:
            return answer, headers
        raise ValueError(description(answer) or f"{method} {path}: status {status}.")


def description(answer: Any) -> str:
    """The sentence of an error answer, classic or native, or ""."""
    if not isinstance(answer, dict):
        return ""
    errors = answer.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str(errors[0].get("description", ""))
    return str(answer.get("error", ""))


def call(
    url: str, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: str = ""
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request to a control server: status, headers, body. Knows no proxies of the environment.

    Args:
        url: `http://host:port`, or without scheme.
        method: of the request.
        path: with its query.
        body: sent as JSON.
        token: bearer token, or "".

    Raises:
        NotReachableError: nothing answers there. UsageError: the URL can't be read.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port, host = parts.port, parts.hostname or ""
        host.encode("idna")
    except ValueError:
        host = ""
    if not host or not host.isprintable() or " " in host or parts.scheme not in ("http", "https"):
        raise UsageError(f'"{url}": expected an address such as http://localhost:8080.')
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, port or (443 if parts.scheme == "https" else 8080), timeout=CALL_WITHIN_S)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        where = f"{parts.scheme}://{parts.netloc}"
        raise NotReachableError(f"No Vaurien answers at {where}: {reason}. Was it started with --http?") from None
    finally:
        connection.close()
