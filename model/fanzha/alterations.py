"""Listed terms with characters exchanged for ones drawn alike, or with honest ones put between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fanzha.candidates import Candidate
from fanzha.disguises import Target
from fanzha.doubts import doubt_likeness, doubt_put_between
from fanzha.ghosts import WINDOW
from fanzha.parts import shares_part
from fanzha.segment import Segmenter
from fanzha.syllables import BARRIER, is_rare

__all__ = ["Alterations"]

_LONGEST: Final = 8


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A character that a term has at `place`."""

    target: Target
    place: int


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
    """

    def __init__(
        self,
        targets: Sequence[Target],
        likes: Mapping[str, Collection[str]],
        segmenter: Segmenter,
    ) -> None:
        anchors: defaultdict[str, list[_Anchor]] = defaultdict(list)
        for target in targets:
            if len(target.term) <= _LONGEST and (target.hidden or target.core):
                for place, sign in enumerate(target.term):
                    anchors[sign].append(_Anchor(target, place))
        self._anchors = {sign: tuple(some) for sign, some in anchors.items()}
        self._likes = {sign: frozenset(others) for sign, others in likes.items()}
        self._segmenter = segmenter

    def find(self, text: str, barred: str) -> Iterator[Candidate]:
        """Give the candidates in a text; O(len(text)).

        `barred` is the text with its sentence marks written as `BARRIER`.
        """
        for at, sign in enumerate(text):
            for anchor in self._anchors.get(sign, ()):
                places = self._exchanged(text, at, anchor)
                if places is not None:
                    yield from self._likely(text, barred, anchor.target, places, "look_alike")
                elif anchor.place == 0:
                    places = _spread(text, at, anchor.target.term)
                    if places is not None:
                        yield from self._likely(text, barred, anchor.target, places, "insertion")

    def _exchanged(self, text: str, at: int, anchor: _Anchor) -> list[int] | None:
        """Give the places of a term with exchanged characters whose first own one stands here."""
        term, start = anchor.target.term, at - anchor.place
        if start < 0 or start + len(term) > len(text):
            return None
        odd = False
        for place, sign in enumerate(term):
            written = text[start + place]
            if written == sign:
                if place < anchor.place:
                    return None
            elif written in self._likes.get(sign, ()) or (
                is_rare(written) and shares_part(written, sign)
            ):
                odd = True
            else:
                return None
        return list(range(start, start + len(term))) if odd else None

    def _likely(
        self, text: str, barred: str, target: Target, places: Sequence[int], kind: str
    ) -> Iterator[Candidate]:
        start, end = places[0], places[-1] + 1
        written = text[start:end]
        before = barred[max(0, start - WINDOW) : start]
        before = before[before.rfind(BARRIER) + 1 :]
        after = barred[end : end + WINDOW].partition(BARRIER)[0]
        weigh = doubt_likeness if kind == "look_alike" else doubt_put_between
        need = weigh(self._segmenter, target, before, written, after)
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
