"""The slides' line with only address and protocol changed, in a process of its own: the seed says who gets what."""

from __future__ import annotations

import json
import random
import signal
import socket
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runs import running
from tests.servers.memcache_server import needs_memcached
from tests.servers.redis_server import needs_redis
from vaurien_core.model.profile import ProxySpec, Rule
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.protocols.memcache import Memcache
from vaurien_core.protocols.redis import Redis
from vaurien_core.proxy.draw import predict

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
SEED = 42
MIX = (Rule("error", Decimal(5)), Rule("delay", Decimal(10)))
MANY = [200, pytest.param(2000, marks=pytest.mark.slow)]


def redis_work(place: tuple[str, int], count: int) -> tuple[int, bytes]:
    """(errors that the client raised, the bytes that it sent) for so many requests."""
    redis_py = pytest.importorskip("redis")
    sent: list[bytes] = []
    db = redis_py.Redis(
        host=place[0], port=place[1], protocol=2, retry=None, driver_info=None, single_connection_client=True
    )
    send = db.connection.send_packed_command

    def noted(command: Any, *args: Any, **options: Any) -> None:
        sent.extend([command] if isinstance(command, bytes) else command)
        send(command, *args, **options)

    db.connection.send_packed_command = noted
    failed = 0
    chance = random.Random(1)
    for n in range(count):
        key = f"k{chance.randrange(40)}"
        words = chance.choice([("SET", key, str(n)), ("GET", key), ("INCR", key), ("DEL", key), ("ECHO", "x")])
        try:
            db.execute_command(*words)
        except redis_py.RedisError as error:
            failed += "not an integer" not in str(error)
            if not sent or db.connection._sock is None:
                db.connection.connect()  # the client leaves a server that is loading
    db.close()
    return failed, b"".join(sent)


def memcache_work(place: tuple[str, int], count: int) -> tuple[int, bytes]:
    """The same with pymemcache."""
    pymemcache = pytest.importorskip("pymemcache")
    sent: list[bytes] = []

    class Noting(socket.socket):
        def sendall(self, data: bytes, *more: int) -> None:
            sent.append(data)
            super().sendall(data, *more)

    class Module:
        socket = Noting

        def __getattr__(self, name: str) -> object:
            return getattr(socket, name)

    db = pymemcache.Client(place, timeout=20, default_noreply=False, no_delay=True, socket_module=Module())
    failed = 0
    chance = random.Random(1)
    for n in range(count):
        key = f"k{chance.randrange(40)}"
        calls: list[Callable[[], object]] = [
            lambda k=key, n=n: db.set(k, str(n)), lambda k=key: db.get(k), lambda k=key: db.delete(k),
            lambda k=key: db.touch(k, 0), lambda k=key, n=n: db.add(k, str(n)),
        ]  # fmt: skip
        try:
            chance.choice(calls)()
        except pymemcache.exceptions.MemcacheError:
            failed += 1
    db.close()
    return failed, b"".join(sent)


def keys_of(protocol: type[ProtocolType], sent: bytes) -> list[bytes]:
    """What the requests' draws hang on."""
    framer = protocol(protocol.Options.build({})).framer()
    exchanges = [p.exchange for p in framer.upstream(sent) if p.first]
    return [e.key for e in exchanges if e is not None and e.key is not None]


def check(
    protocol: type[ProtocolType], backend: str, work: Callable[..., tuple[int, bytes]], count: int, folder: Path
) -> None:
    journal = folder / "journal.jsonl"
    line = f"--proxy 127.0.0.1:0 --backend {backend} --protocol {protocol.name} --behavior 5:error,10:delay"
    more = ["--behavior-delay-sleep", "0.01", "--seed", SEED, "--journal", journal, "--journal-all"]
    with running(*line.split(), *more) as run:
        failed, sent = work(run.place, count)
        status, err = run.end(signal.SIGTERM)
    assert status == 0, err
    rows = [json.loads(text) for text in journal.read_text().splitlines()]
    rows = sorted((r for r in rows if r["kind"] == "exchange" and r["ex"] > 0), key=lambda r: (r["conn"], r["ex"]))
    keys = keys_of(protocol, sent)
    predicted = predict(ProxySpec(name="default", mix=MIX), SEED, keys)
    assert len(rows) == len(keys) >= count
    assert [r["rule"] or "dummy" for r in rows] == [p.rule for p in predicted]
    injected = [r for r in rows if r["rule"] == "error" and r["outcome"].endswith("injected")]
    assert len(injected) == failed > 0
    assert {r["outcome"] for r in rows if r["rule"] == "error"} <= {
        *(f"{e.name} injected" for e in protocol.errors), "not applicable",
    }  # fmt: skip
    delayed = [r for r in rows if r["rule"] == "delay"]
    assert len(delayed) > count * 0.06


@needs_redis
@pytest.mark.parametrize("count", MANY)
def test_redis_gets_five_percent_errors_and_ten_percent_delays_as_the_seed_says(count, redis_shared, tmp_path):
    redis_shared.ask("FLUSHALL")
    check(Redis, redis_shared.address, redis_work, count, tmp_path)


@needs_memcached
@pytest.mark.parametrize("count", MANY)
def test_memcached_gets_five_percent_errors_and_ten_percent_delays_as_the_seed_says(count, memcached_shared, tmp_path):
    check(Memcache, memcached_shared.address, memcache_work, count, tmp_path)
