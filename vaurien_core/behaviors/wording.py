"""Words and figures as behaviors write them into the sentence about their options: `<b>200 ms</b>`, `<b>1.5 KB</b>`."""

from __future__ import annotations


def escape(text: str) -> str:
    """A text within rich text; what knows all entities is imported when a sentence is shown."""
    import html

    return html.escape(text)


def time_text(seconds: float) -> str:
    """`200 ms`, `1.5 s`, `10 us`, `0 s`."""
    if 0 < seconds < 0.001:
        return f"{round(seconds * 1_000_000, 3):g} us"
    return f"{round(seconds * 1000, 3):g} ms" if 0 < seconds < 1 else f"{round(seconds, 3):g} s"


def bytes_text(count: int) -> str:
    """`1 byte`, `65,536 bytes`."""
    return f"{count:,} byte{'' if count == 1 else 's'}"


def varied(middle_s: float, jitter_s: float) -> str:
    """`100 ms ± 20 ms`; without a jitter the middle alone."""
    return f"{time_text(middle_s)} ± {time_text(jitter_s)}" if jitter_s else time_text(middle_s)
