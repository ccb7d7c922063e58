"""Which of many texts show a trace of a disguise; the others need no closer look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.alterations import REACH, Alterations
from fanzha.candidates import Examiner
from fanzha.disguises import Disguises
from fanzha.sheet import Sheet
from fanzha.syllables import BARRIER, Symbols

__all__ = ["Traces"]

# A barrier that nothing reaches over, kept apart from a text's own marks: marks with one
# character between them part nothing.
_FILLER: Final = "\U000f0000"
_GAP: Final = f"{_FILLER}{_FILLER}{BARRIER}{_FILLER}{_FILLER}"
_MOST_REMEMBERED: Final = 1 << 15
"""The same few words that sound like a term stand everywhere."""
_PAIR_BITS: Final = 20
_SHIFT: Final = np.uint32(32 - _PAIR_BITS)
_FACTORS: Final = (np.uint32(0x9E3779B1), np.uint32(0x85EBCA77))


class _Pairs:
    """A set of pairs of characters with a test over whole arrays."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = frozenset(pairs)
        self._table = np.zeros(1 << _PAIR_BITS, dtype=np.bool_)
        first, second = (
            np.array([ord(pair[at]) for pair in self._pairs], dtype=np.uint32) for at in (0, 1)
        )
        self._table[_slots(first, second)] = True

    def places(self, sheet: Sheet, far: int) -> list[int]:
        """Give where a pair begins whose characters stand `far` apart."""
        likely = np.flatnonzero(self._table[_slots(sheet.codes[:-far], sheet.codes[far:])])
        text = sheet.text
        return [at for at in likely.tolist() if (text[at], text[at + far]) in self._pairs]


class Traces:
    """Tells over whole arrays which texts may hold a disguised term.

    Parameters
    ----------
    disguises, examiner, alterations
        What restores terms; a text has a trace where any of them has a candidate, and seldom
        else.
    drawn
        For each code point the one that it looks like.
    """

    def __init__(
        self,
        disguises: Disguises,
        examiner: Examiner,
        alterations: Alterations,
        drawn: NDArray[np.uint32],
    ) -> None:
        self._disguises = disguises
        self._examiner = examiner
        self._alterations = alterations
        self._drawn = drawn
        self._dull: dict[tuple[int, str], bool] = {}
        beside, rare = alterations.neighbours()
        self._beside = _Pairs(beside)
        self._apart = _Pairs(alterations.successions())
        self._rare = np.zeros(len(drawn), dtype=np.bool_)
        self._rare[[ord(sign) for sign in rare]] = True
        self._own = np.zeros(len(drawn), dtype=np.bool_)
        self._own[[ord(sign) for sign in alterations.signs]] = True

    def shown(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which normalized texts show a trace, shape (len(texts),); O(total characters)."""
        sheet = Sheet.of(texts, _GAP)
        alphabet = self._disguises.alphabet
        found = self._altered(sheet)
        self._mark(sheet, alphabet.write(sheet.text, sheet.codes), found)
        # Signs that mean something may also mean nothing, and look-alikes be what they are like.
        signed = np.flatnonzero(sheet.holders(alphabet.signed[sheet.codes]) & ~found)
        if len(signed):
            part = Sheet.of([texts[number] for number in signed.tolist()], _GAP)
            again = np.zeros(len(signed), dtype=np.bool_)
            self._mark(part, alphabet.write(part.text, part.codes, signs=False), again)
            found[signed] |= again
        drawn = self._drawn[sheet.codes]
        likes = np.flatnonzero(sheet.holders(drawn != sheet.codes) & ~found)
        if len(likes):
            part = Sheet.of([texts[number] for number in likes.tolist()], _GAP)
            again = np.zeros(len(likes), dtype=np.bool_)
            self._mark(part, alphabet.write(part.text, self._drawn[part.codes]), again)
            found[likes] |= again
        return found

    def _mark(self, sheet: Sheet, symbols: Symbols, found: NDArray[np.bool_]) -> None:
        """Mark the texts in which a shape stands that is no plain term."""
        hits = self._disguises.automaton.find_overlapping(symbols.string)
        if not hits:
            return
        shapes, examine, text = self._disguises.shapes, self._examiner.examine, sheet.text
        firsts = symbols.at[[start for start, _, _ in hits]]
        lasts = symbols.at[[end - 1 for _, end, _ in hits]]
        owners = sheet.owners(firsts).tolist()
        rows = zip(owners, firsts.tolist(), lasts.tolist(), hits, strict=True)
        for owner, first, last, (start, end, number) in rows:
            if found[owner]:
                continue
            if last - first == end - start - 1 and self._is_dull(number, text[first : last + 1]):
                continue
            found[owner] = any(
                examine(text, symbols, start, end, shape) is not None for shape in shapes[number]
            )

    def _is_dull(self, number: int, written: str) -> bool:
        """Tell whether no shape of this number is more than chance; remembers what it said."""
        known = self._dull.get((number, written))
        if known is None:
            if len(self._dull) >= _MOST_REMEMBERED:
                self._dull.clear()
            known = all(
                self._examiner.is_dull(shape, written) for shape in self._disguises.shapes[number]
            )
            self._dull[number, written] = known
        return known

    def _altered(self, sheet: Sheet) -> NDArray[np.bool_]:
        barred = self._disguises.alphabet.bar(sheet.text, sheet.codes)
        places = [*self._beside.places(sheet, 1), *self._apart.places(sheet, 2)]
        places += [
            at for at in self._apart.places(sheet, 3) if barred[at + 1] == barred[at + 2] == BARRIER
        ]
        rare, own = self._rare[sheet.codes], self._own[sheet.codes]
        if rare.any():
            near = (rare[:-1] & own[1:]) | (own[:-1] & rare[1:])
            places += np.flatnonzero(near).tolist()
        found = np.zeros(len(sheet.starts), dtype=np.bool_)
        if not places:
            return found
        owners = sheet.owners(np.array(places, dtype=np.int64)).tolist()
        for owner, at in zip(owners, places, strict=True):
            if not found[owner]:
                # A term's first own character stands no later than in the pair.
                near_by = range(max(0, at - REACH), at + 2)
                candidates = self._alterations.find(sheet.text, barred, near_by)
                found[owner] = next(candidates, None) is not None
        return found


def _slots(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (first * _FACTORS[0] + second * _FACTORS[1]) >> _SHIFT
