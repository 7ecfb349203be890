"""Forms built from declared options."""
