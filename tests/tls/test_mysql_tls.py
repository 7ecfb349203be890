"""MariaDB with TLS and PyMySQL: where the deadlock can arrive, it does; where it can't, everybody is told."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pymysql = pytest.importorskip("pymysql", reason="pip install PyMySQL")
from tests.proxy.lab import Lab, Place, everywhere, lab, named  # noqa: E402 - behind importorskip
from tests.servers.mysql_server import PASSWORD, Server, running  # noqa: E402 - behind importorskip
from tests.tls.authority import Certificates  # noqa: E402 - behind importorskip
from vaurien_core.behaviors.error import Error  # noqa: E402 - behind importorskip
from vaurien_core.behaviors.transient import Transient  # noqa: E402 - behind importorskip
from vaurien_core.protocols.mysql import Mysql  # noqa: E402 - behind importorskip

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def secure(pem: Certificates) -> Iterator[Server]:
    """A server with TLS, which `tlsonly` has to use."""
    with tempfile.TemporaryDirectory(prefix="vaurien-pem-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file in (pem.certificate, pem.key, pem.authority):
            shutil.copy(file, folder)
            (folder / file.name).chmod(0o644)
        with running(
            f"--ssl-cert={folder / pem.certificate.name}", f"--ssl-key={folder / pem.key.name}",
            f"--ssl-ca={folder / pem.authority.name}", "--plugin-load-add=auth_ed25519",
        ) as server:  # fmt: skip
            with server.root() as root, root.cursor() as cursor:
                cursor.execute(f"CREATE USER tlsonly@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' REQUIRE SSL")
                cursor.execute("GRANT ALL ON shop.* TO tlsonly@'127.0.0.1'")
                cursor.execute(f"CREATE USER ed@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}')")
                cursor.execute("GRANT ALL ON shop.* TO ed@'127.0.0.1'")
            yield server


@pytest.fixture(scope="module")
def plain() -> Iterator[Server]:
    """A server without TLS."""
    with running("--skip-ssl", "--plugin-load-add=auth_ed25519") as server:
        with server.root() as root, root.cursor() as cursor:
            cursor.execute(f"CREATE USER ed@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}')")
            cursor.execute("GRANT ALL ON shop.* TO ed@'127.0.0.1'")
        yield server


def insisting(pem: Certificates) -> dict[str, Any]:
    """Options of a client that insists on TLS and verifies."""
    return {"ssl_ca": str(pem.authority), "ssl_verify_cert": True, "ssl_verify_identity": True}


PREFERRING: dict[str, Any] = {"ssl_disabled": False}
"""PyMySQL 1.1 and later uses TLS where the server offers it, and plain text where it doesn't."""


async def through(
    server: Server, work: Callable[[int], Any], *, mix: str = "", look: Callable[[Lab], object] | None = None,
    error: str = "deadlock", **keys: Any,
) -> Any:  # fmt: skip
    async with lab(
        Error, Transient, mix=mix, handler=None, backend=f"127.0.0.1:{server.port}", protocols=(Mysql,),
        protocol="mysql", everything=True,
        behaviors=(named("error", error=error), named("transient", error=error, agitate=1)), **keys,
    ) as it:  # fmt: skip
        result = await asyncio.to_thread(work, it.server.bound.port)
        await asyncio.sleep(0.05)
        if look is not None:
            look(it)
        return result


def cipher(connection: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        return str(cursor.fetchone()[1])


def used_tls(server: Server, **options: Any) -> Callable[[int], tuple[bool, bool]]:
    """Whether the client's side is TLS, and whether the server says that its side is."""

    def work(port: int) -> tuple[bool, bool]:
        with server.connect(port, **options) as connection:
            return bool(connection._secure), bool(cipher(connection))

    return work


def deadlocked(server: Server, **options: Any) -> Callable[[int], tuple[int, int, list[Any]]]:
    """The error code of an INSERT inside a transaction, and what is in the table afterwards."""

    def work(port: int) -> tuple[int, int, list[Any]]:
        with server.root() as root, root.cursor() as cursor:
            cursor.execute("DELETE FROM shop.orders")
            code = 0
            with server.connect(port, **options) as connection, connection.cursor() as inside:
                connection.begin()
                try:
                    inside.execute("INSERT INTO orders VALUES (1, 'new', '')")
                except pymysql.err.OperationalError as error:
                    code = error.args[0]
                after = inside.execute("SELECT 1")
                connection.commit()
            cursor.execute("SELECT id FROM shop.orders")
            return code, after, list(cursor.fetchall())

    return work


def served(pem: Certificates) -> dict[str, Any]:
    return {"tls": "terminate", "certificate": str(pem.both)}


def verified(pem: Certificates) -> dict[str, Any]:
    return {"backend_tls": "starttls", "backend_verify": str(pem.authority)}


async def test_a_client_that_insists_on_tls_is_passed_through_and_nothing_is_injected(secure, pem):
    def look(it: Lab) -> None:
        sample = it.server.sample()
        assert (sample.injected, sample.errors_injected, sample.errors_client) == (0, 0, 0)
        assert sample.not_applicable > 0
        assert (sample.opaque, sample.opaque_reasons) == (1, (("TLS", 1),))
        told = [e.text for e in it.journal.entries if e.kind == "notice"]
        assert told == [
            "p: 1 connection uses TLS, so error can't act on it. "
            "Use tls = terminate with a certificate, or tls = strip."
        ]
        assert any(o.startswith("not applicable: the stream is opaque: TLS") for o in it.journal.outcomes())

    work = deadlocked(secure, **insisting(pem))
    assert await through(secure, work, mix="100:error", look=look) == (0, 1, [(1,)])


@pytest.mark.parametrize("backend_tls", ["", "off", "starttls"])
async def test_with_terminate_the_deadlock_arrives_and_is_rolled_back(secure, pem, backend_tls):
    keys = served(pem) | (verified(pem) if backend_tls == "starttls" else {"backend_tls": backend_tls})
    work = deadlocked(secure, **insisting(pem))
    assert await through(secure, work, mix="100:transient", **keys) == (1213, 1, [])


async def test_with_strip_the_deadlock_arrives_at_a_client_that_prefers_tls(secure):
    assert await through(secure, used_tls(secure, **PREFERRING)) == (True, True)
    assert await through(secure, used_tls(secure, **PREFERRING), tls="strip") == (False, False)
    assert await through(secure, deadlocked(secure, **PREFERRING), mix="100:transient", tls="strip") == (1213, 1, [])


async def test_with_strip_a_client_that_insists_on_tls_says_so_itself(secure, pem):
    with pytest.raises(pymysql.err.OperationalError, match="SSL"):
        await through(secure, used_tls(secure, **insisting(pem)), tls="strip")


@everywhere
@pytest.mark.parametrize("user", ["app", "ed"])
def test_every_combination_of_sides(place: Place, user: str, secure: Server, plain: Server, pem: Certificates) -> None:
    insist, ends, up = insisting(pem), served(pem), verified(pem)
    off: dict[str, Any] = {"ssl_disabled": True}
    table: list[tuple[Server, dict[str, Any], dict[str, Any], tuple[bool, bool]]] = [
        (secure, {}, insist, (True, True)),
        (secure, {}, off, (False, False)),
        (secure, ends, insist, (True, False)),
        (secure, ends, off, (False, False)),
        (secure, ends | up, insist, (True, True)),
        (secure, ends | up, off, (False, True)),
        (secure, up, off, (False, True)),
        (secure, up, insist, (True, True)),
        (secure, {"tls": "strip"} | up, PREFERRING, (False, True)),
        (plain, ends, insist, (True, False)),
        (plain, ends, off, (False, False)),
        (plain, {"tls": "strip"}, PREFERRING, (False, False)),
    ]

    async def main() -> None:
        for server, keys, options, expected in table:
            assert await through(server, used_tls(server, user=user, **options), **keys) == expected, (keys, options)

    place.run(main)


async def test_a_user_who_must_use_tls_gets_in_by_the_backends_side_alone(secure, pem):
    off = used_tls(secure, user="tlsonly", ssl_disabled=True)
    assert await through(secure, off, **verified(pem)) == (False, True)
    with pytest.raises(pymysql.err.OperationalError) as caught:
        await through(secure, off)
    assert caught.value.args[0] == 1045


async def test_a_wrong_password_is_refused_with_the_same_words_on_upgraded_sides(secure, pem):
    def attempt(port: int) -> str:
        with pytest.raises(pymysql.err.OperationalError) as caught:
            secure.connect(port, password="wrong", **insisting(pem))
        return str(caught.value)

    direct = attempt(secure.port)
    for keys in (served(pem), served(pem) | verified(pem)):
        assert (await through(secure, attempt, **keys)).replace("YES", "") == direct.replace("YES", "")


async def test_an_error_in_the_login_keeps_the_sequence_on_an_upgraded_client(secure, pem):
    def attempt(port: int) -> int:
        with pytest.raises(pymysql.err.OperationalError) as caught:
            secure.connect(port, **insisting(pem))
        return caught.value.args[0]

    assert await through(secure, attempt, mix="100:error", error="too-many-user-connections", **served(pem)) == 1203
    assert await through(secure, attempt, mix="100:error", error="too-many-connections", **served(pem)) == 1040


async def test_a_backend_without_tls_is_told_apart(plain, pem):
    def attempt(port: int) -> object:
        with pytest.raises(pymysql.err.OperationalError):
            plain.connect(port, ssl_disabled=True)
        return None

    def look(it: Lab) -> None:
        assert it.server.counters.errors_backend == 1
        (told,) = [e for e in it.journal.entries if e.kind == "connection"]
        assert "The backend offers no TLS" in told.text
        assert told.outcome == "backend TLS failed"

    await through(plain, attempt, look=look, **verified(pem))


async def test_a_certificate_that_is_not_trusted_is_named_with_what_to_do(secure, pem):
    def attempt(port: int) -> object:
        with pytest.raises(pymysql.err.OperationalError):
            secure.connect(port, ssl_disabled=True)
        return None

    def look(it: Lab) -> None:
        (text,) = [e.text for e in it.journal.entries if e.kind == "connection"]
        assert "can't be verified for 127.0.0.1" in text
        assert "backend_verify" in text

    await through(secure, attempt, look=look, backend_tls="starttls")


async def test_a_large_result_and_a_prepared_cursor_pass_upgraded_sides(secure, pem):
    def work(port: int) -> tuple[int, int]:
        with secure.connect(port, compress=False, **insisting(pem)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT REPEAT('x', 20000000)")
            size = len(cursor.fetchone()[0])
            cursor.execute("SELECT %s", ("y" * 1_000_000,))
            return size, len(cursor.fetchone()[0])

    assert await through(secure, work, **served(pem), **verified(pem)) == (20_000_000, 1_000_000)
