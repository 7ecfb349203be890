"""Listen addresses: resolved as Go does, tried before anything is changed, and refused in Go's own words (`net`)."""

from __future__ import annotations

import asyncio
import errno
import socket

from vaurien_core.addresses import Address
from vaurien_core.control.toxiproxy.errors import Failure
from vaurien_core.profiles.toxiproxy import EVERYWHERE, listen_address

RESOLVE_WITHIN_S = 5.0
_TEXTS = {
    errno.EADDRINUSE: "address already in use",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EADDRNOTAVAIL: "cannot assign requested address",
}
_CODES = {"VA-101": errno.EADDRINUSE, "VA-102": errno.EACCES, "VA-103": errno.EADDRNOTAVAIL}


def shown(address: str) -> str:
    """A bound address as Go prints it: loopback and every interface by number."""
    host, _, port = address.rpartition(":")
    return f"{ {'localhost': '127.0.0.1', '0.0.0.0': EVERYWHERE}.get(host, host) }:{port}"  # noqa: S104 - shown


async def resolved(listen: str, *, prefix: str = "listen tcp: ") -> str:
    """A `listen` with its host as a number; a port of 0 stays.

    Raises:
        Failure: it can't be (500, as Go says it).
    """
    if listen.startswith("unix:"):
        return listen
    host, colon, port = listen.rpartition(":")
    if listen and not colon:
        raise Failure(500, f"{prefix}address {listen}: missing port in address")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise Failure(500, f"{prefix}address {listen}: too many colons in address")
    port = port or "0"
    if not (port.isascii() and port.isdigit()):
        raise Failure(500, f"{prefix}lookup tcp/{port}: unknown port")
    if int(port) > 65535:
        raise Failure(500, f"{prefix}address {port}: invalid port")
    address = listen_address(f"{host}:{port}" if listen else "")
    if address.startswith(f"{EVERYWHERE}:"):
        return address
    bare = host.strip("[]")
    try:
        async with asyncio.timeout(RESOLVE_WITHIN_S):
            found = await asyncio.get_running_loop().getaddrinfo(bare, int(port), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise Failure(500, f"{prefix}lookup {bare}: no such host") from None
    numbers = [str(entry[4][0]) for entry in sorted(found, key=lambda e: e[0] != socket.AF_INET)]
    return str(Address(numbers[0], int(port)))


def tried(listen: str) -> str:
    """A resolved `listen` that can be bound now; a port of 0 becomes a free one.

    Raises:
        Failure: it can't be bound (500, as Go says it).
    """
    if listen.startswith("unix:"):
        return listen
    address = Address.parse(listen)
    hosts = ("0.0.0.0", "::") if address.host == "::" else (address.host,)  # noqa: S104 - asked for
    port, bound = address.port, 0
    for host in hosts:
        version6 = ":" in host
        try:
            with socket.socket(socket.AF_INET6 if version6 else socket.AF_INET, socket.SOCK_STREAM) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if version6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.bind((host, port))
                sock.listen(1)
                port = int(sock.getsockname()[1])
        except OSError as error:
            if bound and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                continue
            raise Failure(500, _sentence(listen, error.errno or 0)) from None
        bound += 1
    return str(Address(address.host, port))


def not_bound(listen: str, code: str) -> Failure:
    """What an engine said when it could not listen."""
    return Failure(500, _sentence(listen, _CODES.get(code, 0)))


def _sentence(listen: str, number: int) -> str:
    return f"listen tcp {listen}: bind: {_TEXTS.get(number, 'invalid argument')}"
