"""One aiohttp application for all sites of a control server: paths, access rules, errors and the time limit."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from vaurien_core.control.access import Access
from vaurien_core.control.answers import ANSWER_WITHIN_S, BODY_LIMIT, error_answer, reply
from vaurien_core.control.classic import Classic
from vaurien_core.control.native import Native
from vaurien_core.control.stream import EventStreams
from vaurien_core.engine.base import Engine

if TYPE_CHECKING:
    from vaurien_core.control.saving import Saver


def application(engine: Engine, access: Access, streams: EventStreams, saver: Saver | None) -> web.Application:
    """The application; it opens nothing itself.

    Args:
        engine: what it steers.
        access: who may call.
        streams: owner of the open event streams.
        saver: writes the profile's file, if it has one.
    """
    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[_guard(access), _errors])
    Native(engine, saver).add_to(app.router)
    Classic(engine).add_to(app.router)
    app.router.add_get("/v3/events", streams.answer)
    app.router.add_get("/metrics", _metrics(engine))
    return app


def _metrics(engine: Engine) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        from vaurien_core.control.metrics import Metrics

        return await Metrics(engine).answer(request)

    return answer


def quiet_logger() -> logging.Logger:
    """Where aiohttp logs: as it does, but what a client sends wrong is no error of ours."""
    logger = logging.getLogger("vaurien.control.http")
    if _is_ours not in logger.filters:
        logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (HttpProcessingError, ConnectionError))


def _guard(access: Access) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        local = request.transport.get_extra_info("sockname") if request.transport else None
        refused = access.refusal(request.path, request.headers, str(local[0]) if local else "")
        if refused is None:
            return await handler(request)
        status, sentence = refused
        answer = reply({"error": sentence}, status)
        if status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    return guard


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path == "/v3/events":
        return await handler(request)
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await handler(request)
    except Exception as error:
        return error_answer(error, request.path)
