from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from fanzha.errors import DataError
from fanzha.labels import LABELS
from fanzha.policy import Policy

POLICY = Policy("board", {"cash_out": 0.5, "gambling": 0.6}, {"cash_out": 0.9})


def scores(**given: float) -> dict[str, float]:
    return dict.fromkeys(LABELS, 0.0) | given


@pytest.mark.parametrize(
    ("given", "labels", "suggestion"),
    [
        (scores(), (), "pass"),
        (scores(cash_out=0.49), (), "pass"),
        (scores(cash_out=0.5), ("cash_out",), "review"),
        (scores(cash_out=0.9), ("cash_out",), "block"),
        (scores(cash_out=0.6, gambling=1.0), ("gambling", "cash_out"), "review"),
        (scores(phishing=1.0), (), "pass"),
    ],
    ids=["nothing", "below", "at review", "at block", "no block threshold", "label is off"],
)
def test_thresholds_decide(
    given: dict[str, float], labels: tuple[str, ...], suggestion: str
) -> None:
    assert (POLICY.given(given), POLICY.suggestion(given)) == (labels, suggestion)


@pytest.mark.parametrize(
    ("review", "block", "message"),
    [
        ({"cashout": 0.5}, {}, "'cashout' is no label"),
        ({"cash_out": 0}, {}, "above 0"),
        ({"cash_out": 1.2}, {}, "at most 1"),
        ({"cash_out": "x"}, {}, "write a number"),
        (["cash_out"], {}, "objects of label: threshold, not list"),
        ({"cash_out": 0.5}, {"cash_out": 0.4}, "below its review threshold"),
    ],
)
def test_a_senseless_policy_is_refused(
    review: dict[str, float], block: dict[str, float], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        Policy("x", review, block)


def test_a_policy_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"name": "b", "review": {"cash_out": 0.4}, "block": {}}))
    assert Policy.read(path) == Policy("b", {"cash_out": 0.4}, {})


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "x"}', '{"name":1,"review":{},"block":{}}'])
def test_a_malformed_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"policy\.json"):
        Policy.read(path)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read the policy"):
        Policy.read(tmp_path / "none.json")


def test_a_policy_travels_between_processes() -> None:
    assert pickle.loads(pickle.dumps(POLICY)) == POLICY
