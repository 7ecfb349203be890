"""The window of Vaurien: PySide6 views on an engine of `vaurien_core`."""
