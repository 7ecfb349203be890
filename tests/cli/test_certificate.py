"""`vaurien certificate`: three files and what to do with them."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

import pytest

from vaurien_core.cli.main import main


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAURIEN_CERTIFICATES", str(tmp_path / "kept"))


def test_it_writes_three_files_that_belong_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "tls"
    assert main(["certificate", "--name", "shop.test", "--name", "10.0.0.1", str(folder)]) == 0
    assert {p.name: p.stat().st_mode & 0o777 for p in folder.iterdir()} == {
        "ca.pem": 0o644, "cert.pem": 0o644, "key.pem": 0o600,
    }  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.load_verify_locations(folder / "ca.pem")
    text = capsys.readouterr().out
    assert "for shop.test, 10.0.0.1, localhost, 127.0.0.1, ::1; until 20" in text
    assert f"certificate = {folder / 'cert.pem'}\n" in text
    assert f"curl --cacert {folder / 'ca.pem'} https://shop.test:PORT/" in text
    assert f'ssl={{"ca": "{folder / "ca.pem"}"}}' in text
    assert f"SSL_CERT_FILE={folder / 'ca.pem'}" in text


def test_it_replaces_nothing_unless_told_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key.pem").write_text("mine")
    assert main(["certificate", str(tmp_path)]) == 2
    assert re.search(
        r"expected a folder without key\.pem; name another one, or replace by --force", capsys.readouterr().err
    )
    assert (tmp_path / "key.pem").read_text() == "mine"
    assert main(["certificate", "--force", str(tmp_path)]) == 0
    assert "PRIVATE KEY" in (tmp_path / "key.pem").read_text()


def test_wrong_input_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certificate", "--name", "a b", str(tmp_path)]) == 2
    assert capsys.readouterr().err == 'vaurien: name: expected a DNS name or an IP address, got "a b".\n'
    (tmp_path / "file").write_text("")
    assert main(["certificate", str(tmp_path / "file" / "x")]) == 2
    assert "can't be written there" in capsys.readouterr().err
