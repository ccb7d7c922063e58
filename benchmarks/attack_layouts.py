"""Attacks by layout: signs between the characters, characters gone or moved, text around them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Final

from attack_targets import Strength, Target, choose_terms, is_han

__all__ = [
    "backwards",
    "deleted",
    "honest_character",
    "mark",
    "padded_after",
    "padded_before",
    "stacked",
    "zero_width",
]

# Format characters without a glyph. Source: Unicode 16, UnicodeData.txt, category Cf.
_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u2063"
_MARKS: Final = ".·•♥★☆_-*~/|丶 。、^=♪◆"
_HONEST: Final = "的了小好大吧啊又有一来和"


def zero_width(sign: str, draw: random.Random) -> str:
    """Put one to three characters without a glyph behind the character."""
    return sign + "".join(draw.choices(_ZERO_WIDTH, k=draw.randint(1, 3)))


def mark(sign: str, draw: random.Random) -> str:
    """Put a mark behind the character, at times twice."""
    return sign + draw.choice(_MARKS) * draw.choice((1, 1, 2))


def honest_character(sign: str, draw: random.Random) -> str:
    """Put one of the commonest characters behind the character."""
    return sign + draw.choice(_HONEST)


def deleted(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Leave out a character of the terms of three and more, at high strength of all."""
    gone: set[int] = set()
    for span in choose_terms(target, strength, draw):
        if span.end - span.start > 2 or strength.name == "high":
            gone.add(draw.randrange(span.start, span.end))
    for at, sign in enumerate(target.text):
        if is_han(sign) and draw.random() < strength.others:
            gone.add(at)
    return "".join(sign for at, sign in enumerate(target.text) if at not in gone)


def stacked(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write terms, or the whole post, one character a line."""
    if strength.name == "high":
        return "\n".join(target.text)
    text = list(target.text)
    for span in choose_terms(target, strength, draw):
        text[span.start] = "\n" + text[span.start]
        text[span.start : span.end] = [f"{sign}\n" for sign in text[span.start : span.end]]
    return "".join(text)


def backwards(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write terms from their last character to their first; at high strength whole lines."""
    if strength.name == "high":
        return "\n".join(line[::-1] for line in target.text.split("\n"))
    text = list(target.text)
    for span in choose_terms(target, strength, draw):
        text[span.start : span.end] = reversed(text[span.start : span.end])
    return "".join(text)


def _padding(
    target: Target, strength: Strength, draw: random.Random, honest: Sequence[str]
) -> Iterable[str]:
    """Draw honest texts until they are as long as the strength asks for."""
    wanted = strength.padding * len(target.text)
    n = 0
    while n < wanted:
        text = draw.choice(honest)
        n += len(text)
        yield text


def padded_before(
    target: Target, strength: Strength, draw: random.Random, honest: Sequence[str]
) -> str:
    """Put honest text before the post."""
    return "\n".join((*_padding(target, strength, draw, honest), target.text))


def padded_after(
    target: Target, strength: Strength, draw: random.Random, honest: Sequence[str]
) -> str:
    """Put honest text after the post."""
    return "\n".join((target.text, *_padding(target, strength, draw, honest)))
