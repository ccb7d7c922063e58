"""Fold a post's spelling (width, case, script, look-alikes) and keep where each character was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, pairwise
from operator import itemgetter
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

from fanzha.folding import EXPANDS, NUMERAL, STEPS, Folding, folding
from fanzha.numerals import (
    LEAST_NUMERALS,
    LEAST_STRICT,
    LOOSE_NUMERALS,
    WIDEST_GAP,
    fold_numerals,
)
from fanzha.post import Span
from fanzha.quick import quick
from fanzha.sheet import Sheet
from fanzha.steps import find_steps

__all__ = [
    "Change",
    "Changes",
    "LateChanges",
    "MoreChanges",
    "NormalizedText",
    "Run",
    "find_post_runs",
    "fold_run",
    "normalize",
    "normalize_many",
    "reads_numerals",
    "runs_of",
]

Run = tuple[str, int, int, str, str]
"""A change without its objects: step, start, end, what stood there, what it became."""

_PLACE_AND_STEP: Final = itemgetter(1, 2, 0)
_MOST_REMEMBERED: Final = 1 << 15
_LOOSE: Final = np.array(sorted(map(ord, LOOSE_NUMERALS)), dtype=np.uint32)


@quick
@dataclass(frozen=True, slots=True)
class Change:
    """One change that normalization made.

    `step` is one of `STEPS`, `variant` for a term restored from a disguise, or `mark` for a mark
    left out that tore a word or parted the single signs of a row; `span` lies in the post,
    `before` is what stood there, `after` what it became. Neighbouring changes of one of `STEPS`
    are one change.
    """

    step: str
    span: Span
    before: str
    after: str


class LateChanges(Sequence[Change]):
    """Changes of a post that are found when they are first asked for.

    Most posts have some, as each full-width comma is one, and nobody looks at those of a post
    that passes. Equal to the tuple of the same changes, and pickled as one.
    """

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: tuple[Change, ...] | None = None

    @property
    def runs(self) -> list[Run]:
        """The changes without their objects, several times as fast."""
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> Change: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Change, ...]: ...
    def __getitem__(self, index: int | slice) -> Change | tuple[Change, ...]:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Change]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, LateChanges) else other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> tuple[type[tuple[Change, ...]], tuple[tuple[Change, ...]]]:
        return (tuple, (self._all(),))

    def _all(self) -> tuple[Change, ...]:
        if self._found is None:
            self._found = tuple(
                Change(step, Span(start, end), before, after)
                for step, start, end, before, after in self.runs
            )
        return self._found


class Changes(LateChanges):
    """The changes that `normalize` made to a post."""

    __slots__ = ("_post",)

    def __init__(self, post: str) -> None:
        # Nearly each flagged post has one.
        self._found = None
        self._post = post

    @property
    def runs(self) -> list[Run]:
        """The changes without their objects, several times as fast."""
        return find_post_runs(self._post)


class MoreChanges(LateChanges):
    """Earlier changes of a post with others among them, by place and then by step."""

    __slots__ = ("_earlier", "_more")

    def __init__(self, earlier: Sequence[Change], more: Sequence[Run]) -> None:
        super().__init__()
        self._earlier = earlier
        self._more = more

    @property
    def runs(self) -> list[Run]:
        """The changes without their objects, several times as fast."""
        return sorted([*runs_of(self._earlier), *self._more], key=_PLACE_AND_STEP)


def runs_of(changes: Sequence[Change]) -> list[Run]:
    """Give changes without their objects, those found late without making these."""
    if isinstance(changes, LateChanges):
        return changes.runs
    return [(one.step, one.span.start, one.span.end, one.before, one.after) for one in changes]


@quick
@dataclass(frozen=True, slots=True)
class NormalizedText:
    """A folded text that knows where each of its characters stood in the post.

    `origin` has shape (len(text),): the code point index in `post` of each character's source.
    It never decreases. `ends` has the same shape and says where that source ends; None where each
    source is one code point.
    """

    post: str
    text: str
    origin: NDArray[np.int32] = field(repr=False, compare=False)
    changes: Sequence[Change] = ()
    ends: NDArray[np.int32] | None = field(default=None, repr=False, compare=False)

    def span(self, start: int, end: int) -> Span:
        """Give the span in the post from which `text[start:end]` came.

        An empty range gives the empty span before its character.
        """
        if start >= end:
            at = self.origin.item(start) if start < len(self.origin) else len(self.post)
            return Span(at, at)
        last = self.origin.item(end - 1) + 1 if self.ends is None else self.ends.item(end - 1)
        return Span(self.origin.item(start), last)


def normalize(post: str) -> NormalizedText:
    """Fold the spelling of `post`; every change is listed and every offset kept.

    Invisible signs go; compatibility forms, full-width forms and enclosed letters become plain
    (NFKC); letters lose case and accents; traditional Han becomes simplified; Cyrillic and Greek
    look-alikes become Latin; numerals inside number runs become digits. Idempotent, O(len(post)).
    A lone surrogate becomes U+FFFD.

    Examples
    --------
    >>> folded = normalize("花唄套\u200b現")
    >>> folded.text, folded.span(2, 4)
    ('花呗套现', Span(start=2, end=5))
    """
    text, origin = _fold_post(post)
    return NormalizedText(post, text, origin, Changes(post) if text != post else ())


def normalize_many(posts: Sequence[str]) -> list[NormalizedText]:
    """Give what `normalize` gives of each post, several times as fast; O(total characters)."""
    rules = folding()
    sheet = Sheet.of(posts)
    folded = rules.table[sheet.codes]
    changed = sheet.holders(folded != sheet.codes).tolist()
    codes, origin = _expand(sheet.codes, folded, rules)
    starts, ends = sheet.starts, sheet.ends
    expanding = [False] * len(posts)
    if origin is not None:
        expanding = sheet.holders(folded == EXPANDS).tolist()
        starts, ends = np.searchsorted(origin, starts), np.searchsorted(origin, ends)
    plain = _decode(codes)
    numbered = np.zeros(len(posts), dtype=np.bool_)
    close = _close_numerals(codes, rules)
    numbered[np.searchsorted(starts, close, side="right") - 1] = True
    places = np.arange(max((ends - starts).tolist(), default=0), dtype=np.int32)
    places.setflags(write=False)
    texts = []
    columns = (expanding, changed, numbered.tolist(), sheet.starts.tolist())
    rows = zip(posts, *columns, starts.tolist(), ends.tolist(), strict=True)
    for post, expands, changes, counts, first, start, end in rows:
        text = plain[start:end] if changes else post
        if counts:
            text = fold_numerals(text)
        listed = Changes(post) if changes or text != post else ()
        at = places[: end - start]
        if expands and origin is not None:
            at = origin[start:end] - np.int32(first)
        texts.append(NormalizedText(post, text, at, listed))
    return texts


def reads_numerals(text: NormalizedText) -> bool:
    """Tell whether a numeral of a text, as `normalize` gave it, was read as a digit."""
    rules = folding()
    codes = np.frombuffer(text.post.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    plain, _ = _expand(codes, rules.table[codes], rules)
    return _decode(plain) != text.text


def _fold_post(post: str) -> tuple[str, NDArray[np.int32]]:
    """Give the normalized text of a post, and where its characters stood."""
    rules = folding()
    codes = np.frombuffer(post.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    folded = rules.table[codes]
    if bool((folded == codes).all()):
        return fold_numerals(post), np.arange(len(post), dtype=np.int32)
    out, origin = _expand(codes, folded, rules)
    if origin is None:
        origin = np.arange(len(post), dtype=np.int32)
    return fold_numerals(_decode(out)), origin


def find_post_runs(post: str) -> list[Run]:
    """Give the changes of a post in their order; O(len(post))."""
    found = find_steps(post)
    if found is None:
        return _find_runs(post)
    steps, reads = found
    runs = [
        (STEPS[step - 1], start, end, before := post[start:end], fold_run(before))
        for step, start, end in steps
    ]
    if reads and fold_numerals(spelt := _spell(post, runs)) != spelt:
        return _find_runs(post)
    return runs


def _spell(post: str, runs: Sequence[Run]) -> str:
    """Give a post with these changes made."""
    pieces: list[str] = []
    done = 0
    for _, start, end, _, after in runs:
        pieces += (post[done:start], after)
        done = end
    return "".join([*pieces, post[done:]])


def _find_runs(post: str) -> list[Run]:
    """Give the same without the kernel, or where signs may be read as a number."""
    rules = folding()
    codes = np.frombuffer(post.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    folded = rules.table[codes]
    plain, _ = _expand(codes, folded, rules)
    if len(_close_numerals(plain, rules)) and fold_numerals(spelt := _decode(plain)) != spelt:
        text, origin = _fold_post(post)
        return list(_changes(post, _steps(codes, folded, text, origin, rules), text, origin))
    steps = np.zeros(len(codes) + 2, dtype=np.uint8)
    steps[1:-1] = rules.steps[codes]
    edges = (steps[1:] != steps[:-1]).nonzero()[0]
    places, taken = edges.tolist(), steps[edges + 1].tolist()
    return [
        (STEPS[step - 1], start, end, before := post[start:end], fold_run(before))
        for step, start, end in zip(taken, places, places[1:], strict=False)
        if step
    ]


@lru_cache(_MOST_REMEMBERED)
def fold_run(before: str) -> str:
    """Give what each sign of a string becomes by itself, numerals as they are."""
    rules = folding()
    codes = map(ord, before)
    return "".join(
        rules.expansions[code] if rules.table[code] == EXPANDS else chr(rules.table[code])
        for code in codes
    )


def _close_numerals(codes: NDArray[np.uint32], rules: Folding) -> NDArray[np.int64]:
    """Give the places of numerals in folded code points of which some may be read anew."""
    numerals = rules.numerals[codes].nonzero()[0]
    if len(numerals) < LEAST_NUMERALS:
        return numerals[:0]
    signs = codes[numerals]
    digits = (signs >= ord("0")) & (signs <= ord("9"))
    loose = _LOOSE[np.minimum(_LOOSE.searchsorted(signs), len(_LOOSE) - 1)] == signs
    begins = np.append(True, numerals[1:] - numerals[:-1] > WIDEST_GAP + 1).nonzero()[0]
    sizes = np.append(begins[1:], len(numerals)) - begins
    # Of digits alone nothing is read anew, and of loose signs alone nothing is a number.
    reads = (
        (sizes >= LEAST_NUMERALS)
        & (np.add.reduceat(digits, begins, dtype=np.int64) < sizes)
        & (sizes - np.add.reduceat(loose, begins, dtype=np.int64) >= LEAST_STRICT)
    )
    return numerals[np.repeat(reads, sizes)]


def _expand(
    codes: NDArray[np.uint32], folded: NDArray[np.uint32], rules: Folding
) -> tuple[NDArray[np.uint32], NDArray[np.int32] | None]:
    """Put in what some code points expand to; also where each came from, if any does."""
    marked = (folded == EXPANDS).nonzero()[0]
    if not len(marked):
        return folded, None
    counts = np.ones(len(codes), dtype=np.int64)
    becomes = [rules.expansions[code] for code in codes[marked].tolist()]
    counts[marked] = [len(part) for part in becomes]
    origin = np.repeat(np.arange(len(codes), dtype=np.int32), counts)
    out = np.repeat(folded, counts)
    out[out == EXPANDS] = [ord(sign) for sign in chain.from_iterable(becomes)]
    return out, origin


def _decode(codes: NDArray[np.uint32]) -> str:
    return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le")


def _steps(
    codes: NDArray[np.uint32],
    folded: NDArray[np.uint32],
    text: str,
    origin: NDArray[np.int32],
    rules: Folding,
) -> NDArray[np.uint8]:
    """Give the number of the step that changed each code point of the post, or 0."""
    steps = np.where(folded == codes, np.uint8(0), rules.steps[codes])
    # A numeral is known by what stands in the end where folding had left another sign.
    final = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    single = folded[origin] != EXPANDS
    read = single & (final != folded[origin])
    steps[origin[read]] = np.where(steps[origin[read]] == 0, NUMERAL, steps[origin[read]])
    return steps


def _changes(
    post: str, steps: NDArray[np.uint8], text: str, origin: NDArray[np.int32]
) -> Iterator[Run]:
    """Give the changes in the order of the post, runs of one step joined."""
    edges = np.flatnonzero(np.diff(steps, prepend=0, append=0))
    places = np.searchsorted(origin, edges.astype(np.int32)).tolist()
    pairs = list(zip(edges.tolist(), places, strict=True))
    for (start, first), (end, last) in pairwise(pairs):
        if steps[start]:
            name = STEPS[int(steps[start]) - 1]
            yield name, start, end, post[start:end], text[first:last]
