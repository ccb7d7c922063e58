"""Runs of sentences of a longer post, which are scored by themselves."""

from __future__ import annotations

from typing import Final

from fanzha.late_pattern import late_pattern

__all__ = ["LEAST_CHARS", "MOST_CHARS", "MOST_SENTENCES", "SHORT_POST", "find_windows"]

SHORT_POST: Final = 48
"""Characters up to which a post has no windows."""
MOST_CHARS: Final = 60
"""Of a window, and ..."""
MOST_SENTENCES: Final = 8
"""... as many sentences."""
LEAST_CHARS: Final = 6
"""Of a window too; a word or two alone says too little, and that too loudly. Where values are
masked, little is left of a sentence: of 花呗套现秒到加微信 abc_518 six characters."""

_SENTENCE_END: Final = late_pattern(r"[\n。!?;~ ]+")
_BLANKS: Final = "\n "


def find_windows(text: str) -> list[tuple[int, int]]:
    """Give where the windows of a text begin and end; a short text has none.

    All runs of at most `MOST_SENTENCES` whole sentences that have `LEAST_CHARS` to `MOST_CHARS`
    characters together, without the blanks behind the last. O(len(text)).
    """
    if len(text) <= SHORT_POST:
        return []
    edges = [0]
    for end in (*(found.end() for found in _SENTENCE_END.finditer(text)), len(text)):
        # A sentence longer than a window is cut wherever that may be.
        while end - edges[-1] > MOST_CHARS:
            edges.append(edges[-1] + MOST_CHARS)
        if end > edges[-1]:
            edges.append(end)
    found = []
    for first, start in enumerate(edges):
        for end in edges[first + 1 : first + 1 + MOST_SENTENCES]:
            if end - start > MOST_CHARS:
                break
            # A post alone does not end in a blank either.
            length = len(text[start:end].rstrip(_BLANKS))
            if length >= LEAST_CHARS:
                found.append((start, start + length))
    return found
