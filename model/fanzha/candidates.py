"""Examine on the exact characters what sounds like a term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from fanzha.disguises import Disguises, Shape, Target
from fanzha.doubts import Hit, Need, doubt, is_explained
from fanzha.ghosts import cuts_words
from fanzha.late_pattern import late_pattern
from fanzha.parts import splits
from fanzha.quick import quick
from fanzha.segment import Segmenter
from fanzha.syllables import Symbols, is_rare, readings

__all__ = ["Candidate", "Examiner"]

_COSTS: Final = {
    "marks": 0.3, "emoji": 0.5, "split": 0.6, "pinyin": 0.7, "homophone": 1.0, "look_alike": 0.9,
    "mixed_script": 0.2, "initials": 1.2, "insertion": 1.1, "order": 2.0,
}  # fmt: skip
_WIDEST_GAP = 4
"""Most marks between two characters of one term."""
_LONGEST_WORD: Final = 3
_LEAST_JOINED: Final = 7
"""Letters and digits of the shortest pinyin whose syllables marks may join."""
_LEAST_UNDERLINED: Final = 10
_MOST_REMEMBERED: Final = 1 << 14
_NUMBER: Final = late_pattern("[0-9](?:[ -]?[0-9]){4}")
"""How a number to dial begins."""


@quick
@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be a disguised term.

    `[start, end)` and `places`, one for each character of the term, lie in the normalized text;
    `kinds` says how the writing differs, `need` what must stand near it.
    """

    start: int
    end: int
    target: Target
    places: tuple[tuple[int, int], ...]
    kinds: tuple[str, ...]
    need: Need

    @property
    def rank(self) -> tuple[float, ...]:
        """What sorts sure, long, cheap and early candidates first."""
        cost = sum(_COSTS[kind] for kind in self.kinds) / len(self.target.term)
        return (self.need, -len(self.target.term), cost, self.target.order, self.start)


@dataclass(frozen=True, slots=True)
class _Spelling:
    """How a writing differs from its term; a listed one's `need` hangs on what stands around."""

    kinds: frozenset[str]
    strange: tuple[int, ...]
    rare: int
    need: Need | None


class Examiner:
    """Examines the shapes that the automaton finds.

    Parameters
    ----------
    disguises
        The shapes and what is listed.
    segmenter
        The dictionary of honest words.
    look_alikes
        Characters and the term's character that each looks like.
    """

    def __init__(
        self, disguises: Disguises, segmenter: Segmenter, look_alikes: Mapping[str, str]
    ) -> None:
        self._listed = disguises.listed
        self._terms = disguises.terms
        self._reads = disguises.alphabet.reads
        self._segmenter = segmenter
        self._look_alikes = look_alikes
        self._spelt: dict[tuple[Shape, str, bool], _Spelling | None] = {}

    def examine(
        self, text: str, symbols: Symbols, start: int, end: int, shape: Shape
    ) -> Candidate | None:
        """Give the candidate at symbols `[start, end)`, or None where honest words explain it.

        The plain spelling with nothing in it is no candidate.
        """
        term = shape.target.term
        where = symbols.at[start:end].tolist()
        first, last = where[0], where[-1] + 1
        if text[first:last] == term or last - first > (end - start) * (_WIDEST_GAP + 1):
            return None
        written = "".join([text[place] for place in where])
        if written != term and written in self._terms:
            return None
        if last - first > len(written) and not _loose(text, where):
            return None
        if not _letters_apart(text, where, written):
            return None
        hit = Hit(text, symbols, start, end, shape, written)
        if shape.parts[0][0] == "listed":
            return self._listed_way(hit, where)
        if shape.parts[0][0] == "order":
            return self._reversed(hit, where)
        return self._spelled(hit, where)

    def runs_on(self, text: str, first: int, last: int) -> bool:
        """Tell whether letters at `[first, last]`, without marks, are part of a longer word."""
        written = text[first : last + 1]
        return not _letters_apart(text, range(first, last + 1), written)

    def is_dull(self, shape: Shape, written: str, *, marked: bool) -> bool:
        """Tell whether a writing is no candidate wherever it stands; `marked` by marks in it."""
        term = shape.target.term
        if (written == term and not marked) or (written != term and written in self._terms):
            return True
        if shape.parts[0][0] == "listed":
            return (written, term) not in self._listed
        if shape.parts[0][0] == "order":
            return marked or written[::-1] != term or bool(self._segmenter.frequency(written))
        return self._spelling(shape, written, marked=marked) is None

    def explanation(
        self, shape: Shape, written: str, *, marked: bool
    ) -> tuple[str, Sequence[int]] | None:
        """Give what honest words around a writing that is not dull may explain it by.

        That is what they may reach into when it stands there, and the places of `written` of which
        they may hold one; None where nothing explains it.
        """
        if shape.parts[0][0] == "listed":
            return None
        if shape.parts[0][0] == "order":
            return written, ()
        spelling = self._spelling(shape, written, marked=marked)
        if spelling is None:
            return None
        common = spelling.need is not None and len(spelling.strange) > spelling.rare
        return shape.target.term, spelling.strange if common else ()

    def _spelled(self, hit: Hit, where: Sequence[int]) -> Candidate | None:
        """Examine a shape character by character of its term."""
        spelling = self._spelling(
            hit.shape, hit.written, marked=where[-1] + 1 - where[0] > len(where)
        )
        if spelling is None:
            return None
        need = spelling.need
        if need is None:
            need = self._need_of_listed(hit)
        elif is_explained(self._segmenter, hit, spelling.strange, spelling.rare):
            return None
        if need is None:
            return None
        ends = accumulate(size for _, size in hit.shape.parts)
        places = [
            (where[end - size], where[end - 1] + 1)
            for end, (_, size) in zip(ends, hit.shape.parts, strict=True)
        ]
        return _candidate(hit, places, spelling.kinds, need)

    def _spelling(self, shape: Shape, written: str, *, marked: bool) -> _Spelling | None:
        """Say how a writing differs from its term and what it needs; None for no disguise."""
        # It hangs on nothing else, and a few writings are most of those that are asked about.
        key = (shape, written, marked)
        try:
            return self._spelt[key]
        except KeyError:
            if len(self._spelt) >= _MOST_REMEMBERED:
                self._spelt.clear()
            found = self._spelt[key] = self._spell(shape, written, marked=marked)
            return found

    def _spell(self, shape: Shape, written: str, *, marked: bool) -> _Spelling | None:
        kinds: set[str] = set()
        strange: list[int] = []
        rare, at = 0, 0
        for sign, (kind, size) in zip(shape.target.term, shape.parts, strict=True):
            signs = written[at : at + size]
            if kind == "same" and signs != sign:
                return None
            if kind == "split" and tuple(signs) not in splits(sign):
                return None
            if kind == "han" and signs != sign:
                how = self._difference(signs, sign)
                if how is None:
                    return None
                kinds.add(how)
                strange.append(at)
                rare += is_rare(signs) or (signs in self._reads and how == "emoji")
            elif kind not in {"han", "same"}:
                kinds.add("initials" if kind == "initial" else kind)
                strange += range(at, at + size) if kind == "split" else ()
            at += size
        if marked:
            kinds.add("marks")
        if not kinds:
            return None
        if kinds & {"pinyin", "initials"} and any(kind == "han" for kind, _ in shape.parts):
            kinds.add("mixed_script")
        if (written, shape.target.term) in self._listed:
            return _Spelling(frozenset(kinds), tuple(strange), rare, None)
        need = doubt(self._segmenter, shape, written, kinds, strange=strange, rare=rare)
        return None if need is None else _Spelling(frozenset(kinds), tuple(strange), rare, need)

    def _need_of_listed(self, hit: Hit) -> Need | None:
        if cuts_words(self._segmenter, hit.before, hit.shape.target.term, hit.after):
            return None
        if self._segmenter.frequency(hit.written):
            return Need.TWO_SIGNS
        return Need.ONE_SIGN

    def _listed_way(self, hit: Hit, where: Sequence[int]) -> Candidate | None:
        """Examine initials and signs that the table lists."""
        target = hit.shape.target
        kind = self._listed.get((hit.written, target.term))
        if kind is None:
            return None
        short = len(hit.written) == 2
        need = Need.TWO_SIGNS if short else Need.ONE_SIGN
        if kind == "initials" and {"credit_line", "cash_verb"} & set(target.groups):
            need = Need.PARTNER if short else Need.TWO_SIGNS
        elif kind == "pinyin" and len(target.term) > _LONGEST_WORD:
            # Two words as two are found one by one.
            if not all(_is_joined(hit.text, *two, len(where)) for two in pairwise(where)):
                return None
            need = Need.NOTHING
        whole = (where[0], where[-1] + 1)
        places = [whole] * len(target.term)
        if len(where) == len(target.term):
            places = [(at, at + 1) for at in where]
        marked = {"marks"} if whole[1] - whole[0] > len(where) else set()
        return _candidate(hit, places, {kind, *marked}, need)

    def _reversed(self, hit: Hit, where: Sequence[int]) -> Candidate | None:
        term = hit.shape.target.term
        if hit.written[::-1] != term or where[-1] - where[0] >= len(term):
            return None
        if self._segmenter.frequency(hit.written):
            return None
        if cuts_words(self._segmenter, hit.before, hit.written, hit.after):
            return None
        whole = (where[0], where[-1] + 1)
        need = Need.ONE_SIGN if hit.shape.target.hidden or len(term) > 2 else Need.TWO_SIGNS
        return _candidate(hit, [whole] * len(term), {"order"}, need)

    def _difference(self, signs: str, sign: str) -> str | None:
        """Name how one character differs from that of the term; None where it does not fit."""
        if self._look_alikes.get(signs) == sign:
            return "homophone" if set(readings(signs)) & set(readings(sign)) else "look_alike"
        if signs in self._reads:
            return "marks" if signs == "+" else "emoji"
        return None if signs in self._look_alikes and not is_rare(signs) else "homophone"


def _candidate(
    hit: Hit, places: Sequence[tuple[int, int]], kinds: Set[str], need: Need
) -> Candidate:
    start, end = places[0][0], places[-1][1]
    return Candidate(start, end, hit.shape.target, tuple(places), tuple(sorted(kinds)), need)


def _loose(text: str, where: Sequence[int]) -> bool:
    """Tell whether the gaps are short and none is a platform's *** for what it took out."""
    gaps = [right - left - 1 for left, right in pairwise(where)]
    return max(gaps) <= _WIDEST_GAP and "***" not in text[where[0] : where[-1]]


def _letters_apart(text: str, where: Sequence[int], written: str) -> bool:
    """Tell whether the letters are words of their own and no part of an id or address."""
    # Of a long writing, hyphens and the digits of tones are part: hua1bei5, xin-yong-ka.
    joins = len(written) if written.isascii() else 0
    for n, sign in enumerate(written):
        if not "a" <= sign <= "z":
            continue
        at = where[n]
        begins = n == 0 or where[n - 1] != at - 1 or not "a" <= written[n - 1] <= "z"
        before = text[at - 1 : at]
        inside = n and _is_joined(text, where[n - 1], at, joins)
        if (
            begins
            and not inside
            and ("a" <= before <= "z" or "0" <= before <= "9" or before in {*"_@./-"})
        ):
            return False
        ends = n + 1 == len(written) or where[n + 1] != at + 1 or not "a" <= written[n + 1] <= "z"
        if ends and n + 1 < len(written) and _is_joined(text, at, where[n + 1], joins):
            continue
        if ends and not _ends_word(text, at + 1, written, n):
            return False
    return True


def _is_joined(text: str, left: int, right: int, size: int) -> bool:
    """Tell whether two signs of a pinyin of so many are one word but for a hyphen."""
    if size < _LEAST_JOINED or right > left + 2:
        return False
    if right == left + 1 or text[left + 1] == "-":
        return True
    # Of fewer signs it is an id as likely.
    return text[left + 1] == "_" and size >= _LEAST_UNDERLINED


def _ends_word(text: str, at: int, written: str, n: int) -> bool:
    after, beyond = text[at : at + 1], text[at + 1 : at + 2]
    if "a" <= after <= "z" or after in {*"_@"}:
        return False
    if n + 1 < len(written):
        return True
    if "0" <= after <= "9":
        # 加wei186… and 客f400… run into their number; an id like hb9527 begins with its letters.
        if not (n and "\u4e00" <= written[0] <= "\u9fff"):
            return False
        return "a" <= written[n - 1] <= "z" or bool(_NUMBER.match(text, at))
    return not (after in {*"./-"} and beyond.isascii() and beyond.isalnum())
