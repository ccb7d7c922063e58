from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha import kernel
from fanzha.bundle import Bundle
from fanzha.corpus import read_corpus
from fanzha.findings import FactFinder, Findings
from fanzha.post import Post
from fanzha.reading import Reader, mask_glances
from fanzha.rules import RuleSet

ROOT = Path(__file__).parents[2]
CLASSIFIER = Bundle.load().classifier
READER = Reader.load()
FINDER = FactFinder(CLASSIFIER, READER.lexicon, READER.rules)
PIECES = (
    "花呗", "白条", "套现", "取现", "提现", "争取现在", "积极", "扣5个点", "100元", "加微信", "vx",
    "hb_9527", "客服", "400-123-4567", "请勿", "已被骗", "qq", "qqabc", "a", "，", "。", "\n",
    "注销校园贷", "陶现", "套❀现", "[电话]", "13800138000", "𠮷", "贷款" * 9,
)  # fmt: skip


def by_readings(posts: list[str]) -> Findings:
    """Give what the definition says: one post after the other, by terms, rules and facts."""
    readings = READER.read_many([Post(post) for post in posts])
    return Findings(CLASSIFIER.weigh_facts(readings), [reading.firings for reading in readings])


def found(posts: list[str], finder: FactFinder = FINDER) -> Findings:
    glances = READER.glance([Post(post) for post in posts])
    return finder.find(READER, glances, mask_glances(glances))


def check_same(ours: Findings, defined: Findings) -> None:
    assert [tuple(one) for one in ours.firings] == [tuple(one) for one in defined.firings]
    assert (ours.added == defined.added).all()


def test_many_posts_have_the_facts_and_firings_of_each() -> None:
    posts = [post.text for post in read_corpus([ROOT / "data" / "corpus"])][::40]
    ours = found([*posts, "", "\n".join(posts)])
    check_same(ours, by_readings([*posts, "", "\n".join(posts)]))
    assert sum(map(len, ours.firings)) > len(posts) / 10
    assert (ours.added != 0).any(axis=1).mean() > 0.5


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), max_size=6))
@settings(max_examples=150, deadline=None)
def test_made_posts_have_the_facts_and_firings_of_each(posts: list[str]) -> None:
    check_same(found(posts), by_readings(posts))


def test_honest_words_are_no_verb_of_cashing_out() -> None:
    assert READER.has_ghosts("积极争取现在的机会")
    assert not READER.has_ghosts("花呗取现")
    check_same(found(["积极争取现在的机会,加微信"]), by_readings(["积极争取现在的机会,加微信"]))


def test_rules_that_fire_more_often_than_there_was_room_for() -> None:
    post = "请勿套现。" * 400
    single = replace(READER.rules.rules[0], groups=("cash_verb",), silenced_by=())
    rules = RuleSet(READER.rules.patterns, [single])
    ours = found([post], FactFinder(CLASSIFIER, READER.lexicon, rules))
    assert [one[1:] for one in ours.firings[0]] == [(5 * n + 2, 5 * n + 4) for n in range(400)]


def test_a_rule_that_names_a_group_twice_is_left_to_python() -> None:
    twice = replace(READER.rules.rules[0], groups=("cash_verb", "cash_verb"))
    finder = FactFinder(CLASSIFIER, READER.lexicon, RuleSet(READER.rules.patterns, [twice]))
    check_same(found(["花呗套现"], finder), by_readings(["花呗套现"]))


def test_without_the_kernel_the_findings_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    posts = ["花呗套现秒到，扣5个点，加V：hb_9527", "花呗可以提现吗？"]
    ours = found(posts)
    monkeypatch.setattr("fanzha.findings.load_kernel", lambda: None)
    check_same(ours, found(posts))
    assert kernel.load_kernel() is not None
    assert isinstance(ours.added, np.ndarray)
