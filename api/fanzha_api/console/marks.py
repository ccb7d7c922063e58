"""A field of a post cut into pieces, with what was found marked in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from fanzha_api.console.drawing import shown

__all__ = ["Mark", "Stretch", "cut"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something found at `[start, end)` of a field; `number` leads to its line in the list.

    `kind` is `rule`, `model`, `number`, `contact` or `list`; `number` is 0 where none is shown.
    """

    start: int
    end: int
    kind: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a field that the same marks cover.

    `kinds` are those of the marks, for its style; `numbers` those of the marks that begin here.
    """

    text: str
    kinds: str
    numbers: tuple[int, ...]


def cut(text: str, marks: Iterable[Mark]) -> list[Stretch]:
    """Cut a field at the edges of its marks; O(n log n) in the marks.

    Examples
    --------
    >>> [(one.text, one.kinds, one.numbers) for one in cut("花呗套现", [Mark(2, 4, "rule", 1)])]
    [('花呗', '', ()), ('套现', 'rule', (1,))]
    """
    return list(_cut(text, [one for one in marks if 0 <= one.start < one.end <= len(text)]))


def _cut(text: str, marks: list[Mark]) -> Iterator[Stretch]:
    begins: dict[int, list[Mark]] = {}
    ends: dict[int, list[Mark]] = {}
    for one in marks:
        begins.setdefault(one.start, []).append(one)
        ends.setdefault(one.end, []).append(one)
    edges = sorted({0, len(text), *begins, *ends})
    open_kinds: Counter[str] = Counter()
    for start, end in pairwise(edges):
        open_kinds.subtract(one.kind for one in ends.get(start, ()))
        new = begins.get(start, [])
        open_kinds.update(one.kind for one in new)
        kinds = " ".join(sorted(kind for kind, n in open_kinds.items() if n > 0))
        numbers = tuple(sorted({one.number for one in new if one.number}))
        yield Stretch(shown(text[start:end]), kinds, numbers)
