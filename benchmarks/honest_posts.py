"""What restoration reads into honest posts: the public sets of people who hide nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from dev_sets import read_set
from outcomes import Bench

from fanzha.intervals import Share
from fanzha.post import Post
from fanzha.tables import read_table

__all__ = ["HONEST_SETS", "read_honest_posts"]

HONEST_SETS: Final = (
    "antfin_questions",
    "news_titles",
    "reviews",
    "app_descriptions",
    "antifraud_education",
    "game_chat",
    "telecom_fraud_texts",
    "service_number_benign",
)
_CLASSES: Final = {"game_chat": {"normal"}, "telecom_fraud_texts": {"normal"}}
_MOST_POSTS: Final = 20_000
_TYPOS: Final = Path(__file__).parent / "typos.csv"


def read_honest_posts(name: str, path: Path, bench: Bench) -> dict[str, Any]:
    """Count a set's restorations, those that are wrong, and the flags that they add or take.

    A restoration is right where a person would read the same: the writer mistyped the term. Those
    pairs are listed in typos.csv, by a person who saw every pair; any other counts as wrong. Posts
    in which no term is restored and no mark left out are read alike by both readers.
    """
    typos = {(row["written"], row["term"]) for row in read_table(_TYPOS, ("written", "term"))}
    rows = read_set(path, name, held_out=False)
    classes = _CLASSES.get(name)
    posts = [row["text"] for row in rows if classes is None or row["label"] in classes]
    posts = posts[:_MOST_POSTS]
    pairs: Counter[tuple[str, str]] = Counter()
    touched: list[str] = []
    n_restored = n_wrong = 0
    for text in posts:
        reading = bench.readers["with"].read(Post(text))
        restored = {(one.written, one.term) for one in reading.restored}
        pairs.update(restored)
        n_restored += bool(restored)
        n_wrong += bool(restored - typos)
        if reading.mended:
            touched.append(text)
    flagged = {how: _flagged(bench, how, touched) for how in bench.readers}
    return {
        "set": name,
        "posts": len(posts),
        "restored": Share(n_restored, len(posts)).to_json(),
        "wrong": Share(n_wrong, len(posts)).to_json(),
        "flags_with": flagged["with"],
        "flags_without": flagged["without"],
        "raised_points": 100 * (flagged["with"] - flagged["without"]) / len(posts),
        "wrong_pairs": sorted(
            ((f"{written} → {term}", n) for (written, term), n in pairs.items()
             if (written, term) not in typos),
            key=lambda one: (-one[1], one[0]),
        ),
    }  # fmt: skip


def _flagged(bench: Bench, how: str, texts: Sequence[str]) -> int:
    if not texts:
        return 0
    return sum(suggestion != "pass" for suggestion, _ in bench.ask(how, texts).answers)
