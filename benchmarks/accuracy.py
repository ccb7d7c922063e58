"""Accuracy on the own test split and on the dev sets, by the command that a user would run.

    python benchmarks/accuracy.py [--corpora DIR]

The test split is the fifth of the corpus's families that training never sees. Each dev set is
scanned whole with `fanzha scan`; the shares are of its own classes, whose meaning
`benchmarks/sets.toml` gives. DIR (or FANZHA_CORPORA) holds the dev sets; without it they are left
out. Writes benchmarks/accuracy.md and benchmarks/accuracy.json.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from fanzha import Detector
from fanzha.corpus import read_corpus
from fanzha.evaluate import evaluate

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpora", type=Path, default=os.environ.get("FANZHA_CORPORA"))
    corpora = parser.parse_args().corpora
    detector = Detector.load()
    posts = [
        post for post in read_corpus([HERE.parent / "data" / "corpus"]) if post.split == "test"
    ]
    own = evaluate(detector, posts)
    result: dict[str, Any] = {
        "bundle": detector.bundle_id,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "test_split": own.to_json(),
        "dev_sets": {},
    }
    sets = tomllib.loads((HERE / "sets.toml").read_text(encoding="utf-8"))
    if corpora is None:
        print("no --corpora and no FANZHA_CORPORA: the dev sets are left out", file=sys.stderr)
    else:
        for name, about in sets.items():
            path = Path(corpora) / about.get("folder", "dev") / f"{name}.jsonl.gz"
            result["dev_sets"][name] = scan(path, about)
            print(name, json.dumps(result["dev_sets"][name], ensure_ascii=False), file=sys.stderr)
    (HERE / "accuracy.json").write_text(
        json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (HERE / "accuracy.md").write_text(page(result, own.to_table()), encoding="utf-8")


def scan(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Scan one set with the command line and count what it flagged, class by class."""
    if not path.exists():
        raise SystemExit(f"{path} is absent; give the folder of the dev sets with --corpora")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "verdicts.jsonl"
        command = ["-m", "fanzha", "scan", str(path), "--output", str(output)]
        started = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        with output.open(encoding="utf-8") as lines:
            verdicts = [json.loads(line) for line in lines]
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    if [row["id"] for row in rows] != [verdict["id"] for verdict in verdicts]:
        raise SystemExit(f"{path}: the scan did not give one verdict a row in order")
    by_class: dict[str, Counter[str]] = defaultdict(Counter)
    for row, verdict in zip(rows, verdicts, strict=True):
        for name in {str(row["label"]), "all"}:
            count = by_class[name]
            count["posts"] += 1
            count["flagged"] += verdict["suggestion"] != "pass"
            count["blocked"] += verdict["suggestion"] == "block"
            count.update(given["label"] for given in verdict["labels"])
    classes = {name: dict(count) for name, count in sorted(by_class.items())}
    return {"what": about["what"], "seconds": round(seconds, 1), "classes": classes}


def page(result: dict[str, Any], own: str) -> str:
    """Write the table that is committed."""
    lines = [
        "# Accuracy",
        "",
        f"Bundle `{result['bundle']}`; {result['machine']}; `make bench-accuracy`.",
        "",
        "## Own test split",
        "",
        own,
        "",
        "## Dev sets",
        "",
        "Each scanned whole with `fanzha scan FILE --output …`, one verdict a row, in order.",
        "",
        "| set | class | posts | flagged | blocked | `cash_out` | `fake_hotline` | what it is |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, found in result["dev_sets"].items():
        for kind, count in found["classes"].items():
            if kind == "all" and len(found["classes"]) == 2:
                continue
            keys = ("flagged", "blocked", "cash_out", "fake_hotline")
            cells = " | ".join(f"{count.get(key, 0) / count['posts']:.2%}" for key in keys)
            what = found["what"] if kind == "all" or len(found["classes"]) == 2 else ""
            lines.append(f"| {name} | {kind} | {count['posts']} | {cells} | {what} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
