from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from fanzha.board import calibrate, write_policy
from fanzha.corpus import LabelledPost
from fanzha.detector import Detector
from fanzha.errors import InputError
from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.post import Post

POLICY = Policy(
    "default",
    {"cash_out": 0.4, "gambling": 0.9, "phishing": 0.8},
    {"cash_out": 0.6, "gambling": 0.96},
)


@dataclass(frozen=True, slots=True)
class Scoring:
    """A detector whose `cash_out` score is what stands before the text's first blank."""

    policy: Policy = POLICY
    bundle_id: str = "0123456789ab"
    checked: list[str] = field(default_factory=list)

    def without_screen(self) -> Scoring:
        return self

    def check_many(self, posts: Iterable[Post]) -> Iterator[SimpleNamespace]:
        for post in posts:
            self.checked.append(post.text)
            score = float(post.text.split()[0])
            yield SimpleNamespace(scores=dict.fromkeys(LABELS, 0.001) | {"cash_out": score})


def board(*groups: tuple[float, int, int]) -> list[LabelledPost]:
    rows = [
        (score, bears)
        for score, right, wrong in groups
        for bears in [True] * right + [False] * wrong
    ]
    return [
        LabelledPost(f"p{n}", f"{score} {n}", ("cash_out",) if bears else (), "board", f"{n}")
        for n, (score, bears) in enumerate(rows)
    ]


def scoring(policy: Policy = POLICY) -> Detector:
    return cast(Detector, Scoring(policy))


def test_a_proven_label_moves_and_the_others_stay() -> None:
    found = calibrate(scoring(), board((0.995, 160, 0), (0.72, 0, 40)), 0.98, name="mine")
    assert found.policy.name == "mine"
    assert dict(found.policy.review) == {"cash_out": 0.75, "gambling": 0.9, "phishing": 0.8}
    assert dict(found.policy.block) == {"cash_out": 0.8, "gambling": 0.96}
    assert [label for label, one in found.labels.items() if one.kept] == ["gambling", "phishing"]
    assert found.labels["gambling"].n_more == 149
    assert (found.bundle, found.n_posts, found.n_repeated) == ("0123456789ab", 200, 0)


@pytest.mark.parametrize(
    ("score", "before", "review", "block"),
    [
        pytest.param(0.52, 0.9, 0.5, 0.9, id="far above: stays"),
        pytest.param(0.86, 0.6, 0.85, 0.9, id="below: raised to .05 above"),
        pytest.param(0.965, 0.6, 0.96, 0.99, id="never above .99"),
        pytest.param(0.999, 0.999, 0.99, 0.999, id="above .99 already: stays"),
    ],
)
def test_the_block_threshold_keeps_its_distance(
    score: float, before: float, review: float, block: float
) -> None:
    policy = Policy("default", {"cash_out": 0.4}, {"cash_out": before})
    posts = board((score, 160, 0), (review - 0.01, 0, 300))
    found = calibrate(scoring(policy), posts, 0.98).policy
    assert (found.review["cash_out"], found.block["cash_out"]) == (review, block)


def test_a_label_that_the_board_never_blocks_or_gives_stays_so() -> None:
    policy = Policy("default", {"cash_out": 0.4}, {})
    found = calibrate(scoring(policy), board((0.99, 160, 0)), 0.98)
    assert (set(found.policy.review), set(found.policy.block)) == ({"cash_out"}, set())
    assert set(found.labels) == {"cash_out"}


def test_copies_of_a_text_count_once() -> None:
    posts = board((0.99, 148, 0))
    copies = [LabelledPost(f"c{n}", posts[0].text, ("cash_out",), "b", "f") for n in range(9)]
    with pytest.raises(InputError, match="from 148 posts"):
        calibrate(scoring(), [*posts, *copies], 0.98)
    more = calibrate(scoring(), [*posts, *copies, *board((0.98, 1, 0))], 0.98)
    assert (more.n_posts, more.n_repeated) == (149, 9)


def test_a_text_with_two_readings_is_refused() -> None:
    posts = [
        LabelledPost("a", "0.9 x", ("cash_out",), "b", "f"),
        LabelledPost("b", "0.9 x", (), "b", "g"),
    ]
    with pytest.raises(InputError, match="'a' and 'b' have the same text and different labels"):
        calibrate(scoring(), posts, 0.98)


@pytest.mark.parametrize("share", [0.0, 1.0, 98.0, -0.5, float("nan")])
def test_a_share_out_of_range_is_refused_before_any_post_is_checked(share: float) -> None:
    detector = Scoring()
    with pytest.raises(InputError, match=r"the precision asked for is .*; it must lie between"):
        calibrate(cast(Detector, detector), board((0.9, 1, 0)), share)
    with pytest.raises(InputError, match="the confidence asked for"):
        calibrate(cast(Detector, detector), board((0.9, 1, 0)), 0.9, share)
    assert detector.checked == []


@pytest.mark.parametrize(
    ("posts", "policy"),
    [
        pytest.param([], POLICY, id="no post"),
        pytest.param(board((0.9, 1, 0)), Policy("off", {}, {}), id="no label"),
    ],
)
def test_nothing_to_calibrate_is_refused(posts: list[LabelledPost], policy: Policy) -> None:
    with pytest.raises(InputError, match="there is nothing to calibrate"):
        calibrate(scoring(policy), posts, 0.98)


def test_a_sample_too_small_is_refused_with_what_it_would_take() -> None:
    with pytest.raises(InputError) as refusal:
        calibrate(scoring(), board((0.99, 50, 0), (0.01, 0, 100)), 0.98)
    assert str(refusal.value) == (
        "no label can be promised a precision of 0.98 at 95% confidence from 150 posts; cash_out "
        "is nearest: label more posts that are flagged for it, at least 99 (a proof takes 149 if "
        "all are right), or ask for less precision"
    )


def test_the_table_has_a_row_for_each_label_and_says_what_is_promised() -> None:
    found = calibrate(scoring(), board((0.99, 60, 0), (0.01, 0, 10)), 0.95)
    lines = found.to_table().splitlines()
    assert lines[2] == (
        "| `cash_out` | 60 | 60 | 0.050 | 1.000 (0.951–1.000) | 1.000 (0.951–1.000) "
        "| promised: was 0.4 |"
    )
    assert lines[3].endswith(
        "| kept: 0 of 0 right from 0.05, at least 59 more, all right, are needed |"
    )
    assert lines[-1].startswith("A precision of 0.95 is promised at 95% confidence for 1 of 3")
    assert "70 distinct posts" in lines[-1]


def test_the_json_has_every_figure() -> None:
    found = calibrate(scoring(), board((0.99, 60, 0)), 0.95).to_json()
    assert json.loads(json.dumps(found)) == found
    assert found["policy"]["review"]["cash_out"] == 0.05
    assert found["labels"]["cash_out"]["precision_lower"] == 0.9513
    assert found["labels"]["gambling"]["kept"] is True


def test_a_written_policy_is_read_back_and_replaces_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text("before", encoding="utf-8")
    write_policy(POLICY, path)
    assert Policy.read(path) == POLICY
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", [pytest.param("absent/policy.json", id="no folder"), pytest.param(".", id="a folder")]
)
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot write"):
        write_policy(POLICY, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_policy_stays_whole_where_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "policy.json"
    path.write_text("before", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left on device; give a file"):
        write_policy(POLICY, path)
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]
