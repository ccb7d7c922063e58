"""Restoration beside a person's: disguised posts of variant_pairs and how a person read them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final

import numpy as np
from attack_targets import is_han
from dev_sets import read_set

from fanzha.intervals import Share
from fanzha.lexicon import Lexicon
from fanzha.normalize import NormalizedText, normalize
from fanzha.variants import Restoration, Restorer

__all__ = ["PAIRS", "compare_pairs"]

PAIRS: Final = "variant_pairs"
_N_PAIRS: Final = 3000


def compare_pairs(path: Path, lexicon: Lexicon, seed: int) -> dict[str, Any]:
    """Compare restoration with a person's: disguised terms of the lexicon, and harm to the rest.

    A term is disguised where the person's text has it and the post, normalized, has not. Harm is a
    restoration over characters that the person left as they were and in which its term is none of
    the person's words.
    """
    restorer = Restorer(lexicon)
    rows = read_set(path, PAIRS, held_out=False)
    rows = random.Random(seed).sample(rows, min(_N_PAIRS, len(rows)))
    counted: Counter[str] = Counter()
    for row in rows:
        text, person = normalize(row["text"]), normalize(row["restored"]).text
        blocks = SequenceMatcher(None, text.text, person, autojunk=False).get_opcodes()
        equal = [(j, m) for tag, _, _, j, m in blocks if tag == "equal"]
        marked = [(one, *_place(blocks, one, text)) for one in restorer.restore(text)[1]]
        for start, end in sorted({(m.at.start, m.at.end) for m in lexicon.find(person)}):
            term = person[start:end]
            if sum(map(is_han, term)) < 2 or any(j <= start and end <= m for j, m in equal):
                continue
            # Characters that the writer left plain inside a disguised term are no achievement.
            plain = sum(max(0, min(end, m) - max(start, j)) for j, m in equal)
            found = any(
                (term in one.term or one.term in term) and first < end and start < last
                for one, first, last, _ in marked
            )
            counted.update(terms=1, terms_found=found, signs=end - start - plain)
            counted.update(signs_found=found * (end - start - plain))
        harmed = 0
        for one, first, last, left_alone in marked:
            right = one.term in person[max(0, first - len(one.term)) : last + len(one.term)]
            harmed += len(one.written) if left_alone and not right else 0
            counted.update(restored=1, right=right, other=not right and not left_alone)
        counted.update(rest=sum(m - j for j, m in equal), harmed=harmed, posts_harmed=harmed > 0)
    shares = {
        "terms_restored": Share(counted["terms_found"], counted["terms"]),
        "characters_restored": Share(counted["signs_found"], counted["signs"]),
        "restorations_as_the_person": Share(counted["right"], counted["restored"]),
        "restorations_of_other_disguise": Share(counted["other"], counted["restored"]),
        "characters_harmed": Share(counted["harmed"], counted["rest"]),
        "posts_harmed": Share(counted["posts_harmed"], len(rows)),
    }
    return {"posts": len(rows)} | {name: share.to_json() for name, share in shares.items()}


def _place(
    blocks: Sequence[tuple[str, int, int, int, int]], one: Restoration, text: NormalizedText
) -> tuple[int, int, bool]:
    """Give where a restoration lies in the person's text, and whether the person left it alone."""
    start = int(np.searchsorted(text.origin, one.span.start))
    end = int(np.searchsorted(text.origin, one.span.end))
    first, last, alone = -1, -1, True
    for tag, i, n, j, m in blocks:
        if not (i < end and start < n):
            continue
        same = tag == "equal"
        alone &= same
        first = first if first >= 0 else j + (max(0, start - i) if same else 0)
        last = j + min(n, end) - i if same else m
    return first, last, alone
