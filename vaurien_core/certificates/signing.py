"""What authority and leaf have in common: keys, extensions, the signature, and PEM texts (RFC 5280, RFC 7468)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

EARLY = timedelta(hours=12)
"""How far the beginning lies back, for clients whose clock is behind."""
_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key on P-256, the curve that every client knows."""
    return ec.generate_private_key(ec.SECP256R1())


def common_name(text: str) -> x509.Name:
    """A subject of one name; at most 64 characters by X.520."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def usage(*granted: str) -> x509.KeyUsage:
    """A key usage that grants just these."""
    return x509.KeyUsage(**{name: name in granted for name in _USAGES})


def sign(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
    now: datetime,
    until: datetime,
    *,
    issuer: x509.Name,
    by: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """A certificate for `key`, signed with the key `by`; an extension comes with whether it is critical."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(by, hashes.SHA256())


def certificate_text(certificate: x509.Certificate) -> str:
    """As PEM."""
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def key_text(key: ec.EllipticCurvePrivateKey) -> str:
    """As PEM (PKCS #8), not encrypted: a server reads it without asking anybody."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
