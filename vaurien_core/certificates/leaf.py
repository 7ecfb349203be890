"""A leaf certificate: what a server shows, for the names that clients call it by."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from vaurien_core.certificates.authority import Authority
from vaurien_core.certificates.signing import certificate_text, common_name, key_text, new_key, sign, usage

DAYS = 396
"""With the half day that it begins early, within the 397 days that browsers and Apple's clients bear
(CA/Browser Forum, ballot SC-31: less than 398)."""


def make_leaf(names: tuple[str, ...], authority: Authority, now: datetime) -> tuple[str, str, datetime]:
    """Certificate and key as PEM texts, and when it runs out: never after its authority."""
    until = min(now + timedelta(days=DAYS), authority.certificate.not_valid_after_utc)
    key = new_key()
    extensions = [
        (x509.SubjectAlternativeName([_general(name) for name in names]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), False),
    ]
    issuer = authority.certificate.subject
    made = sign(common_name(names[0]), key, extensions, now, until, issuer=issuer, by=authority.key)
    return certificate_text(made), key_text(key), until


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
