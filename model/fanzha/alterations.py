"""Listed terms with characters exchanged for ones drawn alike, or set apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Final

from fanzha.candidates import Candidate
from fanzha.disguises import Target
from fanzha.doubts import Need, doubt_likeness, doubt_parted, doubt_put_between, is_no_likeness
from fanzha.ghosts import WINDOW
from fanzha.parts import drawn_signs, shares_part
from fanzha.segment import Segmenter
from fanzha.syllables import BARRIER, is_rare

__all__ = ["LONGEST", "REACH", "Alterations", "Neighbours"]

LONGEST: Final = 8
"""Characters of the longest term that is looked for."""
_WIDEST_PARTING = 2
"""Most sentence marks between two characters of one term."""
REACH: Final = LONGEST - 1
"""How far behind a term's first own character that pair may stand by which an alteration is seen:
one of the characters exchanged, or the first two that stand apart."""


_Way = tuple[str, Callable[[Segmenter, Target, str, str, str], Need | None]]
"""A kind of alteration, and what tells how much such a one needs."""
_INSERTION: Final[_Way] = ("insertion", doubt_put_between)
_MARKS: Final[_Way] = ("marks", doubt_parted)


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A character that a term has at `place`."""

    target: Target
    place: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What stands side by side wherever a term is altered, as strings of two or three characters.

    `own` has the characters of terms, `rare` those that may stand beside one of these for another.
    A term of two is `exchanged` as such; of a longer one an own character stands beside an
    exchanged one in `long_exchanged`, and either beside a third in `long_beside`, or a rare one
    does. Where a term is first `parted` by marks or `spread` out by characters, its first two
    stand so, or the last two of `long_apart`.
    """

    own: frozenset[str]
    rare: frozenset[str]
    exchanged: set[str] = field(default_factory=set)
    long_exchanged: set[str] = field(default_factory=set)
    long_beside: set[str] = field(default_factory=set)
    parted: set[str] = field(default_factory=set)
    spread: set[str] = field(default_factory=set)
    long_apart: set[str] = field(default_factory=set)
    likes: set[str] = field(default_factory=set)


class Alterations:
    """Finds terms in which some characters are others, or stand apart.

    Parameters
    ----------
    targets
        The terms to look for.
    likes
        For a character of a term, those that it could be exchanged for to the eye.
    segmenter
        The dictionary of honest words.

    `targets` has those that may be altered.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        likes: Mapping[str, Collection[str]],
        segmenter: Segmenter,
    ) -> None:
        anchors: defaultdict[str, list[_Anchor]] = defaultdict(list)
        for target in targets:
            if len(target.term) <= LONGEST and (target.hidden or target.core):
                for place, sign in enumerate(target.term):
                    anchors[sign].append(_Anchor(target, place))
        self._anchors = {sign: tuple(some) for sign, some in anchors.items()}
        self.targets = tuple(dict.fromkeys(one.target for some in anchors.values() for one in some))
        self._likes = {sign: frozenset(others) for sign, others in likes.items()}
        self._segmenter = segmenter

    def neighbours(self) -> Neighbours:
        """Give what stands side by side wherever a term is altered; see `Neighbours`."""
        found = Neighbours(frozenset(self._anchors), frozenset(filter(is_rare, drawn_signs())))
        for target in self.targets:
            term, long = target.term, len(target.term) > 2
            found.likes.update(own + like for own in term for like in self._likes.get(own, ()))
            for at, (own, following) in enumerate(pairwise(term)):
                first, second = self._likes.get(own, ()), self._likes.get(following, ())
                near = [own + like for like in second] + [like + following for like in first]
                if long:
                    found.long_exchanged.update(near)
                    found.long_beside.update(near, (own + following,))
                    found.long_beside.update(one + other for one in first for other in second)
                else:
                    found.exchanged.update(
                        one for one in near if not is_no_likeness(self._segmenter, target, one)
                    )
                if at:
                    found.long_apart.add(term[at - 1 : at + 2])
                    continue
                found.parted.add(own + following)
                if long or target.hidden:
                    found.spread.add(own + following)
        return found

    def find(
        self, text: str, drawn: str, barred: str, places: Iterable[int] | None = None
    ) -> Iterator[Candidate]:
        """Give the candidates in a text; O(len(text)).

        `drawn` is the text as `parts.as_drawn` gives it, `barred` with its sentence marks written
        as `BARRIER`; with `places` only the candidates whose first own character stands at one of
        these.
        """
        for at in range(len(text)) if places is None else places:
            for anchor in self._anchors.get(text[at], ()):
                target = anchor.target
                where = self._exchanged(text, drawn, at, anchor)
                if where is not None:
                    near = drawn[where[0] : where[-1] + 1]
                    way = "look_alike", partial(doubt_likeness, drawn=near)
                    yield from self._likely(text, barred, target, where, way)
                elif anchor.place == 0:
                    where = _spread(text, at, target.term)
                    if where is not None:
                        yield from self._likely(text, barred, target, where, _INSERTION)
                    where = _parted(text, barred, at, target.term)
                    if where is not None:
                        yield from self._likely(text, barred, target, where, _MARKS)

    def _exchanged(self, text: str, drawn: str, at: int, anchor: _Anchor) -> list[int] | None:
        """Give the places of a term with exchanged characters whose first own one stands here."""
        term, start = anchor.target.term, at - anchor.place
        if start < 0 or start + len(term) > len(text):
            return None
        odd = False
        for place, sign in enumerate(term):
            if text[start + place] == sign:
                if place < anchor.place:
                    return None
                continue
            written, likes = drawn[start + place], self._likes.get(sign, ())
            if (
                written in likes
                or text[start + place] in likes
                or (is_rare(written) and shares_part(written, sign))
            ):
                odd = True
            else:
                return None
        return list(range(start, start + len(term))) if odd else None

    def _likely(
        self, text: str, barred: str, target: Target, places: Sequence[int], way: _Way
    ) -> Iterator[Candidate]:
        kind, doubt = way
        start, end = places[0], places[-1] + 1
        before = barred[max(0, start - WINDOW) : start]
        before = before[before.rfind(BARRIER) + 1 :]
        after = barred[end : end + WINDOW].partition(BARRIER)[0]
        need = doubt(self._segmenter, target, before, text[start:end], after)
        if need is not None:
            spans = tuple((place, place + 1) for place in places)
            yield Candidate(start, end, target, spans, (kind,), need)


def _spread(text: str, start: int, term: str) -> list[int] | None:
    """Give the places of a term from `start` on with single characters between, at least one."""
    places = [start]
    for sign in term[1:]:
        near = text[places[-1] + 1 : places[-1] + 3]
        if near[:1] == sign:
            places.append(places[-1] + 1)
        elif near[1:] == sign and near[0].isalpha():
            places.append(places[-1] + 2)
        else:
            return None
    return places if places[-1] - start >= len(term) else None


def _parted(text: str, barred: str, start: int, term: str) -> list[int] | None:
    """Give the places of a term from `start` on with sentence marks between, at least one."""
    places, parted = [start], False
    for sign in term[1:]:
        at = places[-1] + 1
        while at - places[-1] <= _WIDEST_PARTING and barred[at : at + 1] == BARRIER:
            if text[at] == "\n":
                return None
            parted = True
            at += 1
        if text[at : at + 1] != sign:
            return None
        places.append(at)
    return places if parted else None
