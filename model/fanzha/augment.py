"""Seeded variations of a corpus, made of its own posts."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from fanzha.corpus import LabelledPost
from fanzha.reading import Reading
from fanzha.windows import find_windows

__all__ = ["blank_marks", "bury", "cut_clean", "rewrite"]

_SHORT: Final = (20, 300)

_HIDDEN: Final = frozenset({"credit_line", "cash_verb", "contact_word", "service_claim"})
"""Groups of terms that writers hide."""

_HIDDEN_SHARES: Final = (0.3, 0.5)
_OTHER_SHARES: Final = (0.05, 0.25)

_QUOTED_SHARE: Final = 1 / 8
_QUOTES: Final = ("“”", "“”", '""', "「」", "『』", "‘’")
_CLAUSE_ENDS: Final = "，,。！!？?；;：:\n"

_MARKS: Final = re.compile(r'[，。、；：！？…,.;!?“”"「」（）()《》—~]+')

_N_COMMON: Final = 60
_PICTURES: Final = tuple("🌸🔥💰💳🐧🛰❤⭐✅🎉🍎🐮📱🚗💎🌙☀🍀🎁👉")


def bury(
    posts: Sequence[LabelledPost], n_posts: int, seed: int, chars: tuple[int, int]
) -> tuple[tuple[LabelledPost, int | None], ...]:
    """Make padded posts, every second one with a promotion buried among clean paragraphs.

    Each has clean posts of `chars` characters at least and at most, a paragraph each; in every
    second one, one labelled post of 20 to 300 characters stands somewhere among them and gives it
    its labels. With each comes the number of that post in `posts`, or None.

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
    promoting = [
        number
        for number, post in enumerate(posts)
        if post.labels and _SHORT[0] <= len(post.text) <= _SHORT[1]
    ]
    if not clean or not promoting:
        return ()
    made = []
    for number in range(n_posts):
        room = draw.randint(*chars)
        paragraphs: list[str] = []
        while sum(map(len, paragraphs)) < room:
            paragraphs.append(draw.choice(clean).text)
        labels: tuple[str, ...] = ()
        buried = None
        if number % 2:
            buried = draw.choice(promoting)
            labels = posts[buried].labels
            paragraphs.insert(draw.randint(0, len(paragraphs)), posts[buried].text)
        post = LabelledPost(f"buried-{seed}-{number}", "\n".join(paragraphs), labels, "buried", "")
        made.append((post, buried))
    return tuple(made)


def blank_marks(posts: Sequence[LabelledPost]) -> tuple[LabelledPost, ...]:
    """Write posts with a blank for each of their marks, as many people write.

    Each copy is of the labels, batch and family of its post; a post without marks is left out.
    """
    made = []
    for post in posts:
        text = _MARKS.sub(" ", post.text).strip()
        if text and text != post.text:
            made.append(LabelledPost(f"{post.id}_", text, post.labels, post.batch, post.family))
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
        found = [match.start for match in reading.matches]
        for start, end in find_windows(text):
            if any(start <= at < end for at in found):
                part = LabelledPost(
                    f"{post.id}-{start}", text[start:end], (), post.batch, post.family
                )
                made.append(part)
    return tuple(made)


def rewrite(
    posts: Sequence[LabelledPost], readings: Sequence[Reading], seed: int
) -> tuple[LabelledPost, ...]:
    """Write posts once more: with wrong characters of Han, or one in eight in quotation marks.

    Of a term that writers hide a third to a half of the characters are exchanged, left out or put
    in, and at least one; of others one in twenty to one in four. What is left of a post must tell
    what it is, and an odd character by itself must tell nothing, whoever writes it. Nor must
    quotation marks: reports quote what advertisers say, and advertisers put marks around their
    words. Each copy is of the batch and family of its post; a post that came out as it was is left
    out.

    Parameters
    ----------
    posts, readings
        The posts and what was read in them, in the same order.
    seed
        The same seed and posts give the same result.
    """
    counts = Counter(sign for post in posts for sign in post.text if _is_han(sign))
    signs = sorted(sign for sign, count in counts.items() if count > 1)
    common = sorted(counts, key=lambda sign: (-counts[sign], sign))[:_N_COMMON]
    if not signs:
        return ()
    made = []
    for post, reading in zip(posts, readings, strict=True):
        draw = random.Random(f"{seed}/{post.id}")
        if draw.random() < _QUOTED_SHARE:
            text = _quoted(post.text, reading, draw)
        else:
            text = _misspelt(post.text, reading, signs, common, draw)
        if text != post.text and text.strip():
            made.append(LabelledPost(f"{post.id}~", text, post.labels, post.batch, post.family))
    return tuple(made)


def _misspelt(
    text: str, reading: Reading, signs: Sequence[str], common: Sequence[str], draw: random.Random
) -> str:
    share = draw.uniform(*_OTHER_SHARES)
    wrong = {at for at, sign in enumerate(text) if _is_han(sign) and draw.random() < share}
    for match in reading.matches:
        if match.group in _HIDDEN:
            span = reading.text.span(match.start, match.end)
            n = max(1, round(draw.choice(_HIDDEN_SHARES) * (span.end - span.start)))
            wrong.update(draw.sample(range(span.start, span.end), n))
    return "".join(
        _wrong(sign, signs, common, draw) if at in wrong else sign for at, sign in enumerate(text)
    )


def _quoted(text: str, reading: Reading, draw: random.Random) -> str:
    """Put all of a text, its first clause, one of its terms or each of them in marks."""
    opening, closing = draw.choice(_QUOTES)
    terms = [reading.text.span(match.start, match.end) for match in reading.matches]
    kind = draw.random()
    if kind < 0.3:
        return f"{opening}{text}{closing}"
    if kind < 0.5 or not terms:
        end = next((at for at, sign in enumerate(text) if sign in _CLAUSE_ENDS), len(text))
        return f"{opening}{text[:end]}{closing}{text[end:]}"
    pieces: list[str] = []
    done = 0
    for span in sorted(terms if kind < 0.75 else [draw.choice(terms)]):
        if span.start >= done:
            pieces += [text[done : span.start], opening, span.of(text), closing]
            done = span.end
    return "".join(pieces) + text[done:]


def _wrong(sign: str, signs: Sequence[str], common: Sequence[str], draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.4:
        return draw.choice(signs)
    if kind < 0.7:
        return sign + draw.choice(common)
    return "" if kind < 0.9 else draw.choice(_PICTURES)


def _is_han(sign: str) -> bool:
    return "\u4e00" <= sign <= "\u9fff"
