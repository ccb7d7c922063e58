"""Long posts made to take time: whether a verdict's time grows with the length alone."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from attack_targets import STRENGTHS, Target, find_terms
from attacks import attack

from fanzha import Detector
from fanzha.lexicon import Lexicon

__all__ = ["time_long_posts"]

_LENGTHS_CHARS: Final = (25_000, 50_000, 100_000)
_LONG_RUN_S: Final = 2.0


def time_long_posts(seed: int) -> list[dict[str, Any]]:
    """Time whole verdicts on adversarial posts of growing length.

    Returns
    -------
    A row a kind of post: `post`, its name; `seconds` by the length in code points, the best of up
    to three runs; `growth_on_doubling`, the seconds of the last length but the longest over those
    of half of it.
    """
    detector = Detector.load()
    detector.check("花呗套现")
    terms = ("花呗", "套现", "白条", "微信", "客服", "信用卡", "官方", "电话")
    draw, lexicon = random.Random(seed), Lexicon.load()
    hidden: list[str] = []
    # Some ways of writing are shorter than the term.
    for number in range(max(_LENGTHS_CHARS) // 4):
        text = "".join(draw.sample(terms, 4))
        hidden.append(
            attack("mixed", Target(text, find_terms(text, lexicon)), STRENGTHS[1], str(number))
        )
    everything = "".join(hidden)
    kinds: dict[str, Callable[[int], str]] = {
        "zero-width marks": lambda n: "花" + "\u200b" * (n - 2) + "呗",
        "one character": lambda n: "套" * n,
        "all variants": lambda n: everything[:n],
    }
    rows = []
    for kind, make in kinds.items():
        sizes = (*_LENGTHS_CHARS, 1_000_000) if kind == "zero-width marks" else _LENGTHS_CHARS
        seconds = {}
        for n in sizes:
            taken: list[float] = []
            # A long run needs no second one to be sure.
            while not taken or (len(taken) < 3 and taken[0] < _LONG_RUN_S):
                started = time.perf_counter()
                detector.check(make(n))
                taken.append(time.perf_counter() - started)
            seconds[str(n)] = round(min(taken), 4)
        growth = seconds[str(_LENGTHS_CHARS[-1])] / seconds[str(_LENGTHS_CHARS[-2])]
        rows.append({"post": kind, "seconds": seconds, "growth_on_doubling": round(growth, 2)})
        print(kind, seconds, file=sys.stderr)
    return rows
