"""A headless run with a client that insists on TLS, as CI sees it; and files beside the profile, for every engine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pymysql = pytest.importorskip("pymysql", reason="pip install PyMySQL")
from tests.servers.mysql_server import Server  # noqa: E402 - behind importorskip
from tests.tls.authority import Certificates  # noqa: E402 - behind importorskip
from tests.tls.peers import connect, echo, serving  # noqa: E402 - behind importorskip
from tests.tls.test_mysql_tls import insisting, secure  # noqa: E402, F401 - a fixture
from vaurien_core.cli.main import main  # noqa: E402 - behind importorskip
from vaurien_core.cli.registries import make_registry  # noqa: E402 - behind importorskip
from vaurien_core.engine.child import ChildEngine  # noqa: E402 - behind importorskip
from vaurien_core.engine.local import LocalEngine  # noqa: E402 - behind importorskip
from vaurien_core.model.profile import Profile, ProxySpec  # noqa: E402 - behind importorskip

PROFILE = """\
[proxy:orders-db]
proxy = 127.0.0.1:0
backend = 127.0.0.1:{port}
protocol = mysql
behavior = 50:deadlock

[behavior:deadlock]
type = error
error = deadlock

[control]
http = true
port = 0

[expect]
none = true
readable = opaque = 0
"""
SENTENCE = (
    "vaurien: orders-db: 1 connection uses TLS, so deadlock can't act on it. "
    "Use tls = terminate with a certificate, or tls = strip."
)


@pytest.mark.server
@pytest.mark.timeout(120)
def test_a_run_says_once_that_its_fault_can_not_act_and_fails_the_expectation(
    secure: Server, pem: Certificates, tmp_path: Path  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    profile, ready = tmp_path / "profile.ini", tmp_path / "ready.json"
    profile.write_text(PROFILE.format(port=secure.port))
    process = subprocess.Popen(
        [sys.executable, "-m", "vaurien_core.cli.main", "--config", profile, "--ready-file", ready],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready ")
        said = json.loads(ready.read_text())
        port = said["proxies"]["orders-db"]["port"]
        for _ in range(3):
            with secure.connect(port, **insisting(pem)) as connection, connection.cursor() as cursor:
                for n in range(20):
                    cursor.execute(f"REPLACE INTO orders VALUES ({n}, 'new', '')")
                connection.commit()
        with urllib.request.urlopen(f"{said['control']}/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 4
    assert errors.count("can't act") == 1
    assert SENTENCE in errors
    assert "expectation failed: " in errors
    assert 'vaurien_opaque_connections_total{proxy="orders-db",reason="TLS"} 3.0' in metrics
    assert 'vaurien_injected_total{proxy="orders-db"' not in metrics
    missed = next(line for line in metrics.splitlines() if line.startswith("vaurien_not_applicable_total{"))
    assert float(missed.split()[-1]) > 20


def proxied(port: int) -> Profile:
    spec = ProxySpec(
        "web", proxy="127.0.0.1:0", backend=f"127.0.0.1:{port}", protocol="tcp", tls="terminate",
        certificate="certificate.pem", key="key.pem", backend_tls="on", backend_verify="ca.pem",
    )  # fmt: skip
    return Profile(proxies=(spec,), seed=1)


@pytest.mark.parametrize("place", ["local", "child"])
async def test_files_lie_beside_the_profile_whichever_engine_runs_it(place: str, pem: Certificates) -> None:
    with serving(echo, pem.server()) as port:
        engine: LocalEngine | ChildEngine
        if place == "local":
            engine = LocalEngine(proxied(port), registry=make_registry(), folder=pem.folder)
        else:
            engine = await ChildEngine.launch(proxied(port), folder=pem.folder)
        try:
            await engine.start()
            bound = (await engine.state()).proxy("web").bound
            peer = await asyncio.to_thread(connect, int(bound.rpartition(":")[2]), pem.client())
            await asyncio.to_thread(peer.send, b"hello")
            assert await asyncio.to_thread(peer.recv) == b"hello"
            peer.close()
        finally:
            await engine.aclose()


def test_the_keys_are_flags_too_and_are_checked(pem: Certificates, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--proxy", "127.0.0.1:0", "--backend", "127.0.0.1:9", "--tls", "terminate"]
    assert main(words) == 2
    assert "certificate: expected a PEM file, or auto" in capsys.readouterr().err
    more = ["--certificate", str(pem.certificate), "--key", str(pem.key), "--backend-tls", "on"]
    assert main([*words, *more, "--backend-verify", "nowhere.pem"]) == 2
    assert "--backend-verify: expected a PEM file that can be read" in capsys.readouterr().err
    fine = [*words, *more, "--backend-verify", str(pem.authority), "--backend-name", "mail.example"]
    assert main([*fine, "--duration", "10ms", "--expect", "exchanges = 0"]) == 0


def test_a_profile_in_a_folder_is_checked_with_the_files_beside_it(
    pem: Certificates, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    profile = pem.folder / "profile.ini"
    profile.write_text("[vaurien]\nbackend = localhost:80\nprotocol = http\ntls = terminate\ncertificate = both.pem\n")
    assert main(["check", str(profile)]) == 0
    profile.write_text("[vaurien]\nbackend = localhost:80\nprotocol = http\ntls = terminate\ncertificate = no.pem\n")
    assert main(["check", str(profile)]) == 2
    assert f"{profile}:5 [vaurien] certificate: expected a PEM file that can be read" in capsys.readouterr().out
