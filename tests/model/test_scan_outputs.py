"""Verdicts as JSON lines, CSV, Parquet and SQLite, and cut anew by another policy."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from fake_detector import FakeLoader
from fanzha.cli import main
from fanzha.errors import InputError
from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.scan import Plan, scan
from fanzha.scan.rethreshold import recut, rethreshold

LINES = [
    {"id": 7, "text": '花呗套现,"打"4000000000'},
    {"id": "八", "text": "你好"},
    {"text": "套现\n两行"},
    {"id": 2**70, "text": "x"},
]
POLICIES = {
    "as scanned": Policy("default", {"cash_out": 0.5}, {"cash_out": 0.9}),
    "none": Policy("none", {}, {}),
    "review only": Policy("lax", {"cash_out": 0.95}, {}),
    "all": Policy("all", dict.fromkeys(LABELS, 0.001), {"gambling": 0.005}),
}


def dump(folder: Path, times: int = 1) -> str:
    path = folder / "posts.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES * times), encoding="utf-8")
    return str(path)


def scanned(folder: Path, name: str, **options: Any) -> Path:
    out = folder / name
    scan(Plan((dump(folder),), str(out), workers=1, shard_posts=2, **options), FakeLoader())
    return out


def csv_rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parquet_rows(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


def sqlite_rows(path: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM verdicts ORDER BY rowid")]


TABLES: dict[str, Callable[[Path], list[dict[str, Any]]]] = {
    "x.csv": csv_rows, "x.parquet": parquet_rows, "x.sqlite": sqlite_rows,
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_table_holds_what_the_lines_hold(tmp_path: Path, name: str) -> None:
    lines = [json.loads(line) for line in scanned(tmp_path, "x.jsonl").read_bytes().splitlines()]
    rows = TABLES[name](scanned(tmp_path, name))
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines, strict=True):
        assert str(row["id"] or "") == str(line.get("id", ""))
        assert str(row["line"] or "") == str(line.get("line", ""))
        assert row["suggestion"] == line["suggestion"]
        assert row["labels"].split() == [given["label"] for given in line["labels"]]
        assert {label: float(row[f"score_{label}"]) for label in LABELS} == line["scores"]
        assert json.loads(row["evidence"]) == line["evidence"]
        assert json.loads(row["hotlines"]) == line["hotlines"]
        assert (row["bundle"], row["policy"]) == ("fake", "default")


@pytest.mark.parametrize("name", ["x.jsonl", *TABLES])
def test_a_resumed_output_is_byte_identical_in_every_format(tmp_path: Path, name: str) -> None:
    whole = scanned(tmp_path, name).read_bytes()
    again = scanned(tmp_path, f"again-{name}", shard_bytes=60, resume=True)
    assert again.read_bytes() == whole


def test_flagged_posts_alone_go_into_a_table(tmp_path: Path) -> None:
    rows = csv_rows(scanned(tmp_path, "x.csv", only_flagged=True))
    assert [row["suggestion"] for row in rows] == ["block", "block"]


def test_csv_may_go_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan((dump(tmp_path),), "-", output_format="csv", workers=1)
    scan(plan, FakeLoader())
    assert capsys.readouterr().out.splitlines()[0].startswith("id,file,line,suggestion,labels,")


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_recut_verdict_is_what_a_scan_with_that_policy_gives(policy: Policy) -> None:
    from fake_detector import FakeDetector

    verdict = FakeDetector().check("花呗套现").to_json()
    found = recut(verdict, policy)
    assert found["suggestion"] == policy.suggestion(verdict["scores"])
    assert [given["label"] for given in found["labels"]] == list(policy.given(verdict["scores"]))
    assert all(given["threshold"] == policy.review[given["label"]] for given in found["labels"])
    assert {one["label"] for one in found["evidence"]} <= set(policy.review)
    assert found["model"] == {"bundle": "fake", "policy": policy.name}
    assert found["scores"] == verdict["scores"]


def test_recutting_by_the_policy_of_the_scan_changes_nothing(tmp_path: Path) -> None:
    before = scanned(tmp_path, "x.jsonl")
    after = tmp_path / "y.jsonl"
    plan = Plan((str(before),), str(after), text_field="suggestion", title_field="")
    counted = rethreshold(plan, POLICIES["as scanned"])
    assert after.read_bytes() == before.read_bytes()
    assert counted.before == counted.after
    assert counted.unproven == 0


@pytest.mark.parametrize("read", ["x.jsonl", *TABLES])
@pytest.mark.parametrize("written", ["y.jsonl", "y.csv"])
def test_every_output_can_be_recut_into_every_other(
    tmp_path: Path, read: str, written: str, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"name": "lax", "review": {"cash_out": 0.95}, "block": {}}')
    source, target = scanned(tmp_path, read), tmp_path / written
    command = ["rethreshold", str(source), "--policy", str(policy), "--output", str(target)]
    assert main([*command, "--only", "flagged"]) == 0
    told = capsys.readouterr().out
    assert "4 posts, 2 written" in told
    assert "        2          0  block" in told
    rows: list[dict[str, Any]] = (
        csv_rows(target)
        if written == "y.csv"
        else [json.loads(line) for line in target.read_bytes().splitlines()]
    )
    assert [row["suggestion"] for row in rows] == ["review", "review"]
    assert str(rows[0]["id"]) == "7"


def test_new_labels_are_counted_as_without_evidence(tmp_path: Path) -> None:
    before = scanned(tmp_path, "x.jsonl")
    plan = Plan((str(before),), "/dev/null", text_field="suggestion", title_field="")
    counted = rethreshold(plan, POLICIES["all"])
    assert counted.unproven == sum(counted.after[label] for label in LABELS) - 2
    assert "have no evidence" in list(counted.lines())[-1]


def test_posts_whose_scores_are_estimates_are_counted(tmp_path: Path) -> None:
    before = scanned(tmp_path, "x.jsonl")
    lines = [json.loads(line) for line in before.read_bytes().splitlines()]
    lines[0]["model"]["screened"] = True
    before.write_text("".join(json.dumps(line) + "\n" for line in lines))
    plan = Plan((str(before),), "/dev/null", text_field="suggestion", title_field="")
    counted = rethreshold(plan, POLICIES["as scanned"])
    assert counted.screened == 1
    assert any("their scores are estimates" in line for line in counted.lines())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"suggestion": "pass"}\n', id="half a verdict"),
        pytest.param(b'{"text": "x"}\n', id="a post"),
        pytest.param(b"{\n", id="no JSON"),
    ],
)
def test_what_holds_no_verdicts_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    plan = Plan((str(path),), str(tmp_path / "y.jsonl"), text_field="suggestion", title_field="")
    with pytest.raises(InputError, match=r"x\.jsonl:1 is no verdict.* give the output of"):
        rethreshold(plan, POLICIES["none"])
    assert not (tmp_path / "y.jsonl").exists()
