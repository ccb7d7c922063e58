from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.errors import DataError
from fanzha.labels import LABELS
from fanzha.lexicon import Lexicon, Match
from fanzha.post import Span
from fanzha.rules import Pattern, Rule, RuleSet


def rule(groups: tuple[str, ...], within: int, silenced_by: tuple[str, ...] = ()) -> Rule:
    return Rule("A_RULE", "cash_out", groups, within, silenced_by, "0.1.0", "")


def match(group: str, start: int, end: int) -> Match:
    return Match(start, end, group, group)


@pytest.mark.parametrize(
    ("matches", "at"),
    [
        ([match("a", 0, 2), match("b", 5, 7)], Span(0, 7)),
        ([match("b", 0, 2), match("a", 2, 4)], Span(0, 4)),
        ([match("a", 0, 2), match("b", 20, 22)], None),
        ([match("a", 0, 2), match("b", 9, 11), match("a", 12, 14)], Span(9, 14)),
        ([match("a", 0, 2)], None),
        ([match("a", 0, 2), match("b", 3, 5), match("stop", 90, 92)], None),
    ],
    ids=["apart", "reversed", "too far", "tightest", "one missing", "silenced"],
)
def test_a_rule_fires_where_its_groups_stand_together(
    matches: list[Match], at: Span | None
) -> None:
    firings = RuleSet([], [rule(("a", "b"), 8, ("stop",))]).fire(matches)
    assert [firing.at for firing in firings] == ([] if at is None else [at])


@given(text=st.text("0579.-% 扣个点折回元万家k", max_size=40))
def test_patterns_match_at_their_first_signs_what_they_match_anywhere(text: str) -> None:
    rules = RuleSet.load()
    assert all(pattern.first for pattern in rules.patterns)
    found = [(one.at.start, one.at.end, one.group) for one in rules.find_patterns(f"{text}7")]
    assert found == [
        (*one.span(), pattern.group)
        for pattern in rules.patterns
        for one in pattern.regex.finditer(f"{text}7")
    ]


@pytest.mark.parametrize(
    ("regex", "first"),
    [("(?=[0-9])(?:[0-9]+元)", "[0-9]"), ("(?=[0-9])(?:[0-9])|(?:元)", ""), ("[0-9]+", "")],
    ids=["all of it", "one of two ways", "not told"],
)
def test_the_first_sign_is_known_where_every_match_begins_so(regex: str, first: str) -> None:
    assert Pattern("group", re.compile(regex), "gloss").first == first


@pytest.mark.parametrize("quoted", ["扣5个点", "95回", "0.6%"])
def test_fee_rates_are_recognised(quoted: str) -> None:
    groups = {match.group for match in RuleSet.load().find_patterns(f"白条{quoted}秒到")}
    assert "fee_rate" in groups


@pytest.mark.parametrize("text", ["第95回家", "没有数字", "2024年"])
def test_what_is_no_fee_rate_is_left_alone(text: str) -> None:
    groups = {match.group for match in RuleSet.load().find_patterns(text)}
    assert "fee_rate" not in groups


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[[rule]]\nname = 'lower'\n", "is no rule name"),
        ("[[rule]]\nname = 'A'\n", "rule A lacks 'label'"),
        (
            "[[rule]]\nname='A'\nlabel='x'\nall=['a']\nwithin=1\nsince='1'\ndescription='d'\n",
            "'x' is no label",
        ),
        ("[[pattern]]\ngroup='g'\nregex='('\ngloss='x'\n", "mend its regex"),
        ("[[rule\n", "not valid TOML"),
    ],
    ids=["name", "missing key", "label", "regex", "syntax"],
)
def test_a_malformed_table_is_refused(tmp_path: Path, table: str, message: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        RuleSet.load(path)


def test_every_shipped_rule_asks_for_groups_that_exist() -> None:
    rules = RuleSet.load()
    known = set(Lexicon.load().groups) | {pattern.group for pattern in rules.patterns}
    known |= {"contact", "number", "link", "masked"}
    known |= {"hotline_suspicious", "hotline_official", "hotline_pretext"}
    for one in rules.rules:
        assert set(one.groups) | set(one.silenced_by) <= known, one.name


def test_every_label_has_a_shipped_rule() -> None:
    assert {one.label for one in RuleSet.load().rules} >= set(LABELS)
