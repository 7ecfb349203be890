"""INI text <-> Profile."""
