"""Kept posts judged anew: what changes is counted, listed, and held against what people said."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fake_detector import FakeDetector
from fanzha.backtest import Kept, backtest, read_kept, read_since
from fanzha.cli import main
from fanzha.detector import Detector
from fanzha.errors import DataError, InputError

AT = datetime(2027, 1, 31, tzinfo=UTC)
OFFER, CLEAN = "花呗套现秒到", "今天下雨"


def kept(
    number: int,
    text: str,
    suggestion: str,
    labels: tuple[str, ...] = (),
    settled: tuple[str, ...] | None = None,
) -> Kept:
    return Kept(f"r{number}", text, "cars", AT, suggestion, labels, settled)


POSTS = [
    kept(1, OFFER, "block", ("cash_out",), ("cash_out",)),
    kept(2, OFFER, "pass", (), ("cash_out",)),
    kept(3, CLEAN, "review", ("gambling",), ()),
    kept(4, CLEAN, "pass", (), ()),
    kept(5, CLEAN, "pass"),
    kept(6, OFFER, "review", ("cash_out",)),
]


def test_what_changes_is_counted_and_held_against_what_people_settled() -> None:
    found = backtest(POSTS, lambda board: FakeDetector())
    assert (found.n_posts, found.n_settled, found.n_different) == (6, 4, 3)
    assert found.suggestions == {
        ("block", "block"): 1, ("pass", "block"): 1, ("review", "pass"): 1, ("pass", "pass"): 2,
        ("review", "block"): 1,
    }  # fmt: skip
    labels = found.to_json()["labels"]
    assert labels["cash_out"] == {
        "before": 2, "after": 3, "gained": 1, "lost": 0, "settled": 2, "precision": [1.0, 1.0],
        "recall": [0.5, 1.0],
    }  # fmt: skip
    assert (labels["gambling"]["lost"], labels["gambling"]["precision"]) == (1, [0.0, None])
    assert [one.id for one in found.differences] == ["r2", "r3", "r6"]
    assert found.differences[1].lost == ("gambling",)
    table = found.to_table()
    assert "| `cash_out` | 2 | 3 | 1 | 0 | 2 | 1.000 → 1.000 | 0.500 → 1.000 |" in table
    assert OFFER not in table + json.dumps([one.to_json() for one in found.differences])


def test_each_board_is_judged_by_its_own() -> None:
    asked: list[str] = []

    def judging(board: str) -> FakeDetector:
        asked.append(board)
        return FakeDetector()

    posts = [
        Kept(str(n), CLEAN, board, AT, "pass", ()) for n, board in enumerate(["a"] * 300 + ["b"])
    ]
    assert backtest(posts, judging).n_posts == 301
    assert asked == ["a", "b"]


def test_nothing_kept_is_said() -> None:
    assert "No post is kept" in backtest([], lambda board: FakeDetector()).to_table()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("30d", "2027-01-01T00:00:00+00:00"),
        ("90m", "2027-01-30T22:30:00+00:00"),
        ("2w", "2027-01-17T00:00:00+00:00"),
        ("2026-12-01", "2026-12-01T00:00:00+00:00"),
        ("2026-12-01T08:00:00+08:00", "2026-12-01T08:00:00+08:00"),
    ],
)
def test_a_time_is_a_stretch_before_now_or_a_date(written: str, expected: str) -> None:
    assert read_since(written, AT).isoformat() == expected


@pytest.mark.parametrize("written", ["", "d", "30", "30y", "soon", "-3d"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(InputError, match="is no time"):
        read_since(written)


ROW = {
    "id": "r1", "text": OFFER, "board": "cars", "at": AT.isoformat(), "suggestion": "pass",
    "labels": [], "settled": ["cash_out"],
}  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        {**ROW, "labels": ["nonsense"]},
        {**ROW, "suggestion": "maybe"},
        {**ROW, "text": None},
        {**ROW, "at": "soon"},
        {name: value for name, value in ROW.items() if name != "board"},
        [],
    ],
    ids=["label", "suggestion", "text", "time", "no board", "no object"],
)
def test_a_row_that_is_no_kept_post_is_named_by_its_line(row: object, tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text(json.dumps(ROW) + "\n\n" + json.dumps(row), encoding="utf-8")
    with pytest.raises(DataError, match=r"kept\.jsonl:3: is no kept post"):
        list(read_kept([path]))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.jsonl"):
        list(read_kept([tmp_path / "nowhere.jsonl"]))


def test_the_command_prints_the_table_and_writes_the_differences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Detector, "load", lambda *given: FakeDetector())
    path, differences = tmp_path / "kept.jsonl", tmp_path / "differences.jsonl"
    early = {**ROW, "at": "2020-01-01T00:00:00+00:00"}
    path.write_text(json.dumps(ROW) + "\n" + json.dumps(early) + "\n", encoding="utf-8")
    command = ["backtest", str(path), "--since", "2026-01-01"]
    assert main([*command, "--differences", str(differences)]) == 0
    assert "1 posts, of which the verdicts on 1 differ" in capsys.readouterr().out
    assert json.loads(differences.read_text("utf-8"))["suggestion"] == ["pass", "block"]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["suggestions"] == {"pass>block": 1}
    assert main([*command[:2], "--since", "soon"]) == 2
