"""What an attack is given: a post with the terms to hide in it, and how many it should touch."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from fanzha.lexicon import Lexicon
from fanzha.normalize import normalize
from fanzha.post import Span

__all__ = ["STRENGTHS", "Strength", "Target", "choose_terms", "find_terms", "is_han"]

_GROUPS: Final = frozenset({"credit_line", "cash_verb", "contact_word", "service_claim"})


@dataclass(frozen=True, slots=True)
class Strength:
    """Shares of the listed terms touched, of their characters, and of all other characters.

    A term that is touched is so in one character at least. `padding` is the honest text's length
    in lengths of the post.
    """

    name: str
    terms: float
    signs: float
    others: float
    padding: float


STRENGTHS: Final = (
    Strength("low", 0.5, 0.0, 0.0, 1.0),
    Strength("middle", 1.0, 0.5, 0.0, 3.0),
    Strength("high", 1.0, 1.0, 0.1, 10.0),
)


@dataclass(frozen=True, slots=True)
class Target:
    """A post to attack; `terms` are where listed terms stand plainly in it."""

    text: str
    terms: tuple[Span, ...]


def find_terms(text: str, lexicon: Lexicon) -> tuple[Span, ...]:
    """Give the places in a post of the terms that an attack hides; overlapping ones joined."""
    normal = normalize(text)
    spans = [
        normal.span(match.at.start, match.at.end)
        for match in lexicon.find(normal.text)
        if match.group in _GROUPS
    ]
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and joined[-1].end > span.start:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def choose_terms(target: Target, strength: Strength, draw: random.Random) -> list[Span]:
    """Draw the strength's share of the target's terms, at least one if there is any; in order."""
    n = max(1, round(strength.terms * len(target.terms)))
    return sorted(draw.sample(target.terms, min(n, len(target.terms))))


def is_han(sign: str) -> bool:
    """Tell whether a character stands in Unicode's first Han block, as all everyday ones do."""
    return "\u4e00" <= sign <= "\u9fff"
