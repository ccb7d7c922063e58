"""Numbers lifted by the company that they keep, with the proof in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fanzha.errors import InputError
from fanzha.render import counted, visible
from fanzha.scan.company import KINDS
from fanzha.scan.paths import Paths, Step
from fanzha.scan.trust import Trust

__all__ = ["LEAST_LIFT", "Lifted", "lift", "tell"]

LEAST_LIFT: Final = 0.1
"""Lift from which a number is shown, if nothing else is asked for; see benchmarks/trust.md."""


@dataclass(frozen=True, slots=True)
class Lifted:
    """An unproven number or chat id that keeps company with numbers proven fake.

    `lift`, `distrust` and `trust` are as in `Trust`, `n_posts` counts the posts in which it
    occurs as company. `path` is the shortest to a proven fake, `why` what proves that one.
    """

    contact: str
    lift: float
    distrust: float
    trust: float
    n_posts: int
    path: tuple[Step, ...]
    why: str

    @property
    def fake(self) -> str:
        """The proven fake whose company it keeps."""
        return self.path[-1].next_contact

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "contact": self.contact,
            "lift": round(self.lift, 6),
            "distrust": round(self.distrust, 6),
            "trust": round(self.trust, 6),
            "posts": self.n_posts,
            "fake": self.fake,
            "why": self.why,
            "path": [
                {
                    "contact": step.contact,
                    "kind": step.kind,
                    "post": step.post,
                    "next_contact": step.next_contact,
                    "next_post": step.next_post,
                }
                | ({"account": step.name} if step.kind == "account" else {})
                for step in self.path
            ],
        }

    def lines(self) -> Iterator[str]:
        """Yield the number's row and, below it, the path in words."""
        posts = "post" if self.n_posts == 1 else "posts"
        yield (
            f"{self.lift:.3f}  {visible(self.contact)}  {self.n_posts:,} {posts}  "
            f"in the company of {visible(self.fake)}, {visible(self.why)}"
        )
        steps = "".join(f" → {_words(step)} → {visible(step.next_contact)}" for step in self.path)
        yield f"       {visible(self.contact)}{steps}"


def _words(step: Step) -> str:
    post, after = visible(step.post), visible(step.next_post)
    if step.kind == "post" or post == after:
        return f"post {post}"
    if step.kind == "campaign":
        return f"posts {post} and {after}, one campaign"
    return f"posts {post} and {after}, both by {visible(step.name)}"


def lift(trust: Trust, least: float = LEAST_LIFT) -> Iterator[Lifted]:
    """Yield the contacts that are lifted to at least `least`, the highest first.

    Raises
    ------
    InputError
        `least` is not above 0 and at most 1.
    """
    if not 0 < least <= 1:
        raise InputError(f"the least lift is {least}; it must be above 0 and at most 1, e.g. 0.1")
    return _lifted(trust, least)


def _lifted(trust: Trust, least: float) -> Iterator[Lifted]:
    lifts, names = trust.lift, trust.company.occurrences
    order = np.flatnonzero(lifts >= least)
    order = order[np.argsort(-lifts[order], kind="stable")]
    if not len(order):
        return
    paths = Paths(trust.company, trust.fake, trust.official)
    for contact in order.tolist():
        path = paths.of(contact)
        fake = names.index(path[-1].next_contact)
        yield Lifted(
            contact=names.contacts[contact],
            lift=float(lifts[contact]),
            distrust=float(trust.distrust[contact]),
            trust=float(trust.trust[contact]),
            n_posts=int(trust.company.groups[KINDS.index("post")].n_groups[contact]),
            path=path,
            why=names.proofs[fake],
        )


def tell(trust: Trust, least: float = LEAST_LIFT) -> Iterator[str]:
    """Yield the table of the lifted contacts line by line, after a line of counts.

    Raises
    ------
    InputError
        As `lift`.
    """
    names = trust.company.occurrences
    found = lift(trust, least)
    yield (
        f"{len(names.contacts):,} numbers and chat ids in {counted(len(names.posts), 'post')}, "
        f"{counted(len(names.accounts), 'account')}, {counted(names.n_campaigns, 'campaign')}: "
        f"{trust.fake.sum():,} proven fake, {trust.official.sum():,} official, "
        f"{(trust.lift >= least).sum():,} lifted to {least:g} or more"
    )
    for one in found:
        yield ""
        yield from one.lines()
