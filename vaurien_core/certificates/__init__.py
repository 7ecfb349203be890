"""Certificates on request: a leaf certificate for some names, by an authority that is made once and kept for the user.

Called for `certificate = auto` of a proxy and by `vaurien certificate`; what comes out are PEM texts. All of it touches
files and keys (2 ms, the first time 5 ms), so a running loop calls it in a thread. The package `cryptography` is
loaded only then.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from vaurien_core.certificates.files import CertificateError, write_private
from vaurien_core.certificates.names import NAMES, wanted
from vaurien_core.frozen import dataclass

__all__ = ["FOLDER_VARIABLE", "NAMES", "CertificateError", "Made", "authority_folder", "auto_certificate"]

FOLDER_VARIABLE = "VAURIEN_CERTIFICATES"


@dataclass(frozen=True, slots=True)
class Made:
    """A leaf certificate with its key."""

    certificate_pem: str
    key_pem: str
    authority: Path
    """PEM file of the authority, which clients are told to trust."""
    names: tuple[str, ...]
    """What it is good for, the names asked for first."""
    until: datetime
    """When it runs out."""

    def load_into(self, context: ssl.SSLContext) -> None:
        """Make a server's context show it. The `ssl` module reads only files, so there is one (0600) for a moment."""
        with tempfile.TemporaryDirectory(prefix="vaurien-") as folder:
            path = Path(folder) / "leaf.pem"
            write_private(path, self.key_pem + self.certificate_pem)
            context.load_cert_chain(path)


def auto_certificate(names: Iterable[str] = (), *, folder: Path | None = None, now: datetime | None = None) -> Made:
    """A new leaf certificate (EC P-256) by the user's authority, which is made if there is none or it has run out.

    Args:
        names: DNS names and IP addresses besides `NAMES`, such as the host where the proxy listens; one that stands
            for every address (0.0.0.0, ::) adds this machine's name. Empty ones are ignored.
        folder: where the authority is kept; None: `authority_folder()`.
        now: the current time, with its zone; None: the clock's.

    Raises:
        CertificateError: `cryptography` is missing, or the authority's files can't be read or written.
        OptionError: a name is neither a DNS name nor an address.
    """
    try:
        from cryptography.x509 import Certificate  # noqa: F401 - asked for before ours, so that only it can be missing
    except ImportError:
        raise CertificateError(
            "Certificates can't be made here: the Python package cryptography is missing; "
            "install it, or name PEM files in certificate and key."
        ) from None
    from vaurien_core.certificates.authority import Authority
    from vaurien_core.certificates.leaf import make_leaf

    moment = now or datetime.now(UTC)
    subjects = wanted(names)
    authority = Authority.kept_in(folder or authority_folder(), moment)
    certificate, key, until = make_leaf(subjects, authority, moment)
    return Made(certificate, key, authority.public, subjects, until)


def authority_folder() -> Path:
    """Where the user's authority lies; `VAURIEN_CERTIFICATES` names another folder."""
    import platformdirs

    own = os.environ.get(FOLDER_VARIABLE, "")
    return Path(own) if own else platformdirs.user_data_path("vaurien", appauthor=False) / "certificates"
