"""Kill a scan at random moments, resume it, and compare its bytes with an undisturbed run's.

`make bench-crash` writes benchmarks/crash.md. Each kill is signal 9 to a worker or to all
processes, after a random time; a killed worker ends the scan with exit code 4. No model is loaded:
what is under test is that no record is lost, doubled or changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fake_detector import FakeLoader
from fanzha.errors import ScanError
from fanzha.scan import Plan, scan

PAGE = Path(__file__).with_name("crash.md")


def one(posts: str, output: str) -> None:
    """Scan once, going on with what there is."""
    plan = Plan((posts,), output, workers=2, shard_posts=500, resume=True)
    try:
        scan(plan, FakeLoader())
    except ScanError:
        sys.exit(4)


def started(posts: Path, output: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, __file__, "--one", str(posts), str(output)],
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )


def kill(process: subprocess.Popen[bytes], whom: str, draw: random.Random) -> bool:
    """Kill one worker or all; False where there was nothing left to kill."""
    if process.poll() is not None:
        return False
    if whom == "all":
        os.killpg(process.pid, signal.SIGKILL)
        return True
    workers = psutil.Process(process.pid).children()
    if not workers:
        return False
    draw.choice(workers).kill()
    return True


def fingerprint(output: Path) -> str:
    data = output.read_bytes() + output.with_suffix(".rejects.jsonl").read_bytes()
    return hashlib.sha256(data).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--posts", type=int, default=400_000)
    arguments = parser.parse_args()
    draw = random.Random(7)
    rows: list[str] = []
    with TemporaryDirectory() as folder:
        posts, whole, output = (Path(folder) / name for name in ("p.jsonl", "w.jsonl", "x.jsonl"))
        with posts.open("w", encoding="utf-8") as file:
            for number in range(arguments.posts):
                text = f"{'套现' if number % 20 == 0 else '你好'}{draw.random()}"
                record = {"id": number, "text": text}
                broken = number % 997 == 0
                file.write("{\n" if broken else json.dumps(record, ensure_ascii=False) + "\n")
        began = time.monotonic()
        assert started(posts, whole).wait() == 0
        seconds = time.monotonic() - began
        wanted = fingerprint(whole)
        killed = 0
        finished = 0
        while killed < arguments.kills:
            whom = draw.choice(["worker", "all"])
            process = started(posts, output)
            time.sleep(draw.uniform(0.0, seconds))
            did = kill(process, whom, draw)
            code = process.wait()
            parts = len(list(Path(f"{output}.parts").glob("*.part")))
            if not did or code == 0:
                # It was done before: compare, and begin a new one.
                assert fingerprint(output) == wanted
                finished += 1
                output.unlink()
                continue
            killed += 1
            rows.append(f"| {killed} | {whom} | {code} | {parts} |")
        assert started(posts, output).wait() == 0
        same = fingerprint(output) == wanted
        assert not Path(f"{output}.parts").exists()
    lines = [
        "# Scans killed and resumed",
        "",
        f"`make bench-crash`: {arguments.posts:,} posts, 2 workers, {arguments.kills} kills with "
        "signal 9 at random moments,",
        "each followed by `--resume`. The scan came to its end "
        f"{finished + 1} times on the way, and",
        "then began anew; each time its output and rejects were "
        f"{'byte-identical to' if same else '**DIFFERENT from**'} those of an",
        "undisturbed run.",
        "",
        "| kill | of | exit code | finished parts |",
        "| ---: | --- | ---: | ---: |",
        *rows,
    ]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert same


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:])
    else:
        main()
