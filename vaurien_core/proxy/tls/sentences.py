"""What went wrong with TLS, in words: whose doing it was, why, and what can be done about it."""

from __future__ import annotations

import ssl

_TRUST_ALERTS = {
    "TLSV1_ALERT_UNKNOWN_CA": "it does not know the authority",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not accept the certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it calls the certificate bad",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the certificate has expired",
}
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "RECORD_LAYER_FAILURE"})
_WAY_IN = "WRONG_VERSION_NUMBER"


class TlsError(Exception):
    """The TLS of one side failed; the text is a sentence for the journal.

    Attributes:
        unverified: the peer speaks TLS, but its certificate isn't to be trusted.
    """

    def __init__(self, sentence: str, *, unverified: bool = False) -> None:
        super().__init__(sentence)
        self.unverified = unverified


def backend_problem(error: Exception | None, backend: str, name: str, verify: str) -> TlsError:
    """Why TLS to the backend failed.

    Args:
        error: of the handshake or the stream; None: the backend closed.
        backend: its address.
        name: the one that was asked for and verified.
        verify: `backend_verify` as it is set.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        trusted = "the system's authorities" if verify in ("", "yes") else verify
        return TlsError(
            f"The certificate of the backend {backend} can't be verified for {name} by {trusted}: {why}. Set "
            "backend_verify to a PEM file of the authority (or to no), or backend_name to the name in the certificate.",
            unverified=True,
        )
    if isinstance(error, ssl.SSLError) and (error.reason or "") in _NOT_TLS:
        return TlsError(
            f"The backend {backend} does not speak TLS from the first byte; use backend_tls = off or starttls."
        )
    return TlsError(f"TLS with the backend {backend} failed: {_why(error, 'the backend closed the connection')}.")


def client_problem(error: Exception | None) -> TlsError:
    """Why TLS with a client failed; the same arguments."""
    reason = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    if reason in _TRUST_ALERTS:
        return TlsError(
            f"The client refused the certificate that it was shown: {_TRUST_ALERTS[reason]}. "
            "Let it trust the certificate's authority."
        )
    if reason in _NOT_TLS:
        return TlsError("The client does not speak TLS, and tls = terminate expects it to.")
    return TlsError(f"TLS with the client failed: {_why(error, 'it closed the connection in the handshake')}.")


def _why(error: Exception | None, closed: str) -> str:
    if error is None:
        return closed
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).lower().replace("_", " ")
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]
