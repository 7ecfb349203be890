"""What must not be seen in a picture, one lint a file. Each takes a widget on screen and returns sentences.

`cut` (text wider or higher than its box), `overlap` (siblings and words over one another), `contrast` (measured in the
pixels of the rendered picture) and `graphs` (empty or wrong while the engine counts).
"""
