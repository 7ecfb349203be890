"""Deciding what is shown; no widgets."""
