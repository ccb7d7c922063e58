"""Hold the compiled kernel to the training's way of scoring, on the corpus and every dev set.

    python benchmarks/parity.py [--corpora DIR] [--most N]

Each post is scored twice from one reading: by `Classifier.decide`, the kernel, and by
`Classifier.decide_by_rows`, jieba and the sparse rows that the weights were trained on; and its
words are cut by both. DIR (or FANZHA_CORPORA) holds the dev sets; without it they are left out and
nothing is written. Of each set at most N posts are taken, evenly spread. Writes
benchmarks/parity.md; ends with 1 where a score differs by more than 1e-5.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from markdown_tables import table
from numpy.typing import NDArray

from fanzha.bundle import Bundle
from fanzha.classify import probabilities
from fanzha.corpus import read_corpus
from fanzha.kernel import load_kernel
from fanzha.labels import LABELS
from fanzha.post import Post
from fanzha.reading import Reader

HERE = Path(__file__).parent
BATCH_POSTS = 256
MOST_DIFFERENCE = 1e-5


@dataclass(slots=True)
class Parity:
    """What was compared of a set, and the greatest differences."""

    name: str
    n_posts: int = 0
    n_chars: int = 0
    score: float = 0.0
    log_odds: float = 0.0
    n_other_labels: int = 0
    n_other_stretches: int = 0
    n_other_words: int = 0
    kernel_s: float = 0.0
    rows_s: float = 0.0

    def add(self, bundle: Bundle, reader: Reader, posts: Sequence[str]) -> None:
        """Compare on some posts."""
        classifier = bundle.classifier
        readings = [reader.read(Post(post)) for post in posts]
        started = time.perf_counter()
        ours = classifier.decide(readings)
        between = time.perf_counter()
        defined = classifier.decide_by_rows(readings)
        self.rows_s += time.perf_counter() - between
        self.kernel_s += between - started
        scores, wanted = probabilities(ours.log_odds), probabilities(defined.log_odds)
        given, wanted_given = _given(bundle, scores), _given(bundle, wanted)
        stretches = (ours.starts != defined.starts) | (ours.ends != defined.ends)
        self.n_posts += len(posts)
        self.n_chars += sum(map(len, posts))
        self.score = max(self.score, float(np.abs(scores - wanted).max()))
        self.log_odds = max(self.log_odds, float(np.abs(ours.log_odds - defined.log_odds).max()))
        self.n_other_labels += int((given != wanted_given).sum())
        self.n_other_stretches += int(stretches.sum())
        segmenter = classifier.features.segmenter
        for reading in readings:
            text = reading.masked.text
            self.n_other_words += segmenter.segment(text) != segmenter.segment_by_jieba(text)

    def cells(self) -> list[str]:
        """Give the cells of its line in the table."""
        return [
            self.name,
            f"{self.n_posts:,}",
            f"{self.n_chars:,}",
            f"{self.score:.1e}",
            f"{self.log_odds:.1e}",
            str(self.n_other_labels),
            str(self.n_other_stretches),
            str(self.n_other_words),
            f"{self.rows_s / self.kernel_s:.0f}",
        ]


def _given(bundle: Bundle, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    # Rounded as in a verdict.
    steps = (bundle.policy.review, bundle.policy.block)
    least = np.array([[step[label] for label in LABELS] for step in steps])
    return scores.round(6)[:, None, :] >= least


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--corpora", type=Path, default=os.environ.get("FANZHA_CORPORA"))
    parser.add_argument("--most", type=int, default=None, metavar="N")
    arguments = parser.parse_args()
    if load_kernel() is None:
        raise SystemExit("the kernel is not compiled: run `python -m fanzha.build_kernel`")
    bundle, reader = Bundle.load(), Reader.load()
    found = [measure("own corpus", read_own(), bundle, reader, arguments.most)]
    if arguments.corpora is None:
        print("dev sets are left out: no --corpora and no FANZHA_CORPORA", file=sys.stderr)
    else:
        for path in sorted((Path(arguments.corpora) / "dev").glob("*.jsonl.gz")):
            name = path.name.removesuffix(".jsonl.gz")
            found.append(measure(name, read_set(path), bundle, reader, arguments.most))
        (HERE / "parity.md").write_text(page(bundle, found, arguments.most), encoding="utf-8")
    worst = max(found, key=lambda one: one.score)
    print(f"greatest difference of a score: {worst.score:.1e}, in {worst.name}", file=sys.stderr)
    sys.exit(worst.score > MOST_DIFFERENCE)


def read_own() -> list[str]:
    """Give the corpus's posts, those of training and of test."""
    return [post.text for post in read_corpus([HERE.parent / "data" / "corpus"])]


def read_set(path: Path) -> list[str]:
    """Give a dev set's posts; of pairs both."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row[name] for row in rows for name in ("text", "restored") if row.get(name)]


def measure(
    name: str, posts: Sequence[str], bundle: Bundle, reader: Reader, most: int | None
) -> Parity:
    """Compare on a set's posts, a batch at a time."""
    parity = Parity(name)
    taken = iter(posts[:: -(-len(posts) // most) if most else 1])
    for batch in _batches(taken):
        parity.add(bundle, reader, batch)
    print(" | ".join(parity.cells()), file=sys.stderr)
    return parity


def _batches(posts: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(posts, BATCH_POSTS)):
        yield batch


def page(bundle: Bundle, found: Sequence[Parity], most: int | None) -> str:
    """Write the table that is committed."""
    heads = (
        "set", "posts", "characters", "score", "log-odds", "labels given otherwise",
        "stretches found elsewhere", "texts cut otherwise", "rows' time over the kernel's",
    )  # fmt: skip
    taken = f"at most {most:,} posts of each set" if most else "all posts of each set"
    lines = [
        "# Parity of the compiled kernel",
        "",
        f"Bundle `{bundle.id}`; {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}; `make bench-parity`; {taken}.",
        "",
        "Each post is read once and scored twice: by the compiled kernel, and by jieba and the "
        "sparse rows that the weights were trained on, whole and by its windows. The third and "
        "fourth figures are the greatest absolute difference over all posts and labels; then "
        "come the labels (at `review` or `block`) that only one of the two gives, the stretches "
        "of a post from which a score came where the two differ, the texts of which "
        "the kernel cuts a word otherwise than jieba, and how many times as long the rows took by "
        "the clock.",
        "",
        *table(heads, [one.cells() for one in found]),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
