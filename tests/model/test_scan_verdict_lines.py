from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_detector import FakeDetector
from fanzha.json_lines import json_line
from fanzha.labels import LABELS
from fanzha.post import Post
from fanzha.scan import Plan
from fanzha.scan.batch import Batch
from fanzha.scan.read import cut, read_batch
from fanzha.scan.source import Source
from fanzha.scan.verdict_lines import all_lines, verdict_line
from fanzha.verdicts import Verdicts

TEXTS = st.sampled_from(["", "ＡＢ，％", "好", "\ud800……", "一三八００１２３四五六七八"])
IDS = st.one_of(st.none(), st.integers(-(2**70), 2**70), st.text(max_size=5))


def passing(texts: list[str], ids: list[str | int | None], scores: list[float]) -> Verdicts:
    rows = np.array([scores] * len(texts)).reshape(len(texts), len(LABELS))
    return Verdicts(texts, ids, {}, rows, [bool(text) for text in texts], "b%d", "100 %")


@given(
    st.lists(
        st.tuples(IDS, TEXTS),
        min_size=1,
        max_size=5,
    ),
    st.lists(st.floats(0, 1), min_size=len(LABELS), max_size=len(LABELS)),
    st.booleans(),
)
def test_the_line_of_a_passing_post_is_its_verdict_in_json(
    posts: list[tuple[str | int | None, str]], scores: list[float], several: bool
) -> None:
    ids, texts = [identity for identity, _ in posts], [text for _, text in posts]
    verdicts = passing(texts, ids, scores)
    batch = Batch("f\udcff.jsonl", range(7, 7 + len(posts)), texts, ids)
    place = [{"file": "f?.jsonl"} if several else {} for _ in posts]
    expected = [
        json_line(({**place[at], "line": 7 + at} if ids[at] is None else {}) | one.to_json())
        for at, one in enumerate(verdicts)
    ]
    assert all_lines(verdicts, batch, several=several) == expected


def test_lines_of_told_verdicts_stand_between_those_of_passing_posts() -> None:
    texts, ids = ["好", "套现", "好"], ["a", "b", "c"]
    told = {1: FakeDetector().check(Post("套现", "b"))}
    rows = np.zeros((3, len(LABELS)))
    verdicts = Verdicts(texts, ids, told, rows, [False] * 3, "fake", "default")
    batch = Batch("x", range(1, 4), texts, list(ids))
    lines = all_lines(verdicts, batch, several=False)
    assert lines[1] == verdict_line(told[1], batch, 1, several=False)
    assert [line[:9] for line in lines] == [b'{"id":"a"', b'{"id":"b"', b'{"id":"c"']


@pytest.mark.parametrize("text", ["Ａ[b]，[/b]好", "[b]好[/b]"])
def test_the_changes_of_a_passing_post_point_into_the_field_as_it_was_written(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "x.txt"
    path.write_text(f"{text}\n", encoding="utf-8")
    plan = Plan((str(path),), "-")
    with Source(str(path), plan) as source:
        [batch] = [read_batch(chunk, plan) for chunk in cut(source, plan)]
    changed = ["Ａ" in batch.texts[0]]
    rows = np.zeros((1, len(LABELS)))
    verdicts = Verdicts(batch.texts, batch.ids, {}, rows, changed, "b", "p")
    layout = batch.layouts[0]
    expected = json_line({"line": 1} | layout.restore(verdicts[0].to_json()))
    assert all_lines(verdicts, batch, several=False) == [expected]
