from __future__ import annotations

from pathlib import Path

import pytest

from fanzha.corpus import LabelledPost, read_corpus
from fanzha.lessons import Lessons
from fanzha.mining import mine
from fanzha.reading import Reader

QUOTE = "收旧铁罐子按斤给，当面点清，先看后付。"
"""The tables find nothing in it; that they do makes a sentence one to learn from already."""

HONEST = (
    "昨天去了城南的老书店，买了两本旧杂志，店主说下个月要搬到河对岸去。",
    "孩子的运动会改到周五上午，家长可以带水和帽子，操场边上有树荫。",
    "晚饭后沿着江边走了四十分钟，风有点凉，桥上有人在拉二胡。",
)


@pytest.fixture(scope="module")
def lessons(small_corpus: Path) -> Lessons:
    promises = ("先开后付", "量大从优", "大小都有", "当天送到", "当场可查", "随时联系")
    advertisements = [
        LabelledPost(f"a{n}", f"收旧铁罐子按斤给，当面点清，{word}", ("contraband",), "b", f"a{n}")
        for n, word in enumerate(promises * 5)
    ]
    reports = [
        LabelledPost(f"r{n}", f"{HONEST[n % 3]}{QUOTE}{HONEST[(n + 1) % 3]}", (), "b", f"r{n}")
        for n in range(6)
    ]
    own = [*advertisements, *reports, *read_corpus([small_corpus])]
    return Lessons.make(Reader.load(), own, [], 0)


def test_what_a_clean_post_quotes_is_found_and_clean(lessons: Lessons) -> None:
    mined = mine(lessons, Reader.load(), 0)
    assert any("旧铁罐子" in post.text for post in mined if post.family.startswith("r"))
    clean = {(post.batch, post.family) for post in lessons.posts if not post.labels}
    known = {post.text for post in lessons.posts}
    for post in mined:
        assert post.labels == ()
        assert (post.batch, post.family) in clean
        assert post.text not in known


def test_clauses_of_a_copy_with_blanks_for_marks_are_found_too(lessons: Lessons) -> None:
    texts = {post.text for post in mine(lessons, Reader.load(), 0)}
    assert any("旧铁罐子" in text and " " in text and "，" not in text for text in texts)


def test_the_same_seed_finds_the_same(lessons: Lessons) -> None:
    assert mine(lessons, Reader.load(), 0) == mine(lessons, Reader.load(), 0)


def test_what_was_found_is_learned_from_but_not_measured_on(lessons: Lessons) -> None:
    longer = lessons.with_more(Reader.load(), mine(lessons, Reader.load(), 0))
    assert len(longer.posts) == len(longer.counts) == len(longer.truth) > len(lessons.posts)
    assert (longer.n_own, longer.n_scored) == (lessons.n_own, lessons.n_scored)
    assert (longer.counts[len(lessons.posts) :] == 1.0).all()
