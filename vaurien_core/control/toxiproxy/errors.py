"""How the Toxiproxy paths fail: `{"error": text, "status": n}`, and Go's own texts where its router answers."""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any

from aiohttp import web

from vaurien_core import __version__
from vaurien_core.errors import EngineLostError, UsageError, VaurienError

_WORDS = ("proxies", "populate", "reset", "version")
_TIMEOUT_PAGE = "<html><head><title>Timeout</title></head><body><h1>Timeout</h1></body></html>"
"""What Go's `http.TimeoutHandler` sends: 77 bytes."""
logger = logging.getLogger("vaurien.control")


class Failure(Exception):  # noqa: N818 - an answer, not a failure of ours
    """An answer in Toxiproxy's shape of an error.

    Attributes:
        status: of HTTP, and in the body.
        text: of `error`.
        more: further keys of the body.
    """

    def __init__(self, status: int, text: str, **more: Any) -> None:
        super().__init__(text)
        self.status, self.text, self.more = status, text, more


def bad_body(text: str) -> Failure:
    """The body can't be read, or holds a value that doesn't fit."""
    return Failure(400, f"bad request body: {text}")


def missing(field: str, at: int = 0) -> Failure:
    """A required field isn't there; `at` is the proxy's place in a list, from 1."""
    return Failure(400, f"missing required field: {field}" + (f" at proxy {at}" if at else ""))


def owns(path: str) -> bool:
    """Whether a path belongs to this API, also where there is nothing at it."""
    return path.lstrip("/").partition("/")[0] in _WORDS


def reply(body: Any, status: int = 200) -> web.Response:
    """A JSON answer, ended by a newline as Go's encoder does."""
    return web.Response(
        text=json.dumps(body, ensure_ascii=False) + "\n", status=status, content_type="application/json"
    )


def refused(status: int, sentence: str, *, browser: bool) -> web.Response:
    """What a caller gets who may not call."""
    if browser:
        return web.Response(text="User agent not allowed\n", status=status, content_type="text/plain")
    return _failed(status, sentence)


def answer_error(error: Exception, path: str) -> web.Response:
    """An exception of a handler, or of the router, as an answer."""
    match error:
        case Failure():
            return _failed(error.status, error.text, **error.more)
        case web.HTTPNotFound():
            return web.Response(text="404 page not found\n", status=404, content_type="text/plain")
        case web.HTTPMethodNotAllowed():
            return web.Response(status=405, headers={"Allow": ", ".join(sorted(error.allowed_methods))})
        case web.HTTPException():
            return _failed(error.status, error.reason)
        case TimeoutError():
            return web.Response(text=_TIMEOUT_PAGE, status=503, content_type="text/html")
        case UsageError():
            return _failed(400, f"bad request body: {error}")
        case EngineLostError():
            return _failed(503, str(error))
        case VaurienError():
            return _failed(500, str(error))
    logger.error("%s failed", path, exc_info=error)
    return _failed(500, f"Internal failure: {type(error).__name__}.")


def marked(answer: web.StreamResponse) -> web.StreamResponse:
    """An answer of this API with the headers that all of them have."""
    if not answer.prepared:
        answer.headers["X-Toxiproxy-Request-Id"] = secrets.token_hex(10)
        answer.headers["Vaurien-Version"] = __version__
        if answer.status >= 400:
            answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _failed(status: int, text: str, **more: Any) -> web.Response:
    return reply({"error": text, "status": status, **more}, status)
