"""Named facts of a reading: what the tables found, and what stands near what."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from fanzha.hosts import host_kind
from fanzha.hotlines import Hotline
from fanzha.lexicon import Match
from fanzha.reading import Glance, Reading

__all__ = ["LENGTHS", "NEAR_FACTS", "STANCES", "TOPICS", "find_facts", "find_value_facts"]

TOPICS: Final = (
    "credit_line", "cash_verb", "service_claim", "pretext", "loan", "account", "document",
    "gamble", "sex", "job", "invest", "goods", "phish",
)  # fmt: skip
STANCES: Final = (
    "offer", "price", "fee_rate", "money", "contact_word", "contact", "warning", "report", "ask",
    "forbid", "complain",
)  # fmt: skip
_TOPIC_SET: Final = frozenset(TOPICS)
_STANCE_SET: Final = frozenset(STANCES)
NEAR_FACTS: Final[dict[tuple[str, str], str]] = {
    pair: f"near:{topic}:{stance}"
    for topic in TOPICS
    for stance in STANCES
    for pair in ((topic, stance), (stance, topic))
}
_NEAR_CHARS = 20
_MANY_TERMS = 3
LENGTHS: Final = (12, 40, 120, 400)
_LENGTH_FACTS = tuple(f"length:{least}" for least in LENGTHS)


class _Names(dict[str, str]):
    """Names of facts by what they are of: writing one takes longer than finding it again."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, key: str) -> str:
        name = self[key] = f"{self._kind}:{key}"
        return name


_GROUP_FACTS: Final = _Names("group")
_RULE_FACTS: Final = _Names("rule")


def find_facts(reading: Reading) -> set[str]:
    """Give the names of the facts that hold.

    `group:G`, `many:G` (three different terms), `near:T:S` (a topic within 20 characters of a
    stance), `rule:R`, `contact:K`, `link:K` (the kind of its host), `hotline:STATUS` and
    `hotline:STATUS:claimed`, `hotlines:official` (numbers are claimed, and all of those are
    official), `number:KIND`, `length:N` (at least N characters),
    `disguise:KIND` and `restored:G` (a term of the group was written in disguise, other than by
    marks put into it).
    """
    facts = set(_LENGTH_FACTS[: bisect_right(LENGTHS, len(reading.text.text))])
    if reading.matches:
        _add_group_facts(reading.matches, facts)
    facts.update([_RULE_FACTS[firing.rule.name] for firing in reading.firings])
    facts.update(find_value_facts(reading))
    return facts


def find_value_facts(post: Glance | Reading) -> set[str]:
    """Give those of them that hang on contacts, hotlines and disguises alone."""
    facts: set[str] = set()
    if post.contacts:
        facts.update([f"contact:{contact.kind}" for contact in post.contacts])
        links = [contact.value for contact in post.contacts if contact.kind == "link"]
        facts.update([f"link:{host_kind(link)}" for link in links])
    if post.hotlines:
        _add_hotline_facts(post.hotlines, facts)
    for one in post.restored:
        # A mark inside a term falls away as an invisible sign does: the verdict is that of the
        # plain post.
        if one.kinds == ("marks",):
            continue
        facts.update(f"disguise:{kind}" for kind in one.kinds)
        facts.update(f"restored:{group}" for group in one.groups)
    return facts


def _add_hotline_facts(hotlines: Sequence[Hotline], facts: set[str]) -> None:
    for hotline in hotlines:
        facts.add(f"number:{hotline.kind}")
        facts.add(f"hotline:{hotline.status}" + (":claimed" if hotline.claimed else ""))
    if {hotline.status for hotline in hotlines if hotline.claimed} == {"official"}:
        facts.add("hotlines:official")


def _add_group_facts(matches: Sequence[Match], facts: set[str]) -> None:
    terms: dict[str, set[str]] = {}
    for _, _, group, term in matches:
        if group in terms:
            terms[group].add(term)
        else:
            terms[group] = {term}
    for group, found in terms.items():
        facts.add(_GROUP_FACTS[group])
        if len(found) >= _MANY_TERMS:
            facts.add(f"many:{group}")
    if not (_TOPIC_SET.isdisjoint(terms) or _STANCE_SET.isdisjoint(terms)):
        _add_neighbours(matches, facts)


def _add_neighbours(matches: Sequence[Match], facts: set[str]) -> None:
    """Add the facts of topics near stances, in one walk over all matches by place."""
    topics: dict[str, int] = {}
    stances: dict[str, int] = {}
    for start, end, group, _ in sorted(matches):
        if group in _TOPIC_SET:
            mine, others = topics, stances
        elif group in _STANCE_SET:
            mine, others = stances, topics
        else:
            continue
        for neighbour, last in others.items():
            if start - last <= _NEAR_CHARS:
                facts.add(NEAR_FACTS[group, neighbour])
        if end > mine.get(group, 0):
            mine[group] = end
