"""Accuracy on the own test split and on the dev sets, by the command that a user would run.

    python benchmarks/accuracy.py [--corpora DIR]

The test split is the fifth of the corpus's families that training never sees. Each dev set is
scanned with `fanzha scan`; the shares are of its own classes, whose meaning
`benchmarks/sets.toml` gives. Of a set that training reads too, only the fifth that it holds out is
measured. DIR (or FANZHA_CORPORA) holds the dev sets; what is not there is left out. Writes
benchmarks/accuracy.md and benchmarks/accuracy.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tomllib
from pathlib import Path
from typing import Any

from dev_sets import compare, count, read_set, scan
from markdown_tables import counted, percent, table

from fanzha import Detector
from fanzha.base_rate import BASE_RATE, precision_at
from fanzha.corpus import read_corpus
from fanzha.evaluate import evaluate
from fanzha.evaluation import Evaluation
from fanzha.intervals import Share

HERE = Path(__file__).parent
N_MISSES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--corpora", type=Path, default=os.environ.get("FANZHA_CORPORA"))
    corpora = parser.parse_args().corpora
    detector = Detector.load()
    own = evaluate(detector, read_corpus([HERE.parent / "data" / "corpus"]), n_misses=N_MISSES)
    figures = own.to_json()
    # They stand in the page, and would make up most of the file.
    del figures["slices"], figures["misses"]
    result: dict[str, Any] = {
        "bundle": detector.bundle_id,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "test_split": figures,
        "dev_sets": {},
        "hand_labels": {},
        "left_out": [],
    }
    sets = tomllib.loads((HERE / "sets.toml").read_text(encoding="utf-8"))
    for name, about in sets.items():
        path = Path(corpora or "") / about.get("folder", "dev") / f"{name}.jsonl.gz"
        if corpora is None or not path.exists():
            result["left_out"].append(name)
            where = "no --corpora and no FANZHA_CORPORA" if corpora is None else f"no file {path}"
            print(f"{name} is left out: {where}", file=sys.stderr)
            continue
        rows = read_set(path, name, held_out=about.get("held_out", False))
        verdicts, seconds = scan(rows)
        result["dev_sets"][name] = {
            "what": about["what"],
            "seconds": round(seconds, 1),
            "classes": count(rows, verdicts),
        }
        if "hand_labels" in about:
            labels = HERE / about["hand_labels"]
            result["hand_labels"][name] = compare(verdicts, labels, detector.policy)
        print(name, json.dumps(result["dev_sets"][name], ensure_ascii=False), file=sys.stderr)
    everyday = [name for name, about in sets.items() if about.get("everyday")]
    result["everyday"] = restate_on_everyday_posts(own, result["dev_sets"], everyday)
    (HERE / "accuracy.json").write_text(
        json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (HERE / "accuracy.md").write_text(page(result, own.to_table()), encoding="utf-8")


def restate_on_everyday_posts(
    own: Evaluation, dev_sets: dict[str, Any], everyday: list[str]
) -> dict[str, Any]:
    """Restate precision with what is wrongly flagged among everyday posts of the dev sets.

    Own test posts are mostly hard negatives, so the precision restated on them is that of a board
    where everybody writes about credit lines.
    """
    names = [name for name in everyday if name in dev_sets]
    counted = [dev_sets[name]["classes"]["normal"] for name in names]
    n_posts = sum(one["posts"] for one in counted)
    found = {"any label": own.found} | {label: one.found for label, one in own.labels.items()}
    rows = {}
    for label, share in found.items():
        key = "flagged" if label == "any label" else label
        false = Share(sum(one.get(key, 0) for one in counted), n_posts)
        restated = precision_at(share, false, BASE_RATE)
        rows[label] = {"false": false.to_json(), "precision_at_base_rate": restated.to_json()}
    return {"sets": names, "labels": rows}


def page(result: dict[str, Any], own: str) -> str:
    """Write the tables that are committed."""
    lines = [
        "# Accuracy",
        "",
        f"Bundle `{result['bundle']}`; {result['machine']}; `make bench-accuracy`. Behind a figure "
        "stands its 95 % confidence interval: Wilson's for shares, a bootstrap over the posts for "
        "F1, average precision and calibration error.",
        "",
        "## Own test split",
        "",
        own,
    ]
    if result["everyday"]["sets"]:
        lines += everyday_table(result["everyday"])
    for name, compared in result["hand_labels"].items():
        lines += hand_label_table(name, compared)
    lines += [
        "",
        "## Dev sets",
        "",
        "Each scanned with `fanzha scan`, one verdict a row, in order.",
    ]
    if result["left_out"]:
        lines += ["", f"Left out, as they were absent: {', '.join(result['left_out'])}."]
    lines += ["", *dev_set_table(result["dev_sets"])]
    return "\n".join(lines) + "\n"


def dev_set_table(dev_sets: dict[str, Any]) -> list[str]:
    heads = (
        "set", "class", "posts", "flagged", "blocked", "`cash_out`", "`fake_hotline`", "what it is",
    )  # fmt: skip
    rows = []
    for name, found in dev_sets.items():
        for kind, one in found["classes"].items():
            if kind == "all" and len(found["classes"]) == 2:
                continue
            flagged = percent(Share(one["flagged"], one["posts"]).to_json(), digits=2)
            keys = ("blocked", "cash_out", "fake_hotline")
            cells = [f"{one.get(key, 0) / one['posts']:.2%}" for key in keys]
            what = found["what"] if kind == "all" or len(found["classes"]) == 2 else ""
            rows.append((name, kind, str(one["posts"]), flagged, *cells, what))
    return table(heads, rows)


def everyday_table(everyday: dict[str, Any]) -> list[str]:
    rows = []
    for label, one in everyday["labels"].items():
        name = label if label == "any label" else f"`{label}`"
        precision = percent(one["precision_at_base_rate"], "precision")
        rows.append((name, counted(one["false"], digits=2), precision))
    return [
        "",
        "## Precision at a base rate, among everyday posts",
        "",
        "Found as in the own test split, wrongly flagged as among the everyday posts of "
        f"{', '.join(everyday['sets'])}: nearer to a board of all sorts than the own clean posts, "
        "most of which are hard on purpose.",
        "",
        *table(("label", "wrongly flagged", f"precision at {BASE_RATE:.2%}"), rows),
    ]


def hand_label_table(name: str, compared: list[dict[str, Any]]) -> list[str]:
    rows = [
        (
            "any label" if one["label"] == "any" else f"`{one['label']}`",
            one["step"],
            counted(one["recall"]),
            counted(one["precision"]),
        )
        for one in compared
    ]
    return [
        "",
        f"## {name}, labelled by hand",
        "",
        f"Labels by the policy in [{name}.csv]({name}.csv); the posts are not in this repository.",
        "",
        *table(("label", "from", "recall", "precision"), rows),
    ]


if __name__ == "__main__":
    main()
