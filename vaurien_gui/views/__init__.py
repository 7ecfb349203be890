"""Widgets: they show values and emit intentions."""
