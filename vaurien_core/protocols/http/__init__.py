"""HTTP/1.1 and 1.0 (RFC 9110, RFC 9112): requests and answers of a connection, and errors that clients understand."""

from vaurien_core.protocols.http.protocol import Http

__all__ = ["Http"]
