"""SMTP (RFC 5321) with PIPELINING, CHUNKING, AUTH and STARTTLS: what is said line by line, and messages."""

from vaurien_core.protocols.smtp.protocol import Smtp

__all__ = ["Smtp"]
