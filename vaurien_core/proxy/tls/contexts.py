"""From a proxy's TLS keys to `ssl` contexts, with one clear sentence for each way in which that can fail.

Called when a profile is checked and when a proxy is made; reads certificate files, which lie beside the profile.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from vaurien_core.errors import OptionError
from vaurien_core.model.profile import ProxySpec

AUTO = "auto"
YES, NO = "yes", "no"


def in_folder(name: str, folder: Path | None) -> Path:
    """A file that a profile names, seen from the profile's folder."""
    return (folder or Path()) / Path(name).expanduser()


def accepting(spec: ProxySpec, folder: Path | None) -> ssl.SSLContext:
    """The context with which clients are met; `certificate` is a file.

    Raises:
        OptionError: the files can't be used; says which and why.
    """
    if not spec.certificate:
        raise OptionError("certificate", "a PEM file, or auto (with tls = terminate clients are shown one)", "nothing")
    certificate = _readable("certificate", spec.certificate, folder)
    key = _readable("key", spec.key, folder) if spec.key else None
    context = server_context()
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise _unusable(spec, certificate, error) from None
    return context


def dialling(spec: ProxySpec, folder: Path | None) -> ssl.SSLContext:
    """The context with which the backend is met: verified unless `backend_verify = no`.

    The system's authorities are those of `ssl.create_default_context`, so `SSL_CERT_FILE` works.

    Raises:
        OptionError: the file of authorities can't be used.
    """
    said = spec.backend_verify
    if said in (YES, "", NO):
        context = ssl.create_default_context()
        if said == NO:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
    else:
        path = _readable("backend_verify", said, folder)
        try:
            context = ssl.create_default_context(cafile=str(path))
        except ssl.SSLError:
            raise OptionError(
                "backend_verify", "yes, no, or a PEM file of authorities", f"{said}, which is none"
            ) from None
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


def server_context() -> ssl.SSLContext:
    """The context of our side towards clients, without a certificate yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


def _readable(option: str, name: str, folder: Path | None) -> Path:
    path = in_folder(name, folder)
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise OptionError(option, "a PEM file that can be read", f"{path}: {said}") from None
    return path


def _unusable(spec: ProxySpec, certificate: Path, error: Exception) -> OptionError:
    reason = getattr(error, "reason", "") or ""
    if "MISMATCH" in reason:
        where = spec.key or "the same file"
        return OptionError("key", "the key of the certificate", f"another one's, in {where}")
    if isinstance(error, ValueError):
        return OptionError("key", "a key without a pass phrase", "an encrypted one")
    if not spec.key and _has_certificate(certificate):
        return OptionError("key", "a PEM file, as the certificate's holds no key", "nothing")
    if spec.key and _has_certificate(certificate):
        return OptionError("key", "a PEM file with a private key", spec.key)
    return OptionError("certificate", "a PEM file with a certificate", spec.certificate)


def _has_certificate(path: Path) -> bool:
    return b"-----BEGIN CERTIFICATE-----" in path.read_bytes()


def _no_password() -> str:
    raise ValueError("encrypted")
