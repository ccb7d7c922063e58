"""The first look at posts as they were written: what may be found in them, before they are read."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.alterations import REACH, Alterations
from fanzha.candidates import Candidate, Examiner
from fanzha.disguises import Disguises
from fanzha.handles import (
    AROUND,
    MOST_TERMS,
    PAIR,
    ROW,
    TEAR,
    Lead,
    LookHandle,
    LookTables,
    SieveHandle,
)  # fmt: skip
from fanzha.kernel import load_kernel, need_kernel
from fanzha.look_tables import CONTEXT_BITS, DULL_BITS, make_tables, prepare_tables
from fanzha.normalize import Changes, NormalizedText
from fanzha.numerals import fold_numerals
from fanzha.parts import as_drawn
from fanzha.prepared import Prepared
from fanzha.results import Sights
from fanzha.segment import Segmenter
from fanzha.syllables import BARRIER, Symbols

__all__ = [
    "ALL",
    "ALOUD",
    "CHANGED",
    "CONTACTS",
    "LEAD",
    "MASKED",
    "NUMBERS",
    "NUMERALS",
    "TRACE",
    "Look",
]

NUMBERS, CONTACTS, MASKED, TRACE, CHANGED, LEAD, NUMERALS, ALOUD = (1 << n for n in range(8))
"""What may be found in a post; `CHANGED` says that folding changes it, `LEAD` that a closer look
tells whether there is a `TRACE`, `NUMERALS` that some may be read as digits, `ALOUD` that digits
of `NUMBERS` may be disguised."""
ALL: Final = NUMBERS | CONTACTS | MASKED | TRACE | CHANGED | NUMERALS | ALOUD

_FAR: Final = 40
_NO_BARRIER: Final = "x"
_PROBES: Final = 32
"""Places of `dull` and of `contexts` in which a key may stand."""
_MOST_JUDGED: Final = 1 << 14
_EXPLAINING: Final = threading.Lock()
"""Held while something is written into `contexts`."""


class Look:
    """Tells of posts what may be found in them, and what a screen makes of them.

    Never wrong where it says that nothing is there. Quick: a table over code points, then hashes.

    Parameters
    ----------
    disguises, examiner, alterations
        What restores terms.
    drawn
        For each code point the one that it looks like.
    segmenter
        The dictionary of the words that marks may tear.
    tables
        The tables as they were prepared; left out, they are built when they are first needed.
    """

    def __init__(
        self,
        disguises: Disguises,
        examiner: Examiner,
        alterations: Alterations,
        drawn: NDArray[np.uint32],
        *,
        segmenter: Segmenter,
        tables: LookTables | None = None,
    ) -> None:
        self._prepared = tables
        self._disguises = disguises
        self._examiner = examiner
        self._alterations = alterations
        self._drawn = drawn
        self._segmenter = segmenter
        # Keys of writings that are not dull.
        self._judged: set[int] = set()

    def see(
        self,
        posts: Sequence[str],
        sieve: SieveHandle | None = None,
        cuts: NDArray[np.float64] | None = None,
    ) -> Sights | None:
        """Look at posts; None where there is no kernel. O(total characters).

        With `cuts`, shape (n_labels,), the spots that are not below them are found too.
        """
        kernel = load_kernel()
        if kernel is None:
            return None
        sights = kernel.look(self.handle, self._segmenter.handle, sieve, posts, cuts)
        kept = []
        for lead in sights.leads:
            if lead.key and lead.key not in self._judged and self._is_dull(lead):
                self._remember(lead.key)
            else:
                sights.seen[lead.post] |= LEAD
                kept.append(lead)
        return sights._replace(leads=kept)

    def normalize(self, posts: Sequence[str], seen: Iterable[int]) -> list[NormalizedText] | None:
        """Give what `normalize` gives of posts, where `see` has seen this; None without a kernel.

        O(total characters).
        """
        kernel = load_kernel()
        if kernel is None:
            return None
        texts = []
        for post, what, text, origin in zip(
            posts, seen, *kernel.fold(self.handle, posts), strict=True
        ):
            written = fold_numerals(text) if what & NUMERALS else text
            changes = Changes(post) if what & CHANGED or written != post else ()
            texts.append(NormalizedText(post, written, origin, changes))
        return texts

    def columns(
        self, posts: Sequence[str], sieve: SieveHandle
    ) -> tuple[list[NDArray[np.int32]], NDArray[np.int64]]:
        """Give the numbers of a screen's n-grams in each post, and how many signs each has.

        Raises
        ------
        FanzhaError
            There is no kernel.
        """
        kernel = need_kernel("a screen's n-grams cannot be found")
        found = [kernel.columns(self.handle, sieve, post) for post in posts]
        return [columns for columns, _ in found], np.array([n for _, n in found], dtype=np.int64)

    @cached_property
    def handle(self) -> LookHandle:
        """The tables as the kernel takes them."""
        return LookHandle(
            self._prepared or make_tables(self._disguises, self._alterations, self._drawn)
        )

    def candidates(self, written: NormalizedText, leads: Sequence[Lead]) -> list[Candidate] | None:
        """Give all candidates of a post's normalized text, by its leads.

        As a search of the whole text gives them, in its order; None where the leads do not tell.
        O(leads).
        """
        text = written.text
        drawn = as_drawn(written) if any(lead.number == PAIR for lead in leads) else text
        shaped: list[tuple[tuple[int, int, int], Candidate]] = []
        altered: list[Candidate] = []
        done = 0
        for lead in leads:
            if lead.number == PAIR:
                # A term's first own character stands no later than in the pair.
                first, end = max(done, lead.first - REACH, 0), lead.first + 2
                altered += self._altered_at(text, drawn, range(first, end))
                done = max(done, end)
            elif lead.number in {TEAR, ROW}:
                continue
            elif not lead.n_shape:
                return None
            else:
                order = (lead.drawn, lead.last, lead.first)
                shaped += [(order, found) for found in self._shaped_at(text, lead)]
        shaped.sort(key=itemgetter(0))
        plain = [found for (drawn, _, _), found in shaped if not drawn]
        return [*plain, *altered, *(found for (drawn, _, _), found in shaped if drawn)]

    def _altered_at(self, text: str, drawn: str, places: range) -> list[Candidate]:
        if not places:
            return []
        # Neither a term nor what is asked of its surroundings reaches further.
        first = max(0, places.start - _FAR)
        near, near_drawn = (some[first : places.stop + _FAR] for some in (text, drawn))
        near_places = range(places.start - first, places.stop - first)
        barred = self._disguises.alphabet.bar(near)
        return [
            replace(
                one,
                start=one.start + first,
                end=one.end + first,
                places=tuple((start + first, end + first) for start, end in one.places),
            )
            for one in self._alterations.find(near, near_drawn, barred, near_places)
        ]

    def _shaped_at(self, text: str, lead: Lead) -> list[Candidate]:
        if lead.whole and self._examiner.runs_on(text, lead.first, lead.last):
            return []
        before, size, after = lead.n_before, lead.n_shape, lead.n_after
        bits = lead.barriers
        marks = [
            *(bits >> bit & 1 for bit in range(before)),
            *[0] * size,
            *(bits >> (AROUND + bit) & 1 for bit in range(after)),
        ]
        string = "".join([BARRIER if mark else _NO_BARRIER for mark in marks])
        symbols = Symbols(string, np.array(lead.at[: len(marks)], dtype=np.int64))
        shapes = self._disguises.shapes[lead.number]
        found = [
            self._examiner.examine(text, symbols, before, before + size, shape) for shape in shapes
        ]
        return [one for one in found if one is not None]

    def _is_dull(self, lead: Lead) -> bool:
        """Tell whether no shape of this number is more than chance, wherever it is written so.

        Remembers what else explains it, for the kernel.
        """
        written = "".join(map(chr, lead.codes[: lead.n_codes]))
        marked = not lead.whole
        shapes = [
            shape
            for shape in self._disguises.shapes[lead.number]
            if not self._examiner.is_dull(shape, written, marked=marked)
        ]
        if shapes:
            if len(self._judged) >= _MOST_JUDGED:
                self._judged.clear()
            self._judged.add(lead.key)
            ways = [self._examiner.explanation(one, written, marked=marked) for one in shapes]
            self._explain(lead.key, [way for way in ways if way is not None], len(ways))
        return not shapes

    def _explain(self, key: int, ways: Sequence[tuple[str, Sequence[int]]], n_shapes: int) -> None:
        """Let the kernel see what explains a writing, if something does for each of its shapes."""
        if len(ways) < n_shapes or n_shapes > MOST_TERMS:
            return
        contexts = self.handle.tables.contexts
        slot = key >> (64 - CONTEXT_BITS)
        with _EXPLAINING:
            for _ in range(_PROBES):
                context = contexts[slot]
                if context["key"] == key:
                    return
                if not context["key"]:
                    _fill(context, key, ways)
                    return
                slot = (slot + 1) % len(contexts)

    def _remember(self, key: int) -> None:
        # What is dull does not change, so that it does not matter which thread remembers or
        # forgets it, and when.
        dull = self.handle.tables.dull
        slot = key >> (64 - DULL_BITS)
        for _ in range(_PROBES):
            if dull[slot] in (0, key):
                dull[slot] = key
                return
            slot = (slot + 1) % len(dull)
        dull[:] = 0

    def prepare(self) -> Prepared:
        """Give the tables as `fanzha.look_tables.tables_of` takes them."""
        return prepare_tables(self.handle.tables)


def _fill(context: NDArray[Any], key: int, ways: Sequence[tuple[str, Sequence[int]]]) -> None:
    for number, (term, strange) in enumerate(ways):
        context["terms"][number, : len(term)] = list(map(ord, term))
        context["sizes"][number] = len(term)
        context["strange"][number] = sum(1 << place for place in strange)
    context["n"] = len(ways)
    # Another thread may be reading: what is found by its key is complete, and stays.
    context["key"] = key
