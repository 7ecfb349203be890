"""Values that every layer shares: frozen, without I/O."""
