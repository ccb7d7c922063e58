"""The tables of the first look: what each sign may be part of, and how terms are altered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.alterations import LONGEST, Alterations, Neighbours
from fanzha.digits import DIGIT_LETTERS, FOREIGN_DIGITS, HAN_DIGITS, MARK, SOUNDED_DIGITS
from fanzha.disguises import Disguises
from fanzha.figures import DRAWN_DIGITS, ROMAN_DIGITS
from fanzha.folding import kernel_tables
from fanzha.handles import CONTEXT, LookTables
from fanzha.keys import MULTIPLIER, SALTS, KeyTable, encode, mix
from fanzha.prepared import Prepared
from fanzha.syllables import BARRIER, BESIDE

__all__ = ["CONTEXT_BITS", "DULL_BITS", "make_tables", "prepare_tables", "tables_of"]

_SIGN: Final = np.dtype([("folded", "<u4"), ("kinds", "<u2"), ("symbol", "<u2")])
_OPENING: Final = np.dtype([("thirds", "<u8"), ("number", "<i4"), ("unused", "<i4")])
_EXPANDS: Final = 0x80000000
_CODE_POINTS: Final = 0x110000
# Kinds of signs; those of `phones`, `digits` and `contacts` first.
_DIGIT, _FOREIGN, _SPOKEN, _SOUND, _LETTER, _ID, _HUNDRED, _MASK_OR_LINK = (
    1 << n for n in range(8)
)
_SIGNED, _DRAWN, _WANTED, _RARE, _OWN, _GAP, _LEAD, _LINK = (1 << n for n in range(8, 16))
# What may stand between the signs of a number beside marks: `phones`, `digits`, `dictation`.
_BETWEEN: Final = (
    "\n,，。、:开头的中间后面边最两三四位末尾结接着然再加号巴是拨横杠线空格前打按跟先第段上个双÷×"
)
# What may stand between a word that leads to a chat id and the id, and how such words end.
_BEFORE_ID: Final = " \t:：=＝是为号→➡\ufe0f❤♥·|,，()（）[]【】码同联系搜索咨询私聊看@+➕个"
_LEAD_ENDS: Final = "信伩微薇威徽卫维危星群扣叩鹅🐧抠球秋报机✈蝠豆"
_LAST_MARK: Final = 0x1FB00
_NOTHING, _BARRIER, _DEPENDS, _OTHER, _FIRST = range(5)
_SHAPE, _ADJACENT, _SPREAD, _PARTED, _LONGER, _BESIDE_LONGER, _LONGER_APART = range(18, 25)
_LIKE: Final = 26
# Of a place in `near`, and by what the two signs are multiplied.
_NEAR_BITS: Final = 13
_NEAR_FIRST, _NEAR_SECOND = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77)
DULL_BITS: Final = 16
"""Of the places in which the keys of dull writings stand."""
CONTEXT_BITS: Final = 12
"""Of the places for what explains others."""


def make_tables(
    disguises: Disguises, alterations: Alterations, drawn: NDArray[np.uint32]
) -> LookTables:
    """Make the tables; `drawn` has for each code point the one that it looks like."""
    folded, expansions = kernel_tables()
    numbers, symbols = _number_symbols(disguises)
    signs = np.zeros(_CODE_POINTS, dtype=_SIGN)
    kinds = _kinds(disguises, drawn)
    one = folded < _CODE_POINTS
    signs["folded"] = folded
    signs["kinds"][one] = kinds[folded[one]]
    signs["symbol"][one] = symbols[folded[one]]
    shapes, ends = _shape_tables(disguises, numbers)
    beginnings, opened, openings = _opening_tables(disguises, numbers)
    near = alterations.neighbours()
    pairs = [
        _part_keys(some, kind)
        for some, kind in (
            (near.exchanged, _ADJACENT), (near.spread, _SPREAD), (near.parted, _PARTED),
            (near.long_exchanged, _LONGER), (near.long_beside, _BESIDE_LONGER),
            (near.long_apart, _LONGER_APART), (near.likes, _LIKE),
        )
    ]  # fmt: skip
    own, firsts, anchors = _anchor_tables(alterations)
    signs["kinds"][np.isin(folded, own)] |= _OWN
    signs["kinds"][np.isin(folded, _codes(near.rare))] |= _RARE
    # A traditional one may be drawn like a term's own though it folds to an everyday one.
    signs["kinds"][_codes(near.rare)] |= _RARE
    # What a Roman digit becomes, one letter or many, is seen as a digit that is disguised.
    signs["kinds"][_codes(ROMAN_DIGITS)] |= _FOREIGN
    return LookTables(
        signs=signs,
        expansions=expansions,
        drawn=symbols[drawn],
        shapes=shapes,
        numbers=ends,
        beginnings=beginnings,
        opened=opened,
        openings=openings,
        n_symbols=len(numbers) + _FIRST,
        pairs=KeyTable.of(np.unique(np.concatenate(pairs))),
        near=_near_bits(near),
        terms=_term_table(alterations),
        own=own,
        firsts=firsts,
        anchors=anchors,
        dull=_nothing_dull(),
        contexts=np.zeros(1 << CONTEXT_BITS, dtype=CONTEXT),
    )


def prepare_tables(tables: LookTables) -> Prepared:
    """Give what `tables_of` takes."""
    arrays: dict[str, NDArray[Any]] = {"signs": tables.signs.view(np.uint64)}
    arrays |= {
        "expansions": tables.expansions,
        "drawn": tables.drawn,
        "numbers": tables.numbers,
        "beginnings": tables.beginnings,
        "opened": tables.opened,
        "openings": tables.openings.view(np.uint64),
        "near": tables.near,
        "terms": tables.terms,
        "own": tables.own,
        "firsts": tables.firsts,
        "anchors": tables.anchors,
    }
    arrays |= tables.shapes.arrays("shapes") | tables.pairs.arrays("pairs")
    return Prepared(arrays, {"n_symbols": tables.n_symbols})


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
        opened=arrays["opened"],
        openings=arrays["openings"].view(_OPENING),
        near=arrays["near"],
        n_symbols=made.facts["n_symbols"],
        pairs=KeyTable.of_arrays(arrays, "pairs"),
        terms=arrays["terms"],
        own=arrays["own"],
        firsts=arrays["firsts"],
        anchors=arrays["anchors"],
        dull=_nothing_dull(),
        contexts=np.zeros(1 << CONTEXT_BITS, dtype=CONTEXT),
    )


def _kinds(disguises: Disguises, drawn: NDArray[np.uint32]) -> NDArray[np.uint16]:
    """Give what each folded sign may be part of."""
    alphabet = disguises.alphabet
    kinds = np.zeros(_CODE_POINTS, dtype=np.uint16)
    digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyz"
    wanted = "".join(sign for signs in alphabet.beside.values() for sign in signs)
    single = "".join(sign for sign in alphabet.reads if sign not in alphabet.beside)
    for signs, kind in (
        (digits, _DIGIT | _SPOKEN | _ID),
        (letters, _LETTER | _ID),
        ("_-", _ID),
        (FOREIGN_DIGITS + DRAWN_DIGITS, _FOREIGN),
        (HAN_DIGITS + DIGIT_LETTERS, _SPOKEN),
        ("百佰", _SPOKEN | _HUNDRED),
        (SOUNDED_DIGITS, _SOUND),
        ("*＊●•x[<{【./@", _MASK_OR_LINK),
        (wanted, _WANTED),
        (single, _SIGNED),
        ("".join(re.findall(MARK, "".join(map(chr, range(_LAST_MARK))))), _GAP),
        (_BETWEEN, _GAP),
        (_BEFORE_ID, _LINK),
        (_LEAD_ENDS, _LEAD),
    ):
        kinds[_codes(signs)] |= np.uint16(kind)
    kinds[np.flatnonzero(alphabet.signed)] |= np.uint16(_SIGNED)
    kinds[np.flatnonzero(drawn != np.arange(_CODE_POINTS))] |= np.uint16(_DRAWN)
    # A shape of one symbol is always looked at.
    short = {ord(shape) for shape in disguises.strings if len(shape) == 1}
    kinds[np.isin(alphabet.table, list(short))] |= np.uint16(_SIGNED)
    return kinds


def _number_symbols(disguises: Disguises) -> tuple[dict[str, int], NDArray[np.uint16]]:
    """Number the symbols of shapes, and give each code point's."""
    used = sorted({symbol for shape in disguises.strings for symbol in shape})
    numbers = {symbol: number for number, symbol in enumerate(used, _FIRST)}
    table = disguises.alphabet.table
    known = np.array(_codes(used), dtype=np.uint32)
    where = np.minimum(np.searchsorted(known, table), len(known) - 1)
    symbols = np.where(known[where] == table, where + _FIRST, _OTHER).astype(np.uint16)
    symbols[table == 0] = _NOTHING
    symbols[table == ord(BARRIER)] = _BARRIER
    symbols[table == BESIDE] = _DEPENDS
    return numbers, symbols


def _shape_tables(
    disguises: Disguises, numbers: dict[str, int]
) -> tuple[KeyTable, NDArray[np.int32]]:
    multiplier, mask = int(MULTIPLIER), 0xFFFFFFFFFFFFFFFF
    found: dict[int, int] = {}
    for number, string in enumerate(disguises.strings):
        shape = [numbers[symbol] for symbol in string]
        if len(shape) < 2:
            continue
        key = shape[0]
        for symbol in shape[1:]:
            key = (key * multiplier + symbol) & mask
            found.setdefault(key, -1)
        found[key] = number
    keys = mix(np.array(list(found), dtype=np.uint64), SALTS[_SHAPE])
    order = np.argsort(keys)
    ends = np.array(list(found.values()), dtype=np.int32)[order]
    return KeyTable.of(keys[order]), ends


def _opening_tables(
    disguises: Disguises, numbers: dict[str, int]
) -> tuple[NDArray[np.uint32], NDArray[np.uint16], NDArray[Any]]:
    """Give a bit for each two symbols with which a shape begins, their place in the last, or 0, and
    what may follow.
    """
    n_symbols = len(numbers) + _FIRST
    opened = np.zeros(n_symbols * n_symbols, dtype=np.uint16)
    openings = [(0, -1, 0)]
    for number, string in enumerate(disguises.strings):
        shape = [numbers[symbol] for symbol in string]
        if len(shape) < 2:
            continue
        pair = shape[0] * n_symbols + shape[1]
        if not opened[pair]:
            opened[pair] = len(openings)
            openings.append((0, -1, 0))
        thirds, whole, _ = openings[opened[pair]]
        if len(shape) == 2:
            whole = number
        else:
            thirds |= 1 << shape[2] % 64
        openings[opened[pair]] = (thirds, whole, 0)
    # The kernel reads four bytes at once.
    whole = np.zeros(-(-len(opened) // 32) * 32, dtype=np.bool_)
    whole[: len(opened)] = opened > 0
    bits = np.packbits(whole, bitorder="little").view(np.uint32)
    return bits, opened, np.array(openings, dtype=_OPENING)


def _near_bits(near: Neighbours) -> NDArray[np.uint32]:
    """Give two bits for each two signs of which a term may be altered that stand side by side, or,
    the second one first, apart.
    """
    apart = near.spread | near.parted | {three[1:] for three in near.long_apart}
    strings = [*near.exchanged, *near.long_exchanged, *(pair[::-1] for pair in apart)]
    signs = np.frombuffer(encode("".join(strings)), dtype=np.uint32).reshape(-1, 2)
    hashes = signs[:, 0] * _NEAR_FIRST + signs[:, 1] * _NEAR_SECOND
    bits = np.zeros(1 << _NEAR_BITS, dtype=np.uint32)
    for shift in (27 - _NEAR_BITS, 22 - _NEAR_BITS):
        one = np.uint32(1) << (hashes >> shift & 31)
        np.bitwise_or.at(bits, hashes >> (32 - _NEAR_BITS), one)
    return bits


def _term_table(alterations: Alterations) -> NDArray[np.uint32]:
    """Give the terms that may be altered: their length and their characters, shape (n, 1 + 8)."""
    table = np.zeros((len(alterations.targets), 1 + LONGEST), dtype=np.uint32)
    for row, target in zip(table, alterations.targets, strict=True):
        row[: 1 + len(target.term)] = [len(target.term), *_codes(target.term)]
    return table


def _anchor_tables(
    alterations: Alterations,
) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int32]]:
    """Give the characters of these terms, sorted; where the places of each begin among all; and
    these: number of the term times eight, and place in it.
    """
    places: dict[int, list[int]] = {}
    for number, target in enumerate(alterations.targets):
        for place, code in enumerate(_codes(target.term)):
            places.setdefault(code, []).append(number * LONGEST + place)
    own = sorted(places)
    firsts = np.cumsum([0, *(len(places[code]) for code in own)], dtype=np.int32)
    anchors = np.array([one for code in own for one in places[code]], dtype=np.int32)
    return np.array(own, dtype=np.uint32), firsts, anchors


def _nothing_dull() -> NDArray[np.uint64]:
    return np.zeros(1 << DULL_BITS, dtype=np.uint64)


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
