"""The sample dumps say the same in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fake_detector import FakeLoader
from fanzha.scan import Plan, scan
from fanzha.scan.origins import Fields, origins
from sample_dumps import FOLDER, SAMPLES, discuz, sample_posts

NAMES = sorted(path.name for path in FOLDER.iterdir())


def scanned(path: Path, folder: Path) -> list[dict[str, Any]]:
    out = folder / "o.jsonl"
    summary = scan(Plan((str(path),), str(out), workers=1, shard_posts=20), FakeLoader())
    assert summary.rejected == summary.repaired == 0
    return [json.loads(line) for line in out.read_bytes().splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_gives_the_verdicts_of_the_json_lines(tmp_path: Path, name: str) -> None:
    wanted = scanned(SAMPLES / "forum.jsonl", tmp_path)
    found = scanned(FOLDER / name, tmp_path)
    if "discuz" in name:
        found, threads = found[: len(wanted)], found[len(wanted) :]
        assert [one["id"] for one in threads] == [f"thread {n + 1}" for n in range(len(wanted))]
    if ".sql." in f"{name}.":
        assert [one["id"] for one in found] == [n + 1 for n in range(len(wanted))]
    else:
        assert [one["id"] for one in found] == [one["id"] for one in wanted]
    assert [one["scores"] for one in found] == [one["scores"] for one in wanted]
    assert [one["hotlines"] for one in found] == [one["hotlines"] for one in wanted]


def test_the_authors_of_a_dump_are_known_to_trust() -> None:
    authors = [post["author"] for post in sample_posts()]
    for name in ("discuz.gbk.sql", "forum.sqlite", "forum.parquet"):
        plan = Plan((str(FOLDER / name),), "-")
        found = [one.account for one in origins(plan, Fields())]
        assert found[: len(authors)] == authors


def test_the_committed_dump_is_what_the_script_writes() -> None:
    written = discuz(sample_posts()).encode("gbk", "xmlcharrefreplace")
    assert (FOLDER / "discuz.gbk.sql").read_bytes() == written


def test_the_samples_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1 << 20
