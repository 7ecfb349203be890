"""The import name that the old documentation promises."""
