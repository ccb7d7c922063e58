"""Take the values out of a text that a model must not learn: numbers, ids, links, masks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.contacts import Contact, Number
from fanzha.post import Span

__all__ = ["MASKED_VALUE", "MaskedText", "find_masked_values", "mask"]

# One private-use sign for each kind of value, so that it is one character of an n-gram.
_SIGNS: Final = {
    "number": "\ue000",
    "wechat": "\ue001",
    "qq": "\ue002",
    "telegram": "\ue003",
    "link": "\ue004",
    "email": "\ue005",
    "masked": "\ue006",
}
# How platforms blank out a contact: 1**********, xxxxxxxx, [电话], 【微信】, <phone>.
_MASKED_VALUE: Final = re.compile(
    r"1?[*＊●•]{3,}[0-9]{0,4}|(?<![a-z])x{3,}(?![a-z])|x(?:-x)+|[\[<{【](?:电话|手机|手机号|微信|链接|网址|"
    r"号码|tel|phone|url|link|qq|wechat|num|number|contact)[\]>}】]"
)
_DIGITS_OR_RUN: Final = re.compile(r"[0-9]+|\s+|([^0-9\s])\1{3,}")
MASKED_VALUE = "masked"
_LONGEST_RUN = 4
"""Digits beyond the fourth and signs repeated beyond the third say nothing more."""


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A normalized text without values; what n-grams and words are taken from.

    `at` has shape (len(text) + 1,): where each character stands in the normalized text, and last
    that text's length.
    """

    text: str
    at: NDArray[np.int32]

    def span(self, start: int, end: int) -> Span:
        """Give the span in the normalized text of `text[start:end]`, which is not empty."""
        return Span(int(self.at[start]), int(self.at[end]))

    def cut(self, start: int, end: int) -> MaskedText:
        """Give the text from `start` to `end` as a text of its own."""
        return MaskedText(self.text[start:end], self.at[start : end + 1])


def find_masked_values(text: str) -> tuple[Span, ...]:
    """Find the places where a platform blanked out a contact in a normalized text."""
    return tuple(Span(*found.span()) for found in _MASKED_VALUE.finditer(text))


def mask(text: str, contacts: Sequence[Contact], numbers: Sequence[Number]) -> MaskedText:
    """Write each value as one sign of its kind, other digits as 0, and shorten long runs.

    Examples
    --------
    >>> mask("加我，，，，，，满300减20", [], []).text
    '加我，，，满000减00'
    """
    values = [(contact.at, _SIGNS[contact.kind]) for contact in contacts]
    values += [(number.at, _SIGNS["number"]) for number in numbers]
    values += [(span, _SIGNS["masked"]) for span in find_masked_values(text)]
    pieces: list[tuple[str, range]] = []
    done = 0
    for span, sign in sorted(values):
        if span.start < done or span.end <= span.start:
            continue
        pieces.extend(_plain(text, done, span.start))
        pieces.append((sign, range(span.start, span.start + 1)))
        done = span.end
    pieces.extend(_plain(text, done, len(text)))
    at = np.fromiter(chain.from_iterable(at for _, at in pieces), dtype=np.int32)
    return MaskedText("".join(piece for piece, _ in pieces), np.append(at, np.int32(len(text))))


def _plain(text: str, start: int, end: int) -> list[tuple[str, range]]:
    """Give the pieces of a stretch without values, digits as 0 and runs shortened."""
    pieces: list[tuple[str, range]] = []
    for run in _DIGITS_OR_RUN.finditer(text, start, end):
        first, last = run.span()
        pieces.append((text[start:first], range(start, first)))
        sign = text[first]
        if "0" <= sign <= "9":
            kept, sign = min(last - first, _LONGEST_RUN), "0"
        elif run.group(1):
            kept = _LONGEST_RUN - 1
        else:
            kept, sign = 1, " "
        pieces.append((sign * kept, range(first, first + kept)))
        start = last
    pieces.append((text[start:end], range(start, end)))
    return pieces
