"""Memcached's text protocol with its meta commands (memcached doc/protocol.txt); the binary one is passed on unread."""

from vaurien_core.protocols.memcache.protocol import Memcache

__all__ = ["Memcache"]
