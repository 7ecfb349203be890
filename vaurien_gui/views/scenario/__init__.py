"""The scenario's tab: the track, the table of phases, and what plays."""
