"""JSON in and out of the control API: bodies that are read with one clear sentence, and errors as statuses."""

from __future__ import annotations

import json
import logging
from typing import Any

from aiohttp import web

from vaurien_core.errors import ConflictError, EngineLostError, UsageError, VaurienError
from vaurien_core.model.wire import Json

BODY_LIMIT = 8 * 2**20
"""Bytes of a request's body; a profile of 1,000 proxies has about 1 MiB."""
ANSWER_WITHIN_S = 15.0
"""Every call but the event stream is answered within this time; a probe alone may take 6 s."""

logger = logging.getLogger("vaurien.control")


class NotFoundError(UsageError):
    """A name in the path is unknown (404)."""


class ForbiddenError(UsageError):
    """The call is understood and refused (403)."""


def reply(body: Json, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.json_response(body, status=status, dumps=dumps)


async def read_object(request: web.Request, *known: str) -> dict[str, Any]:
    """The body as a JSON object with only `known` keys; an empty body is an empty object.

    The content type is not looked at.

    Raises:
        UsageError: it is no JSON object, or holds an unknown key.
    """
    body = await read_json(request)
    if not isinstance(body, dict):
        raise UsageError(f"expected a JSON object, got {kind_of(body)}.")
    for key in body:
        if key not in known:
            raise UsageError(f'unknown key "{key}"; known: {", ".join(known) or "none"}.')
    return body


async def read_json(request: web.Request) -> Json:
    """The body as JSON; an empty one is `{}`.

    Raises:
        UsageError: it can't be read.
    """
    raw = await request.read()
    if not raw.strip():
        return {}
    try:
        return json.loads(raw)
    except RecursionError:
        raise UsageError("the body is not JSON: nested too deep.") from None
    except UnicodeDecodeError:
        raise UsageError("the body is not JSON: not UTF-8.") from None
    except ValueError as error:
        raise UsageError(f"the body is not JSON: {error}.") from None


def text_of(body: dict[str, Any], key: str, default: str | None = None) -> str:
    """A text of a JSON object.

    Raises:
        UsageError: it is missing (without a default) or no text.
    """
    value = body.get(key, default)
    if not isinstance(value, str):
        raise UsageError(f'"{key}": expected a text, got {kind_of(value) if key in body else "nothing"}.')
    return value


def whole_of(text: str | None, name: str, default: int, highest: int) -> int:
    """A query parameter as a whole number within 0..highest.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise UsageError(f"{name}: expected a whole number, got {text[:40]!r}.")
    return min(int(text), highest)


def kind_of(value: Json) -> str:
    """What a JSON value is, for a sentence."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def error_answer(error: Exception, path: str) -> web.Response:
    """An error as the native API shows it: its status and `{"error": sentence}`."""
    body: dict[str, Any] = {"error": str(error)}
    match error:
        case ConflictError():
            body |= {"revision": error.revision, "paths": list(error.paths), "author": error.author}
            return reply(body, 409)
        case NotFoundError():
            return reply(body, 404)
        case ForbiddenError():
            return reply(body, 403)
        case UsageError():
            return reply(body, 400)
        case EngineLostError():
            return reply(body, 503)
        case TimeoutError():
            return reply({"error": f"The engine did not answer within {ANSWER_WITHIN_S:g} s."}, 504)
        case web.HTTPException():
            return _http_error(error, path)
        case VaurienError():
            return reply(body, 500)
    logger.error("%s failed", path, exc_info=error)
    return reply({"error": f"Internal failure: {type(error).__name__}."}, 500)


def _http_error(error: web.HTTPException, path: str) -> web.Response:
    sentences = {
        404: f"There is nothing at {path}.",
        405: f"{path} does not know this method; it knows {error.headers.get('Allow', 'others')}.",
        413: f"The body is larger than {BODY_LIMIT // 2**20} MiB.",
    }
    answer = reply({"error": sentences.get(error.status, error.reason)}, error.status)
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer


def dumps(body: Json) -> str:
    """JSON as it is sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
