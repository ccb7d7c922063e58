"""Find names that are written with other characters of the same sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

from fanzha.syllables import Readings, fold_syllable

__all__ = ["SoundAlikes"]

_LEAST_CHARS: Final = 3
"""Two syllables are too many words: 顺丰 sounds as 顺风, 滴滴 as 弟弟."""
_FUNCTION_WORDS: Final = frozenset("了的是不我你他她它在有吗吧呢就都也这那和与及被把让给没请以一到")
_FIRST_SYMBOL: Final = 0xF0000
_HAN_BLOCK: Final = (0x4E00, 0xA000)


@dataclass(frozen=True, slots=True)
class SoundAlikes:
    """Names of three Han characters and more as one automaton over their syllables.

    Examples
    --------
    >>> names = SoundAlikes.of(["支付宝", "分期乐"])
    >>> list(names.find("打吱付宝客服；我分期了"))
    [(1, 4, 0)]
    """

    names: tuple[str, ...]
    which: tuple[int, ...]
    automaton: CharwiseDoubleArrayAhoCorasick | None

    @classmethod
    def of(cls, names: Sequence[str]) -> SoundAlikes:
        """Build the automaton; names that are short or not all Han are left out."""
        by_sound: dict[str, int] = {}
        for index, name in enumerate(names):
            if len(name) >= _LEAST_CHARS and all("\u4e00" <= sign <= "\u9fff" for sign in name):
                by_sound.setdefault(_sounds(name), index)
        automaton = (
            CharwiseDoubleArrayAhoCorasick(list(by_sound), MATCH_KIND_LEFTMOST_LONGEST)
            if by_sound
            else None
        )
        return cls(tuple(names), tuple(by_sound.values()), automaton)

    def find(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Give start, end and index of each name that `text` writes with other characters.

        O(len(text)). A stretch with a function word in it is no name: 分期了 is not 分期乐.
        """
        if self.automaton is None or text.isascii():
            return
        for start, end, index in self.automaton.find(_sounds(text)):
            which = self.which[index]
            written = text[start:end]
            if written != self.names[which] and not _FUNCTION_WORDS & set(written):
                yield start, end, which


def _sounds(text: str) -> str:
    return text.translate(_symbols())


@lru_cache(maxsize=1)
def _symbols() -> dict[int, str]:
    """Give each Han character the private symbol of its first syllable."""
    known = Readings.load()
    by_syllable: dict[str, str] = {}
    by_number = [""]
    for syllable in known.syllables[1:]:
        new = chr(_FIRST_SYMBOL + len(by_syllable))
        by_number.append(by_syllable.setdefault(fold_syllable(syllable), new))
    first, end = _HAN_BLOCK
    numbers = known.first[first:end].tolist()
    return {code: by_number[number] for code, number in enumerate(numbers, first) if number}
