"""The page of recall under attack: benchmarks/robustness.md, from what robustness.py measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attacks import INVERTIBLE
from markdown_tables import counted, percent, table
from pairs import PAIRS

__all__ = ["page"]

_WANTED: Final = {"mixed": 0.90}
_WANTED_ELSE: Final = 0.95


def page(result: dict[str, Any]) -> str:
    """Write the tables that are committed."""
    posts = ", ".join(f"{n} of {kind}" for kind, n in result["posts"].items())
    lines = [
        "# Robustness",
        "",
        f"Bundle `{result['bundle']}`; {result['machine']}; seed {result['seed']}; "
        "`make bench-robustness`. Behind a figure stands its 95 % confidence interval: Wilson's "
        "for shares, a bootstrap over the posts for ratios.",
        "",
        f"Attacked: {posts}. A post is found where its own label is given at review. Low strength "
        "hides one character in half of the listed terms, middle strength half of the characters "
        "of all of them, high strength all of them and a tenth of the other characters. Padding, "
        "clean test posts in which the lexicon finds nothing, is 1, 3 and 10 times as long as the "
        "post. *Without* is the same bundle with a reader that normalizes but restores nothing.",
    ]
    if result["left_out"]:
        lines += ["", f"Left out, as they were absent: {', '.join(result['left_out'])}."]
    lines += _clean_table(result["clean"])
    lines += _recall_table(result["attacks"])
    lines += _answer_table(result["attacks"])
    lines += _part_table(result["attacks"], result["clean"])
    if result["honest"]:
        lines += _honest_table(result["honest"])
    if PAIRS in result:
        lines += _pairs_table(result[PAIRS])
    lines += _long_table(result["long_posts"])
    return "\n".join(lines) + "\n"


def _clean_table(clean: dict[str, Any]) -> list[str]:
    rows = [("all", *(percent(one["recall"]) for one in clean.values()))]
    for kind in clean["with"]["parts"]:
        rows.append((kind, *(percent(one["parts"][kind]) for one in clean.values())))
    heads = ("posts", "recall with", "recall without")
    return ["", "## Clean posts", "", *table(heads, rows)]


def _recall_table(attacks: Sequence[dict[str, Any]]) -> list[str]:
    heads = (
        "attack", "strength", "posts changed", "recall with", "recall without",
        "of clean with", "of clean without", "kept with", "kept without",
    )  # fmt: skip
    rows = []
    for one in attacks:
        wanted = _WANTED.get(one["attack"], _WANTED_ELSE)
        missed = one["strength"] == "middle" and one["with"]["of_clean"]["ratio"] < wanted
        both = (one["with"], one["without"])
        rows.append(
            (
                one["attack"],
                f"{one['strength']}{' ✗' * missed}",
                f"{one['touched']['share']:.0%}",
                *(f"{reader['recall']['share']:.1%}" for reader in both),
                *(percent(reader["of_clean"], "ratio") for reader in both),
                *(percent(reader["kept_of_touched"]) for reader in both),
            )
        )
    return [
        "",
        "## Recall under attack",
        "",
        "*Of clean* is recall under attack over the same reader's recall of the clean posts. "
        "*Kept* is the share of what it found clean, among the posts that the attack changed. "
        f"Wanted of clean at middle strength: {_WANTED_ELSE:.0%}, mixed {_WANTED['mixed']:.0%}; "
        "where it is missed stands ✗.",
        "",
        *table(heads, rows),
    ]


def _answer_table(attacks: Sequence[dict[str, Any]]) -> list[str]:
    heads = ("attack", "strength", "same with", "same without", "same or stricter with")
    rows = [
        (
            one["attack"],
            one["strength"],
            counted(one["with"]["same_answer"]),
            counted(one["without"]["same_answer"]),
            counted(one["with"]["same_or_stricter"]),
        )
        for one in attacks
        if one["attack"] in INVERTIBLE
    ]
    return [
        "",
        "## Invertible attacks",
        "",
        "Share of the posts changed whose suggestion and labels are exactly those of the clean "
        "post. As a disguise counts against a post, it may also end in a stricter suggestion or "
        "a label more.",
        "",
        *table(heads, rows),
    ]


def _part_table(attacks: Sequence[dict[str, Any]], clean: dict[str, Any]) -> list[str]:
    kinds = list(clean["with"]["parts"])
    unattacked: dict[str, Any] = {"attack": "none", "strength": "middle", **clean}
    rows = [
        (
            one["attack"],
            *(
                " / ".join(f"{one[how]['parts'][kind]['share']:.1%}" for how in clean)
                for kind in kinds
            ),
        )
        for one in (unattacked, *attacks)
        if one["strength"] == "middle"
    ]
    return [
        "",
        "## By label at middle strength",
        "",
        "Recall with and without restoration.",
        "",
        *table(("attack", *kinds), rows),
    ]


def _honest_table(sets: Sequence[dict[str, Any]]) -> list[str]:
    rows = [
        (
            one["set"],
            f"{one['posts']:,}",
            counted(one["restored"], digits=2),
            counted(one["wrong"], digits=2),
            f"{one['flags_with']} / {one['flags_without']}",
            f"{one['raised_points']:+.3f}",
        )
        for one in sets
    ]
    heads = (
        "set", "posts", "something restored", "wrongly", "of them flagged with / without",
        "points raised",
    )  # fmt: skip
    wrong = [
        f"- {one['set']}: "
        + (
            ", ".join(f"{pair} ({n})" if n > 1 else pair for pair, n in one["wrong_pairs"])
            or "none"
        )
        for one in sets
    ]
    return [
        "",
        "## Honest posts",
        "",
        "Public sets of people who hide nothing; at most 20,000 posts of each, in its order, and "
        "of chat and telecom texts the normal ones. A restoration is right where the writer "
        "mistyped the term (benchmarks/typos.csv, judged pair by pair); any other is wrong. "
        "*Points raised*: share flagged with restoration less the share without, in percentage "
        "points. Wanted: "
        "wrong in at most 0.1 % of the first two sets, at most 0.05 points raised anywhere.",
        "",
        *table(heads, rows),
        "",
        "What was wrongly read:",
        "",
        *wrong,
    ]


def _pairs_table(pairs: dict[str, Any]) -> list[str]:
    what = {
        "terms_restored": "disguised terms of the lexicon restored as the person did",
        "characters_restored": "disguised characters of those terms",
        "restorations_as_the_person": "restorations that the person made too",
        "restorations_of_other_disguise": "restorations where the person read something else",
        "characters_harmed": "characters that the person left alone and restoration changed",
        "posts_harmed": "posts with such a character",
    }
    return [
        "",
        "## Beside a person's restoration",
        "",
        f"{pairs['posts']} posts drawn from {PAIRS}; only terms that the lexicon lists count as "
        "within reach.",
        "",
        *table(
            ("what", "share"),
            [(words, counted(pairs[name], digits=2)) for name, words in what.items()],
        ),
    ]


def _long_table(posts: Sequence[dict[str, Any]]) -> list[str]:
    sizes = list(dict.fromkeys(size for one in posts for size in one["seconds"]))
    rows = [
        (
            one["post"],
            *(f"{one['seconds'][size]:.3f}" if size in one["seconds"] else "" for size in sizes),
            f"{one['growth_on_doubling']:.2f}",
        )
        for one in posts
    ]
    return [
        "",
        "## Time of long posts",
        "",
        "Seconds for a whole verdict, the best of three where it takes less than two seconds; "
        "linear time doubles with the length.",
        "",
        *table(("post", *(f"{int(size):,}" for size in sizes), "100,000 over 50,000"), rows),
    ]
