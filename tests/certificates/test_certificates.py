"""Certificates on request, judged by OpenSSL's strictest checks and by real clients."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from vaurien_core.certificates import CertificateError, Made, auto_certificate
from vaurien_core.errors import OptionError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"hi")

    def log_message(self, *_: object) -> None:
        pass


class Quiet(HTTPServer):
    def handle_error(self, *_: object) -> None:
        """A handshake that the client breaks off is what some tests are about."""


@contextmanager
def served(made: Made) -> Iterator[int]:
    """An HTTPS server that shows this certificate; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_into(context)
    server = Quiet(("127.0.0.1", 0), Hello)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def parsed(made: Made) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.certificate_pem.encode())


def names_of(made: Made) -> list[str]:
    found = parsed(made).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(general.value) for general in found]


def test_a_leaf_names_what_was_asked_for_and_this_machine(tmp_path: Path) -> None:
    made = auto_certificate(["Shop.Test", "10.1.2.3", "[fe80::1]", "*.dev.test", "", "localhost"], folder=tmp_path)
    wanted = ["shop.test", "10.1.2.3", "fe80::1", "*.dev.test", "localhost", "127.0.0.1", "::1"]
    assert names_of(made) == wanted == list(made.names)


def test_a_name_beyond_ascii_is_punycode(tmp_path: Path) -> None:
    assert auto_certificate(["bücher.test"], folder=tmp_path).names[0] == "xn--bcher-kva.test"


def test_a_proxy_on_every_interface_is_called_by_the_machines_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "desk")
    assert auto_certificate(["0.0.0.0"], folder=tmp_path).names == ("desk", "localhost", "127.0.0.1", "::1")


def test_the_lives_are_bounded(tmp_path: Path) -> None:
    made = auto_certificate(folder=tmp_path, now=NOW)
    leaf = parsed(made)
    assert leaf.not_valid_before_utc < NOW
    assert timedelta(days=390) < leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    assert timedelta(days=3650) <= authority.not_valid_after_utc - NOW < timedelta(days=3651)
    public = leaf.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name == "secp256r1"


def test_the_authority_is_made_once(tmp_path: Path) -> None:
    first, second = auto_certificate(folder=tmp_path), auto_certificate(["other.test"], folder=tmp_path)
    assert first.authority == second.authority
    assert parsed(first).issuer == parsed(second).issuer
    assert parsed(first).serial_number != parsed(second).serial_number
    assert first.key_pem != second.key_pem


def test_an_authority_that_has_run_out_is_replaced_and_no_leaf_outlives_one(tmp_path: Path) -> None:
    old = auto_certificate(folder=tmp_path, now=NOW)
    near_the_end = NOW + timedelta(days=3600)
    last = auto_certificate(folder=tmp_path, now=near_the_end)
    assert parsed(last).issuer == parsed(old).issuer
    assert last.until == NOW + timedelta(days=3650)
    new = auto_certificate(folder=tmp_path, now=NOW + timedelta(days=3650))
    assert parsed(new).issuer != parsed(old).issuer
    assert x509.load_pem_x509_certificate(new.authority.read_bytes()).subject == parsed(new).issuer


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "certificates"
    auto_certificate(folder=folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "authority.pem": 0o600,
        "ca.pem": 0o644,
    }


def test_it_lies_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAURIEN_CERTIFICATES", str(tmp_path / "mine"))
    assert auto_certificate().authority == tmp_path / "mine" / "ca.pem"


def issuer(folder: str) -> str:
    return parsed(auto_certificate(folder=Path(folder))).issuer.rfc4514_string()


def test_processes_that_begin_at_once_agree_on_one_authority(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        assert len(set(pool.map(issuer, [str(tmp_path / "shared")] * 8))) == 1
    assert sorted(path.name for path in (tmp_path / "shared").iterdir()) == ["authority.pem", "ca.pem"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "shop.test"])
def test_pythons_strict_checks_accept_it(tmp_path: Path, host: str) -> None:
    made = auto_certificate(["shop.test"], folder=tmp_path)
    with served(made) as port:
        context = ssl.create_default_context(cafile=made.authority)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        with (
            socket.create_connection(("127.0.0.1", port), 5) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            assert secure.version() == "TLSv1.3"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl")
def test_curl_accepts_it_with_the_authority_and_not_without(tmp_path: Path) -> None:
    made = auto_certificate(["shop.test"], folder=tmp_path)
    with served(made) as port:
        words = ["curl", "-sS", "--noproxy", "*", "--max-time", "5", "--resolve", f"shop.test:{port}:127.0.0.1"]
        url = f"https://shop.test:{port}/"
        trusting = subprocess.run([*words, "--cacert", str(made.authority), url], capture_output=True, text=True)
        assert (trusting.returncode, trusting.stdout) == (0, "hi"), trusting.stderr
        assert subprocess.run([*words, url], capture_output=True).returncode == 60, "curl's exit for a bad certificate"


@pytest.mark.parametrize("name", ["two words", "a/b", "x" * 64 + ".test", "-a.test", "a..b", "https://a.test"])
def test_what_is_no_name_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError) as caught:
        auto_certificate([name], folder=tmp_path)
    assert str(caught.value) == f'name: expected a DNS name or an IP address, got "{name}".'


@pytest.mark.parametrize("content", ["", "no PEM", "key of another"])
def test_a_broken_authority_is_refused_in_a_sentence(tmp_path: Path, content: str) -> None:
    auto_certificate(folder=tmp_path / "other")
    made = auto_certificate(folder=tmp_path)
    pair = tmp_path / "authority.pem"
    if content == "key of another":
        other = (tmp_path / "other" / "authority.pem").read_text()
        content = other.partition("-----BEGIN CERT")[0] + made.authority.read_text()
    pair.write_text(content)
    with pytest.raises(CertificateError, match=r"authority\.pem: expected an authority's certificate and its key"):
        auto_certificate(folder=tmp_path)


def test_a_folder_that_is_none_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CertificateError, match=r"file.*can't be kept there .*VAURIEN_CERTIFICATES\.$"):
        auto_certificate(folder=tmp_path / "file")


def test_without_cryptography_the_sentence_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.x509", None)
    with pytest.raises(CertificateError) as caught:
        auto_certificate()
    assert str(caught.value) == (
        "Certificates can't be made here: the Python package cryptography is missing; "
        "install it, or name PEM files in certificate and key."
    )
    assert caught.value.exit_status == 2


def test_cryptography_is_not_loaded_before_it_is_needed() -> None:
    script = "import sys, vaurien_core.certificates, vaurien_core.cli.certificate; print('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"
