"""Restore listed terms that are written in disguise."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.alterations import REACH, Alterations
from fanzha.candidates import Candidate, Examiner
from fanzha.disguises import SPELLINGS, Disguises
from fanzha.ghosts import find_ghosts
from fanzha.handles import PAIR, ROW, TEAR, Lead
from fanzha.lexicon import Lexicon, Match
from fanzha.look import TRACE, Look
from fanzha.look_tables import tables_of
from fanzha.normalize import MoreChanges, NormalizedText, Run
from fanzha.parts import as_drawn, drawn_alike, find_look_alikes
from fanzha.post import Span
from fanzha.prepared import Prepared, load_prepared
from fanzha.quick import quick
from fanzha.results import Sights
from fanzha.rows import Rows
from fanzha.segment import Segmenter
from fanzha.surroundings import Surroundings, stand_alone, stretches_near
from fanzha.syllables import Alphabet, Symbols
from fanzha.torn import TornWords

__all__ = ["Restoration", "Restorer"]

_MOST_REMEMBERED: Final = 1 << 13
_ROUNDS: Final = 4
"""A restored term may be what makes its neighbour readable; deeper chains are not pursued."""


@quick
@dataclass(frozen=True, slots=True)
class Restoration:
    """A term that was read through its disguise.

    `at` lies in the restored text, `span` in the post; `written` is what stands there, `kinds`
    says how it differs: `homophone`, `look_alike`, `split`, `pinyin`, `initials`, `mixed_script`,
    `emoji`, `marks`, `insertion`, `order`.
    """

    at: Span
    span: Span
    written: str
    term: str
    groups: tuple[str, ...]
    kinds: tuple[str, ...]


class Restorer:
    """Finds the disguises of a lexicon's terms and undoes them.

    Parameters
    ----------
    lexicon
        The terms; those of two and more Han characters can be restored.

    Its `look` tells which posts may hold a disguise or a mark inside a word.

    Examples
    --------
    >>> from fanzha.normalize import normalize
    >>> restorer = Restorer(Lexicon.load())
    >>> text, found = restorer.restore(normalize("花❀呗陶.現，加我"))
    >>> text.text, [one.kinds for one in found]
    ('花呗套现,加我', [('marks',), ('homophone', 'marks')])
    """

    def __init__(self, lexicon: Lexicon, segmenter: Segmenter | None = None) -> None:
        self._lexicon = lexicon
        self._segmenter = segmenter or Segmenter(term.term for term in lexicon.terms)
        made = load_prepared()
        if made is None or made.facts["restorer"]["terms"] != self._terms():
            self._disguises = Disguises.build(lexicon)
            targets = {sign: None for target in self._disguises.targets for sign in target.term}
            self._look_alikes: Mapping[str, str] = find_look_alikes(targets)
            self._likes: Mapping[str, Collection[str]] = {
                sign: drawn_alike(sign) for sign in targets
            }
            tables = None
        else:
            alphabet = Alphabet.of(made.of("alphabet"))
            self._disguises = Disguises.of(made.of("disguises"), lexicon, alphabet)
            self._look_alikes = made.facts["restorer"]["look_alikes"]
            self._likes = made.facts["restorer"]["likes"]
            tables = tables_of(made.of("look"))
        self._alphabet = self._disguises.alphabet
        self._drawn = np.arange(len(self._alphabet.table), dtype=np.uint32)
        for sign, drawn in self._look_alikes.items():
            self._drawn[ord(sign)] = ord(drawn)
        self._examiner = Examiner(self._disguises, self._segmenter, self._look_alikes)
        self._alterations = Alterations(self._disguises.targets, self._likes, self._segmenter)
        self._dull: dict[tuple[int, str], bool] = {}
        self._rows = Rows(self._segmenter)
        self._torn = TornWords(self._segmenter, self._alphabet, SPELLINGS)
        self.look = Look(
            self._disguises,
            self._examiner,
            self._alterations,
            self._drawn,
            segmenter=self._segmenter,
            tables=tables,
        )

    def prepare(self) -> Prepared:
        """Give all that is derived from the lexicon, for `fanzha.build_prepared`."""
        facts = {
            "terms": self._terms(),
            "look_alikes": self._look_alikes,
            "likes": {sign: "".join(sorted(signs)) for sign, signs in self._likes.items()},
        }
        return Prepared.join(
            {
                "restorer": Prepared({}, facts),
                "alphabet": self._alphabet.prepare(),
                "disguises": self._disguises.prepare(),
                "look": self.look.prepare(),
                "words": self._segmenter.dictionary.prepare(self._segmenter.user_words),
            }
        )

    def _terms(self) -> list[list[str]]:
        """Give what a restorer is made from, beside tables and sources."""
        terms = [[term.term, term.group] for term in self._lexicon.terms]
        return [*terms, list(self._segmenter.user_words)]

    def restore(
        self, text: NormalizedText, leads: Sequence[Lead] | None = None, *, rows: bool = True
    ) -> tuple[NormalizedText, tuple[Restoration, ...]]:
        """Give the text with disguised terms written plainly, and what was restored.

        Separators of rows of single signs and marks that tear ordinary words go too. Text without
        any is given back as it is. With `leads`, those of a look that left nothing else to find,
        only these are followed at first; `rows` says whether there may be rows without one for
        them.
        O(len(text)); the spans of the result still slice the post.
        """
        original = text
        found: dict[Span, Restoration] = {}
        more: list[Run] = []
        may_have_rows = rows if leads is None else any(one.number == ROW for one in leads)
        if may_have_rows:
            # Before all else: what is spread out, all of it, is read as if it were not.
            gaps = self._rows.find(text.text)
            if gaps:
                more = [_dropped(text, gap) for gap in gaps]
                text, leads = _without(text, gaps), None
        text, tears = self._read(text, leads, found)
        # A term that now stands plainly may be part of a word.
        if tears:
            marks = self._torn.find(text.text)
            if marks:
                more += [_dropped(text, mark) for mark in marks]
                text, _ = self._read(_without(text, marks), None, found)
        if text is original:
            return text, ()
        more += [
            ("variant", span.start, span.end, one.written, one.term) for span, one in found.items()
        ]
        changes = MoreChanges(text.changes, more)
        made = NormalizedText(text.post, text.text, text.origin, changes, text.ends)
        return made, tuple(_placed(text, found))

    def _read(
        self, text: NormalizedText, leads: Sequence[Lead] | None, found: dict[Span, Restoration]
    ) -> tuple[NormalizedText, bool]:
        """Write disguised terms plainly, and add them to `found`.

        Gives the text, and whether a mark may tear a word of it.
        """
        for number in range(_ROUNDS):
            candidates, tears = None, False
            if number == 0 and leads is not None:
                candidates = self.look.candidates(text, leads)
                tears = any(one.number == TEAR for one in leads)
            if candidates is None:
                candidates, tears = self._search(text)
            chosen = self._choose(text.text, candidates)
            if not chosen:
                return text, tears
            text = _rewrite(text, chosen, found)
        return text, True

    def without_ghosts(self, text: str, matches: Sequence[Match]) -> Sequence[Match]:
        """Leave out matches that only seem to be terms, as 取现 in 争取现在."""
        ghosts = find_ghosts(self._segmenter, text, matches)
        if not ghosts:
            return matches
        return [match for match in matches if match.at not in ghosts]

    def _choose(self, text: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        if not candidates or stand_alone(text, self._lexicon, candidates):
            return []
        stretches = stretches_near(text, candidates)
        plain = [match for start, end in stretches for match in self._terms_in(text, start, end)]
        surroundings = Surroundings(text, plain, stretches)
        return _cheapest(surroundings.accepted(candidates))

    def _terms_in(self, text: str, start: int, end: int) -> Sequence[Match]:
        """Give the terms in a stretch, those that only seem to be terms left out."""
        near = text[start:end]
        found = self.without_ghosts(near, self._lexicon.find(near))
        if not start:
            return found
        return [Match(start + at, start + stop, group, term) for at, stop, group, term in found]

    def _search(self, written: NormalizedText) -> tuple[list[Candidate], bool]:
        """Give all candidates of a text, and whether a mark may tear a word of it."""
        text, as_written = written.text, as_drawn(written)
        sights = self.look.see([as_written])
        if sights is not None and not (sights.crowded or sights.seen[0] & TRACE):
            candidates = self.look.candidates(written, sights.leads)
            if candidates is not None:
                return candidates, any(one.number == TEAR for one in sights.leads)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        candidates = self._find(text, self._alphabet.write(text, codes))
        candidates += self._altered(text, as_written, sights)
        if self._alphabet.signed[codes].any():
            candidates += self._find(text, self._alphabet.write(text, codes, signs=False))
        drawn = self._drawn[codes]
        if not np.array_equal(drawn, codes):
            candidates += self._find(text, self._alphabet.write(text, drawn))
        return candidates, True

    def _altered(self, text: str, drawn: str, sights: Sights | None) -> list[Candidate]:
        if sights is None or sights.crowded:
            places: Iterable[int] = range(len(text))
        else:
            # A term's first own character stands no later than in the pair.
            pairs = [one.first for one in sights.leads if one.number == PAIR]
            near = (range(max(0, first - REACH), first + 2) for first in pairs)
            places = sorted(set().union(*near))
        if not places:
            return []
        return list(self._alterations.find(text, drawn, self._alphabet.bar(text), places))

    def _find(self, text: str, symbols: Symbols) -> list[Candidate]:
        found = []
        at = symbols.at.tolist()
        for start, end, number in self._disguises.automaton.find_overlapping(symbols.string):
            first, last = at[start], at[end - 1] + 1
            if last - first == end - start and self._is_dull(number, text[first:last]):
                continue
            for shape in self._disguises.shapes[number]:
                candidate = self._examiner.examine(text, symbols, start, end, shape)
                if candidate is not None:
                    found.append(candidate)
        return found

    def _is_dull(self, number: int, written: str) -> bool:
        """Tell whether no shape of this number is more than chance, wherever it is written so."""
        # It hangs on nothing else, and nearly all shapes of a text are everyday words.
        key = (number, written)
        dull = self._dull.get(key)
        if dull is None:
            if len(self._dull) >= _MOST_REMEMBERED:
                self._dull.clear()
            shapes = self._disguises.shapes[number]
            dull = all(self._examiner.is_dull(shape, written, marked=False) for shape in shapes)
            self._dull[key] = dull
        return dull


def _cheapest(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Choose candidates that do not overlap: long ones and cheap ones first, in text order."""
    taken: list[Candidate] = []
    starts: list[int] = []
    for one in sorted(candidates, key=lambda one: one.rank):
        at = bisect_left(starts, one.start)
        if at and taken[at - 1].end > one.start:
            continue
        if at < len(taken) and taken[at].start < one.end:
            continue
        taken.insert(at, one)
        starts.insert(at, one.start)
    return taken


def _rewrite(
    text: NormalizedText, chosen: Sequence[Candidate], found: dict[Span, Restoration]
) -> NormalizedText:
    ends = text.origin + 1 if text.ends is None else text.ends
    pieces: list[str] = []
    origins: list[NDArray[np.int32]] = []
    stops: list[NDArray[np.int32]] = []
    earlier = deque(sorted(found))
    done = 0
    for one in chosen:
        pieces += [text.text[done : one.start], one.target.term]
        origins.append(text.origin[done : one.start])
        stops.append(ends[done : one.start])
        spans = [text.span(first, last) for first, last in one.places]
        origins.append(np.array([span.start for span in spans], dtype=np.int32))
        stops.append(np.array([span.end for span in spans], dtype=np.int32))
        span = text.span(one.start, one.end)
        written = span.of(text.post)
        # A first round may have read part of what now reads as a longer term.
        kinds = list(one.kinds)
        while earlier and earlier[0].start < span.end:
            inner = earlier.popleft()
            if inner.overlaps(span):
                kinds += [kind for kind in found.pop(inner).kinds if kind not in kinds]
        found[span] = Restoration(
            Span(0, 0), span, written, one.target.term, one.target.groups, tuple(sorted(kinds))
        )
        done = one.end
    pieces.append(text.text[done:])
    origins.append(text.origin[done:])
    stops.append(ends[done:])
    return NormalizedText(
        text.post, "".join(pieces), np.concatenate(origins), text.changes, np.concatenate(stops)
    )


def _dropped(text: NormalizedText, mark: Span) -> Run:
    span = text.span(mark.start, mark.end)
    return ("mark", span.start, span.end, span.of(text.post), "")


def _without(text: NormalizedText, marks: Sequence[Span]) -> NormalizedText:
    """Leave out the places of `marks`, in order."""
    kept = np.ones(len(text.text), dtype=np.bool_)
    pieces: list[str] = []
    done = 0
    for mark in marks:
        kept[mark.start : mark.end] = False
        pieces.append(text.text[done : mark.start])
        done = mark.end
    pieces.append(text.text[done:])
    ends = None if text.ends is None else text.ends[kept]
    return NormalizedText(text.post, "".join(pieces), text.origin[kept], text.changes, ends)


def _placed(text: NormalizedText, found: dict[Span, Restoration]) -> Iterator[Restoration]:
    places = sorted(found.items())
    # One search for all, of the array's own type: another type would copy it each time.
    starts = np.array([span.start for span, _ in places], dtype=text.origin.dtype)
    firsts = np.searchsorted(text.origin, starts).tolist()
    for first, (span, one) in zip(firsts, places, strict=True):
        at = Span(first, first + len(one.term))
        yield Restoration(at, span, one.written, one.term, one.groups, one.kinds)
