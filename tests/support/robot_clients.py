"""Real clients that ask a server of each kind the same questions each time, one after the other."""

from __future__ import annotations

import http.client

from tests.support.fresh import Outcomes

COUNT = 24
HELLO = 'location /vaurien/ { return 200 "hello"; }'
"""Of nginx."""


def ask_http(port: int) -> Outcomes:
    """The standard library's, a new connection each."""
    found = {}
    for n in range(1, COUNT + 1):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", f"/vaurien/{n}")
            answer = connection.getresponse()
            body = answer.read()
            found[f"{n}"] = "ok" if (answer.status, body) == (200, b"hello") else str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            found[f"{n}"] = type(error).__name__
        finally:
            connection.close()
    return found


def ask_redis(port: int) -> Outcomes:
    """redis-py, which gives up at once."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    found = {}
    for n in range(1, COUNT + 1):
        client = redis.Redis(port=port, socket_timeout=5, retry=Retry(NoBackoff(), 0))
        try:
            found[f"{n}"] = "ok" if client.get(f"vaurien:{n}") is None else "something"
        except redis.RedisError as error:
            found[f"{n}"] = f"{type(error).__name__}: {error}".replace(str(port), "PORT")
        finally:
            client.close()
    return found


def ask_mysql(port: int) -> Outcomes:
    """PyMySQL, a login each."""
    import pymysql

    from tests.servers.mysql_server import PASSWORD

    found = {}
    for n in range(1, COUNT + 1):
        try:
            connection = pymysql.connect(
                host="127.0.0.1", port=port, user="app", password=PASSWORD, database="shop", read_timeout=5,
                ssl_disabled=True,
            )  # fmt: skip
        except pymysql.MySQLError as error:
            found[f"{n}"] = f"{type(error).__name__}: {error}".replace(str(port), "PORT")
            continue
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT status FROM orders WHERE id = {n}")
                found[f"{n}"] = "ok" if cursor.fetchall() == () else "something"
        except pymysql.MySQLError as error:
            found[f"{n}"] = f"{type(error).__name__}: {error}".replace(str(port), "PORT")
        finally:
            if connection.open:
                connection.close()
    return found
