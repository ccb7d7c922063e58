"""Slices of a corpus: what a detector finds and wrongly flags among posts of one kind."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.corpus import LabelledPost
from fanzha.intervals import Share
from fanzha.labels import LABELS
from fanzha.render import visible

__all__ = ["SLICED_LABELS", "Slice", "cut_slices", "slice_table"]

SLICED_LABELS: Final = ("cash_out", "fake_hotline")
"""The labels the product is for; the others are too rare to be told apart by slice."""

_LENGTHS: Final = ((1, "1–12"), (13, "13–40"), (41, "41–120"), (121, "121–400"), (401, "401+"))
_MIN_POSTS: Final = 20
"""A slice of fewer posts is left out: its figures would say nothing."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What a detector did on the posts of one kind, e.g. `register` = `sms`.

    `found` and `false` have the entries `any` and one for each of `SLICED_LABELS`: of the posts
    that bear the label those flagged for it, and of the posts that do not those flagged all the
    same. For `any`, a post bears it that bears some label, and is flagged that has been given one.
    """

    kind: str
    name: str
    n_posts: int
    found: Mapping[str, Share]
    false: Mapping[str, Share]

    def to_json(self) -> dict[str, Any]:
        """Give the counts, shares and intervals as JSON values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "n_posts": self.n_posts,
            "found": {label: share.to_json() for label, share in self.found.items()},
            "false": {label: share.to_json() for label, share in self.false.items()},
        }


def cut_slices(
    posts: Sequence[LabelledPost], truth: NDArray[np.bool_], flagged: NDArray[np.bool_]
) -> tuple[Slice, ...]:
    """Cut the posts by length, register, obfuscation, product and batch.

    Parameters
    ----------
    posts
        The posts, n_posts of them.
    truth, flagged
        Which post bears, and was given, which label; shape (n_posts, n_labels), in the order of
        `LABELS`.

    Returns
    -------
    The slices of at least 20 posts, kind by kind, and within a kind the largest first (lengths:
    the shortest first). A post stands in several slices of a kind where it names several products
    or disguises. A kind is left out when it does not divide the posts.
    """
    slices: list[Slice] = []
    for kind, names_of in _KINDS.items():
        rows: dict[str, list[int]] = {}
        for row, post in enumerate(posts):
            for name in dict.fromkeys(names_of(post)):
                rows.setdefault(name, []).append(row)
        large = {name: mine for name, mine in rows.items() if len(mine) >= _MIN_POSTS}
        if all(len(mine) == len(posts) for mine in large.values()):
            continue
        slices += [
            _slice(kind, name, truth[large[name]], flagged[large[name]])
            for name in _ordered(kind, large)
        ]
    return tuple(slices)


def _ordered(kind: str, rows: Mapping[str, Sequence[int]]) -> list[str]:
    if kind == "length":
        return [name for _, name in _LENGTHS if name in rows]
    return sorted(rows, key=lambda name: (-len(rows[name]), name))


def _slice(kind: str, name: str, truth: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> Slice:
    columns = {label: LABELS.index(label) for label in SLICED_LABELS}
    bears = {"any": np.asarray(truth.any(axis=1))}
    given = {"any": np.asarray(flagged.any(axis=1))}
    for label, n in columns.items():
        bears[label], given[label] = truth[:, n], flagged[:, n]
    return Slice(
        kind=kind,
        name=name,
        n_posts=len(truth),
        found={label: Share.among(given[label], bears[label]) for label in bears},
        false={label: Share.among(given[label], ~bears[label]) for label in bears},
    )


def slice_table(slices: Sequence[Slice]) -> str:
    """Give slices as a Markdown table; `–` where no post could be found or wrongly flagged."""
    labels = ("any", *SLICED_LABELS)
    names = " | ".join(
        f"{'any label' if label == 'any' else f'`{label}`'} {side}"
        for label in labels
        for side in ("found", "false")
    )
    lines = [f"| slice | posts | {names} |", "|---|---" + "|---" * (2 * len(labels)) + "|"]
    for one in slices:
        cells = " | ".join(
            _cell(share) for label in labels for share in (one.found[label], one.false[label])
        )
        name = visible(one.name).replace("|", "\\|")
        lines.append(f"| {one.kind}: {name} | {one.n_posts} | {cells} |")
    return "\n".join(lines)


def _cell(share: Share) -> str:
    return f"{share.value:.1%} of {share.n_posts}" if share.n_posts else "–"


def _length(post: LabelledPost) -> Iterator[str]:
    if post.text:
        yield _LENGTHS[bisect_right([least for least, _ in _LENGTHS], len(post.text)) - 1][1]


def _disguise(post: LabelledPost) -> Iterator[str]:
    yield "disguised" if post.obfuscation else "plain"
    yield from post.obfuscation


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


_KINDS: Final[Mapping[str, Callable[[LabelledPost], Iterable[str]]]] = {
    "length": _length,
    "register": lambda post: _one(post.register),
    "obfuscation": _disguise,
    "product": lambda post: post.products,
    "batch": lambda post: _one(post.batch),
}
