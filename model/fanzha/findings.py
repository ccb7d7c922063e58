"""What the tables say of many posts at once: which rules fire, and what facts add."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.classify import Classifier
from fanzha.facts import LENGTHS, NEAR_FACTS, STANCES, TOPICS, find_value_facts
from fanzha.finding_handle import (
    MOST_FACTS,
    MOST_GROUPS,
    NODE,
    RULE,
    TERM,
    FindingHandle,
    FindingTables,
)
from fanzha.kernel import load_kernel
from fanzha.lexicon import Lexicon
from fanzha.masking import MaskedText
from fanzha.reading import VALUE_GROUPS, Glance, Reader, values_of
from fanzha.rules import Firing, Rule, RuleSet

__all__ = ["FactFinder", "Findings"]

_NONE: Final = -1
_MOST_NODES: Final = 1 << 16
_MOST_SINGLES: Final = 1 << 16
_NOTHING: Final = ()


class Findings(NamedTuple):
    """What each post's facts add to the log-odds, shape (n_posts, n_labels), and its firings."""

    added: NDArray[np.float64]
    firings: list[Sequence[Firing]]


class FactFinder:
    """Finds facts and firings of many posts in one call of the kernel.

    They are those of `Reader.complete` and `find_facts`; nothing is made of the terms from which
    they come.

    Parameters
    ----------
    classifier
        The model that knows what a fact adds.
    lexicon, rules
        Those of the readers whose glances are taken.
    """

    def __init__(self, classifier: Classifier, lexicon: Lexicon, rules: RuleSet) -> None:
        self._classifier = classifier
        self._lexicon = lexicon
        self._rules = rules
        self._numbers = {name: at for at, name in enumerate(classifier.features.facts)}

    def find(
        self, reader: Reader, glances: Sequence[Glance], masked: Sequence[MaskedText]
    ) -> Findings:
        """Give what holds of posts, `masked` as `mask_glances` gives it; O(all characters)."""
        kernel, handle = load_kernel(), self._handle
        if kernel is None or handle is None:
            return self._find_slowly(reader, glances, masked)
        values = [self._values(one) for one in glances]
        facts = [self._value_facts(one) for one in glances]
        texts = [one.text.text for one in glances]
        found = kernel.find(handle, texts, values, facts)
        rules = self._rules.rules
        all_fired = [Firing(rules[rule], *at) for rule, *at in found.firings.tolist()]
        firings: list[Sequence[Firing]] = []
        first = 0
        for end in found.ends.tolist():
            firings.append(all_fired[first:end] if first < end else _NOTHING)
            first = end
        doubts = [at for at in found.doubts.nonzero()[0].tolist() if reader.has_ghosts(texts[at])]
        if doubts:
            slow = self._find_slowly(
                reader, [glances[at] for at in doubts], [masked[at] for at in doubts]
            )
            found.sums[doubts] = slow.added
            for at, fired in zip(doubts, slow.firings, strict=True):
                firings[at] = fired
        return Findings(found.sums, firings)

    def _find_slowly(
        self, reader: Reader, glances: Sequence[Glance], masked: Sequence[MaskedText]
    ) -> Findings:
        readings = [reader.complete(*one) for one in zip(glances, masked, strict=True)]
        added = self._classifier.weigh_facts(readings)
        return Findings(added, [reading.firings for reading in readings])

    def _values(self, glance: Glance) -> Sequence[tuple[int, int, int, int]]:
        """Give values and what patterns match: start, end, numbers of the group and the string."""
        matches = self._rules.find_patterns(glance.text.text)
        if not glance.empty:
            matches = (*matches, *values_of(glance))
        elif not matches:
            return _NOTHING
        groups, terms = self._groups, self._terms
        own: dict[str, int] = {}
        return [
            (
                start,
                end,
                groups[group],
                terms[term] if term in terms else own.setdefault(term, len(terms) + len(own)),
            )
            for start, end, group, term in matches
        ]

    def _value_facts(self, glance: Glance) -> Sequence[int]:
        if not (glance.contacts or glance.hotlines or glance.restored):
            return _NOTHING
        numbers = self._numbers
        return [numbers[name] for name in find_value_facts(glance) if name in numbers]

    @cached_property
    def _terms(self) -> Mapping[str, int]:
        """The number of each term."""
        strings = dict.fromkeys(term.term for term in self._lexicon.terms)
        return {string: number for number, string in enumerate(strings)}

    @cached_property
    def _groups(self) -> Mapping[str, int]:
        """The number of each group."""
        rules = self._rules
        named = [group for rule in rules.rules for group in (*rule.groups, *rule.silenced_by)]
        patterns = [pattern.group for pattern in rules.patterns]
        names = (*self._lexicon.groups, *patterns, *VALUE_GROUPS, *TOPICS, *STANCES, *named)
        return {name: number for number, name in enumerate(dict.fromkeys(names))}

    @cached_property
    def _handle(self) -> FindingHandle | None:
        """The tables as the kernel takes them, or None where it has no room for them."""
        groups = self._groups
        nodes, roots = _find_nodes(self._terms)
        twice = any(len(set(rule.groups)) < len(rule.groups) for rule in self._rules.rules)
        small = len(self._numbers) <= MOST_FACTS and len(nodes) < _MOST_NODES
        if twice or not small or len(groups) > MOST_GROUPS:
            return None
        of_terms: dict[str, list[str]] = {}
        for term in self._lexicon.terms:
            of_terms.setdefault(term.term, []).append(term.group)
        terms = [
            (self._bits(of_terms[string]), len(string), string.isascii()) for string in self._terms
        ]
        return FindingHandle(
            FindingTables(
                nodes=nodes,
                roots=roots,
                terms=np.array(terms, dtype=TERM),
                rules=np.array([self._row(rule) for rule in self._rules.rules], dtype=RULE),
                sets=np.array(
                    [self._bits(one) for one in (TOPICS, STANCES, ["cash_verb"], ["credit_line"])],
                    dtype=np.uint64,
                ),
                group_facts=self._facts(f"group:{group}" for group in groups),
                many_facts=self._facts(f"many:{group}" for group in groups),
                near_facts=self._near_facts(),
                length_facts=self._facts(f"length:{least}" for least in LENGTHS),
                lengths=np.array(LENGTHS, dtype=np.int32),
                weights=np.ascontiguousarray(self._classifier.handle.tables.facts),
            )
        )

    def _bits(self, groups: Iterable[str]) -> int:
        bits = 0
        for group in groups:
            bits |= 1 << self._groups[group] if group in self._groups else 0
        return bits

    def _row(self, rule: Rule) -> tuple[int, int, int, int]:
        fact = self._numbers.get(f"rule:{rule.name}", _NONE)
        return self._bits(rule.groups), self._bits(rule.silenced_by), rule.within, fact

    def _facts(self, names: Iterable[str]) -> NDArray[np.int32]:
        facts = [self._numbers.get(name, _NONE) for name in names]
        # The kernel asks for those of groups by their numbers alone.
        return np.array(facts, dtype=np.int32)

    def _near_facts(self) -> NDArray[np.int32]:
        facts = np.full((MOST_GROUPS, MOST_GROUPS), _NONE, dtype=np.int32)
        for (first, second), name in NEAR_FACTS.items():
            facts[self._groups[first], self._groups[second]] = self._numbers.get(name, _NONE)
        return facts


def _find_nodes(terms: Mapping[str, int]) -> tuple[NDArray[np.void], NDArray[np.uint16]]:
    """Give the beginnings of terms, and those of one sign by code point.

    As `FindingTables` has them.
    """
    children: dict[str, list[str]] = {"": []}
    for term in terms:
        for end in range(1, len(term) + 1):
            if term[:end] not in children:
                children[term[:end]] = []
                children[term[: end - 1]].append(term[:end])
    rows: list[tuple[int, int, int, int]] = []
    waiting, n_placed = deque([""]), 1
    while waiting:
        beginning = waiting.popleft()
        longer = sorted(children[beginning])
        waiting += longer
        code = ord(beginning[-1]) if beginning else 0
        rows.append((code, n_placed, len(longer), terms.get(beginning, _NONE)))
        n_placed += len(longer)
    roots = np.zeros(_MOST_SINGLES, dtype=np.uint16)
    for node in range(1, 1 + len(children[""])):
        if rows[node][0] < _MOST_SINGLES and node < _MOST_NODES:
            roots[rows[node][0]] = node
    return np.array(rows, dtype=NODE), roots
