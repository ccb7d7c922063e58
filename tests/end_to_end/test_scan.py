"""The command line as a user runs it, in processes of its own, with the shipped bundle."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[2] / "data" / "sample-posts"
# A test run in the background passes on that Ctrl-C is ignored.
RUN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from fanzha.cli import main
sys.exit(main())
"""
FANZHA = [sys.executable, "-c", RUN]


def fanzha(
    *arguments: str | Path, stdin: bytes = b"", code: int = 0
) -> subprocess.CompletedProcess[bytes]:
    command = [*FANZHA, *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return done


def objects(lines: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


def sample_posts() -> list[dict[str, Any]]:
    return objects((SAMPLES / "forum.jsonl").read_bytes())


def sample_labels() -> dict[str, list[str]]:
    return {row["id"]: row["labels"] for row in objects((SAMPLES / "labels.jsonl").read_bytes())}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    out = tmp_path_factory.mktemp("scan") / "x.jsonl"
    fanzha("scan", SAMPLES / "forum.jsonl", "--output", out)
    return objects(out.read_bytes())


def test_each_sample_post_gets_its_verdict_in_order(verdicts: list[dict[str, Any]]) -> None:
    assert [verdict["id"] for verdict in verdicts] == [post["id"] for post in sample_posts()]


def test_all_evidence_slices_the_sample_posts_exactly(verdicts: list[dict[str, Any]]) -> None:
    for post, verdict in zip(sample_posts(), verdicts, strict=True):
        for found in verdict["evidence"] + verdict["hotlines"] + verdict["contacts"]:
            assert post["text"][found["start"] : found["end"]] == found["text"]


def test_most_sample_advertisements_are_flagged_and_few_other_posts(
    verdicts: list[dict[str, Any]],
) -> None:
    labels = sample_labels()
    flagged = {verdict["id"] for verdict in verdicts if verdict["suggestion"] != "pass"}
    assert len(flagged & labels.keys()) >= 0.75 * len(labels)
    assert len(flagged - labels.keys()) <= 6


def test_the_csv_of_the_sample_posts_gives_the_same_verdicts(
    verdicts: list[dict[str, Any]], tmp_path: Path
) -> None:
    with (SAMPLES / "forum.csv").open(encoding="utf-8", newline="") as table:
        assert list(csv.DictReader(table)) == sample_posts()
    fanzha("scan", SAMPLES / "forum.csv", "--output", tmp_path / "x.jsonl")
    assert objects((tmp_path / "x.jsonl").read_bytes()) == verdicts


def test_gzip_standard_input_and_workers_give_the_same_bytes(tmp_path: Path) -> None:
    content = (SAMPLES / "forum.jsonl").read_bytes() * 12
    (tmp_path / "dump.jsonl.gz").write_bytes(gzip.compress(content))
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    fanzha("scan", tmp_path / "dump.jsonl.gz", "--output", one, "--workers", "1")
    fanzha("scan", "-", "--output", two, "--workers", "2", stdin=content)
    assert one.read_bytes() == two.read_bytes()
    piped = fanzha("scan", "-", "--output", "-", stdin=content)
    assert piped.stdout == one.read_bytes()


def test_check_and_scan_give_the_same_verdict(verdicts: list[dict[str, Any]]) -> None:
    post, verdict = next(
        pair for pair in zip(sample_posts(), verdicts, strict=True) if pair[1]["evidence"]
    )
    [checked] = objects(fanzha("check", "--json", "-", stdin=post["text"].encode()).stdout)
    assert {"id": verdict["id"], **checked} == verdict


def test_bad_records_are_rejected_and_odd_ones_checked(tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    lines = [
        b'{"id": 1, "text": ""}',
        rb'{"id": 2, "text": "\ud83d \udc00 \u0000"}',
        b'{"id": 3, "text": "\xff\xfe"}',
        b'{"id": 4, "text": ',
        b'{"id": 5}',
        b'{"id": 6, "text": ["x"]}',
        b'{"id": 7, "text": "' + "套现".encode() * 180_000 + b'"}',
    ]
    posts.write_bytes(b"\n".join(lines))
    done = fanzha("scan", posts, "--output", tmp_path / "x.jsonl")
    assert [found["id"] for found in objects((tmp_path / "x.jsonl").read_bytes())] == [1, 2, 7]
    rejects = objects((tmp_path / "x.rejects.jsonl").read_bytes())
    assert [reject["line"] for reject in rejects] == [3, 4, 5, 6]
    assert "4 rejected" in done.stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["scan", "absent.jsonl", "--output", "x"], 2, "no file", id="missing file"),
        pytest.param(["scan", "-", "--output", "/absent/x"], 2, "cannot write", id="output"),
        pytest.param(["scan", "-", "--output", "-", "--fast"], 2, "--fast", id="unknown option"),
        pytest.param(["check", "x", "--bundle", "/absent"], 3, "bundle", id="absent bundle"),
        pytest.param(["check", "x", "--policy", "/absent"], 3, "policy", id="absent policy"),
    ],
)
def test_an_error_is_one_line_with_its_exit_code(
    arguments: Sequence[str], code: int, said: str
) -> None:
    [line] = fanzha(*arguments, code=code).stderr.decode().splitlines()
    assert said in line


def test_a_closed_pipe_ends_a_scan_quietly(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_bytes((SAMPLES / "forum.jsonl").read_bytes() * 30)
    arguments = ["scan", str(tmp_path / "posts.jsonl"), "--output", "-", "--workers", "2"]
    with subprocess.Popen(
        [*FANZHA, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=60) == 0
    assert said == b""


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 143, id="kill"),
    ],
)
def test_an_interrupted_scan_says_so_and_leaves_nothing_behind(
    tmp_path: Path, number: int, code: int
) -> None:
    arguments = ["scan", "-", "--output", str(tmp_path / "x.jsonl"), "--workers", "2"]
    with subprocess.Popen(
        [*FANZHA, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        # More than a pipe holds: once it is written the scan has begun to read.
        process.stdin.write((SAMPLES / "forum.jsonl").read_bytes() * 40)
        process.stdin.flush()
        os.killpg(process.pid, number)
        said = process.stderr.read().decode()
        assert process.wait(timeout=60) == code
        process.stdin.close()
    [line] = said.splitlines()
    assert "no output was written" in line
    assert list(tmp_path.iterdir()) == []
