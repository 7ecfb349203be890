"""Redis (RESP2, RESP3, inline commands): requests and answers of a connection, and errors that clients understand."""

from vaurien_core.protocols.redis.protocol import Redis

__all__ = ["Redis"]
