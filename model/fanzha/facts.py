"""Named facts of a reading: what the tables found, and what stands near what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fanzha.lexicon import Match
from fanzha.reading import Reading

__all__ = ["find_facts"]

_TOPICS = (
    "credit_line", "cash_verb", "service_claim", "pretext", "loan", "account", "document",
    "gamble", "sex", "job", "invest", "goods", "phish",
)  # fmt: skip
_STANCES = (
    "offer", "price", "fee_rate", "money", "contact_word", "contact", "warning", "report", "ask",
    "forbid", "complain",
)  # fmt: skip
_SIDES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(_TOPICS, ("topic", "stance")),
    **dict.fromkeys(_STANCES, ("stance", "topic")),
}
_OTHERS = {"topic": frozenset(_STANCES), "stance": frozenset(_TOPICS)}
_NEAR: dict[tuple[str, str], str] = {
    pair: f"near:{topic}:{stance}"
    for topic in _TOPICS
    for stance in _STANCES
    for pair in ((topic, stance), (stance, topic))
}
_NEAR_CHARS = 20
_MANY_TERMS = 3
_LENGTHS = (12, 40, 120, 400)


def find_facts(reading: Reading) -> set[str]:
    """Give the names of the facts that hold.

    `group:G`, `many:G` (three different terms), `near:T:S` (a topic within 20 characters of a
    stance), `rule:R`, `contact:K`, `hotline:STATUS` and `hotline:STATUS:claimed`,
    `hotlines:official` (numbers are claimed, and all of those are official), `number:KIND`,
    `length:N` (at least N characters),
    `disguise:KIND` and `restored:G` (a term of the group was written in disguise, other than by
    marks put into it).
    """
    facts = {f"length:{least}" for least in _LENGTHS if len(reading.text.text) >= least}
    if reading.matches:
        facts |= _find_group_facts(reading.matches)
    facts.update(f"rule:{firing.rule.name}" for firing in reading.firings)
    facts.update(f"contact:{contact.kind}" for contact in reading.contacts)
    for hotline in reading.hotlines:
        facts.add(f"number:{hotline.kind}")
        facts.add(f"hotline:{hotline.status}" + (":claimed" if hotline.claimed else ""))
    if {hotline.status for hotline in reading.hotlines if hotline.claimed} == {"official"}:
        facts.add("hotlines:official")
    for one in reading.restored:
        # A mark inside a term falls away as an invisible sign does: the verdict is that of the
        # plain post.
        if one.kinds == ("marks",):
            continue
        facts.update(f"disguise:{kind}" for kind in one.kinds)
        facts.update(f"restored:{group}" for group in one.groups)
    return facts


def _find_group_facts(matches: Sequence[Match]) -> set[str]:
    terms: dict[str, set[str]] = {}
    for match in matches:
        terms.setdefault(match.group, set()).add(match.term)
    facts = {f"group:{group}" for group in terms}
    facts.update(f"many:{group}" for group, found in terms.items() if len(found) >= _MANY_TERMS)
    if terms.keys() & _OTHERS["topic"] and terms.keys() & _OTHERS["stance"]:
        facts.update(_find_neighbours(matches))
    return facts


def _find_neighbours(matches: Sequence[Match]) -> Iterator[str]:
    """Give the facts of topics near stances, in one walk over all matches by place."""
    reached: dict[str, dict[str, int]] = {"topic": {}, "stance": {}}
    placed = sorted(
        (match.at.start, match.at.end, match.group) for match in matches if match.group in _SIDES
    )
    for start, end, group in placed:
        side, other = _SIDES[group]
        for neighbour, last in reached[other].items():
            if start - last <= _NEAR_CHARS:
                yield _NEAR[group, neighbour]
        mine = reached[side]
        mine[group] = max(mine.get(group, 0), end)
