"""A canary secret in every field of every protocol that may hold one, and the servers that hear it.

A table: protocol, field, what is said. Each field has a needle of its own, so that a leak says where it came from.
Each talk is said several times on connections of its own, so that some meet a fault and some pass.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pymysql

from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.profile import Profile
from vaurien_core.registry import Registry

PROTOCOLS = ("http", "redis", "memcache", "mysql", "smtp", "tcp")


def needle(protocol: str, field: str) -> str:
    """The secret of a field."""
    return f"c4n4ry-{protocol}-{field}-5ecret"


def b64(text: str) -> str:
    """As AUTH and Authorization carry it."""
    return base64.b64encode(text.encode()).decode()


@dataclass(frozen=True)
class Talk:
    """What is said for one field; `%s` stands for the needle, `%b` for `user NUL user NUL needle` in base64."""

    protocol: str
    field: str
    said: tuple[str, ...]

    @property
    def turns(self) -> list[bytes]:
        """What is sent, one after an answer to the other."""
        secret = needle(self.protocol, self.field)
        full = [text.replace("%s", secret).replace("%b", b64(f"\0user\0{secret}")) for text in self.said]
        return [text.replace("%B", b64(secret)).encode("latin-1") for text in full]


def _http(field: str, *lines: str, target: str = "/page", method: str = "GET", body: str = "") -> Talk:
    length = len(body.replace("%s", needle("http", field)))
    head = [f"{method} {target} HTTP/1.1", "Host: shop.example", *lines]
    return Talk("http", field, ("\r\n".join([*head, f"Content-Length: {length}", "", body]),))


def _redis(field: str, *words: str) -> Talk:
    filled = [word.replace("%s", needle("redis", field)) for word in words]
    said = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in filled)
    return Talk("redis", field, (said,))


def _mail(field: str, *said: str) -> Talk:
    return Talk("smtp", field, ("EHLO me\r\n", *said))


def _put(verb: str, field: str, extra: str = "") -> Talk:
    size = len(needle("memcache", field))
    return Talk("memcache", field, (f"{verb} key 0 0 {size}{extra}\r\n%s\r\n",))


CHUNKED = "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
ENVELOPE = ("MAIL FROM:<a@x.example>\r\n", "RCPT TO:<b@x.example>\r\n", "DATA\r\n")
TALKS = (
    _http("bearer", "Authorization: Bearer %s"),
    _http("basic", "Authorization: Basic %b"),
    _http("proxy-auth", "Proxy-Authorization: Basic %b"),
    _http("cookie", "Cookie: session=%s; other=1"),
    _http("key-header", "X-Api-Key: %s"),
    _http("referer", "Referer: http://u:%s@shop.example/?t=%s"),
    _http("query", target="/page?token=%s&x=1"),
    _http("bare-query", target="/page?%s"),
    _http("fragment", target="/page#%s"),
    _http("userinfo", target="http://user:%s@shop.example/page"),
    _http("form", "Content-Type: application/x-www-form-urlencoded", method="POST", body="password=%s"),
    _http("json", "Content-Type: application/json", method="PUT", body='{"password": "%s"}'),
    _http("upgrade", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: %B"),
    Talk("http", "chunk", (CHUNKED + "30;x=%s\r\n%s\r\n0\r\nT: %s\r\n\r\n",)),
    Talk("http", "version", ("GET /p HTTP/%s\r\nHost: x\r\n\r\n",)),
    Talk("http", "broken-line", ("%s\r\n\r\n",)),
    Talk("http", "broken-length", ("GET /p HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n",)),
    Talk("http", "broken-header", ("GET /p HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n",)),
    _redis("auth", "AUTH", "%s"),
    _redis("auth-user", "AUTH", "user", "%s"),
    _redis("hello", "HELLO", "3", "AUTH", "user", "%s"),
    _redis("acl", "ACL", "SETUSER", "joe", "on", ">%s"),
    _redis("config", "CONFIG", "SET", "requirepass", "%s"),
    _redis("migrate", "MIGRATE", "127.0.0.1", "1", "key", "0", "1", "AUTH", "%s"),
    _redis("value", "SET", "key", "%s"),
    _redis("field-value", "HSET", "key", "field", "%s"),
    _redis("script", "EVAL", "return '%s'", "1", "key", "%s"),
    _redis("published", "PUBLISH", "channel", "%s"),
    _redis("echo", "ECHO", "%s"),
    _redis("verb", "%s"),
    Talk("redis", "inline-verb", ("%s\r\n",)),
    Talk("redis", "inline", ("AUTH %s\r\n",)),
    Talk("redis", "broken", ("*1\r\n$x%s\r\n",)),
    *(_put(verb, verb) for verb in ("set", "add", "replace", "append", "prepend")),
    _put("cas", "cas", " 1"),
    Talk("memcache", "broken", ("set key 0 0 %s\r\n%s\r\n",)),
    Talk("memcache", "sasl", ("\x80\x21\0\5\0\0\0\0\0\0\0\x2d\0\0\0\0\0\0\0\0\0\0\0\0PLAIN\0user\0%s",)),
    Talk("memcache", "unknown", ("login user %s\r\n",)),
    Talk("memcache", "verb", ("%s\r\n",)),
    *(
        Talk("mysql", field, (statement,))
        for field, statement in (
            ("password", ""),
            ("literal", "SELECT * FROM users WHERE token = '%s'"),
            ("quoted", 'SELECT "it""s %s", 1'),
            ("escaped", r"SELECT 'a\'%s'"),
            ("comment", "SELECT 1 /* %s */"),
            ("end-comment", "SELECT 1 -- %s"),
            ("create-user", "CREATE USER joe IDENTIFIED BY '%s'"),
            ("set-password", "SET PASSWORD FOR joe = PASSWORD('%s')"),
            ("insert", "INSERT INTO t VALUES (1, '%s', 2), (3, '%s', 4)"),
            ("unclosed", "SELECT 'open %s"),
        )
    ),
    _mail("plain", "AUTH PLAIN %b\r\n"),
    _mail("plain-later", "AUTH PLAIN\r\n", "%b\r\n"),
    _mail("login", "AUTH LOGIN\r\n", "dXNlcg==\r\n", "%B\r\n"),
    _mail("login-user", "AUTH LOGIN %B\r\n", "%B\r\n"),
    _mail("cram", "AUTH CRAM-MD5\r\n", "%B\r\n"),
    _mail("oauth", "AUTH XOAUTH2 %B\r\n"),
    _mail("body", *ENVELOPE, "Subject: x\r\n\r\n%s\r\n.\r\n"),
    _mail("subject", *ENVELOPE, "Subject: %s\r\n\r\nx\r\n.\r\n"),
    _mail("verb", "%s\r\n"),
    _mail("unknown", "XLOGIN %s\r\n"),
    Talk("smtp", "broken", ("\x00%s\r\n",)),
    Talk("tcp", "bytes", ("%s\n", "more %s\n")),
    Talk("tcp", "binary", ("\x00\x01%s\x00",)),
)  # fmt: skip


SHOWN = _http("path", target="/orders/%s")
"""A label says the path on purpose: who looks for canaries must find this one."""


def needles(talk: Talk) -> tuple[str, ...]:
    """The texts that give its secret away: plain, and as base64 carries it."""
    secret = needle(talk.protocol, talk.field)
    inner = re.sub(r"=+$", "", b64(f"\0user\0{secret}"))
    return (secret, inner[12:-2], b64(secret)[:-4], secret.encode().hex())


def found(text: str) -> list[str]:
    """The fields whose secret stands in a text."""
    return [f"{t.protocol} {t.field}" for t in (*TALKS, SHOWN) if any(n in text for n in needles(t))]


def say_all(ports: Mapping[str, int], times: int = 4) -> None:
    """Say every talk several times; `ports` by protocol."""

    def say(talk: Talk) -> None:
        with suppress(OSError, pymysql.Error, EOFError):
            (_sql if talk.protocol == "mysql" else _say)(talk, ports[talk.protocol])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(say, (*TALKS, SHOWN) * times))


def _say(talk: Talk, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=2) as sock:
        sock.settimeout(0.15)
        if talk.protocol == "smtp":
            sock.recv(65536)
        for turn in talk.turns:
            sock.sendall(turn)
            with suppress(TimeoutError):
                if not sock.recv(65536):
                    return


def _sql(talk: Talk, port: int) -> None:
    with pymysql.connect(
        host="127.0.0.1",
        port=port,
        user="user",
        password=needle("mysql", talk.field),
        connect_timeout=2,
        read_timeout=1,
    ) as connection:
        for turn in talk.turns:
            with suppress(pymysql.Error), connection.cursor() as cursor:
                cursor.execute(turn.decode() or "SELECT 1")


@contextmanager
def backends() -> Iterator[dict[str, str]]:
    """The demo's backend of each protocol, on a thread; addresses by protocol."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="canaries")
    thread.start()

    async def made() -> tuple[LocalEngine, dict[str, str]]:
        engine = LocalEngine(Profile((), seed=1), registry=Registry.builtin())
        return engine, {p: await engine.demo("backend", protocol=p) for p in PROTOCOLS}

    engine, addresses = asyncio.run_coroutine_threadsafe(made(), loop).result(10)
    try:
        yield addresses
    finally:
        asyncio.run_coroutine_threadsafe(engine.aclose(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def ini(addresses: Mapping[str, str], *more: str) -> str:
    """A profile with a proxy per protocol: some exchanges fail, some wait, most pass."""
    lines = ["[vaurien]", "seed = 5", *more]
    for protocol, address in addresses.items():
        lines += [f"[proxy:{protocol}]", "proxy = 127.0.0.1:0", f"backend = {address}", f"protocol = {protocol}",
                  "behavior = 25:error, 10:delay, 5:abort, 5:blackout"]  # fmt: skip
    return "\n".join([*lines, "[behavior:delay]", "sleep = 10ms"]) + "\n"
