"""Measurements, side by side in one run: `make bench`. Loopback only, every run bounded in count and time."""
