"""Seeded variations of a corpus, made of its own posts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from fanzha.corpus import LabelledPost
from fanzha.reading import Reading
from fanzha.windows import SENTENCES

__all__ = ["bury", "cut_clean"]

_SHORT: Final = (20, 300)


def bury(
    posts: Sequence[LabelledPost], n_posts: int, seed: int, chars: tuple[int, int]
) -> tuple[LabelledPost, ...]:
    """Make padded posts, every second one with a promotion buried among clean paragraphs.

    Each has clean posts of `chars` characters at least and at most, a paragraph each; in every
    second one, one labelled post of 20 to 300 characters stands somewhere among them and gives it
    its labels.

    Parameters
    ----------
    posts
        Where the paragraphs come from; nothing comes back where none are clean.
    n_posts
        How many to make.
    seed
        The same seed, posts and number give the same result.
    chars
        Least and most characters of clean text in a post.
    """
    draw = random.Random(seed)
    clean = [post for post in posts if not post.labels]
    promoting = [post for post in posts if post.labels and _SHORT[0] <= len(post.text) <= _SHORT[1]]
    if not clean or not promoting:
        return ()
    made = []
    for number in range(n_posts):
        room = draw.randint(*chars)
        paragraphs: list[str] = []
        while sum(map(len, paragraphs)) < room:
            paragraphs.append(draw.choice(clean).text)
        labels: tuple[str, ...] = ()
        if number % 2:
            buried = draw.choice(promoting)
            labels = buried.labels
            paragraphs.insert(draw.randint(0, len(paragraphs)), buried.text)
        made.append(
            LabelledPost(f"buried-{seed}-{number}", "\n".join(paragraphs), labels, "buried", "")
        )
    return tuple(made)


def cut_clean(
    posts: Sequence[LabelledPost], readings: Sequence[Reading]
) -> tuple[LabelledPost, ...]:
    """Cut clean posts into sentences, and keep those in which the tables find something.

    A report quotes what an advertisement says; its sentences are as clean as the whole. Each part
    is of the batch and family of its post.

    Parameters
    ----------
    posts, readings
        The posts and what was read in them, in the same order.
    """
    made = []
    for post, reading in zip(posts, readings, strict=True):
        if post.labels:
            continue
        text = reading.text.text
        found = [match.at.start for match in reading.matches]
        for start, end in SENTENCES.places(text):
            if any(start <= at < end for at in found):
                part = LabelledPost(
                    f"{post.id}-{start}", text[start:end], (), post.batch, post.family
                )
                made.append(part)
    return tuple(made)
