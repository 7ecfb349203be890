"""Protocol machines: sans-io framers and error catalogues, one file (or package) per protocol."""
