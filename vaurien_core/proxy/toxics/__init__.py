"""Faults mounted on the streams of every connection of a proxy: between the behavior of an exchange and the socket."""
