"""The built-in demo: an HTTP backend with varied answers, and a client that keeps asking."""
