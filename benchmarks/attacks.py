"""Attacks on posts: what a writer who wants to be read by people only does to his advertisement.

None reads the tables by which fanzha restores disguises. The kinds of attack have modules of their
own: on sounds, on shapes, on layouts, on letters and digits.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

from attack_layouts import (
    backwards,
    deleted,
    honest_character,
    mark,
    padded_after,
    padded_before,
    stacked,
    zero_width,
)
from attack_letters import cased, lettered, styled, wide
from attack_shapes import emoji, look_alike, split, traditional
from attack_sounds import homophone, initial, near_homophone, spelled
from attack_targets import Strength, Target, choose_terms, is_han

__all__ = ["ATTACKS", "INVERTIBLE", "attack"]

Change = Callable[[str, random.Random], str | None]
Attack = Callable[[Target, Strength, random.Random, Sequence[str]], str]


def attack(
    name: str, target: Target, strength: Strength, key: str, honest: Sequence[str] = ()
) -> str:
    """Attack a post; the same name, strength and key give the same text.

    `honest` are the texts that padding is drawn from.
    """
    return ATTACKS[name](target, strength, random.Random(f"{name}/{strength.name}/{key}"), honest)


def _rewrite(
    target: Target, strength: Strength, draw: random.Random, change: Change, *, inside: bool = False
) -> str:
    """Write the chosen characters as `change` has it; with `inside` no term's last one."""
    becomes: dict[int, str] = {}
    hidden: set[int] = set()
    for span in choose_terms(target, strength, draw):
        places = range(span.start, span.end - inside)
        possible = {at: change(target.text[at], draw) for at in places}
        known = [(at, new) for at, new in possible.items() if new and new != target.text[at]]
        n = max(1, round(strength.signs * len(known)))
        becomes.update(draw.sample(known, min(n, len(known))))
    for span in target.terms:
        hidden.update(range(span.start, span.end))
    for at, sign in enumerate(target.text):
        if at not in hidden and is_han(sign) and draw.random() < strength.others:
            becomes[at] = change(sign, draw) or sign
    return "".join(becomes.get(at, sign) for at, sign in enumerate(target.text))


def _by_sign(change: Change, *, inside: bool = False) -> Attack:
    def attacked(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
        return _rewrite(target, strength, draw, change, inside=inside)

    return attacked


def _sounded(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write characters of the same syllable; at high strength of one that is confused with it."""
    change = near_homophone if strength.name == "high" else homophone
    return _rewrite(target, strength, draw, change)


_MIXED: Final[tuple[Change, ...]] = (
    zero_width, mark, traditional, homophone, look_alike, split, spelled, initial, emoji,
)  # fmt: skip


def _mixed(target: Target, strength: Strength, draw: random.Random, honest: Sequence[str]) -> str:
    """Attack each character in a way of its own, and the digits; at high strength pad both ends."""

    def change(sign: str, draw: random.Random) -> str | None:
        ways = [new for way in _MIXED if (new := way(sign, draw)) and new != sign]
        return draw.choice(ways) if ways else None

    text = _rewrite(target, strength, draw, change)
    if strength.name != "low":
        text = styled(Target(text, ()), strength, draw, ())
    if strength.name == "high":
        text = "\n".join((draw.choice(honest), text, draw.choice(honest)))
    return text


ATTACKS: Final[dict[str, Attack]] = {
    "zero_width": _by_sign(zero_width, inside=True),
    "marks": _by_sign(mark, inside=True),
    "width": wide,
    "case": cased,
    "letter_forms": lettered,
    "traditional": _by_sign(traditional),
    "digit_styles": styled,
    "honest_characters": _by_sign(honest_character, inside=True),
    "homophone": _sounded,
    "look_alike": _by_sign(look_alike),
    "split": _by_sign(split),
    "pinyin": _by_sign(spelled),
    "initials": _by_sign(initial),
    "emoji": _by_sign(emoji),
    "deletion": deleted,
    "vertical": stacked,
    "reversed": backwards,
    "padding_before": padded_before,
    "padding_after": padded_after,
    "mixed": _mixed,
}
INVERTIBLE: Final = (
    "zero_width", "marks", "width", "case", "letter_forms", "traditional", "digit_styles",
)  # fmt: skip
