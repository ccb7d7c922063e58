"""Tell a term from the ghost of one: characters that belong to honest words around them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from fanzha.late_pattern import late_pattern
from fanzha.lexicon import MAX_TERM_CHARS, Match
from fanzha.post import Span
from fanzha.segment import Segmenter

__all__ = ["WINDOW", "coincidence", "cuts_words", "find_ghosts", "lies_in_words"]

WINDOW: Final = 5
"""How many characters on either side decide how a place is cut into words."""
_BREAKS: Final = late_pattern("[\n,，。!?;:、 ]")
_MOST_REMEMBERED: Final = 1 << 12
"""Spam is written by the template: the same few words stand around the same disguise."""
_LEAST_COUNT = 3
"""A pair that jieba's dictionary counts less often is an accident of its corpus."""


def find_ghosts(segmenter: Segmenter, text: str, matches: Sequence[Match]) -> frozenset[Span]:
    """Give the places of two-character verbs of cashing out whose edges words reach over.

    A verb near a credit product stands, whatever surrounds it.

    Examples
    --------
    >>> from fanzha.lexicon import Lexicon
    >>> lexicon = Lexicon.load()
    >>> text = "积极争取现在的机会"
    >>> find_ghosts(Segmenter(["取现"]), text, lexicon.find(text))
    frozenset({Span(start=3, end=5)})
    """
    verbs = [one for one in matches if one[2] == "cash_verb" and len(one.term) == 2]
    if not verbs:
        return frozenset()
    credit = sorted({match.at for match in matches if match.group == "credit_line"})
    found: set[Span] = set()
    for match in verbs:
        start, end = match.start, match.end
        reach = Span(max(0, start - 2 * WINDOW), end + 2 * WINDOW)
        if _any_overlaps(credit, reach):
            continue
        before = _BREAKS.split(text[max(0, start - WINDOW) : start])[-1]
        after = _BREAKS.split(text[end : end + WINDOW])[0]
        if cuts_words(segmenter, before, match.term, after, both=True):
            found.add(match.at)
    return frozenset(found)


def _any_overlaps(spans: Sequence[Span], reach: Span) -> bool:
    """Tell whether one of the terms' sorted spans overlaps `reach`."""
    at = bisect_left(spans, Span(reach.start - MAX_TERM_CHARS, 0))
    while at < len(spans) and spans[at].start < reach.end:
        if reach.overlaps(spans[at]):
            return True
        at += 1
    return False


@lru_cache(maxsize=_MOST_REMEMBERED)
def cuts_words(
    segmenter: Segmenter, before: str, term: str, after: str, *, both: bool = False
) -> bool:
    """Tell whether words reach over the term's edges, as 争取|现在 over those of 取现.

    With `both` only where one does so at either edge.

    Examples
    --------
    >>> cuts_words(Segmenter(["取现"]), "积极争", "取现", "在的机会")
    True
    >>> cuts_words(Segmenter(["取现"]), "花呗", "取现", "秒到")
    False
    """
    # Cutting the place once takes less than asking for all words that might reach over an edge.
    if not _crosses(segmenter, before, term, after, both=both):
        return False
    left = bool(before) and _known(segmenter, before, term, at_start=True)
    if left is not both:
        return left
    return bool(after) and _known(segmenter, after, term, at_start=False)


def _crosses(segmenter: Segmenter, before: str, term: str, after: str, *, both: bool) -> bool:
    """Tell whether tokens cross an edge of the term, or both, as the place is cut into words."""
    if not (before and after if both else before or after):
        return False
    start, end = len(before), len(before) + len(term)
    at, crossed_left, crossed_right = 0, False, False
    for token in segmenter.segment_known(before + term + after):
        crossed_left |= at < start < at + len(token)
        crossed_right |= at < end < at + len(token)
        at += len(token)
    return crossed_left and crossed_right if both else crossed_left or crossed_right


def lies_in_words(
    segmenter: Segmenter, before: str, written: str, after: str, strange: Iterable[int]
) -> bool:
    """Tell whether an honest word holds one of the characters at `strange` places of `written`."""
    return _lies_in_words(segmenter, before, written, after, tuple(strange))


@lru_cache(maxsize=_MOST_REMEMBERED)
def _lies_in_words(
    segmenter: Segmenter, before: str, written: str, after: str, strange: tuple[int, ...]
) -> bool:
    start = len(before)
    at = 0
    for token in segmenter.segment_known(before + written + after):
        end = at + len(token)
        if (
            len(token) > 1
            and any(at <= start + place < end for place in strange)
            and (len(token) > 2 or segmenter.frequency(token) > _LEAST_COUNT)
        ):
            return True
        at = end
    return False


@lru_cache(maxsize=1 << 14)
def coincidence(segmenter: Segmenter, written: str) -> float:
    """Give how often chance brings these words together in 60 million words of honest text."""
    rate = float(segmenter.total)
    for token in segmenter.segment_known(written):
        rate *= max(segmenter.frequency(token), 1) / segmenter.total
    return rate


def _known(segmenter: Segmenter, outside: str, term: str, *, at_start: bool) -> bool:
    """Tell whether any dictionary word reaches over one edge of the term."""
    for n_outside in range(1, min(3, len(outside)) + 1):
        for n_inside in range(1, min(3, len(term)) + 1):
            if at_start:
                word = outside[-n_outside:] + term[:n_inside]
            else:
                word = term[-n_inside:] + outside[:n_outside]
            if segmenter.frequency(word) > 0:
                return True
    return False
