"""The posts to attack: some of each core label, from the own test split and a set read by us."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from attack_targets import Target, find_terms
from dev_sets import read_set

from fanzha.corpus import LabelledPost
from fanzha.lexicon import Lexicon
from fanzha.tables import read_table

__all__ = ["CANDIDATES", "Positive", "count_posts", "draw_candidates", "draw_positives"]

CANDIDATES: Final = "cash_out_candidates"
_CORE_LABELS: Final = ("cash_out", "fake_hotline")


@dataclass(frozen=True, slots=True)
class Positive:
    """A post to attack and which of the core labels it bears."""

    key: str
    source: str
    target: Target
    labels: tuple[str, ...]


def draw_positives(
    test: Sequence[LabelledPost], lexicon: Lexicon, n: int, seed: int
) -> list[Positive]:
    """Draw `n` posts of each core label; one that bears both counts for both."""
    drawn: dict[str, LabelledPost] = {}
    for label in _CORE_LABELS:
        bearing = sorted((post for post in test if label in post.labels), key=lambda post: post.id)
        chosen = random.Random(f"{seed}/{label}").sample(bearing, min(n, len(bearing)))
        drawn.update((post.id, post) for post in chosen)
    return [
        Positive(
            post.id,
            "test_split",
            Target(post.text, find_terms(post.text, lexicon)),
            tuple(label for label in _CORE_LABELS if label in post.labels),
        )
        for post in drawn.values()
    ]


def draw_candidates(path: Path, lexicon: Lexicon, n: int, seed: int) -> list[Positive]:
    """Draw `n` of the posts of the set that our readers called `cash_out`."""
    hand = {
        row["id"]: row["labels"].split()
        for row in read_table(Path(__file__).parent / f"{CANDIDATES}.csv", ("id", "labels"))
    }
    rows = read_set(path, CANDIDATES, held_out=False)
    true = [row for row in rows if "cash_out" in hand[row["id"]]]
    return [
        Positive(
            row["id"],
            CANDIDATES,
            Target(row["text"], find_terms(row["text"], lexicon)),
            ("cash_out",),
        )
        for row in random.Random(seed).sample(true, min(n, len(true)))
    ]


def count_posts(positives: Sequence[Positive]) -> dict[str, int]:
    """Count the posts of each source and label; one that bears two labels stands under both."""
    borne = [(one.source, label) for one in positives for label in one.labels]
    return {
        f"{source}, {label}": borne.count((source, label)) for source, label in sorted({*borne})
    }
