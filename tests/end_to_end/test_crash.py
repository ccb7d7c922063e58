"""Scans killed with signal 9 at one moment after another, and resumed to the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
N_POSTS = 3000
# The worker that meets the post, or the callback that meets the part, kills whom it is told to.
SCAN = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from dataclasses import dataclass
from fake_detector import FakeDetector
from fanzha.errors import ScanError
from fanzha.post import Post
from fanzha.scan import Plan, scan
from fanzha.scan.part_folder import PartFolder

posts, output, whom, at = sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])

def kill():
    if whom == "worker":
        os.kill(os.getpid(), signal.SIGKILL)
    os.killpg(0, signal.SIGKILL)

@dataclass(frozen=True)
class Killing:
    def __call__(self):
        return self

    bundle_id = "fake"
    policy = FakeDetector.policy

    def check_many(self, posts):
        for post in posts:
            if whom in {"worker", "all"} and Post.of(post).id == at:
                kill()
            yield FakeDetector().check(post)

seen = []
def progress(part):
    seen.append(part)
    if whom == "parent" and len(seen) == at:
        kill()

if whom == "end":
    PartFolder.remove = lambda self: kill()
plan = Plan((posts,), output, workers=2, shard_posts=100, resume=True)
try:
    scan(plan, Killing(), progress)
except ScanError as error:
    print(error)
    sys.exit(4)
"""


def run(folder: Path, output: Path, whom: str = "nobody", at: int = 0) -> int:
    arguments = [str(TESTS), str(folder / "posts.jsonl"), str(output), whom, str(at)]
    done = subprocess.run(
        [sys.executable, "-c", SCAN, *arguments],
        env=os.environ | {"PYTHONWARNINGS": "default"},
        capture_output=True,
        timeout=120,
        check=False,
        start_new_session=True,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode


# A worker kills the scan and goes on as if nothing were.
ORPHANED = """
import os, signal, sys, threading
from fanzha.scan import Plan, scan

class Orphaning:
    bundle_id = "fake"
    policy = None

    def __init__(self, parent):
        self.parent = parent

    def __call__(self):
        return self

    def check_many(self, posts):
        os.kill(self.parent, signal.SIGKILL)
        threading.Event().wait()

plan = Plan((sys.argv[1],), "-", workers=2, shard_posts=10)
scan(plan, Orphaning(os.getpid()))
"""


@pytest.mark.skipif(os.name != "posix", reason="this system gives no new parent")
def test_the_workers_of_a_killed_scan_end_too(tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"text": "x"}\n' * 40, encoding="utf-8")
    # The pipe ends when the last process that holds it has ended.
    done = subprocess.run(
        [sys.executable, "-c", ORPHANED, str(posts)],
        stdout=subprocess.PIPE,
        timeout=120,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == -signal.SIGKILL


def written(output: Path) -> bytes:
    return output.read_bytes() + output.with_suffix(".rejects.jsonl").read_bytes()


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no process groups")
def test_a_scan_killed_again_and_again_ends_with_the_bytes_of_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    lines = [
        json.dumps({"id": n, "text": f"{'套现' if n % 7 == 0 else '你好'}{n}"}) if n % 211 else "{"
        for n in range(N_POSTS)
    ]
    (tmp_path / "posts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert run(tmp_path, tmp_path / "whole.jsonl") == 0
    killed = tmp_path / "x.jsonl"
    for whom, at, code in (
        ("worker", 950, 4),
        ("all", 1900, -signal.SIGKILL),
        ("parent", 12, -signal.SIGKILL),
        ("worker", 2980, 4),
        ("end", 0, -signal.SIGKILL),
    ):
        assert run(tmp_path, killed, whom, at) == code, (whom, at)
        assert Path(f"{killed}.parts").is_dir()
        # Killed at the end it has its name, and is whole.
        assert killed.exists() is (whom == "end")
    assert written(killed) == written(tmp_path / "whole.jsonl")
    assert run(tmp_path, killed) == 0
    assert written(killed) == written(tmp_path / "whole.jsonl")
    ids = [json.loads(line)["id"] for line in killed.read_bytes().splitlines()]
    assert ids == [n for n in range(N_POSTS) if n % 211]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "posts.jsonl", "whole.jsonl", "whole.rejects.jsonl", "x.jsonl", "x.rejects.jsonl",
    ]  # fmt: skip
