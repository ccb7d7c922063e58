"""The first look at posts as they were written: what may be found in them, before they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.alterations import REACH, Alterations
from fanzha.candidates import Candidate, Examiner
from fanzha.digits import DIGIT_LETTERS, FOREIGN_DIGITS, HAN_DIGITS, MARK, SOUNDED_DIGITS
from fanzha.disguises import Disguises
from fanzha.folding import kernel_tables
from fanzha.handles import AROUND, PAIR, TEAR, Lead, LookHandle, LookTables, SieveHandle
from fanzha.kernel import Sights, load_kernel, need_kernel
from fanzha.keys import MULTIPLIER, SALTS, KeyTable, encode, mix
from fanzha.normalize import Changes, NormalizedText
from fanzha.numerals import fold_numerals
from fanzha.parts import as_drawn
from fanzha.prepared import Prepared
from fanzha.segment import Segmenter
from fanzha.syllables import BARRIER, BESIDE, Symbols

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
    "tables_of",
]

NUMBERS, CONTACTS, MASKED, TRACE, CHANGED, LEAD, NUMERALS, ALOUD = (1 << n for n in range(8))
"""What may be found in a post; `CHANGED` says that folding changes it, `LEAD` that a closer look
tells whether there is a `TRACE`, `NUMERALS` that some may be read as digits, `ALOUD` that digits
of `NUMBERS` may be disguised."""
ALL: Final = NUMBERS | CONTACTS | MASKED | TRACE | CHANGED | NUMERALS | ALOUD

_SIGN: Final = np.dtype([("folded", "<u4"), ("kinds", "<u2"), ("symbol", "<u2")])
_EXPANDS: Final = 0x80000000
_CODE_POINTS: Final = 0x110000
# Kinds of signs; those of `phones`, `digits` and `contacts` first.
_DIGIT, _FOREIGN, _SPOKEN, _SOUND, _LETTER, _ID, _HUNDRED, _MASKING = (1 << n for n in range(8))
_SIGNED, _DRAWN, _WANTED, _RARE, _OWN, _GAP, _LEAD, _LINK = (1 << n for n in range(8, 16))
# What may stand between the signs of a number beside marks: `phones` and `digits`.
_BETWEEN: Final = "\n,，。、:开头的中间后面边最两三四位末尾结接着然再加号巴是拨横杠线空格"
# What may stand between a word that leads to a chat id and the id, and how such words end.
_BEFORE_ID: Final = " \t:：=＝是为号→➡\ufe0f❤♥·|,，()（）[]【】码同联系搜索咨询私聊看@+➕个"
_LEAD_ENDS: Final = "信伩微薇威徽卫维危星群扣叩鹅🐧抠球秋报机✈蝠豆"
_LAST_MARK: Final = 0x1FB00
_NOTHING, _BARRIER, _DEPENDS, _OTHER, _FIRST = range(5)
_SHAPE, _ADJACENT, _SPREAD, _PARTED, _LONGER, _BESIDE_LONGER, _LONGER_APART = range(18, 25)
_DULL_BITS: Final = 16
_FAR: Final = 40
_NO_BARRIER: Final = "x"
_PROBES: Final = 32
"""Places of `dull` in which a key may stand."""


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
            if lead.key and self._is_dull(lead.number, lead.codes[: lead.n_codes]):
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
        return LookHandle(self._prepared or self._tables())

    def altered(self, drawn: str) -> Iterable[int]:
        """Give the places of a normalized text at which a term's first own character may stand
        that has others for some of its own, or stands apart; ascending.

        `drawn` is the text as `parts.as_drawn` gives it.
        """
        kernel = load_kernel()
        if kernel is None:
            return range(len(drawn))
        sights = kernel.look(self.handle, self._segmenter.handle, None, [drawn])
        if sights.crowded:
            return range(len(drawn))
        places: set[int] = set()
        for lead in sights.leads:
            if lead.number == PAIR:
                places.update(range(max(0, lead.first - REACH), lead.first + 2))
        return sorted(places)

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
            elif not lead.n_shape and lead.number != TEAR:
                return None
            elif lead.number != TEAR:
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
        if lead.key and self._examiner.runs_on(text, lead.first, lead.last):
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

    def _is_dull(self, number: int, codes: Iterable[int]) -> bool:
        """Tell whether no shape of this number is more than chance, wherever it is written so."""
        written = "".join(map(chr, codes))
        shapes = self._disguises.shapes[number]
        return all(self._examiner.is_dull(shape, written) for shape in shapes)

    def _remember(self, key: int) -> None:
        # What is dull does not change, so that it does not matter which thread remembers or
        # forgets it, and when.
        dull = self.handle.tables.dull
        slot = key >> (64 - _DULL_BITS)
        for _ in range(_PROBES):
            if dull[slot] in (0, key):
                dull[slot] = key
                return
            slot = (slot + 1) % len(dull)
        dull[:] = 0

    def prepare(self) -> Prepared:
        """Give what `tables_of` takes."""
        tables = self.handle.tables
        arrays: dict[str, NDArray[Any]] = {"signs": tables.signs.view(np.uint64)}
        arrays |= {
            "expansions": tables.expansions,
            "drawn": tables.drawn,
            "numbers": tables.numbers,
            "beginnings": tables.beginnings,
        }
        arrays |= tables.shapes.arrays("shapes") | tables.pairs.arrays("pairs")
        return Prepared(arrays, {"n_symbols": tables.n_symbols})

    def _tables(self) -> LookTables:
        folded, expansions = kernel_tables()
        numbers, symbols = self._number_symbols()
        signs = np.zeros(_CODE_POINTS, dtype=_SIGN)
        kinds = self._kinds()
        one = folded < _CODE_POINTS
        signs["folded"] = folded
        signs["kinds"][one] = kinds[folded[one]]
        signs["symbol"][one] = symbols[folded[one]]
        shapes, ends, beginnings = self._shape_tables(numbers)
        near = self._alterations.neighbours()
        pairs = [
            _part_keys(some, kind)
            for some, kind in (
                (near.exchanged, _ADJACENT), (near.spread, _SPREAD), (near.parted, _PARTED),
                (near.long_exchanged, _LONGER), (near.long_beside, _BESIDE_LONGER),
                (near.long_apart, _LONGER_APART),
            )
        ]  # fmt: skip
        signs["kinds"][np.isin(folded, _codes(near.own))] |= _OWN
        signs["kinds"][np.isin(folded, _codes(near.rare))] |= _RARE
        # A traditional one may be drawn like a term's own though it folds to an everyday one.
        signs["kinds"][_codes(near.rare)] |= _RARE
        return LookTables(
            signs=signs,
            expansions=expansions,
            drawn=symbols[self._drawn],
            shapes=shapes,
            numbers=ends,
            beginnings=beginnings,
            n_symbols=len(numbers) + _FIRST,
            pairs=KeyTable.of(np.unique(np.concatenate(pairs))),
            dull=_nothing_dull(),
        )

    def _kinds(self) -> NDArray[np.uint16]:
        """Give what each folded sign may be part of."""
        alphabet = self._disguises.alphabet
        kinds = np.zeros(_CODE_POINTS, dtype=np.uint16)
        digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyz"
        wanted = "".join(sign for signs in alphabet.beside.values() for sign in signs)
        single = "".join(sign for sign in alphabet.reads if sign not in alphabet.beside)
        for signs, kind in (
            (digits, _DIGIT | _SPOKEN | _ID),
            (letters, _LETTER | _ID),
            ("_-", _ID),
            (FOREIGN_DIGITS, _FOREIGN),
            (HAN_DIGITS + DIGIT_LETTERS, _SPOKEN),
            ("百佰", _SPOKEN | _HUNDRED),
            (SOUNDED_DIGITS, _SOUND),
            ("*＊●•x[<{【", _MASKING),
            (wanted, _WANTED),
            (single, _SIGNED),
            ("".join(re.findall(MARK, "".join(map(chr, range(_LAST_MARK))))), _GAP),
            (_BETWEEN, _GAP),
            (_BEFORE_ID, _LINK),
            (_LEAD_ENDS, _LEAD),
        ):
            kinds[_codes(signs)] |= np.uint16(kind)
        kinds[np.flatnonzero(alphabet.signed)] |= np.uint16(_SIGNED)
        kinds[np.flatnonzero(self._drawn != np.arange(_CODE_POINTS))] |= np.uint16(_DRAWN)
        # A shape of one symbol is always looked at.
        short = {ord(shape) for shape in self._disguises.strings if len(shape) == 1}
        kinds[np.isin(alphabet.table, list(short))] |= np.uint16(_SIGNED)
        return kinds

    def _number_symbols(self) -> tuple[dict[str, int], NDArray[np.uint16]]:
        """Number the symbols of shapes, and give each code point's."""
        used = sorted({symbol for shape in self._disguises.strings for symbol in shape})
        numbers = {symbol: number for number, symbol in enumerate(used, _FIRST)}
        table = self._disguises.alphabet.table
        known = np.array(_codes(used), dtype=np.uint32)
        where = np.minimum(np.searchsorted(known, table), len(known) - 1)
        symbols = np.where(known[where] == table, where + _FIRST, _OTHER).astype(np.uint16)
        symbols[table == 0] = _NOTHING
        symbols[table == ord(BARRIER)] = _BARRIER
        symbols[table == BESIDE] = _DEPENDS
        return numbers, symbols

    def _shape_tables(
        self, numbers: dict[str, int]
    ) -> tuple[KeyTable, NDArray[np.int32], NDArray[np.uint8]]:
        multiplier, mask = int(MULTIPLIER), 0xFFFFFFFFFFFFFFFF
        found: dict[int, int] = {}
        n_symbols = len(numbers) + _FIRST
        begins = np.zeros(-(-n_symbols * n_symbols // 8) * 8, dtype=np.bool_)
        for number, string in enumerate(self._disguises.strings):
            shape = [numbers[symbol] for symbol in string]
            if len(shape) < 2:
                continue
            begins[shape[0] * n_symbols + shape[1]] = True
            key = shape[0]
            for symbol in shape[1:]:
                key = (key * multiplier + symbol) & mask
                found.setdefault(key, -1)
            found[key] = number
        keys = mix(np.array(list(found), dtype=np.uint64), SALTS[_SHAPE])
        order = np.argsort(keys)
        ends = np.array(list(found.values()), dtype=np.int32)[order]
        return KeyTable.of(keys[order]), ends, np.packbits(begins, bitorder="little")


def tables_of(made: Prepared) -> LookTables:
    """Give the tables of a look as they were prepared."""
    arrays = made.arrays
    return LookTables(
        signs=arrays["signs"].view(_SIGN),
        expansions=arrays["expansions"],
        drawn=arrays["drawn"],
        shapes=KeyTable.of_arrays(arrays, "shapes"),
        numbers=arrays["numbers"],
        beginnings=arrays["beginnings"],
        n_symbols=made.facts["n_symbols"],
        pairs=KeyTable.of_arrays(arrays, "pairs"),
        dull=_nothing_dull(),
    )


def _nothing_dull() -> NDArray[np.uint64]:
    return np.zeros(1 << _DULL_BITS, dtype=np.uint64)


def _codes(signs: Iterable[str]) -> list[int]:
    return [ord(sign) for sign in signs]


def _part_keys(parts: Iterable[str], kind: int) -> NDArray[np.uint64]:
    """Give the keys of strings of one length."""
    some = sorted(parts)
    codes = np.frombuffer(encode("".join(some)), dtype=np.uint32).astype(np.uint64)
    signs = codes.reshape(len(some), -1).T if some else [codes]
    keys = np.zeros(len(some), dtype=np.uint64)
    for sign in signs:
        keys = keys * MULTIPLIER + sign
    return mix(keys, SALTS[kind])
