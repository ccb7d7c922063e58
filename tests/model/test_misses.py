from __future__ import annotations

import numpy as np
import pytest

from fanzha.corpus import LabelledPost, label_matrix
from fanzha.labels import LABELS
from fanzha.misses import Miss, find_misses, miss_table
from fanzha.policy import Policy

POLICY = Policy("default", {"cash_out": 0.5, "gambling": 0.5}, {})


def find(rows: list[tuple[str, dict[str, float]]], n_misses: int = 10) -> tuple[Miss, ...]:
    posts = [
        LabelledPost(str(n), f"帖子{n}", (label,) if label else (), "b", "f", intent="ask")
        for n, (label, _) in enumerate(rows)
    ]
    scores = np.array([[given.get(label, 0.0) for label in LABELS] for _, given in rows])
    return find_misses(posts, label_matrix(posts), scores, POLICY, n_misses)


def test_false_alarms_come_by_the_greatest_score_and_missed_labels_by_the_least() -> None:
    found = find(
        [
            ("", {"cash_out": 0.6}), ("", {"cash_out": 0.9}), ("", {"cash_out": 0.4}),
            ("cash_out", {"cash_out": 0.3}), ("cash_out", {"cash_out": 0.1}),
            ("cash_out", {"cash_out": 0.5}),
        ]
    )  # fmt: skip
    assert [(one.id, one.kind) for one in found] == [
        ("1", "false_alarm"), ("0", "false_alarm"), ("4", "missed"), ("3", "missed")
    ]  # fmt: skip
    assert (found[0].label, found[0].score, found[0].threshold) == ("cash_out", 0.9, 0.5)
    assert (found[0].intent, found[0].text) == ("ask", "帖子1")


def test_a_post_stands_once_with_what_is_most_wrong_of_it() -> None:
    [miss] = find([("gambling", {"cash_out": 0.9, "gambling": 0.2})])
    assert (miss.kind, miss.label) == ("false_alarm", "cash_out")


@pytest.mark.parametrize(
    ("n_alarms", "n_missed", "n_misses", "expected"),
    [
        pytest.param(5, 5, 4, (2, 2), id="halves"),
        pytest.param(5, 5, 3, (2, 1), id="odd"),
        pytest.param(1, 5, 4, (1, 3), id="few false alarms"),
        pytest.param(5, 1, 4, (3, 1), id="few missed"),
        pytest.param(1, 1, 4, (1, 1), id="few of both"),
        pytest.param(5, 5, 0, (0, 0), id="none wanted"),
    ],
)
def test_either_kind_has_half_of_the_list_as_far_as_there_are_so_many(
    n_alarms: int, n_missed: int, n_misses: int, expected: tuple[int, int]
) -> None:
    found = find([("", {"cash_out": 0.9})] * n_alarms + [("cash_out", {})] * n_missed, n_misses)
    kinds = [one.kind for one in found]
    assert (kinds.count("false_alarm"), kinds.count("missed")) == expected


def test_a_label_that_the_policy_leaves_out_is_not_missed() -> None:
    assert find([("phishing", {"phishing": 0.0})]) == ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("花呗\n套\x1b现", "`花呗⏎套\ufffd现`", id="steering"),
        pytest.param("a|b`c", "`a\\|b'c`", id="Markdown"),
        pytest.param("花" * 70, f"`{'花' * 60}…`", id="long"),
        pytest.param(" ", "–", id="empty"),
    ],
)
def test_the_table_shows_a_post_shortened_and_harmless(text: str, shown: str) -> None:
    row = LabelledPost("1", text, (), "b", "f")
    scores = np.array([[0.99] + [0.0] * (len(LABELS) - 1)])
    table = miss_table(find_misses([row], label_matrix([row]), scores, POLICY, 1))
    assert table.splitlines()[2] == (
        f"| 1 | false alarm | `cash_out` | 0.990 | 0.500 | – | {shown} |"
    )
