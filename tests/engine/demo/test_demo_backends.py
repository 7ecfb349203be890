"""The demo's backends as real clients see them, directly and through a proxy that frames them."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from typing import Any

import pymysql
import pytest
import redis
import requests
from pymemcache.client.base import Client as Memcache
from pymemcache.exceptions import MemcacheClientError, MemcacheServerError, MemcacheUnknownCommandError
from pymysql.cursors import Cursor

from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.registry import Registry

pytestmark = pytest.mark.parametrize("way", ["directly", "through a proxy"])


@asynccontextmanager
async def demo(protocol: str, way: str) -> AsyncIterator[int]:
    """The demo backend of a protocol; the port to talk to. Behind a proxy, no exchange may go by unframed."""
    registry = Registry.builtin()
    maker = LocalEngine(Profile((), seed=1), registry=registry)
    engine = LocalEngine(Profile((), seed=1), registry=registry)
    try:
        address = await maker.demo("backend", protocol=protocol)
        if way == "through a proxy":
            await engine.apply(Profile((ProxySpec("it", "127.0.0.1:0", address, protocol),), seed=1))
            await engine.start()
            address = (await engine.state()).proxy("it").bound
        yield int(address.rpartition(":")[2])
        sample = engine.sample_now().proxy("it")
        assert (sample.opaque, sample.errors_client) == (0, 0)
        assert way == "directly" or sample.exchanges > 0
    finally:
        await engine.aclose()
        await maker.aclose()


async def talked(protocol: str, way: str, talk: Callable[[int], Any]) -> Any:
    """What a blocking client does with the backend."""
    async with demo(protocol, way) as port:
        return await asyncio.to_thread(talk, port)


async def test_http_has_pages(way: str) -> None:
    def talk(port: int) -> None:
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(f"http://127.0.0.1:{port}/").text == "Hello from the demo backend.\n"
            assert len(session.get(f"http://127.0.0.1:{port}/items?x=1").json()) == 40
            assert session.post(f"http://127.0.0.1:{port}/nowhere", data=b"x" * 100_000).status_code == 404
            assert session.head(f"http://127.0.0.1:{port}/picture").headers["Content-Length"] == "24576"

    await talked("http", way, talk)


async def test_tcp_gives_everything_back(way: str) -> None:
    async with demo("tcp", way) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for part in (b"a", bytes(range(256)) * 1000):
            writer.write(part)
            assert await reader.readexactly(len(part)) == part
        writer.close()
        await writer.wait_closed()


# -- redis


def redis_talk(way: str, talk: Callable[[redis.Redis], None], protocol: int = 2) -> Any:
    def run(port: int) -> None:
        with closing(redis.Redis(port=port, protocol=protocol, socket_timeout=5)) as client:
            talk(client)

    return talked("redis", way, run)


@pytest.mark.parametrize("resp", [2, 3])
async def test_redis_keeps_strings_and_counts(way: str, resp: int) -> None:
    def talk(client: redis.Redis) -> None:
        assert client.ping() is True
        assert client.echo("hé") == "hé".encode()
        assert client.get("k") is None
        assert client.set("k", b"\r\n\x00") is True and client.get("k") == b"\r\n\x00"
        assert client.set("k", 1, nx=True) is None and client.set("new", 1, nx=True) is True
        assert client.set("none", 1, xx=True) is None and client.set("new", 5, xx=True, get=True) == b"1"
        assert client.incr("n") == 1 and client.incrby("n", 10) == 11 and client.decr("n") == 10
        assert client.append("n", "0") == 3 and client.get("n") == b"100" and client.strlen("n") == 3
        assert client.mset({"a": 1, "b": 2}) and client.mget("a", "x", "b") == [b"1", None, b"2"]
        assert client.exists("a", "b", "x") == 2 and client.delete("a", "x") == 1 and client.type("b") == b"string"
        assert sorted(client.keys("n*")) == [b"n", b"new"] and client.dbsize() == 4
        assert client.info()["redis_version"] == "7.2.4"
        assert client.execute_command("HELLO")[b"proto" if resp == 3 else 5] in (3, 2) or resp == 2
        assert client.client_setname("me") and client.client_getname() in (b"me", "me")
        assert client.select(3) and client.flushdb() and client.dbsize() == 0

    await redis_talk(way, talk, resp)


async def test_redis_forgets_in_time(way: str) -> None:
    def talk(client: redis.Redis) -> None:
        client.set("k", 1)
        assert (client.ttl("k"), client.ttl("x")) == (-1, -2)
        assert client.expire("k", 100) and 98 <= client.ttl("k") <= 100 and 98_000 <= client.pttl("k") <= 100_000
        assert client.incr("k") == 2 and client.ttl("k") > 0, "counting keeps the time to live"
        assert client.persist("k") and client.ttl("k") == -1
        assert client.expire("x", 5) is False
        assert client.pexpire("k", 0) and client.get("k") is None

    await redis_talk(way, talk)


async def test_redis_has_transactions_and_says_what_is_wrong(way: str) -> None:
    def talk(client: redis.Redis) -> None:
        with client.pipeline() as pipe:
            pipe.set("k", 1).incr("k").get("k")
            assert pipe.execute() == [True, 2, b"2"]
        with client.pipeline() as pipe:
            pipe.watch("k")
            client.set("k", 9)
            pipe.multi()
            pipe.set("k", 10)
            with pytest.raises(redis.WatchError):
                pipe.execute()
        assert client.get("k") == b"9"
        client.set("text", "abc")
        with pytest.raises(redis.ResponseError, match="not an integer"):
            client.incr("text")
        with pytest.raises(redis.ResponseError, match="unknown command 'LPUSH'"):
            client.lpush("list", 1)
        with pytest.raises(redis.ResponseError, match="wrong number of arguments for 'get' command"):
            client.execute_command("GET")
        with client.pipeline() as pipe:
            pipe.set("k", 11).lpush("list", 1)
            with pytest.raises(redis.ResponseError):
                pipe.execute()
        assert client.get("k") == b"9", "nothing of a spoilt transaction is done"
        with pytest.raises(redis.ResponseError, match="EXEC without MULTI"):
            client.execute_command("EXEC")

    await redis_talk(way, talk)


# -- memcache


async def test_memcache_keeps_values(way: str) -> None:
    def talk(port: int) -> None:
        with closing(Memcache(("127.0.0.1", port), timeout=5, default_noreply=False)) as client:
            assert client.version() == b"1.6.21"
            assert client.get("k") is None and client.set("k", b"a\r\nb") and client.get("k") == b"a\r\nb"
            assert client.add("k", 1) is False and client.add("n", 1) is True
            assert client.replace("x", 1) is False and client.replace("k", b"c") is True
            assert client.append("k", b"d") and client.prepend("k", b"b") and client.get("k") == b"bcd"
            assert client.incr("n", 41) == 42 and client.decr("n", 100) == 0 and client.incr("x", 1) is None
            value, unique = client.gets("k")
            assert client.cas("k", b"e", unique) is True and client.cas("k", b"f", unique) is False
            assert client.cas("x", b"f", unique) is None and value == b"bcd"
            assert client.set_many({"a": 1, "b": 2}) == [] and client.get_many(["a", "x", "b"]) == {
                "a": b"1",
                "b": b"2",
            }
            assert (
                client.touch("a", 100) is True
                and client.touch("x") is False
                and client.raw_command(b"gat 50 a", end_tokens=b"END\r\n") == b"VALUE a 0 1\r\n1\r\n"
            )
            assert client.delete("a") is True and client.delete("a") is False
            client.set("quiet", 1, noreply=True)
            assert client.get("quiet") == b"1"
            assert client.set("old", 1, expire=-1) and client.get("old") is None
            assert client.stats()[b"version"] == b"1.6.21"
            assert client.flush_all() and client.get("k") is None

    await talked("memcache", way, talk)


async def test_memcache_says_what_is_wrong(way: str) -> None:
    def talk(port: int) -> None:
        with closing(Memcache(("127.0.0.1", port), timeout=5, default_noreply=False)) as client:
            client.set("text", "abc")
            with pytest.raises(MemcacheClientError, match="non-numeric"):
                client.incr("text", 1)
            with pytest.raises(MemcacheServerError, match="too large"):
                client.set("text", b"x" * (2**20 + 1))
            assert client.get("text") is None
            if way == "directly":  # no framer reads on behind an unknown command
                with pytest.raises(MemcacheUnknownCommandError):
                    client.raw_command(b"nonsense")
            assert client.raw_command(b"mn") == b"MN"
            assert client.raw_command(b"ms k 2 T100 F7\r\nhi") == b"HD"
            assert client.raw_command(b"mg k s f v Oab k", end_tokens=b"\r\nhi\r\n") == b"VA 2 s2 f7 Oab kk"
            assert client.raw_command(b"mg none v") == b"EN"
            assert client.raw_command(b"ms n 1\r\n5") == b"HD" and client.raw_command(b"ma n D3") == b"HD"
            assert client.get("n") == b"8" and client.raw_command(b"md n") == b"HD"
            assert client.raw_command(b"md n") == b"NF"

    await talked("memcache", way, talk)


# -- smtp


async def test_smtp_takes_mails_and_holds_to_the_order(way: str) -> None:
    def talk(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
            assert client.docmd("MAIL", "FROM:<a@b>")[0] == 503
            client.ehlo()
            assert client.has_extn("pipelining") and client.has_extn("8bitmime")
            assert client.noop()[0] == 250 and client.vrfy("x")[0] == 252
            message = "Subject: x\r\n\r\n.dot\r\n..\r\nend" + "\r\nlong" * 50_000
            assert client.sendmail("me@a.test", ["you@b.test", "they@b.test"], message) == {}
            assert client.docmd("RCPT", "TO:<x@y>")[0] == 503
            assert client.docmd("MAIL", "FROM:<a@b>")[0] == 250 and client.docmd("DATA")[0] == 503
            assert client.rset()[0] == 250 and client.docmd("MAIL", "FROM a@b")[0] == 501
            assert client.docmd("WHAT")[0] == 500
            client.send("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
            assert [client.getreply()[0] for _ in range(3)] == [250, 250, 354], (
                "pipelined commands are answered in turn"
            )
            client.send("hi\r\n.\r\n")
            assert client.getreply() == (250, b"2.0.0 Ok: queued as 2")

    await talked("smtp", way, talk)


# -- mysql


def mysql_talk(way: str, talk: Callable[[Any], None]) -> Any:
    def run(port: int) -> None:
        with closing(pymysql.connect(host="127.0.0.1", port=port, user="any", password="thing", database="demo")) as it:
            talk(it)

    return talked("mysql", way, run)


def one(cursor: Cursor, sql: str, *values: object) -> Any:
    cursor.execute(sql, values or None)
    return cursor.fetchone()


async def test_mysql_answers_questions_without_a_table(way: str) -> None:
    def talk(connection: Any) -> None:
        connection.ping()
        with connection.cursor() as cursor:
            assert one(cursor, "SELECT 1") == (1,)
            assert one(cursor, "SELECT 1, -2.5, 'it''s', NULL AS nothing, %s", "a\nb\\'") == (
                1,
                -2.5,
                "it's",
                None,
                "a\nb\\'",
            )
            assert cursor.description[3][0] == "nothing"
            assert one(cursor, "/* hi */ select version();")[0] == "8.0.36-vaurien-demo"
            assert one(cursor, "SELECT @@version_comment, DATABASE()") == ("Vaurien demo", "demo")
            connection.select_db("other")
            assert one(cursor, "SELECT DATABASE()") == ("other",)
            assert one(cursor, "SHOW TABLES") == ("orders",)
            cursor.execute("SET NAMES utf8mb4")
            assert one(cursor, "SHOW WARNINGS") is None

    await mysql_talk(way, talk)


async def test_mysql_has_a_table_with_transactions(way: str) -> None:
    def talk(connection: Any) -> None:
        with connection.cursor() as cursor:
            assert one(cursor, "SELECT COUNT(*) FROM orders") == (3,)
            assert one(cursor, "SELECT * FROM orders WHERE id = 1") == (1, "tea", 3.5, 2)
            assert cursor.execute("INSERT INTO orders (item, price) VALUES (%s, 2), (%s, 3)", ("é", "x")) == 2
            assert cursor.lastrowid == 4
            assert cursor.execute("UPDATE orders SET quantity = quantity + 5 WHERE id = %s", (1,)) == 1
            assert one(cursor, "SELECT quantity FROM orders WHERE id = 1") == (7,)
            connection.rollback()
            assert one(cursor, "SELECT COUNT(*) AS n FROM orders") == (3,) and cursor.description[0][0] == "n"
            assert one(cursor, "SELECT quantity FROM orders WHERE id = 1 FOR UPDATE") == (2,)
            connection.begin()
            cursor.execute("DELETE FROM `demo`.`orders` WHERE item = 'tea' AND id = 1")
            connection.commit()
            connection.rollback()
            cursor.execute("SELECT id FROM orders ORDER BY id DESC LIMIT 5")
            assert cursor.fetchall() == ((3,), (2,))

    await mysql_talk(way, talk)


@pytest.mark.parametrize(
    ("sql", "error", "code"),
    [
        ("SELEC 1", pymysql.ProgrammingError, 1064),
        ("SELECT 1 +", pymysql.ProgrammingError, 1064),
        ("SELECT ^", pymysql.ProgrammingError, 1064),
        ("SELECT * FROM nowhere", pymysql.ProgrammingError, 1146),
        ("SELECT colour FROM orders", pymysql.OperationalError, 1054),
        ("INSERT INTO orders (id) VALUES (1)", pymysql.IntegrityError, 1062),
        ("INSERT INTO orders (id, item) VALUES (9)", pymysql.OperationalError, 1136),
        ("SELECT @@nothing", pymysql.OperationalError, 1193),
        ("SELECT SLEEP()", pymysql.OperationalError, 1305),
        ("SELECT COUNT(*), id FROM orders", pymysql.OperationalError, 1140),
        ("", pymysql.OperationalError, 1065),
    ],
)
async def test_mysql_says_what_is_wrong_and_goes_on(way: str, sql: str, error: type[Exception], code: int) -> None:
    def talk(connection: Any) -> None:
        with connection.cursor() as cursor:
            with pytest.raises(pymysql.MySQLError) as caught:
                cursor.execute(sql)
            assert (type(caught.value), caught.value.args[0]) == (error, code)
            assert one(cursor, "SELECT 2") == (2,)

    await mysql_talk(way, talk)


async def test_what_a_lost_mysql_client_did_not_commit_is_undone(way: str) -> None:
    def talk(port: int) -> None:
        lost = pymysql.connect(host="127.0.0.1", port=port, user="a", autocommit=False)
        lost.cursor().execute("DELETE FROM orders")
        lost._force_close()
        with closing(pymysql.connect(host="127.0.0.1", port=port, user="b")) as other, other.cursor() as cursor:
            for _ in range(200):
                if one(cursor, "SELECT COUNT(*) FROM orders") == (3,):
                    return
            raise AssertionError("the rows are gone")

    async with demo("mysql", "directly") as port:
        await asyncio.to_thread(talk, port)
