"""Control sites: binds the ports, runs the application on them and closes them again.

aiohttp is imported when the first server starts, as it costs a quarter of a second.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import secrets
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vaurien_core.addresses import Address
from vaurien_core.control.access import Access
from vaurien_core.engine.base import Engine
from vaurien_core.errors import ListenError, UsageError
from vaurien_core.model.profile import ControlSpec
from vaurien_core.registry import Registry

if TYPE_CHECKING:
    from aiohttp import web

    from vaurien_core.control.saving import Saver
    from vaurien_core.control.stream import EventStreams

logger = logging.getLogger("vaurien.control")
_CLOSE_WITHIN_S = 1.0


class ControlServer:
    """Running control sites. Made by `serve`; whoever called that closes it.

    Attributes:
        urls: one per port, as clients use them.
        token: what `/v3` asks for, or "".
    """

    def __init__(self, urls: tuple[str, ...], token: str, runner: web.AppRunner, streams: EventStreams) -> None:
        self.urls, self.token = urls, token
        self._runner, self._streams = runner, streams

    async def aclose(self) -> None:
        """Close the sites and all their connections; idempotent, at most 2 s."""
        await self._streams.aclose()
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * _CLOSE_WITHIN_S):
                await self._runner.cleanup()


async def serve(
    engine: Engine,
    *,
    host: str = "127.0.0.1",
    ports: Sequence[int] = (0,),
    token: str = "",
    private: bool = False,
    allowed_hosts: Sequence[str] = (),
    allow_remote: bool = False,
    any_host: bool = False,
    path: Path | None = None,
    registry: Registry | None = None,
) -> ControlServer:
    """Open the control API of an engine.

    Args:
        engine: what it steers; not closed by the server.
        host: name or address to bind.
        ports: one site each; 0 picks a free one.
        token: the bearer token of `/v3`; made up where one is needed and none given.
        private: `/v3` needs the token although the site is on loopback.
        allowed_hosts: further `Host` names, which web pages may use too.
        allow_remote: a host beyond loopback is wanted.
        any_host: see `Access`.
        path: the profile's file, for `POST /v3/save`; the engine runs what was read from it.
        registry: what that profile's options are declared as; what Vaurien ships unless given.

    Raises:
        UsageError: the host is beyond loopback without `allow_remote`.
        ListenError: a port can't be bound. ProfileError: `path` can't be read.
    """
    remote = not Address(host).is_loopback
    if remote and not allow_remote:
        raise UsageError(
            f"The control host {host} can be reached from the network: "
            "add --allow-remote (allow_remote = true in [control]), or use localhost."
        )
    sockets, urls = _bind_all(host, ports)
    try:
        from aiohttp import web

        from vaurien_core.control.application import application, quiet_logger
        from vaurien_core.control.stream import EventStreams

        token = (token or secrets.token_urlsafe(24)) if private or remote else ""
        access = Access(host.lower(), frozenset(h.lower() for h in allowed_hosts), token, any_host)
        streams = EventStreams(engine)
        saver = await _saver(engine, path, registry) if path is not None else None
        app = application(engine, access, streams, saver, private=private)
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=quiet_logger(),
            handle_signals=False,
            shutdown_timeout=_CLOSE_WITHIN_S,
            handler_cancellation=True,
        )
        await runner.setup()
        try:
            for sock in sockets:
                await web.SockSite(runner, sock, backlog=128).start()
        except BaseException:
            await runner.cleanup()
            raise
    except BaseException:
        for sock in sockets:
            sock.close()
        raise
    if remote:
        logger.warning("the control API on %s can be reached from the network", ", ".join(urls))
    return ControlServer(tuple(urls), token, runner, streams)


async def _saver(engine: Engine, path: Path, registry: Registry | None) -> Saver:
    from vaurien_core.control.saving import Saver

    return await Saver.open(engine, path, registry or Registry.builtin())


async def serve_spec(
    engine: Engine, control: ControlSpec, *, token: str = "", path: Path | None = None
) -> ControlServer:
    """Open the public sites that a profile's `[control]` asks for; see `serve`."""
    return await serve(
        engine,
        host=control.host,
        ports=control.ports,
        token=token,
        allowed_hosts=control.allowed_hosts,
        allow_remote=control.allow_remote,
        path=path,
    )


def _bind_all(host: str, ports: Sequence[int]) -> tuple[list[socket.socket], list[str]]:
    sockets: list[socket.socket] = []
    urls = []
    try:
        for wanted in ports:
            bound = _bind_port(host, wanted)
            sockets += bound
            urls.append(f"http://{Address(host, bound[0].getsockname()[1])}")
    except BaseException:
        for sock in sockets:
            sock.close()
        raise
    return sockets, urls


def _bind_port(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of `host`: localhost is 127.0.0.1 and, where there is one, ::1.

    Raises:
        ListenError: the first address, or a taken one, can't be bound.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ListenError(f"The control host {host} is unknown ({error.strerror or error}).", "VA-103") from None
    sockets: list[socket.socket] = []
    chosen = port == 0
    for family, kind, proto, _, address in sorted(set(found), key=lambda f: f[0] != socket.AF_INET):
        try:
            sock = socket.socket(family, kind, proto)
        except OSError:
            continue
        try:
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
            sock.bind((address[0], port, *address[2:]))
            sock.listen(128)
        except OSError as error:
            sock.close()
            if sockets and (chosen or error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)):
                continue
            for other in sockets:
                other.close()
            raise _listen_error(host, port, error) from None
        sockets.append(sock)
        port = sock.getsockname()[1]
    return sockets


def _listen_error(host: str, port: int, error: OSError) -> ListenError:
    where = Address(host, port)
    if error.errno == errno.EADDRINUSE:
        return ListenError(f"{where} is in use by another program: choose another port with --http-port.", "VA-101")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ListenError(f"{where} needs more rights: choose a port over 1023 with --http-port.", "VA-102")
    return ListenError(f"The control API can't listen on {where}: {error.strerror}; see --http-host and --http-port.")
