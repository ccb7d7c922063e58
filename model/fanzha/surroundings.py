"""What stands near a place of a text and makes a disguise there likely."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from fanzha.candidates import Candidate
from fanzha.doubts import Need
from fanzha.late_pattern import late_pattern
from fanzha.lexicon import MAX_TERM_CHARS, Lexicon, Match
from fanzha.post import Span

__all__ = ["Surroundings", "stand_alone", "stretches_near"]

_NEAR_CHARS = 30
_BESIDE_CHARS = 4
"""How near two short initials must stand to vouch for each other, as hb and tx."""
_MOST_ANCHORS = 60
"""How many of the anchors near a place are looked at, which keeps the work linear."""
_ROUNDS: Final = 4
"""One that is accepted may be what another waits for; longer chains are not pursued."""
_STANCES: Final = frozenset({"offer", "price", "contact_word"})
_TOPICS: Final = frozenset(
    {
        "credit_line", "cash_verb", "service_claim", "gamble", "sex", "loan", "account",
        "document", "job", "invest", "goods", "phish",
    }
)  # fmt: skip
_SIGNS: Final = _STANCES | _TOPICS
_ALTERING: Final = ("look_alike", "insertion")
_ALTERED: Final = "altered"
"""Two terms altered so, side by side, are no accident: each is a sign for the other."""
_PARTNERS: Final = {"credit_line": "cash_verb", "cash_verb": "credit_line"}
# A rate or price, or an id or number by which to reach somebody.
_PRICE: Final = late_pattern(r"[0-9一二三四五六七八九](?:\.[0-9])?个?(?:点|折|%|米|块|元|w)")
_REACH: Final = late_pattern(r"(?<![a-z0-9])[a-z0-9_\-]{5,20}(?![a-z0-9])|[●*•x]{3,}|[vq微薇][:：]")
_NUMBER: Final = late_pattern(r"(?<![0-9])[0-9](?:[ \-]{0,2}[0-9]){4,15}(?![0-9])")
_PATTERNS: Final = (("price", _PRICE), ("contact", _REACH), ("contact", _NUMBER))
_LONGEST_MATCH: Final = 64
"""Characters that decide whether one of the patterns stands at a place."""
# All signs of which the three are made: no match reaches over another.
_WRITTEN_WITH: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyz0123456789_-.%*:： 一二三四五六七八九个点折米块元●•微薇"
)
_PARTING: Final = late_pattern(f"[^{''.join(sorted(_WRITTEN_WITH - {'-'}))}-]")
_SHORT_CHARS: Final = 400
_FAR: Final = 100
"""From a candidate on either side: 30 characters, a verb there, what may make a ghost of it, and
a credit product that would not, together with some to spare."""


def stretches_near(text: str, candidates: Sequence[Candidate]) -> list[tuple[int, int]]:
    """Give the stretches of a text on which it hangs which candidates are accepted, in order.

    Terms, prices and contacts found in these alone decide as those of the whole text would, which
    it is where it is short. O(len(text)), and far less of few candidates in a long text.
    """
    if len(text) <= _SHORT_CHARS:
        return [(0, len(text))]
    places: list[tuple[int, int]] = []
    for one in sorted((one.start, one.end) for one in candidates):
        start, end = max(0, one[0] - _FAR), min(len(text), one[1] + _FAR)
        if places and start <= places[-1][1]:
            start, end = places[-1][0], max(end, places.pop()[1])
        places.append((start, end))
    found: list[tuple[int, int]] = []
    for start, end in places:
        first, done = start, found[-1][1] if found else 0
        while first > done and text[first - 1] in _WRITTEN_WITH:
            first -= 1
        if found and first <= done:
            first = found.pop()[0]
        if end > done:
            parting = _PARTING.search(text, end)
            done = parting.start() if parting else len(text)
        found.append((first, done))
    return found


class Surroundings:
    """The terms, prices and contacts of one text, by place.

    Parameters
    ----------
    text
        Normalized text.
    matches
        The lexicon's terms in it.
    stretches
        Where prices and contacts are looked for; everywhere by default.
    """

    def __init__(
        self, text: str, matches: Sequence[Match], stretches: Sequence[tuple[int, int]] = ()
    ) -> None:
        stretches = stretches or [(0, len(text))]
        anchors = [match for match in matches if match.group in _SIGNS]
        for group, pattern in _PATTERNS:
            anchors += [
                Match(*found.span(), group, found.group())
                for start, end in stretches
                for found in pattern.finditer(text, start, end)
            ]
        self._anchors = sorted(anchors)
        # By place; a listed term that is written plainly is no part of another in disguise.
        self._terms = sorted({match.at for match in matches if len(match.term) > 1})

    def accepted(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Give the candidates that are sure by themselves or by what stands near them."""
        candidates = sorted(
            (one for one in candidates if not self._cuts_term(one)), key=lambda one: one.start
        )
        taken = [one for one in candidates if one.need is Need.NOTHING]
        waiting = [one for one in candidates if one.need is not Need.NOTHING]
        self._add(taken)
        hopes = [
            Match(one.start, one.end, group, one.target.term)
            for one in waiting
            for group in (
                *one.target.groups,
                *(_ALTERED for kind in one.kinds if kind in _ALTERING),
            )
            if group in _PARTNERS or group == _ALTERED
        ]
        hopes.sort()
        for _ in range(_ROUNDS):
            gained = [one for one in waiting if self._likely(one, hopes)]
            if not gained:
                break
            self._add(gained)
            taken += gained
            chosen = set(map(id, gained))
            waiting = [one for one in waiting if id(one) not in chosen]
        return taken

    def _cuts_term(self, one: Candidate) -> bool:
        # In 加微·信 both terms stand plainly but for the mark.
        if one.kinds == ("marks",) and one.need is Need.NOTHING:
            return False
        first = bisect_left(self._terms, Span(one.start - MAX_TERM_CHARS, 0))
        for at in range(first, len(self._terms)):
            term = self._terms[at]
            if term.start >= one.end:
                break
            if term.end > one.start and not (one.start <= term.start and term.end <= one.end):
                return True
        return False

    def _add(self, candidates: Sequence[Candidate]) -> None:
        self._anchors += [
            Match(one.start, one.end, group, one.target.term)
            for one in candidates
            for group in one.target.groups
        ]
        self._anchors.sort()

    def _likely(self, one: Candidate, hopes: Sequence[Match]) -> bool:
        near = [
            anchor
            for anchor in _within(self._anchors, one)
            if anchor.term != one.target.term and not _overlap(anchor, one)
        ]
        partners = {_PARTNERS[group] for group in one.target.groups if group in _PARTNERS}
        if any(anchor.group in partners for anchor in near):
            return True
        far = _BESIDE_CHARS if one.need is Need.PARTNER else _NEAR_CHARS
        hoped = [anchor for anchor in _within(hopes, one, far) if not _overlap(anchor, one)]
        if any(anchor.group in partners for anchor in hoped):
            return True
        if one.need is Need.PARTNER:
            return False
        signs = {anchor.term for anchor in near}
        if any(kind in _ALTERING for kind in one.kinds):
            signs |= {
                anchor.term
                for anchor in hoped
                if anchor.group == _ALTERED and anchor.term != one.target.term
            }
        return len(signs) >= one.need


def stand_alone(text: str, lexicon: Lexicon, candidates: Sequence[Candidate]) -> bool:
    """Tell whether nothing stands near some candidates that could make one of them likely.

    They need something, are no signs for one another, and have neither a term of the trade nor a
    price or contact near them, as most chance likenesses; O(1), for all others are judged by the
    whole text. Never wrong where it says yes.
    """
    start, end = min(one.start for one in candidates), max(one.end for one in candidates)
    overlap = max(one.start for one in candidates) < min(one.end for one in candidates)
    if not overlap or any(one.need is Need.NOTHING for one in candidates):
        return False
    first, last = max(start - _NEAR_CHARS, 0), end + _NEAR_CHARS + 1
    if any(match.group in _SIGNS for match in lexicon.find(text[first : last + MAX_TERM_CHARS])):
        return False
    around = text[max(first - _LONGEST_MATCH, 0) : last + _LONGEST_MATCH]
    return not any(pattern.search(around) for _, pattern in _PATTERNS)


def _within(anchors: Sequence[Match], one: Candidate, far: int = _NEAR_CHARS) -> list[Match]:
    first = bisect_left(anchors, Match(one.start - far, 0, "", ""))
    found = []
    for at in range(first, min(first + _MOST_ANCHORS, len(anchors))):
        if anchors[at].start > one.end + far:
            break
        found.append(anchors[at])
    return found


def _overlap(anchor: Match, one: Candidate) -> bool:
    return Span(anchor.start, anchor.end).overlaps(Span(one.start, one.end))
