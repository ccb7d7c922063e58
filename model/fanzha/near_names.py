"""The names that look or sound most like one that nobody bears."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Final

from fanzha.normalize import normalize
from fanzha.syllables import fold_syllable, readings

__all__ = ["nearest"]

_LIKE: Final = 0.5
_ALIKE_IN_SOUND: Final = 0.8
_INSIDE: Final = 0.75
"""Likeness of a name that the other contains, as 抖音 in 抖音月付官方."""
_MOST_CHARS: Final = 40


def nearest(name: str, names: Mapping[str, str], most: int) -> tuple[str, ...]:
    """Give up to `most` owners of the names most like `name`, the likest first.

    Parameters
    ----------
    names
        Owner by name, in lower case.

    Notes
    -----
    O(names) for names of bounded length; `name` is read up to its 40th character.

    Examples
    --------
    >>> owners = {"抖音": "抖音", "douyin": "抖音", "快手": "快手", "京东": "京东"}
    >>> nearest("抖因", owners, 3), nearest("kuaishou", owners, 3), nearest("星巴克", owners, 3)
    (('抖音',), ('快手',), ())
    """
    asked = normalize(name[:_MOST_CHARS]).text.strip()
    likeness: dict[str, float] = {}
    if asked:
        sound = _spelled(asked)
        for known, owner in names.items():
            found = _likeness(asked, sound, known)
            if found > likeness.get(owner, 0.0):
                likeness[owner] = found
    ranked = sorted(likeness, key=lambda owner: -likeness[owner])
    return tuple(ranked[:most])


def _likeness(asked: str, sound: str, known: str) -> float:
    """Give how like two names are, in [0, 1]; 0 for names that nobody would confuse."""
    inside = min(len(asked), len(known)) > 1 and (known in asked or asked in known)
    looks = SequenceMatcher(None, asked, known).ratio()
    sounds = SequenceMatcher(None, sound, _spelled(known)).ratio()
    return max(
        _INSIDE + looks / 10 if inside else 0.0,
        looks if looks >= _LIKE else 0.0,
        sounds if sounds >= _ALIKE_IN_SOUND else 0.0,
    )


def _spelled(name: str) -> str:
    """Write a name as it sounds: syllables without tone, other characters as they are."""
    return "".join(fold_syllable(found[0]) if (found := readings(sign)) else sign for sign in name)
