from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanzha.cli import main
from fanzha.compare import compare
from fanzha.corpus import read_corpus
from fanzha.detector import Detector

Output = pytest.CaptureFixture[str]


def test_train_puts_the_new_bundle_beside_the_one_before(
    small_corpus: Path, tmp_path: Path, capsys: Output
) -> None:
    output = str(tmp_path / "new")
    assert main(["train", "--corpus", str(small_corpus), "--output", output, "--no-compare"]) == 0
    capsys.readouterr()
    again = ["train", "--corpus", str(small_corpus), "--output", output, "--before", output]
    assert main(again) == 0
    table = capsys.readouterr().out
    assert f"## {small_corpus}" in table
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert len(rows) == 11
    for row in rows:
        for cell in row.split(" | ")[2:]:
            before, after = cell.rstrip(" |").split(" → ")
            assert before == after


def test_posts_without_a_test_split_are_not_compared_on(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    rows = [{"id": f"p{n}", "text": f"第{n}楼", "labels": []} for n in range(40)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    posts = [post for post in read_corpus([path]) if post.split == "train"]
    detector = Detector.load()
    assert compare(detector, detector, posts).startswith(f"None of the {len(posts)} posts")
