"""Parts of a post that are scored by themselves: passages of an article, sentences of a post."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fanzha.late_pattern import late_pattern
from fanzha.masking import MaskedText

__all__ = ["LEAST_CHARS", "MOST_SENTENCES", "SENTENCES", "WINDOWS", "WindowKind"]

_SENTENCE_END: Final = late_pattern(r"[\n。!?;~ ]+")
_BLANKS: Final = "\n "
_PASSAGE_STRIDE = 0.5

MOST_SENTENCES: Final = 8
LEAST_CHARS: Final = 10
"""Of a run of sentences; a word or two alone says too little, and that too loudly."""


@dataclass(frozen=True, slots=True)
class WindowKind:
    """A way to cut posts of more than `least_chars` characters into windows of at most `size`.

    `by_sentence` windows are all runs of at most `MOST_SENTENCES` whole sentences that have
    `LEAST_CHARS` together, without the blanks behind the last; others overlap by half, wherever
    they are cut.
    """

    name: str
    least_chars: int
    size: int
    by_sentence: bool

    def cut(self, text: MaskedText) -> list[MaskedText]:
        """Cut a text that is long enough into its windows; a shorter one has none.

        O(len(text)).
        """
        return [text.cut(start, end) for start, end in self.places(text.text)]

    def places(self, text: str) -> list[tuple[int, int]]:
        """Give where the windows of a text begin and end. O(len(text))."""
        if len(text) <= self.least_chars:
            return []
        return list(self._sentences(text) if self.by_sentence else self._passages(text))

    @property
    def stride(self) -> int:
        """How far windows not by sentence begin from each other."""
        return int(self.size * _PASSAGE_STRIDE)

    def _passages(self, text: str) -> Iterator[tuple[int, int]]:
        last = len(text) - self.size
        for start in (*range(0, last, self.stride), last):
            yield start, start + self.size

    def _sentences(self, text: str) -> Iterator[tuple[int, int]]:
        edges = [0]
        for end in (*(found.end() for found in _SENTENCE_END.finditer(text)), len(text)):
            # A sentence longer than a window is cut wherever that may be.
            while end - edges[-1] > self.size:
                edges.append(edges[-1] + self.size)
            if end > edges[-1]:
                edges.append(end)
        for first, start in enumerate(edges):
            for end in edges[first + 1 : first + 1 + MOST_SENTENCES]:
                if end - start > self.size:
                    break
                # A post alone does not end in a blank either.
                length = len(text[start:end].rstrip(_BLANKS))
                if length >= LEAST_CHARS:
                    yield start, start + length


SENTENCES: Final = WindowKind("sentences", 48, 60, by_sentence=True)
"""Runs of whole sentences."""

WINDOWS: Final = (WindowKind("passages", 320, 240, by_sentence=False), SENTENCES)
"""Each kind has its own margin in the model."""
