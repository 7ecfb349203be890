"""The graphs: tiles, controls, marker strip and four panels over one time axis."""
