"""duplicate_request on real servers: done twice, the client sees the first answer, the session goes on."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mysql_server import Server, mysql_server

from tests.servers.memcache_server import MemcacheServer
from tests.servers.proxied import proxied
from tests.servers.redis_server import RedisServer
from vaurien_core.behaviors.duplicate_request import DuplicateRequest
from vaurien_core.protocols.http import Http
from vaurien_core.protocols.memcache import Memcache
from vaurien_core.protocols.mysql import Mysql
from vaurien_core.protocols.redis import Redis

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
__all__ = ["mysql_server"]
MIX = "100:duplicate_request"


def test_redis_counts_twice_and_the_client_sees_the_first_answer(redis_shared: RedisServer) -> None:
    client = pytest.importorskip("redis")
    redis_shared.ask("DEL twice")
    with proxied(Redis, redis_shared.address, DuplicateRequest, mix=MIX) as it:
        db = client.Redis(port=it.port, protocol=2, driver_info=None, single_connection_client=True)
        assert db.incr("twice") == 1
        assert db.incr("twice") == 3
        with db.pipeline(transaction=False) as pipe:
            pipe.incr("twice")
            pipe.append("text:twice", "x" * 200_000)
            answers = pipe.execute()
        assert answers == [5, 200_000]
        it.off()
        assert db.get("twice") == b"6"
        assert db.strlen("text:twice") == 400_000
        db.delete("twice", "text:twice")
        db.close()
        assert it.count("errors_injected") == 0


def test_memcached_counts_twice(memcached_shared: MemcacheServer) -> None:
    client = pytest.importorskip("pymemcache.client.base")
    with proxied(Memcache, memcached_shared.address, DuplicateRequest, mix=MIX) as it:
        cache = client.Client(("127.0.0.1", it.port), default_noreply=False)
        assert cache.set("count", "5")
        assert cache.incr("count", 1) == 6
        it.off()
        assert cache.get("count") == b"7"
        assert cache.delete("count")
        cache.close()


def test_mariadb_inserts_two_rows_and_says_so_once(mysql_server: Server) -> None:
    with proxied(Mysql, f"127.0.0.1:{mysql_server.port}", DuplicateRequest, mix=MIX) as it:
        it.off()
        with mysql_server.connect(it.port, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS twice (n INT)")
            cursor.execute("DELETE FROM twice")
            it.on()
            assert cursor.execute("INSERT INTO twice VALUES (1)") == 1
            cursor.execute("SELECT COUNT(*) FROM twice")
            assert cursor.fetchone()[0] == 2
            it.off()
            cursor.execute("SELECT COUNT(*) FROM twice")
            assert cursor.fetchone()[0] == 2
            cursor.execute("DROP TABLE twice")


class Counting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: list[bytes] = []  # noqa: RUF012 - one list for the server

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "1")
        self.end_headers()
        self.wfile.write(b"%d" % len(self.bodies))

    def log_message(self, *args: object) -> None:
        """Not here."""


def test_an_http_origin_gets_bodies_twice_but_not_those_that_end_their_connection() -> None:
    Counting.bodies.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with proxied(Http, f"127.0.0.1:{server.server_address[1]}", DuplicateRequest, mix=MIX) as it:
            client = http.client.HTTPConnection("127.0.0.1", it.port, timeout=10)
            for expected in (b"1", b"3"):
                client.request("POST", "/pay", body=b"once " * 30_000)
                assert client.getresponse().read() == expected
            client.request("POST", "/pay", body=b"last", headers={"Connection": "close"})
            assert client.getresponse().read() == b"5"
            client.close()
            assert [len(body) for body in Counting.bodies] == [150_000] * 4 + [4]
            assert it.count("not_applicable") == 1
        server.shutdown()
