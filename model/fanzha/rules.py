"""Named rules: which groups of terms stand near each other, and what that speaks for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import fanzha_data
from fanzha.errors import DataError
from fanzha.labels import LABELS
from fanzha.late_pattern import late_pattern
from fanzha.lexicon import Match
from fanzha.post import Span

__all__ = ["Firing", "Pattern", "Rule", "RuleSet"]

_Place = tuple[int, int]
"""Start and end in the normalized text."""

_NAME = late_pattern("[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
_DIGIT = late_pattern("[0-9]")
_MOST_REMEMBERED: Final = 1 << 12
_AHEAD = late_pattern(r"\(\?=(\[[^\[\]\\^]+\])\)\(\?:(.*)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression over the normalized text that gives matches of a group.

    It is tried only where the text has a digit. One that begins by looking ahead for a sign of a
    class, as `(?=[0-9])(?:…)`, is tried at these signs only: `re` goes through all others.
    """

    group: str
    regex: re.Pattern[str]
    gloss: str

    @property
    def first(self) -> str:
        """The class of signs that a match begins with, empty where it is not known."""
        found = _AHEAD.fullmatch(self.regex.pattern)
        if not found:
            return ""
        try:
            re.compile(found.group(2))
        except re.error:
            # The last parenthesis is not that of the first group: another way begins otherwise.
            return ""
        return found.group(1)

    def find(self, text: str, places: Iterable[int] | None) -> Iterable[re.Match[str]]:
        """Give the matches in a text, at `places` alone where these are known."""
        if places is None:
            return self.regex.finditer(text)
        found = []
        done, match = 0, self.regex.match
        for place in places:
            if place >= done and (here := match(text, place)):
                found.append(here)
                done = here.end()
        return found


@dataclass(frozen=True, slots=True)
class Rule:
    """A named check: one match of each group in `groups`, all within `within` characters.

    It does not fire where a match of a group in `silenced_by` stands anywhere in the post. A rule
    whose `label` is empty only observes.
    """

    name: str
    label: str
    groups: tuple[str, ...]
    within: int
    silenced_by: tuple[str, ...]
    since: str
    description: str


class Firing(NamedTuple):
    """A rule that fired, at `[start, end)` of the normalized text.

    A rule of one group fires at each of its matches; a rule of several once, at its tightest
    place, the first of equals.
    """

    rule: Rule
    start: int
    end: int

    @property
    def at(self) -> Span:
        """Where it fired."""
        return Span(self.start, self.end)


class _Needs(NamedTuple):
    """A rule, and which groups it asks for and which silence it."""

    groups: frozenset[str]
    silenced_by: frozenset[str]
    rule: Rule


class RuleSet:
    """The rules and the patterns of one table."""

    def __init__(self, patterns: Sequence[Pattern], rules: Sequence[Rule]) -> None:
        self.patterns = tuple(patterns)
        self.rules = tuple(rules)
        self._tried = tuple((pattern, pattern.first) for pattern in self.patterns)
        self._firsts = {first: re.compile(first) for _, first in self._tried if first}
        self._needs = tuple(
            _Needs(frozenset(rule.groups), frozenset(rule.silenced_by), rule) for rule in self.rules
        )
        self._of_groups: dict[frozenset[str], tuple[Rule, ...]] = {}

    @classmethod
    def load(cls, path: Path | None = None) -> RuleSet:
        """Read a table of rules; the shipped one by default.

        Raises
        ------
        DataError
            The table cannot be read or a rule in it is malformed; the message names the rule.
        """
        path = path or fanzha_data.path("rules.toml")
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(f"cannot read the rules {path}: {error.strerror}") from error
        except ValueError as error:
            raise DataError(f"{path}: the rules are not valid TOML ({error})") from error
        patterns = [_pattern(path, entry) for entry in data.get("pattern", [])]
        rules = [_rule(path, entry) for entry in data.get("rule", [])]
        names = [rule.name for rule in rules]
        if twice := {name for name in names if names.count(name) > 1}:
            raise DataError(f"{path}: {min(twice)} stands twice; rename one of the rules")
        return cls(patterns, rules)

    def find_patterns(self, text: str) -> tuple[Match, ...]:
        """Find the patterns' matches in a normalized text."""
        if not _DIGIT.search(text):
            return ()
        places = {
            first: [sign.start() for sign in signs.finditer(text)]
            for first, signs in self._firsts.items()
        }
        return tuple(
            [
                Match(*found.span(), pattern.group, found.group())
                for pattern, first in self._tried
                for found in pattern.find(text, places.get(first))
            ]
        )

    def fire(self, matches: Iterable[Match]) -> tuple[Firing, ...]:
        """Give the rules that fire on these matches, in the order of the table."""
        by_group: dict[str, list[_Place]] = {}
        for start, end, group, _ in matches:
            if group in by_group:
                by_group[group].append((start, end))
            else:
                by_group[group] = [(start, end)]
        if not by_group:
            return ()
        return tuple(
            [
                Firing(rule, start, end)
                for rule in self._allowed(frozenset(by_group))
                for start, end in _places(rule, by_group)
            ]
        )

    def _allowed(self, present: frozenset[str]) -> tuple[Rule, ...]:
        """Give the rules whose groups are all present and which none of these silences."""
        try:
            return self._of_groups[present]
        except KeyError:
            if len(self._of_groups) >= _MOST_REMEMBERED:
                self._of_groups.clear()
            found = self._of_groups[present] = tuple(
                needs.rule
                for needs in self._needs
                if needs.groups <= present and needs.silenced_by.isdisjoint(present)
            )
            return found


def _places(rule: Rule, by_group: Mapping[str, Sequence[_Place]]) -> Sequence[_Place]:
    if len(rule.groups) == 1:
        return sorted(by_group[rule.groups[0]])
    tightest = _tightest(rule, by_group)
    return () if tightest is None else (tightest,)


def _tightest(rule: Rule, by_group: Mapping[str, Sequence[_Place]]) -> _Place | None:
    """Find the shortest place that covers one match of each group, within the rule's reach."""
    merged = [
        (start, end, number)
        for number, group in enumerate(rule.groups)
        for start, end in by_group[group]
    ]
    merged.sort()
    best: _Place | None = None
    latest: dict[int, _Place] = {}
    for start, end, number in merged:
        latest[number] = start, end
        if len(latest) < len(rule.groups):
            continue
        starts, ends = zip(*latest.values(), strict=True)
        first, last = min(starts), max(ends)
        near = max(starts) - min(ends) <= rule.within
        if near and (best is None or last - first < best[1] - best[0]):
            best = first, last
    return best


def _pattern(path: Path, entry: Mapping[str, Any]) -> Pattern:
    try:
        return Pattern(entry["group"], re.compile(entry["regex"]), entry["gloss"])
    except KeyError as error:
        raise DataError(f"{path}: a pattern lacks {error}; it has group, regex, gloss") from error
    except re.error as error:
        raise DataError(f"{path}: pattern {entry['group']}: {error}; mend its regex") from error


def _rule(path: Path, entry: Mapping[str, Any]) -> Rule:
    name = str(entry.get("name", ""))
    if not _NAME.fullmatch(name):
        raise DataError(f"{path}: {name!r} is no rule name; write it as UPPER_SNAKE")
    try:
        rule = Rule(
            name=name,
            label=entry["label"],
            groups=tuple(entry["all"]),
            within=int(entry["within"]),
            silenced_by=tuple(entry.get("none", ())),
            since=entry["since"],
            description=entry["description"],
        )
    except KeyError as error:
        raise DataError(f"{path}: rule {name} lacks {error}; see the other rules") from error
    if rule.label and rule.label not in LABELS:
        raise DataError(f"{path}: rule {name}: {rule.label!r} is no label")
    if not rule.groups:
        raise DataError(f"{path}: rule {name}: `all` is empty; name at least one group")
    return rule
