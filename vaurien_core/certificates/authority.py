"""The user's own authority: made once, kept with its key in a folder that only its owner may enter.

`authority.pem` holds both (0600); `ca.pem` beside it is the certificate alone, for clients to trust.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from vaurien_core.certificates.files import CertificateError, write_private
from vaurien_core.certificates.signing import certificate_text, common_name, key_text, new_key, sign, usage
from vaurien_core.frozen import dataclass

DAYS = 3650
PAIR, PUBLIC = "authority.pem", "ca.pem"


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate that may sign others, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    public: Path
    """The file that clients are told to trust."""

    @classmethod
    def kept_in(cls, folder: Path, now: datetime) -> Authority:
        """The one of this folder; made if there is none, or if it has less than a day left.

        Two processes that begin at once agree on the first.

        Raises:
            CertificateError: its files can't be read or written, or are no authority.
        """
        pair, public = folder / PAIR, folder / PUBLIC
        try:
            found = _read(pair) if pair.exists() else None
            if found is None or found[0].not_valid_after_utc <= now + timedelta(days=1):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                folder.chmod(0o700)
                write_private(pair, _new(now), keep=found is None)
                found = _read(pair)
            text = certificate_text(found[0])
            if not public.exists() or public.read_bytes() != text.encode("ascii"):
                write_private(public, text, mode=0o644)
        except OSError as error:
            raise CertificateError(
                f"{error.filename or folder}: the authority of made certificates can't be kept there "
                f"({error.strerror}); name another folder in VAURIEN_CERTIFICATES."
            ) from error
        return cls(*found, public)


def _read(pair: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    content = pair.read_bytes()
    try:
        key = load_pem_private_key(content, None)
        certificate = x509.load_pem_x509_certificate(content)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise ValueError("they don't belong together")
    except (ValueError, TypeError) as error:
        raise CertificateError(
            f"{pair}: expected an authority's certificate and its key, got something else; remove the file to have a "
            "new one made, which clients must then be told to trust."
        ) from error
    return certificate, key


def _new(now: datetime) -> str:
    key = new_key()
    # A name of its own: clients that look authorities up by name must not take two of them for one.
    name = common_name(f"Vaurien authority {secrets.token_hex(4)}")
    extensions = [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (usage("key_cert_sign", "crl_sign"), True),
    ]
    made = sign(name, key, extensions, now, now + timedelta(days=DAYS), issuer=name, by=key)
    return key_text(key) + certificate_text(made)
