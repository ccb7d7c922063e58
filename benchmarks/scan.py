"""Measure how fast a scan reads and checks a dump, and how much memory it takes.

`make bench-scan` writes benchmarks/scan.md. The dump is generated, one JSON object a line: 5 % are
advertisements of the corpus's test split, the rest public comments joined to all lengths, where
data/public has been fetched, and else the clean posts of that split, which are far harder. A no-op
checker shows what reading, parallel work and writing cost; a script of pandas and scikit-learn
that does nothing but classify stands beside it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from fanzha import Detector
from fanzha.corpus import read_corpus
from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.scan import DetectorLoader, Plan, scan
from fanzha.verdict import Verdict
from fanzha.verdicts import Verdicts

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "benchmarks" / "scan.md"
PUBLIC = sorted((ROOT / "data" / "public").glob("*.jsonl"))
BAD_SHARE = 0.05
CLEAN_CHARS = (8, 300)
"""Clean posts are at least so long, evenly over the logarithm between these two."""
SCORES = dict.fromkeys(LABELS, 0.01)


@dataclass(frozen=True, slots=True)
class NoCheck:
    """Says pass to every post, so that only the scan's own work is left."""

    bundle_id = "none"
    policy = Policy("none", {}, {})

    def __call__(self) -> NoCheck:
        """Give itself, as a loader does."""
        return self

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        """Say pass to each post."""
        for post in posts:
            identity = post.id if isinstance(post, Post) else None
            yield Verdict(identity, "pass", (), SCORES, (), (), (), (), "none", "none", True)

    def check_all(self, texts: Sequence[str], ids: Sequence[str | int | None]) -> Verdicts:
        """Say pass to all posts together."""
        scores = np.full((len(texts), len(LABELS)), 0.01)
        return Verdicts(texts, ids, {}, scores, [False] * len(texts), "none", "none")


def generate(path: Path, size_bytes: int, seed: int = 1) -> int:
    """Write a dump of about this size; give its number of posts."""
    corpus = read_corpus([ROOT / "data" / "corpus"])
    bad = [_escaped(post.text) for post in corpus if post.labels and post.split == "test"]
    clean = [
        _escaped(post.text)
        for post in (read_corpus(PUBLIC) if PUBLIC else corpus)
        if not post.labels and post.split == "test"
    ]
    draw = random.Random(seed)
    written = number = 0
    with path.open("wb") as file:
        while written < size_bytes:
            if draw.random() < BAD_SHARE:
                text = draw.choice(bad)
            else:
                n_chars = math.exp(draw.uniform(*map(math.log, CLEAN_CHARS)))
                text = draw.choice(clean)
                while len(text) < n_chars:
                    text += "\\n" + draw.choice(clean)
            author = f"用户{draw.randrange(10**6)}"
            line = f'{{"id": {number}, "author": "{author}", "text": "{text}"}}\n'.encode()
            file.write(line)
            written += len(line)
            number += 1
    return number


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def convert(path: Path, suffix: str) -> Path:
    """Write the posts of a dump as CSV or Parquet; give the new file."""
    target = path.with_suffix(suffix)
    table = pyarrow.json.read_json(path)
    if suffix == ".csv":
        pyarrow.csv.write_csv(table, target)
    else:
        pyarrow.parquet.write_table(table, target, compression="zstd")
    return target


class PeakMemory(threading.Thread):
    """The most memory that this process and its children had together, by their own counts."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._done = threading.Event()

    def run(self) -> None:
        """Look twice a second; each look costs some milliseconds."""
        own = psutil.Process()
        while not self._done.wait(0.5):
            total = 0
            for process in [own, *own.children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
            self.peak_bytes = max(self.peak_bytes, total)

    def stop(self) -> int:
        """End and give the peak in bytes."""
        self._done.set()
        self.join()
        return self.peak_bytes


def measured_scan(
    path: Path, checker: str, workers: int, *, only_flagged: bool, stored: bool
) -> dict[str, Any]:
    """Scan a dump in a process of its own; give seconds, posts and peak memory."""
    command = [
        sys.executable, __file__, "--one", str(path), checker, str(workers),
        str(int(only_flagged)), str(int(stored)),
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def one(arguments: Sequence[str]) -> None:
    path, checker, workers, only_flagged, stored = arguments
    memory = PeakMemory()
    memory.start()
    load = NoCheck() if checker == "none" else DetectorLoader()
    with TemporaryDirectory(dir=Path(path).parent) as folder:
        output = str(Path(folder) / "x.jsonl") if int(stored) else "/dev/null"
        plan = Plan((path,), output, workers=int(workers), only_flagged=bool(int(only_flagged)))
        began = time.perf_counter()
        summary = scan(plan, load)
        seconds = time.perf_counter() - began
    # Of workers too: they have ended and been waited for.
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cpu": sum(one.ru_utime + one.ru_stime for one in used),
                "posts": summary.posts,
                "flagged": summary.flagged,
                "size": Path(path).stat().st_size,
                "peak": memory.stop(),
            }
        )
    )


PANDAS = """
import sys, time, json
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
corpus, path, n_rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
rows = pd.concat([pd.read_json(one, lines=True) for one in json.loads(corpus)])
model = make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2),
                      LogisticRegression(max_iter=200))
model.fit(rows["text"], rows["labels"].str.len() > 0)
began, used = time.perf_counter(), time.process_time()
n = size = 0
for chunk in pd.read_json(path, lines=True, chunksize=5000, nrows=n_rows):
    model.predict_proba(chunk["text"])
    n += len(chunk)
seconds = time.perf_counter() - began
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({"seconds": seconds, "posts": n, "cpu": time.process_time() - used,
                  "peak": int(status["VmHWM"].split()[0]) * 1024}))
"""


def measured_pandas(path: Path, n_rows: int) -> dict[str, Any] | None:
    """Classify the first posts with pandas and scikit-learn; None where pandas is not installed."""
    corpus = [str(one) for one in sorted((ROOT / "data" / "corpus").glob("*.jsonl"))[:4]]
    done = subprocess.run(
        [sys.executable, "-c", PANDAS, json.dumps(corpus), str(path), str(n_rows)],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(done.stderr.splitlines()[-1], file=sys.stderr)
        return None
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def row(name: str, found: dict[str, Any], size_bytes: float) -> str:
    rate = size_bytes / found["seconds"] / 1e6
    return (
        f"| {name} | {size_bytes / 1e6:,.0f} | {found['posts']:,} | {found['seconds']:.1f} | "
        f"{rate:.1f} | {found['posts'] / found['seconds']:,.0f} | "
        f"{found['cpu'] / found['posts'] * 1e6:,.2f} | {found['peak'] / 1e6:,.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=1000, metavar="MB")
    parser.add_argument("--sizes", type=float, nargs="*", default=[100, 4000], metavar="MB")
    parser.add_argument("--model-sizes", type=float, nargs="*", default=[100, 1000], metavar="MB")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", default=None, help="where the dumps are generated")
    arguments = parser.parse_args()
    if find_spec("pandas") is None:
        raise SystemExit("pandas is missing, which is measured beside the scan; pip install pandas")
    began_load = os.getloadavg()[0]
    lines = [
        "# How fast a scan is",
        "",
        f"`{' '.join(['python benchmarks/scan.py', *sys.argv[1:]])}`: bundle "
        f"`{Detector.load().bundle_id}`, {platform.machine()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {arguments.workers} workers; "
        f"load {began_load:.1f} from other work when it began, "
        "LOAD_AT_END with the scan's own when it ended.",
        "JSON lines, 5 % advertisements of the test split, the rest "
        + ("public comments" if PUBLIC else "its clean posts")
        + " joined to all lengths from 8 to",
        "300 characters; CSV and Parquet of the same posts. CPU is what all processes used",
        "together, loading included: it says what a post costs where other work takes its share of",
        "the cores. Memory is the most that all processes had together (proportional set size).",
        "",
        "| what | MB | posts | s | MB/s | posts/s | CPU µs a post | peak MB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    with TemporaryDirectory(dir=arguments.folder) as folder:
        dump = Path(folder) / "dump.jsonl"

        def add(name: str, path: Path, checker: str, *, only_flagged: bool) -> dict[str, Any]:
            found = measured_scan(
                path, checker, arguments.workers, only_flagged=only_flagged, stored=True
            )
            lines.append(row(name, found, found["size"]))
            print(lines[-1], file=sys.stderr)
            return found

        for size in (*arguments.sizes, arguments.size):
            n_posts = generate(dump, int(size * 1e6))
            name = "reading alone: no model, nothing written"
            found = add(name, dump, "none", only_flagged=True)
            assert found["posts"] == n_posts
        for suffix in (".csv", ".parquet"):
            table = convert(dump, suffix)
            add(f"the same posts, {suffix[1:]}", table, "none", only_flagged=True)
            table.unlink()
        name = "reading and writing: no model, a line a post"
        add(name, dump, "none", only_flagged=False)
        for size in arguments.model_sizes:
            generate(dump, int(size * 1e6))
            add("the shipped model, flagged posts written", dump, "model", only_flagged=True)
        for size in arguments.model_sizes[:1]:
            generate(dump, int(size * 1e6))
            add("the shipped model, all posts written", dump, "model", only_flagged=False)
        measured = measured_pandas(dump, 20_000)
        if measured is not None:
            share = measured["posts"] / sum(1 for _ in dump.open("rb"))
            size_bytes = dump.stat().st_size * min(share, 1.0)
            lines.append(row("pandas + scikit-learn, classification alone", measured, size_bytes))
    lines += [
        "",
        "The rows without a model show what reading, cutting, parallel work and finished parts",
        "leave for it; every rate is of the whole run, starting the processes included. pandas and",
        "scikit-learn: character 1-3-grams, tf-idf and logistic regression in one process, one yes",
        "or no a post; no evidence, no numbers, nothing written, and no way on after a crash.",
        "Other work on the machine moves seconds by a factor of two and more, but not the memory.",
    ]
    page = "\n".join(lines).replace("LOAD_AT_END", f"{os.getloadavg()[0]:.1f}")
    PAGE.write_text(f"{page}\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2:])
    else:
        main()
