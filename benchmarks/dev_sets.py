"""The dev sets: scanned by the command that a user would run, and counted class by class."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from fanzha.corpus import LabelledPost
from fanzha.intervals import Share
from fanzha.policy import Policy
from fanzha.tables import read_table

__all__ = ["compare", "count", "read_set", "scan"]


def read_set(path: Path, name: str, *, held_out: bool) -> list[dict[str, Any]]:
    """Read a set's rows; with `held_out` only those that a training run leaves for the test."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if not held_out or _is_held_out(name, row["text"])]


def _is_held_out(name: str, text: str) -> bool:
    # The id that fanzha.public_sets gives the post when it is fetched for training.
    text = text.strip()
    key = f"{name}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return LabelledPost(key, text, (), batch=name, family=key).split == "test"


def scan(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], float]:
    """Scan rows with the command line; gives a verdict a row, in order, and the seconds taken."""
    with tempfile.TemporaryDirectory() as folder:
        posts, output = Path(folder) / "posts.jsonl", Path(folder) / "verdicts.jsonl"
        lines = (
            json.dumps({"id": row["id"], "text": row["text"]}, ensure_ascii=False) for row in rows
        )
        posts.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        command = ["-m", "fanzha", "scan", str(posts), "--output", str(output)]
        started = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        with output.open(encoding="utf-8") as written:
            verdicts = [json.loads(line) for line in written]
    if [row["id"] for row in rows] != [verdict["id"] for verdict in verdicts]:
        raise SystemExit("the scan did not give one verdict a row in order")
    return verdicts, seconds


def count(rows: list[dict[str, Any]], verdicts: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Count what was flagged, class by class and in all."""
    by_class: dict[str, Counter[str]] = defaultdict(Counter)
    for row, verdict in zip(rows, verdicts, strict=True):
        for name in {str(row["label"]), "all"}:
            counted = by_class[name]
            counted["posts"] += 1
            counted["flagged"] += verdict["suggestion"] != "pass"
            counted["blocked"] += verdict["suggestion"] == "block"
            counted.update(given["label"] for given in verdict["labels"])
    return {name: dict(counted) for name, counted in sorted(by_class.items())}


def compare(verdicts: list[dict[str, Any]], labels: Path, policy: Policy) -> list[dict[str, Any]]:
    """Compare verdicts with hand labels (`id,labels`): `cash_out` and any label, at both steps."""
    hand = {row["id"]: row["labels"].split() for row in read_table(labels, ("id", "labels"))}
    absent = [verdict["id"] for verdict in verdicts if verdict["id"] not in hand]
    if absent or len(hand) != len(verdicts):
        raise SystemExit(
            f"{labels} labels {len(hand)} posts and the set has {len(verdicts)}; they must be the "
            "same"
        )
    compared = []
    for step, thresholds in (("review", policy.review), ("block", policy.block)):
        for label in ("cash_out", "any"):
            n_flagged = n_bearing = n_hit = 0
            for verdict in verdicts:
                given = {
                    name
                    for name, least in thresholds.items()
                    if name in policy.review and verdict["scores"][name] >= least
                }
                bears = bool(hand[verdict["id"]])
                flagged = bool(given)
                if label != "any":
                    bears, flagged = label in hand[verdict["id"]], label in given
                n_bearing += bears
                n_flagged += flagged
                n_hit += bears and flagged
            compared.append(
                {
                    "label": label,
                    "step": step,
                    "recall": Share(n_hit, n_bearing).to_json(),
                    "precision": Share(n_hit, n_flagged).to_json(),
                }
            )
    return compared
