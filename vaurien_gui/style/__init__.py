"""Palettes, type, icons."""
