"""The benchmark program itself."""
