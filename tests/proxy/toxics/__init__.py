"""Tests of toxics on live connections."""
