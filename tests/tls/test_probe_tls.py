"""The probe and a real MariaDB that offers TLS, on the way as a proxy would go."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("pymysql", reason="pip install PyMySQL")
from tests.servers.mysql_server import Server
from tests.tls.authority import Certificates
from tests.tls.test_mysql_tls import plain, secure
from vaurien_core.clock import SystemClock
from vaurien_core.engine.probe import ProbeTls, probe

__all__ = ["plain", "secure"]
pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


async def test_mariadb_is_verified_through_its_own_upgrade(secure: Server, pem: Certificates) -> None:
    tls = ProbeTls("starttls", str(pem.authority))
    result = await probe(f"127.0.0.1:{secure.port}", "mysql", (), SystemClock(), tls)
    assert re.fullmatch(r"Reachable in [\d.]+ ms, speaks MySQL over TLS 1\.3", result.message), result
    assert [step.name for step in result.steps] == ["dns", "connect", "tls", "handshake"]


async def test_a_mariadb_that_is_not_trusted_is_said_so(secure: Server) -> None:
    result = await probe(f"127.0.0.1:{secure.port}", "mysql", (), SystemClock(), ProbeTls("starttls"))
    assert result.verdict == "untrusted", result


async def test_a_mariadb_without_tls_is_said_so(plain: Server) -> None:
    result = await probe(f"127.0.0.1:{plain.port}", "mysql", (), SystemClock(), ProbeTls("starttls"))
    assert (result.verdict, result.message.partition(", ")[2]) == ("no-tls", "but no TLS: it offers no TLS")
