"""One aiohttp application for all sites of a control server: paths, access rules, errors and the time limit."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from vaurien_core.control.access import Access
from vaurien_core.control.answers import ANSWER_WITHIN_S, BODY_LIMIT, dumps, error_answer, reply
from vaurien_core.control.classic import Classic
from vaurien_core.control.native import Native
from vaurien_core.control.stream import EventStreams
from vaurien_core.control.toxiproxy import Toxiproxy, answer_error, marked, owns, refused
from vaurien_core.engine.base import Engine
from vaurien_core.errors import VaurienError
from vaurien_core.model.veil import Veil

if TYPE_CHECKING:
    from vaurien_core.control.saving import Saver

_PLAIN = ("/metrics", "/v3/catalogue", "/v3/state", "/v3/sample", "/v3/profile", "/version")
"""Answers that hold nothing of a profile but names and where Vaurien itself listens; the profile covers its own."""


def application(
    engine: Engine, access: Access, streams: EventStreams, saver: Saver | None, *, private: bool = False
) -> web.Application:
    """The application; it opens nothing itself.

    Args:
        engine: what it steers.
        access: who may call.
        streams: owner of the open event streams.
        saver: writes the profile's file, if it has one.
        private: the only caller is the process that started this one; others don't see what the environment held.
    """
    layers = [_guard(access), _errors] if private else [_guard(access), _veiled(engine), _errors]
    app = web.Application(client_max_size=BODY_LIMIT, middlewares=layers)
    Native(engine, saver, private=private).add_to(app.router)
    Classic(engine).add_to(app.router)
    Toxiproxy(engine).add_to(app.router)
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
        ours = owns(request.path)
        why = access.refusal(
            request.path, request.headers, str(local[0]) if local else "", anywhere=ours or request.path == "/metrics"
        )
        if why is None:
            answer = await handler(request)
            return marked(answer) if ours else answer
        status, sentence = why
        if ours:
            return marked(refused(status, sentence, browser=Access.is_browser(request.headers)))
        no = reply({"error": sentence}, status)
        if status == 401:
            no.headers["WWW-Authenticate"] = "Bearer"
        return no

    return guard


def _veiled(engine: Engine) -> Middleware:
    """Cover in every finished answer what the environment held; journal and events are covered where they are made."""

    @web.middleware
    async def veiled(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if request.path in _PLAIN or not isinstance(answer, web.Response) or answer.text is None:
            return answer
        try:
            veil = Veil((await engine.profile()).profile.references)
        except VaurienError:
            return answer
        if veil:
            is_json = answer.content_type == "application/json"
            answer.text = dumps(veil.sentences(json.loads(answer.text))) if is_json else veil.sentence(answer.text)
        return answer

    return veiled


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path == "/v3/events":
        return await handler(request)
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await handler(request)
    except Exception as error:
        return answer_error(error, request.path) if owns(request.path) else error_answer(error, request.path)
