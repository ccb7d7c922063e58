"""The changes that normalization makes to many posts, found together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.folding import STEPS, folding
from fanzha.normalize import Run, find_post_runs, fold_run
from fanzha.numerals import LEAST_NUMERALS, NUMERAL_SIGNS, fold_numerals
from fanzha.sheet import Sheet

__all__ = ["Run", "find_runs"]

_NO_DIGITS: Final = NUMERAL_SIGNS - frozenset("0123456789")


def find_runs(posts: Sequence[str]) -> list[list[Run]]:
    """Give the changes of each post, in order; they are those of `normalize`.

    Some twenty times as fast as asking post by post. O(total characters).

    Examples
    --------
    >>> find_runs(["唄，", "花呗"])
    [[('traditional', 0, 1, '唄', '呗'), ('width', 1, 2, '，', ',')], []]
    """
    found: list[list[Run]] = [[] for _ in posts]
    if not posts:
        return found
    rules = folding()
    sheet = Sheet.of(posts)
    # A gap folds to itself, so that no run reaches over one.
    same = rules.table[sheet.codes] == sheet.codes
    taken = np.where(same, np.uint8(0), rules.steps[sheet.codes])
    edges = np.flatnonzero(taken[1:] != taken[:-1]) + 1
    firsts, lasts = edges[:-1], edges[1:]
    changed = np.flatnonzero(taken[firsts])
    firsts, lasts = firsts[changed], lasts[changed]
    owners = sheet.owners(firsts)
    columns = (owners, taken[firsts], firsts, lasts, sheet.starts[owners])
    for owner, step, first, last, start in zip(*(one.tolist() for one in columns), strict=True):
        before = sheet.text[first:last]
        run = (STEPS[step - 1], first - start, last - start, before, fold_run(before))
        found[owner].append(run)
    for at in np.flatnonzero(_may_count(sheet)).tolist():
        folded = "".join(map(fold_run, posts[at]))
        if fold_numerals(folded) != folded:
            found[at] = find_post_runs(posts[at])
    return found


def _may_count(sheet: Sheet) -> NDArray[np.bool_]:
    """Tell which posts have signs enough for a number run, and one that would become a digit."""
    numerals, others = _numerals()
    enough = _sums(numerals, sheet) >= LEAST_NUMERALS
    return np.asarray(enough & (_sums(others, sheet) > 0))


def _sums(counts: NDArray[np.uint8], sheet: Sheet) -> NDArray[np.int64]:
    return np.diff(np.cumsum(counts[sheet.codes], dtype=np.int64)[sheet.ends - 1], prepend=0)


@lru_cache(maxsize=1)
def _numerals() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Give how many signs of number runs each code point becomes, and how many but digits."""
    rules = folding()
    signs = [np.isin(rules.table, list(map(ord, some))) for some in (NUMERAL_SIGNS, _NO_DIGITS)]
    numerals, others = (one.astype(np.uint8) for one in signs)
    for code, becomes in rules.expansions.items():
        numerals[code] = sum(sign in NUMERAL_SIGNS for sign in becomes)
        others[code] = sum(sign in _NO_DIGITS for sign in becomes)
    return numerals, others
