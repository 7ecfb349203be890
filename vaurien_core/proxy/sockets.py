"""What both kinds of port share: binding, resolving, and closing a socket so that the peer sees what is meant."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
import struct
import sys
from contextlib import suppress
from pathlib import Path
from socket import SocketType

from vaurien_core.addresses import Address
from vaurien_core.errors import ListenError

DISCARD_LIMIT = 16 << 20
TCP_ESTABLISHED = 1
TCP_CLOSE_WAIT = 8
TCP_CLOSE = 7
_LINGER_NONE = struct.pack("ii", 1, 0)
_SCRATCH = bytearray(256 * 1024)
_UNIX = getattr(socket, "AF_UNIX", None)
_NONBLOCK = int(getattr(socket, "SOCK_NONBLOCK", 0))
_STREAM = int(socket.SOCK_STREAM) | _NONBLOCK
_INHERITS = sys.platform == "linux"
"""An accepted socket has the options of the listening one (tcp(7)), but not its being non-blocking (accept(2))."""


def tune(sock: SocketType) -> None:
    """Non-blocking, without Nagle's delay."""
    sock.setblocking(False)
    send_at_once(sock)


def send_at_once(sock: SocketType) -> None:
    """Without Nagle's delay, which begins with the second piece that is sent."""
    if sock.family != _UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def kind_of(sock: SocketType) -> tuple[int, int, int]:
    """Family, type and protocol as plain numbers: an enum's member is looked up each time that it is asked for."""
    return int(sock.family), int(sock.type), int(sock.proto)


def accept(sock: SocketType, kind: tuple[int, int, int]) -> tuple[SocketType, object]:
    """A client, non-blocking and without Nagle's delay, and the name of its end.

    The bare type of `socket` costs half as much as the class around it, of which nothing is needed here.

    Args:
        sock: from `bind`.
        kind: its `kind_of`.

    Raises:
        OSError: nobody waits, or no descriptor is left.
    """
    fd, name = sock._accept()  # type: ignore[attr-defined] # what `socket.accept` calls
    client = SocketType(*kind, fd)
    client.setblocking(False)
    if not _INHERITS:
        with suppress(OSError):  # the client has gone
            send_at_once(client)
    return client, name


Nearby = tuple[int, tuple[str, int]]
"""A family and what to connect to, on this machine."""


def nearby(address: Address) -> Nearby | None:
    """A numeric address of this machine as connect(2) takes it; None: it is none."""
    if address.is_unix or not address.is_loopback:
        return None
    return int(socket.AF_INET6 if ":" in address.host else socket.AF_INET), (address.host, address.port)


def connected_at_once(near: Nearby) -> SocketType | None:
    """A non-blocking socket that stands already, with Nagle's delay; None: it takes time, or fails.

    A TCP connection of this machine stands when the first connect(2) returns, which can't say so yet.
    """
    family, target = near
    sock = None
    try:
        sock = SocketType(family, _STREAM)
        if not _NONBLOCK:
            sock.setblocking(False)
        code = sock.connect_ex(target)
        if code == errno.EINPROGRESS:
            code = sock.connect_ex(target)
    except OSError:
        code = errno.EIO
    if sock is not None and code not in (0, errno.EISCONN):
        sock.close()
        return None
    return sock


def discard(sock: SocketType) -> None:
    """Read away what is readable: Linux turns `close()` with unread bytes into a reset."""
    try:
        for _ in range(DISCARD_LIMIT // len(_SCRATCH)):
            if not sock.recv_into(_SCRATCH):
                return
    except OSError:
        return


def reset_on_close(sock: SocketType) -> None:
    """Let `close()` send a reset (SO_LINGER with 0 s)."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
    except OSError:
        return


def keep_alive(sock: SocketType) -> None:
    """Switch TCP keepalive on."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except OSError:
        return


def gone(sock: SocketType) -> bool:
    """Whether the peer has sent FIN or a reset that nobody read; Linux only (tcp(7), TCP_INFO)."""
    if sys.platform != "linux" or sock.family == socket.AF_UNIX:
        return False
    try:
        state = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    except OSError:
        return False
    return state in (TCP_CLOSE_WAIT, TCP_CLOSE)


def established(sock: SocketType) -> bool:
    """Whether a TCP connection stands; Linux only (tcp(7), TCP_INFO)."""
    if sys.platform != "linux":
        return False
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_ESTABLISHED
    except OSError:
        return False


def broken(sock: SocketType) -> bool:
    """Whether a reset was received that a read may still have to find; True where the platform can't say."""
    if sys.platform != "linux" or sock.family == socket.AF_UNIX:
        return True
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_CLOSE
    except OSError:
        return True


def peer_name(sock: SocketType) -> str:
    """The other end as `host:port`, or `unix`."""
    try:
        name = sock.getpeername()
    except OSError:
        return ""
    return name_of(name)


def name_of(name: object) -> str:
    """What the kernel calls an end, as `host:port`, or `unix`."""
    if not isinstance(name, tuple):
        return "unix"
    return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"


def client_socket(address: Address) -> tuple[socket.socket, str | tuple[str, int]]:
    """A non-blocking socket for a numeric address and what to connect it to."""
    if address.is_unix:
        family, target = socket.AF_UNIX, address.path
        sock = socket.socket(family, socket.SOCK_STREAM)
        tune(sock)
        return sock, target
    sock = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, socket.SOCK_STREAM)
    tune(sock)
    return sock, (address.host, address.port)


async def resolve(loop: asyncio.AbstractEventLoop, address: Address) -> list[Address]:
    """The numeric addresses of a host, IPv4 first for names of this machine, without blocking the loop.

    Raises:
        OSError: there is none.
    """
    if address.is_unix or is_numeric(address.host):
        return [address]
    try:
        found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError(errno.EINVAL, "not a host name") from None
    names = list(dict.fromkeys(Address(str(entry[4][0]), address.port) for entry in found))
    return sorted(names, key=lambda a: ":" in a.host) if address.is_loopback else names


def is_numeric(host: str) -> bool:
    """Whether a host is an IP address, which needs no resolving."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return True
    return False


def refusal(error: OSError, backend: str) -> tuple[str, str]:
    """Why a backend can't be reached: a short outcome and a sentence."""
    if isinstance(error, socket.gaierror):
        return "backend not found", f"The backend {backend} can't be found: {_reason(error)}."
    if isinstance(error, ConnectionRefusedError) or error.errno == errno.ENOENT:
        return "backend refused", f"The backend {backend} refused the connection: nothing listens there."
    if isinstance(error, TimeoutError):
        return "backend timeout", f"The backend {backend} did not accept the connection in time."
    if error.errno == errno.ELOOP:
        return "backend loop", f"The backend {backend} is the proxy itself: every exchange would go round for ever."
    return "backend unreachable", f"The backend {backend} can't be reached: {_reason(error)}."


def _reason(error: OSError) -> str:
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:] if text else "unknown reason"


async def bind(loop: asyncio.AbstractEventLoop, address: Address, backlog: int) -> tuple[list[socket.socket], Address]:
    """Listening sockets for every address of a host, and the address with its port resolved.

    Raises:
        ListenError: see `Network.listen`.
    """
    if address.is_unix:
        return [_bind_unix(address, backlog)], address
    try:
        targets = await resolve(loop, address)
    except OSError as error:
        raise ListenError(f"Cannot listen on {address}: {_reason(error)}.", "VA-103") from None
    if address.host == "::":  # every interface means that of IPv4 too, wherever it is asked for
        targets = [Address("0.0.0.0", address.port), address]  # noqa: S104 - asked for
    sockets: list[socket.socket] = []
    port = address.port
    for target in targets:
        try:
            sockets.append(_bind_one(Address(target.host, port), backlog))
        except OSError as error:
            spare = error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
            if sockets and (spare or not address.port):
                continue
            for sock in sockets:
                sock.close()
            raise _listen_error(error, address) from None
        port = port or int(sockets[0].getsockname()[1])
    return sockets, Address(address.host, port)


def _bind_one(address: Address, backlog: int) -> socket.socket:
    version6 = ":" in address.host
    sock = socket.socket(socket.AF_INET6 if version6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        tune(sock)
        if sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if version6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address.host, address.port))
        sock.listen(backlog)
    except OSError:
        sock.close()
        raise
    return sock


def _bind_unix(address: Address, backlog: int) -> socket.socket:
    """Bind a Unix socket; one that nobody listens on any more is replaced."""
    path = Path(address.path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answers(address.path):
            path.unlink()
        sock.bind(address.path)
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        raise _listen_error(error, address) from None
    return sock


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        return probe.connect_ex(path) != errno.ECONNREFUSED


def unlink(address: Address) -> None:
    """Remove the file of a Unix socket that was bound by us."""
    if address.is_unix:
        Path(address.path).unlink(missing_ok=True)


def _listen_error(error: OSError, address: Address) -> ListenError:
    if error.errno == errno.EADDRINUSE:
        return ListenError(f"Cannot listen on {address}: the address is in use by another program.", "VA-101")
    if error.errno in (errno.EACCES, errno.EPERM):
        low = " (ports below 1024 need the right to bind them)" if 0 < address.port < 1024 else ""
        return ListenError(f"Cannot listen on {address}: not permitted{low}.", "VA-102")
    if error.errno == errno.EADDRNOTAVAIL:
        return ListenError(f"Cannot listen on {address}: it is not an address of this machine.", "VA-103")
    return ListenError(f"Cannot listen on {address}: {os.strerror(error.errno or 0)}.", "VA-103")
