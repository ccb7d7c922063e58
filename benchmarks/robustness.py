"""Recall under attack, with and without the restoration of disguised terms.

    python benchmarks/robustness.py [--corpora DIR] [--sample N]

Attacks at most N posts of each of `cash_out` and `fake_hotline` of the own test split, and of the
true posts of cash_out_candidates, by the suite of benchmarks/attacks.py, and compares what is found
with what is found in the clean posts: once as shipped and once by a reader that restores nothing,
with the same bundle. Also counts what restoration reads into honest posts, compares it with a
person's on variant_pairs and measures the time that long adversarial posts take. DIR (or
FANZHA_CORPORA) holds the public sets; what is not there is left out. Writes
benchmarks/robustness.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attack_targets import STRENGTHS
from attacks import ATTACKS
from honest_posts import HONEST_SETS, read_honest_posts
from long_posts import time_long_posts
from numpy.typing import NDArray
from outcomes import Bench, Outcome
from pairs import PAIRS, compare_pairs
from positives import CANDIDATES, Positive, count_posts, draw_candidates, draw_positives
from robustness_tables import page

from fanzha.corpus import read_corpus
from fanzha.intervals import Share
from fanzha.lexicon import Lexicon
from fanzha.normalize import normalize

HERE = Path(__file__).parent
SUGGESTIONS = ("pass", "review", "block")
SEED = 0
N_SAMPLE = 300
N_RESAMPLES = 500


_bench: Bench
_clean: dict[str, Outcome]


def main() -> None:
    global _bench, _clean  # noqa: PLW0603 -- a forked worker finds both without building them again
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--corpora", type=Path, default=os.environ.get("FANZHA_CORPORA"))
    parser.add_argument("--sample", type=int, default=N_SAMPLE)
    arguments = parser.parse_args()
    started = time.perf_counter()
    posts = read_corpus([HERE.parent / "data" / "corpus"])
    test = [post for post in posts if post.split == "test"]
    lexicon = Lexicon.load()
    left_out: list[str] = []
    positives = draw_positives(test, lexicon, arguments.sample, SEED)
    paths = {name: set_path(arguments.corpora, name, left_out) for name in (CANDIDATES, PAIRS)}
    if path := paths[CANDIDATES]:
        positives += draw_candidates(path, lexicon, arguments.sample, SEED)
    # Warnings and reports would rightly turn what stands beside them; ordinary talk should not.
    clean = [post.text for post in test if not post.labels]
    honest = [text for text in clean if not lexicon.find(normalize(text).text)]
    _bench = Bench(positives, honest)
    clean_texts = [one.target.text for one in positives]
    _clean = {how: _bench.ask(how, clean_texts) for how in _bench.readers}
    tasks = [(name, strength) for name in ATTACKS for strength in range(len(STRENGTHS))]
    with multiprocessing.get_context("fork").Pool(min(2, os.cpu_count() or 1)) as pool:
        rows = pool.starmap(measure, tasks, chunksize=1)
    result: dict[str, Any] = {
        "bundle": _bench.bundle.id,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "seed": SEED,
        "posts": count_posts(positives),
        "clean": {how: recalls(_clean[how], positives) for how in _clean},
        "attacks": rows,
        "left_out": left_out,
    }
    if path := paths[PAIRS]:
        result[PAIRS] = compare_pairs(path, lexicon, SEED)
    print(f"attacks: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    honest_paths = {name: set_path(arguments.corpora, name, left_out) for name in HONEST_SETS}
    result["honest"] = [
        read_honest_posts(name, path, _bench) for name, path in honest_paths.items() if path
    ]
    result["long_posts"] = time_long_posts(SEED)
    (HERE / "robustness.md").write_text(page(result), encoding="utf-8")
    print(f"all: {time.perf_counter() - started:.0f} s", file=sys.stderr)


def set_path(corpora: Path | None, name: str, left_out: list[str]) -> Path | None:
    path = Path(corpora or "") / "dev" / f"{name}.jsonl.gz"
    if corpora is not None and path.exists():
        return path
    where = "no --corpora and no FANZHA_CORPORA" if corpora is None else f"no file {path}"
    print(f"{name} is left out: {where}", file=sys.stderr)
    left_out.append(name)
    return None


def measure(name: str, strength: int) -> dict[str, Any]:
    """Measure one attack at one strength with both readers."""
    texts = _bench.attacked(name, strength)
    positives = _bench.positives
    touched = [text != one.target.text for text, one in zip(texts, positives, strict=True)]
    borne = np.array([hit for hit, one in zip(touched, positives, strict=True) for _ in one.labels])
    review = dict(_bench.bundle.policy.review)
    row: dict[str, Any] = {
        "attack": name,
        "strength": STRENGTHS[strength].name,
        "touched": Share(sum(touched), len(touched)).to_json(),
    }
    for how, clean in _clean.items():
        outcome = _bench.ask(how, texts)
        before, after = clean.found(positives, review), outcome.found(positives, review)
        same = [
            then == now
            for then, now, hit in zip(clean.answers, outcome.answers, touched, strict=True)
            if hit
        ]
        at_least = [
            SUGGESTIONS.index(now[0]) >= SUGGESTIONS.index(then[0]) and {*now[1]} >= {*then[1]}
            for then, now, hit in zip(clean.answers, outcome.answers, touched, strict=True)
            if hit
        ]
        row[how] = recalls(outcome, positives) | {
            "of_clean": relative(before, after),
            "kept_of_touched": Share.among(after, before & borne).to_json(),
            "same_answer": Share(sum(same), len(same)).to_json(),
            "same_or_stricter": Share(sum(at_least), len(at_least)).to_json(),
        }
    print(name, row["strength"], row["with"]["of_clean"]["ratio"], file=sys.stderr)
    return row


def recalls(outcome: Outcome, positives: Sequence[Positive]) -> dict[str, Any]:
    review = dict(_bench.bundle.policy.review)
    found = outcome.found(positives, review)
    kinds = np.array([f"{one.source}, {label}" for one in positives for label in one.labels])
    everything = np.ones(len(found), dtype=bool)
    parts = {str(kind): Share.among(found, kinds == kind).to_json() for kind in np.unique(kinds)}
    return {"recall": Share.among(found, everything).to_json(), "parts": parts}


def relative(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> dict[str, Any]:
    """Give recall under attack over clean recall, with a paired bootstrap's interval."""
    generator = np.random.default_rng(SEED)
    drawn = generator.integers(0, len(before), (N_RESAMPLES, len(before)))
    n_before = before[drawn].sum(axis=1).astype(np.float64)
    ratios = after[drawn].sum(axis=1) / np.where(n_before > 0, n_before, np.nan)
    ratio = after.sum() / max(before.sum(), 1)
    tail = np.nanquantile(ratios, [0.025, 0.975])
    return {"ratio": round(float(ratio), 4), "interval": [round(float(end), 4) for end in tail]}


if __name__ == "__main__":
    main()
