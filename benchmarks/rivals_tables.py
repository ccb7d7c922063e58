"""The page of fanzha beside the rivals: benchmarks/rivals.md, from what rivals.py measured."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, Final

from markdown_tables import table
from rival_groups import GROUPS, Group

__all__ = ["page"]

_CORE_LABELS: Final = ("cash_out", "fake_hotline")
_UNEQUAL: Final = (
    "**The bundle was trained on fewer or other posts than the rivals; train it again "
    "(`make train`) before comparing.**"
)


def page(result: dict[str, Any], learners: Set[str]) -> str:
    """Write the table that is committed; `learners` are the names of the systems that learn."""
    learned = {whose: f"{own} + {public}" for whose, (own, public) in result["n_learned"].items()}
    learned_by = {
        name: learned["fanzha" if name == "fanzha" else "rivals"] if name in learners else "–"
        for name in result["systems"]
    }
    groups = [group for group in GROUPS if group.heading in result["n_posts"]]
    lines = [
        "# Beside the rivals",
        "",
        f"Bundle `{result['bundle']}`; {result['machine']}; `make bench-rivals`. Calibration and "
        "thresholds of all that learn come from the five folds of their own posts by the same "
        "rules (a core label from its best F1, another from nine in ten right). "
        "The keyword list gives a label at the first hit; its average precision ranks by hits.",
        "",
        *([] if learned["fanzha"] == learned["rivals"] else [_UNEQUAL, ""]),
        *_figures_table(result["systems"], learned_by, groups),
        "",
        "*Learned from*: posts of the corpus's training split + of the public sets. "
        f"F1 and average precision (AP): own test split, {result['n_test']} posts of families that "
        "nothing learned from; more than half of them clean and in the words of the scams, which "
        "is hardest on a keyword list. *Found*: the greater the better; by hand, the posts of "
        "cash_out_candidates that our readers gave `cash_out` and the system too; else posts with "
        "any label. *False*: any label on posts that should bear none, the less the better, but "
        "for 低俗色情, which is mostly talk and has some of our labels in it. Posts per second of "
        "one process's processor time, over all the posts of the table. The intervals and the "
        "other nine labels stand in rivals.json.",
        "",
        *table(
            ("system", "what it is"),
            [(name, figures["what"]) for name, figures in result["systems"].items()],
        ),
        "",
        *_group_table(groups, result["n_posts"]),
    ]
    if result["left_out"]:
        lines += ["", f"Left out: {'; '.join(result['left_out'])}."]
    return "\n".join(lines) + "\n"


def _figures_table(
    systems: dict[str, Any], learned_by: dict[str, str], groups: Sequence[Group]
) -> list[str]:
    hand = all("hand_labels" in figures for figures in systems.values())
    heads = [
        "system",
        "learned from",
        *(f"F1 `{label}`" for label in _CORE_LABELS),
        "macro F1",
        "macro AP",
        *(["found: cash-out by hand"] if hand else []),
        *(f"{'found' if group.wanted else 'false'}: {group.heading}" for group in groups),
        "posts/s",
    ]
    rows = []
    for name, figures in systems.items():
        row = [
            name,
            learned_by[name],
            *(f"{figures['test'][label]['f1']:.3f}" for label in _CORE_LABELS),
            f"{figures['macro_f1']:.3f}",
            f"{figures['macro_average_precision']:.3f}",
        ]
        if hand:
            row.append(f"{figures['hand_labels']['recall']['share']:.1%}")
        for group in groups:
            share = figures["groups"][group.heading]["share"]
            row.append(f"{share:.1%}" if group.wanted else f"{share:.2%}")
        rows.append([*row, str(figures["posts_per_s"])])
    return table(heads, rows)


def _group_table(groups: Sequence[Group], n_posts: dict[str, int]) -> list[str]:
    rows = []
    for group in groups:
        classes = ", ".join(group.classes) or "all"
        without = f" without {', '.join(group.but)}" if group.but else ""
        rows.append(
            (group.heading, f"{group.name}, {classes}{without}", str(n_posts[group.heading]))
        )
    return table(("column", "set, classes", "posts"), rows)
