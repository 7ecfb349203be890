"""Who is told that a socket can be read or written: one epoll of ours, which the loop watches.

A loop's own watches cost it objects, memory and microseconds per event (uvloop 6, qasync 40); so the loop is woken once
for all sockets that are ready, and they are told in a row. Epoll tells of an error again until it is read, which
libuv does once. Where there is no epoll, the loop watches each. Made by `ReactorNetwork`, on its loop.
"""

from __future__ import annotations

import asyncio
import select
import sys
from socket import SocketType
from typing import Protocol

READ, WRITE = 1, 4
"""As EPOLLIN and EPOLLOUT (epoll_ctl(2)); errors and hang-ups come as further bits."""
ODD = 8 | 2
"""As EPOLLERR, told unasked, or EPOLLPRI: an error, or urgent data, at which a read stops short."""
END = 0x2000
"""As EPOLLRDHUP: nothing follows what can be read."""
NEWS = READ | ODD | END | 1 << 31
"""All of these, told once each (EPOLLET), where the watch `tells_news`: everything must be read then."""
AT_ONCE = 128
"""Sockets that are told before the loop has its turn again."""
ROUNDS, BUSY = 3, 8
"""How often it looks again at once where so many were ready: the loop's own turn costs as much as a read."""


class Watched(Protocol):
    """Whoever watches a descriptor."""

    def ready(self, mask: int) -> None:
        """It can be read (`READ`), written (`WRITE`), or has failed (any other bit)."""
        ...


class Watch(Protocol):
    """See the module."""

    loop: asyncio.AbstractEventLoop
    once: bool
    """It tells of an error only once: what isn't read then must be looked for."""
    tells_news: bool
    """It may be asked for `NEWS`."""

    def change(self, fd: int, owner: Watched, before: int, mask: int) -> None:
        """Watch `fd` for `mask`, which was `before`; 0: not at all."""
        ...

    def close(self, sock: SocketType, before: int) -> None:
        """Close a socket that was watched for `before`."""
        ...


class EpollWatch:
    """All sockets behind one descriptor; it is open while any is watched."""

    __slots__ = ("_epoll", "_owners", "loop", "once", "tells_news")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._epoll: select.epoll | None = None
        self._owners: dict[int, Watched] = {}
        self.once, self.tells_news = False, True

    def change(self, fd: int, owner: Watched, before: int, mask: int) -> None:
        """See `Watch`."""
        epoll = self._epoll
        if epoll is None:
            if not mask:
                return
            epoll = self._epoll = select.epoll()
            self.loop.add_reader(epoll.fileno(), self._turn)
        if not mask:
            if self._owners.pop(fd, None) is not None:
                epoll.unregister(fd)
            if not self._owners:
                self._end()
            return
        self._owners[fd] = owner
        if before:
            epoll.modify(fd, mask)
        else:
            epoll.register(fd, mask)

    def close(self, sock: SocketType, before: int) -> None:
        """See `Watch`; an epoll forgets what is closed (epoll(7)).

        Where a child that was just forked holds it a moment longer, whoever gets its number may be told that there is
        something to read when there is nothing.
        """
        if before:
            self._owners.pop(sock.fileno(), None)
        sock.close()
        if not self._owners:
            self._end()

    def _end(self) -> None:
        epoll, self._epoll = self._epoll, None
        if epoll is not None:
            self.loop.remove_reader(epoll.fileno())
            epoll.close()

    def _turn(self) -> None:
        owners = self._owners
        for _ in range(ROUNDS):
            if self._epoll is None:
                return
            ready = self._epoll.poll(0, AT_ONCE)
            for fd, mask in ready:
                owner = owners.get(fd)
                if owner is not None:
                    try:
                        owner.ready(mask)
                    except Exception as error:  # what the others are told now is perhaps told once
                        self.loop.call_exception_handler({"message": f"{owner!r} failed", "exception": error})
            if len(ready) < BUSY:
                return


class LoopWatch:
    """The loop's own watches."""

    __slots__ = ("loop", "once", "tells_news")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.once, self.tells_news = type(loop).__module__.startswith("uvloop"), False

    def change(self, fd: int, owner: Watched, before: int, mask: int) -> None:
        """See `Watch`."""
        if mask & READ and not before & READ:
            self.loop.add_reader(fd, owner.ready, READ)
        elif before & READ and not mask & READ:
            self.loop.remove_reader(fd)
        if mask & WRITE and not before & WRITE:
            self.loop.add_writer(fd, owner.ready, WRITE)
        elif before & WRITE and not mask & WRITE:
            self.loop.remove_writer(fd)

    def close(self, sock: SocketType, before: int) -> None:
        """See `Watch`."""
        if before & READ:
            self.loop.remove_reader(sock.fileno())
        if before & WRITE:
            self.loop.remove_writer(sock.fileno())
        sock.close()


def watch_for(loop: asyncio.AbstractEventLoop) -> Watch:
    """The cheapest watch that the system has."""
    return EpollWatch(loop) if sys.platform == "linux" else LoopWatch(loop)
