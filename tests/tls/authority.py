"""Certificates of these tests: one authority, made once a session, and contexts that show or trust them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """PEM files in one folder."""

    folder: Path

    @cached_property
    def _authority(self) -> trustme.CA:
        return trustme.CA()

    def write(self) -> Certificates:
        leaf = self._authority.issue_cert("127.0.0.1", "localhost", "mail.example")
        leaf.private_key_and_cert_chain_pem.write_to_path(self.both)
        leaf.private_key_pem.write_to_path(self.key)
        leaf.cert_chain_pems[0].write_to_path(self.certificate)
        self._authority.cert_pem.write_to_path(self.authority)
        other = trustme.CA()
        other.cert_pem.write_to_path(self.folder / "other-ca.pem")
        other.issue_cert("127.0.0.1").private_key_pem.write_to_path(self.folder / "other-key.pem")
        return self

    @property
    def both(self) -> Path:
        return self.folder / "both.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.both)
        return context

    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))
