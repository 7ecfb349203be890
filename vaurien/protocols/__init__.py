"""The old import names of what protocols derive from."""
