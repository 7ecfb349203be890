"""The old import names of what behaviors derive from."""
