"""Pictures of the real window over real traffic, and the lints that judge them: `python -m vaurien_gui.screens`.

`story` brings the window into each state, `camera` photographs it in every size, `lints` say what is wrong in it,
`metrics` reads what the engine itself counts, `album` lays the pictures on sheets to be looked at.
"""
