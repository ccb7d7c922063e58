"""Take the values out of a text that a model must not learn: numbers, ids, links, masks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.contacts import Contact, Number
from fanzha.hosts import host_kind
from fanzha.kernel import load_kernel
from fanzha.keys import encode
from fanzha.late_pattern import late_pattern
from fanzha.post import Span
from fanzha.quick import quick

__all__ = ["MASKED_VALUE", "MaskedText", "Values", "find_masked_values", "mask", "mask_many"]

# One private-use sign for each kind of value, so that it is one character of an n-gram; links have
# one for each kind of host.
_SIGNS: Final = {
    "number": "\ue000",
    "wechat": "\ue001",
    "qq": "\ue002",
    "telegram": "\ue003",
    "link": "\ue004",
    "email": "\ue005",
    "masked": "\ue006",
}
_LINK_SIGNS: Final = {
    "plain": _SIGNS["link"],
    "known": "\ue007",
    "short": "\ue008",
    "mixed": "\ue009",
    "cheap": "\ue00a",
}
# How platforms blank out a contact: 1**********, xxxxxxxx, [电话], 【微信】, <phone>.
_MASKED_VALUE: Final = late_pattern(
    r"(?=[1*＊●•x\[<{【])(?:1?[*＊●•]{3,}[0-9]{0,4}|(?<![a-z])x{3,}(?![a-z])|x(?:-x)+|[\[<{【](?:电话|手机|手机号|微信|链接|网址|"
    r"号码|tel|phone|url|link|qq|wechat|num|number|contact)[\]>}】])"
)
_DIGITS_OR_RUN: Final = late_pattern(r"[0-9]+|\s+|([^0-9\s])\1{3,}")
_DIGITS: Final = late_pattern(r"[0-9]+|\s+|(x^)")
MASKED_VALUE = "masked"
_LONGEST_RUN = 4
"""Digits beyond the fourth and signs repeated beyond the third say nothing more."""


@quick
@dataclass(frozen=True, slots=True)
class MaskedText:
    """A normalized text without values; what n-grams and words are taken from.

    `at` has shape (len(text) + 1,): where each character stands in the normalized text, and last
    that text's length.
    """

    text: str
    at: NDArray[np.int32]

    @classmethod
    def whole(cls, text: str) -> MaskedText:
        """Give a text from which nothing was taken."""
        return cls(text, np.arange(len(text) + 1, dtype=np.int32))

    def span(self, start: int, end: int) -> Span:
        """Give the span in the normalized text of `text[start:end]`, which is not empty."""
        return Span(self.at.item(start), self.at.item(end))

    def cut(self, start: int, end: int) -> MaskedText:
        """Give the text from `start` to `end` as a text of its own."""
        return MaskedText(self.text[start:end], self.at[start : end + 1])


class Values(NamedTuple):
    """What is to be masked in a text: its contacts, its numbers, and where one was blanked out."""

    contacts: Sequence[Contact]
    numbers: Sequence[Number]
    blanked: Sequence[Span]


def find_masked_values(text: str) -> tuple[Span, ...]:
    """Find the places where a platform blanked out a contact in a normalized text."""
    return tuple(Span(*found.span()) for found in _MASKED_VALUE.finditer(text))


def mask(
    text: str,
    contacts: Sequence[Contact],
    numbers: Sequence[Number],
    blanked: Sequence[Span] | None = None,
) -> MaskedText:
    """Write each value as one sign of its kind, other digits as 0, and shorten long runs.

    `blanked` is what `find_masked_values` gave, found here when left out. O(len(text)).

    Examples
    --------
    >>> mask("加我，，，，，，满300减20", [], []).text
    '加我，，，满000减00'
    """
    spans = find_masked_values(text) if blanked is None else blanked
    return mask_many([text], [Values(contacts, numbers, spans)])[0]


def mask_many(texts: Sequence[str], values: Sequence[Values]) -> list[MaskedText]:
    """Give what `mask` gives of each text with its values, several times as fast."""
    kept = [_apart(one) for one in values]
    kernel = load_kernel()
    if kernel is None:
        return [_mask_slowly(text, some) for text, some in zip(texts, kept, strict=True)]
    return [MaskedText(text, at) for text, at in kernel.mask(texts, kept)]


def _apart(values: Values) -> Sequence[tuple[int, int, int]]:
    """Give start, end and sign of the values in order, of those that overlap the first."""
    contacts, numbers, blanked = values
    if not (contacts or numbers or blanked):
        return ()
    placed = [(contact.at, _sign_of(contact)) for contact in contacts]
    placed += [(number.at, _SIGNS["number"]) for number in numbers]
    placed += [(span, _SIGNS["masked"]) for span in blanked]
    kept: list[tuple[int, int, int]] = []
    done = 0
    for span, sign in sorted(placed):
        if span.start >= done and span.end > span.start:
            kept.append((span.start, span.end, ord(sign)))
            done = span.end
    return kept


def _sign_of(contact: Contact) -> str:
    if contact.kind == "link":
        return _LINK_SIGNS[host_kind(contact.value)]
    return _SIGNS[contact.kind]


def _mask_slowly(text: str, values: Sequence[tuple[int, int, int]]) -> MaskedText:
    pieces: list[tuple[str, int]] = []
    done = 0
    runs = _DIGITS_OR_RUN if _has_run(text) else _DIGITS
    for start, end, sign in values:
        pieces.extend(_plain(text, done, start, runs))
        pieces.append((chr(sign), start))
        done = end
    pieces.extend(_plain(text, done, len(text), runs))
    masked = "".join([piece for piece, _ in pieces])
    at = np.arange(len(masked) + 1, dtype=np.int32)
    if len(masked) != len(text) or len(pieces) > 1:
        # Each piece stands shifted against the text by what was taken out before it.
        sizes = np.array([len(piece) for piece, _ in pieces], dtype=np.int64)
        firsts = np.array([first for _, first in pieces], dtype=np.int64)
        shifts = firsts - (np.cumsum(sizes) - sizes)
        at[:-1] += np.repeat(shifts, sizes).astype(np.int32)
    at[-1] = len(text)
    return MaskedText(masked, at)


def _has_run(text: str) -> bool:
    """Tell whether a sign stands four times in a row: most texts need not be searched for them."""
    codes = np.frombuffer(encode(text), dtype=np.uint32)
    same = codes[1:] == codes[:-1]
    return bool((same[2:] & same[1:-1] & same[:-2]).any())


def _plain(text: str, start: int, end: int, runs: re.Pattern[str]) -> list[tuple[str, int]]:
    """Give the pieces of a stretch without values, digits as 0 and runs shortened, by place."""
    pieces: list[tuple[str, int]] = []
    for run in runs.finditer(text, start, end):
        first, last = run.span()
        pieces.append((text[start:first], start))
        sign = text[first]
        if "0" <= sign <= "9":
            kept, sign = min(last - first, _LONGEST_RUN), "0"
        elif run.group(1):
            kept = _LONGEST_RUN - 1
        else:
            kept, sign = 1, " "
        pieces.append((sign * kept, first))
        start = last
    pieces.append((text[start:end], start))
    return pieces
