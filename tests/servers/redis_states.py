"""The states in which a real Redis server gives the errors of the catalogue, to be entered and left at will."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

from tests.servers.redis_raw import Raw, until
from tests.servers.redis_server import RedisServer, redis_server
from vaurien_core.protocols.redis.slots import slot_of

LOADED = 20_000
"""Keys that make loading long enough to be seen."""


def nothing() -> None:
    """The server is always in that state."""


@dataclass(frozen=True)
class State:
    """`on` and `off` may be called again and again; the error is real on `port` between them."""

    port: int
    on: Callable[[], None] = nothing
    off: Callable[[], None] = nothing
    redirect: str = ""


@dataclass(frozen=True)
class Cluster:
    """Two nodes: `one` has the slot of `foo`, `two` that of `bar`; nobody the others."""

    one: RedisServer
    two: RedisServer

    def admin(self) -> Raw:
        return Raw(self.one.port)


Make = Callable[[RedisServer, Cluster], AbstractContextManager[State]]


def done(admin: Raw, *lines: str) -> None:
    for line in lines:
        (told,) = admin.ask(line)
        assert not told.startswith(b"-"), (line, told)


def by_commands(on: tuple[str, ...], off: tuple[str, ...]) -> Make:
    """A state that commands bring about at once."""

    @contextmanager
    def state(server: RedisServer, _: Cluster) -> Iterator[State]:
        with Raw(server.port) as admin:
            done(admin, "PING")
            try:
                yield State(server.port, lambda: done(admin, *on), lambda: done(admin, *off))
            finally:
                done(admin, *off)

    return state


@contextmanager
def misconf(server: RedisServer, _: Cluster) -> Iterator[State]:
    """Snapshots are wanted and fail: a folder lies in their place."""
    blocking = server.folder / "dump.rdb"
    with Raw(server.port) as admin:

        def saved(how: bytes) -> bool:
            admin.ask("BGSAVE")
            until(lambda: b"rdb_bgsave_in_progress:0" in admin.ask("INFO persistence")[0])
            return b"rdb_last_bgsave_status:" + how in admin.ask("INFO persistence")[0]

        def on() -> None:
            blocking.unlink(missing_ok=True)
            blocking.mkdir()
            done(admin, "CONFIG SET save '3600 1'")
            until(lambda: saved(b"err"))

        def off() -> None:
            blocking.rmdir()
            done(admin, "CONFIG SET save ''")
            until(lambda: saved(b"ok"))

        yield State(server.port, on, off)


@contextmanager
def busy(server: RedisServer, _: Cluster) -> Iterator[State]:
    """A script that doesn't end."""
    with Raw(server.port) as admin, Raw(server.port) as script:
        done(admin, "CONFIG SET busy-reply-threshold 1")
        done(script, "PING")

        def on() -> None:
            script.say('EVAL "while true do end" 0')
            until(lambda: admin.ask("GET full")[0].startswith(b"-BUSY"))

        def off() -> None:
            done(admin, "SCRIPT KILL")
            assert b"killed" in script.hear()

        yield State(server.port, on, off)
        done(admin, "CONFIG SET busy-reply-threshold 5000")


@contextmanager
def loading(server: RedisServer, _: Cluster) -> Iterator[State]:
    """It loads its dataset again, slowly."""
    slow = "CONFIG SET key-load-delay"
    with Raw(server.port) as admin, Raw(server.port) as loader:
        done(admin, f"DEBUG POPULATE {LOADED} loaded 10", "CONFIG SET loading-process-events-interval-bytes 1024")
        done(loader, "PING")

        def on() -> None:
            done(admin, f"{slow} 1000")
            loader.say("DEBUG RELOAD")
            until(lambda: admin.ask("GET full")[0].startswith(b"-LOADING"))

        def off() -> None:
            done(admin, f"{slow} 0")
            assert loader.hear() == b"+OK\r\n"

        yield State(server.port, on, off)
        done(admin, "EVAL \"for _, k in ipairs(redis.call('KEYS', 'loaded:*')) do redis.call('DEL', k) end\" 0")
        done(admin, "CONFIG SET loading-process-events-interval-bytes 2097152")


@contextmanager
def unblocked(server: RedisServer, _: Cluster) -> Iterator[State]:
    """As soon as a client waits, the server becomes a replica."""
    threads: list[threading.Thread] = []
    with Raw(server.port) as admin:

        def demote() -> None:
            until(lambda: b"blocked_clients:1" in admin.ask("INFO clients")[0])
            done(admin, "REPLICAOF 127.0.0.1 1")

        def on() -> None:
            threads.append(threading.Thread(target=demote))
            threads[-1].start()

        def off() -> None:
            threads.pop().join(20)
            done(admin, "REPLICAOF NO ONE")

        yield State(server.port, on, off)


@contextmanager
def full(_server: RedisServer, _: Cluster) -> Iterator[State]:
    """No other client than the one that says so."""
    with redis_server() as own, Raw(own.port) as admin:
        done(admin, "SET full 1")
        on, off = (f"CONFIG SET maxclients {n}" for n in (1, 1000))
        yield State(own.port, lambda: done(admin, on), lambda: done(admin, off))


@contextmanager
def moved(_: RedisServer, cluster: Cluster) -> Iterator[State]:
    """`bar` always lives at the other node."""
    yield State(cluster.one.port, redirect=cluster.two.address)


@contextmanager
def migrating(_: RedisServer, cluster: Cluster) -> Iterator[State]:
    """The slot of `foo` is on its way to the other node."""
    target = cluster.two.ask("CLUSTER MYID").split()[1].decode()
    slot = f"CLUSTER SETSLOT {slot_of(b'foo')}"
    with cluster.admin() as admin:
        on, off = f"{slot} MIGRATING {target}", f"{slot} STABLE"
        yield State(cluster.one.port, lambda: done(admin, on), lambda: done(admin, off), cluster.two.address)


@contextmanager
def cluster_down(_: RedisServer, cluster: Cluster) -> Iterator[State]:
    """Slots that nobody has matter."""
    with cluster.admin() as admin:

        def cover(whole: str, told: bytes) -> None:
            done(admin, f"CONFIG SET cluster-require-full-coverage {whole}")
            done(admin, *(f"CLUSTER {what}SLOTS {slot_of(b'other')}" for what in ("ADD", "DEL")))  # it looks again
            until(lambda: admin.ask("GET foo")[0].startswith(told))

        yield State(cluster.one.port, lambda: cover("yes", b"-CLUSTERDOWN"), lambda: cover("no", b"$"))


@contextmanager
def slot_free(_: RedisServer, cluster: Cluster) -> Iterator[State]:
    """Nobody has the slot of `other`."""
    slot = slot_of(b"other")
    with cluster.admin() as admin:
        on, off = f"CLUSTER DELSLOTS {slot}", f"CLUSTER ADDSLOTS {slot}"
        done(admin, off)
        yield State(cluster.one.port, lambda: done(admin, on), lambda: done(admin, off))
        with suppress(AssertionError):
            done(admin, on)


@contextmanager
def a_cluster() -> Iterator[Cluster]:
    """Run both nodes until they know each other."""
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no")
    with redis_server(*options) as one, redis_server(*options) as two:
        one.ask(f"CLUSTER ADDSLOTS {slot_of(b'foo')}")
        two.ask(f"CLUSTER ADDSLOTS {slot_of(b'bar')}")
        one.ask(f"CLUSTER MEET 127.0.0.1 {two.port}")
        until(lambda: one.ask("GET bar").startswith(b"-MOVED") and one.ask("SET foo 1").startswith(b"+OK"))
        yield Cluster(one, two)


REPLICA = ("REPLICAOF 127.0.0.1 1",)
MASTER = ("REPLICAOF NO ONE",)
STATES: dict[str, Make] = {
    "LOADING": loading,
    "BUSY": busy,
    "MASTERDOWN": by_commands(
        (*REPLICA, "CONFIG SET replica-read-only no", "CONFIG SET replica-serve-stale-data no"),
        (*MASTER, "CONFIG SET replica-read-only yes", "CONFIG SET replica-serve-stale-data yes"),
    ),
    "READONLY": by_commands(REPLICA, MASTER),
    "OOM": by_commands(("CONFIG SET maxmemory 1",), ("CONFIG SET maxmemory 0",)),
    "MISCONF": misconf,
    "NOREPLICAS": by_commands(("CONFIG SET min-replicas-to-write 1",), ("CONFIG SET min-replicas-to-write 0",)),
    "MOVED": moved,
    "ASK": migrating,
    "TRYAGAIN": migrating,
    "CLUSTERDOWN": cluster_down,
    "CLUSTERDOWN-SLOT": slot_free,
    "NOAUTH": by_commands(("CONFIG SET requirepass secret",), ("CONFIG SET requirepass ''",)),
    "EXECABORT": by_commands((), ()),
    "UNBLOCKED": unblocked,
    "MAXCLIENTS": full,
}
