"""Everything that serves old-style plugins and the old client."""
