"""Fold a post's spelling (width, case, script, look-alikes) and keep where each character was."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, pairwise
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

from fanzha.numerals import LEAST_NUMERALS, NUMERAL_SIGNS, WIDEST_GAP, fold_numerals
from fanzha.post import Span
from fanzha.sheet import Sheet

__all__ = [
    "EXPANDS", "STEPS", "Change", "Changes", "NormalizedText", "folding_tables", "normalize",
    "normalize_many", "step_tables",
]  # fmt: skip

STEPS: Final = ("invisible", "width", "case", "traditional", "look_alike", "numeral")
"""Names of this module's steps; a character that several change has the first."""

_INVISIBLE, _WIDTH, _CASE, _TRADITIONAL, _LOOK_ALIKE, _NUMERAL = range(1, 7)
_CODE_POINTS = 0x110000
EXPANDS: Final = 0xFFFFFFFF
"""Mark in a folding table: this code point becomes none or many, see its expansions."""
_EXPANDS = EXPANDS

# Blocks outside of which NFKC and lower-casing change nothing that is written today.
# Source: Unicode 16, Blocks.txt.
_FOLDED_BLOCKS: Final = (
    (0x0000, 0x0600), (0x1C80, 0x2C00), (0x2C60, 0x2C80), (0x2D00, 0x2D30), (0x2DE0, 0x3400),
    (0xA640, 0xA800), (0xAB30, 0xABC0), (0xD800, 0xE000), (0xF900, 0xFB07), (0xFE00, 0x10000),
    (0x1D400, 0x1D800), (0x1F100, 0x1F260), (0x1FBF0, 0x1FBFA), (0x2F800, 0x2FA20),
    (0xE0000, 0xE01F0),
)  # fmt: skip
_HAN_BLOCKS: Final = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x2A6E0))
_LETTER_BLOCKS: Final = ((0x0041, 0x0530), (0x1D00, 0x2000), (0x2C60, 0x2C80), (0xA640, 0xA800))
"""Where an accent may be taken off its letter; a kana's voicing mark is part of the kana."""

# Cyrillic and Greek letters drawn like a Latin one. Source: the lower-case letters of Unicode
# TR39 confusables.txt (2024) that spammers put inside Latin words.
_LOOK_ALIKES: Final = dict(
    zip("авсԁеһіјкӏморԛѕтԝхуѵαεικνορτυχω", "abcdehijklmopqstwxyvaeiknoptuxw", strict=True)
)
# Signs without a glyph that are letters by category. Source: Unicode 16, UnicodeData.txt.
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SMALL_CAPITAL: Final = "LATIN LETTER SMALL CAPITAL "
_LINE_ENDS: Final = frozenset("\r\x0b\x0c\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Change:
    """One change that normalization made.

    `step` is one of `STEPS`, or `variant` for a term restored from a disguise; `span` lies in the
    post, `before` is what stood there, `after` what it became. Neighbouring changes of one of
    `STEPS` are one change.
    """

    step: str
    span: Span
    before: str
    after: str


class Changes(Sequence[Change]):
    """The changes that `normalize` made to a post; found when they are first asked for.

    Most posts have some, as each full-width comma is one, and nobody looks at those of a post
    that passes. Equal to the tuple of the same changes, and pickled as one.
    """

    __slots__ = ("_found", "_post")

    def __init__(self, post: str) -> None:
        self._post = post
        self._found: tuple[Change, ...] | None = None

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
        return self._all() == (other._all() if isinstance(other, Changes) else other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> tuple[type[tuple[Change, ...]], tuple[tuple[Change, ...]]]:
        return (tuple, (self._all(),))

    def _all(self) -> tuple[Change, ...]:
        if self._found is None:
            self._found = tuple(_find_changes(self._post))
        return self._found


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
            at = int(self.origin[start]) if start < len(self.origin) else len(self.post)
            return Span(at, at)
        last = self.origin[end - 1] + 1 if self.ends is None else self.ends[end - 1]
        return Span(int(self.origin[start]), int(last))


def step_tables() -> tuple[NDArray[np.uint32], NDArray[np.uint8], dict[int, str]]:
    """Give what each code point becomes, the number of the step that does it, and expansions.

    The step's name is that before its number in `STEPS`; 0 is none. Numerals of number runs, the
    last step, depend on what stands beside them and are not in the tables.
    """
    folding = _folding()
    return folding.table, folding.steps, folding.expansions


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
    folding = _folding()
    sheet = Sheet.of(posts)
    folded = folding.table[sheet.codes]
    marked = folded == _EXPANDS
    expanding = sheet.holders(marked).tolist()
    folded[marked] = ord(" ")
    changed = sheet.holders(folded != sheet.codes).tolist()
    plain = folded.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    numbered = np.zeros(len(posts), dtype=np.bool_)
    numerals = np.flatnonzero(folding.numerals[sheet.codes])
    runs = numerals[LEAST_NUMERALS - 1 :] - numerals[: -(LEAST_NUMERALS - 1)]
    close = numerals[: len(runs)][runs <= (LEAST_NUMERALS - 1) * (WIDEST_GAP + 1)]
    numbered[sheet.owners(close)] = True
    sizes = (sheet.ends - sheet.starts).tolist()
    places = np.arange(max(sizes, default=0), dtype=np.int32)
    places.setflags(write=False)
    texts = []
    rows = zip(
        posts, expanding, changed, numbered.tolist(), sheet.starts.tolist(), sizes, strict=True
    )
    for post, expands, changes, counts, start, size in rows:
        if expands:
            texts.append(normalize(post))
            continue
        text = plain[start : start + size] if changes else post
        if counts:
            text = fold_numerals(text)
        listed = Changes(post) if changes or text != post else ()
        texts.append(NormalizedText(post, text, places[:size], listed))
    return texts


def folding_tables() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Give what each code point becomes, as the kernel takes it, and what some expand to.

    Where one becomes none or many, the first has 2^31 and the place in the second at which their
    number stands and then they.
    """
    folding = _folding()
    table = folding.table.copy()
    expansions: list[int] = []
    for code, becomes in folding.expansions.items():
        table[code] = (1 << 31) + len(expansions)
        expansions += [len(becomes), *map(ord, becomes)]
    return table, np.array(expansions, dtype=np.uint32)


def _fold_post(post: str) -> tuple[str, NDArray[np.int32]]:
    """Give the normalized text of a post, and where its characters stood."""
    folding = _folding()
    codes = np.frombuffer(post.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    folded = folding.table[codes]
    if bool((folded == codes).all()):
        return fold_numerals(post), np.arange(len(post), dtype=np.int32)
    text, origin = _fold(codes, folded, folding)
    return fold_numerals(text), origin


def _find_changes(post: str) -> Iterator[Change]:
    """Give the changes of a post in their order, found anew."""
    folding = _folding()
    codes = np.frombuffer(post.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    text, origin = _fold_post(post)
    steps = _steps(codes, folding.table[codes], text, origin, folding)
    return _changes(post, steps, text, origin)


@dataclass(frozen=True, slots=True)
class _Folding:
    """What each code point becomes: itself, another one, or by `expansions` none or many.

    `numerals` tells which become a sign that may be one of a number run.
    """

    table: NDArray[np.uint32]
    steps: NDArray[np.uint8]
    expansions: dict[int, str]
    numerals: NDArray[np.bool_]


def _fold(
    codes: NDArray[np.uint32], folded: NDArray[np.uint32], folding: _Folding
) -> tuple[str, NDArray[np.int32]]:
    marked = np.flatnonzero(folded == _EXPANDS)
    if not len(marked):
        origin = np.arange(len(codes), dtype=np.int32)
        return folded.astype("<u4").tobytes().decode("utf-32-le"), origin
    counts = np.ones(len(codes), dtype=np.int64)
    becomes = [folding.expansions[code] for code in codes[marked].tolist()]
    counts[marked] = [len(part) for part in becomes]
    origin = np.repeat(np.arange(len(codes), dtype=np.int32), counts)
    out = np.repeat(folded, counts)
    out[out == _EXPANDS] = [ord(sign) for sign in chain.from_iterable(becomes)]
    return out.astype("<u4").tobytes().decode("utf-32-le"), origin


def _steps(
    codes: NDArray[np.uint32],
    folded: NDArray[np.uint32],
    text: str,
    origin: NDArray[np.int32],
    folding: _Folding,
) -> NDArray[np.uint8]:
    """Give the number of the step that changed each code point of the post, or 0."""
    steps = np.where(folded == codes, np.uint8(0), folding.steps[codes])
    # A numeral is known by what stands in the end where folding had left another sign.
    final = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    single = folded[origin] != _EXPANDS
    read = single & (final != folded[origin])
    steps[origin[read]] = np.where(steps[origin[read]] == 0, _NUMERAL, steps[origin[read]])
    return steps


def _changes(
    post: str, steps: NDArray[np.uint8], text: str, origin: NDArray[np.int32]
) -> Iterator[Change]:
    """Give the changes in the order of the post, runs of one step joined."""
    edges = np.flatnonzero(np.diff(steps, prepend=0, append=0))
    places = np.searchsorted(origin, edges.astype(np.int32)).tolist()
    pairs = list(zip(edges.tolist(), places, strict=True))
    for (start, first), (end, last) in pairwise(pairs):
        if steps[start]:
            name = STEPS[int(steps[start]) - 1]
            yield Change(name, Span(start, end), post[start:end], text[first:last])


@lru_cache(maxsize=1)
def _folding() -> _Folding:
    """Build the folding table from the Unicode database and OpenCC, about 40 ms, once."""
    table = np.arange(_CODE_POINTS, dtype=np.uint32)
    steps = np.zeros(_CODE_POINTS, dtype=np.uint8)
    expansions: dict[int, str] = {}
    simplified = _simplified()
    changed = chain((c for block in _FOLDED_BLOCKS for c in range(*block)), simplified)
    for code in changed:
        sign = chr(code)
        becomes, step = _fold_sign(sign, simplified)
        if becomes == sign:
            continue
        steps[code] = step
        if len(becomes) == 1:
            table[code] = ord(becomes)
        else:
            table[code] = _EXPANDS
            expansions[code] = becomes
    table.setflags(write=False)
    numerals = np.isin(table, [ord(sign) for sign in NUMERAL_SIGNS])
    return _Folding(table, steps, expansions, numerals)


def _fold_sign(sign: str, simplified: dict[int, str]) -> tuple[str, int]:
    """Give what one code point becomes in the end, and the first step that changed it."""
    first, current = 0, sign
    while True:
        parts = [_fold_once(part, simplified) for part in current]
        becomes = "".join(part for part, _ in parts)
        if becomes == current:
            return current, first
        first = first or next(step for _, step in parts if step)
        current = becomes


def _fold_once(sign: str, simplified: dict[int, str]) -> tuple[str, int]:
    code, category = ord(sign), unicodedata.category(sign)
    if sign in _LINE_ENDS:
        return "\n", _INVISIBLE
    if sign in "\t\n":
        return sign, 0
    if category in {"Cc", "Cf", "Mn", "Me"} or sign in _BLANK_LETTERS:
        return "", _INVISIBLE
    if category == "Cs":
        return "\ufffd", _INVISIBLE
    plain = _plain_form(sign, code, category)
    if plain != sign:
        return plain, _WIDTH
    if (lower := sign.lower()) != sign:
        return lower, _CASE
    if sign in _LOOK_ALIKES:
        return _LOOK_ALIKES[sign], _LOOK_ALIKE
    if code in simplified:
        return simplified[code], _TRADITIONAL
    return sign, 0


def _plain_form(sign: str, code: int, category: str) -> str:
    """Undo compatibility forms, enclosures and accents of one sign."""
    if category == "Zs":
        return " "
    for first, last in ((0x1F150, 0x1F169), (0x1F170, 0x1F189), (0x1F1E6, 0x1F1FF)):
        if first <= code <= last:  # negative circled and squared letters, regional indicators
            return chr(ord("a") + code - first)
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    name = unicodedata.name(sign, "")
    if name.startswith(_SMALL_CAPITAL) and len(name) == len(_SMALL_CAPITAL) + 1:
        return name[-1].lower()
    plain = unicodedata.normalize("NFKC", sign)
    if any(first <= code < last for first, last in _LETTER_BLOCKS):
        apart = unicodedata.normalize("NFKD", plain)
        plain = "".join(part for part in apart if not unicodedata.combining(part))
    return plain


def _simplified() -> dict[int, str]:
    """Map each traditional Han code point to its simplified one, as OpenCC's t2s has it."""
    from opencc import OpenCC

    signs = [chr(code) for block in _HAN_BLOCKS for code in range(*block)]
    # One sign a line, so that no phrase rule of OpenCC spans two of them.
    lines = OpenCC("t2s").convert("\n".join(signs)).split("\n")
    pairs = zip(signs, lines, strict=True)
    return {ord(sign): line for sign, line in pairs if line != sign and len(line) == 1}
