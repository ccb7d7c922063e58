"""How much must speak for a disguised term before it is read as one."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Final

from fanzha.disguises import Shape, Target
from fanzha.ghosts import WINDOW, coincidence, cuts_words, lies_in_words
from fanzha.late_pattern import late_pattern
from fanzha.segment import Segmenter
from fanzha.syllables import BARRIER, Symbols, is_rare, readings

__all__ = [
    "Hit",
    "Need",
    "doubt",
    "doubt_letters",
    "doubt_likeness",
    "doubt_put_between",
    "is_explained",
    "is_no_likeness",
]

_PARTICLES: Final = frozenset("吗嘛呢吧啊呀哦么了的地得着过们")
"""What ends so many honest clauses that it hides nothing."""
_SEPARATING: Final = frozenset("了过个点完着不得几多少出来一下笔次")
"""What may stand between the two halves of a verb like 套现."""
_DENYING: Final = frozenset("不没未别勿")
"""取不出来 says the opposite of 取出来."""
# How often chance may put the written words side by side in 60 million words, as `coincidence`
# has it. Each is the greatest value tried that touched no more undisguised clean posts than the
# smallest did; on the train split of data/corpus and on COLD (Apache-2.0), 2026-11-22.
_CHANCE_HIDDEN, _CHANCE_HIDDEN_SURE = 10.0, 1.5
_CHANCE_OTHER, _CHANCE_OTHER_ALL = 0.05, 0.1
_CHANCE_MARKED, _CHANCE_NONE = 60.0, 0.01
_CHANCE_SPLIT, _CHANCE_SPLIT_SURE = 60.0, 2.0
# That of terms drawn alike was set by reading what it restored in the same posts: 10, tried first,
# took 给现金 for 拿现金.
_CHANCE_LIKENESS = 1.5


_EVERYDAY_LETTERS: Final = frozenset({"白t", "m到", "x线", "k线"})
"""A shirt, a measure, a chart: what a letter beside a character often is."""
_PRONOUNS: Final = frozenset("我你他它这那")
_MARKS: Final = late_pattern("[^\u4e00-\u9fffa-z0-9]+")


class Need(IntEnum):
    """What must stand near a candidate."""

    NOTHING = 0
    """No honest writer writes so."""
    ONE_SIGN = 1
    """A term of the trade, a price or a contact."""
    TWO_SIGNS = 2
    """Two of them."""
    PARTNER = 3
    """For a credit product a verb of cashing out, and the other way round."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A shape found at symbols `[start, end)`; `written` has the exact characters."""

    text: str
    symbols: Symbols
    start: int
    end: int
    shape: Shape
    written: str

    @property
    def before(self) -> str:
        """The few characters before, without marks, back to a sentence mark."""
        places = self.symbols.at[max(0, self.start - WINDOW) : self.start].tolist()
        string = self.symbols.string[self.start - len(places) : self.start]
        return "".join([self.text[at] for at in places])[string.rfind(BARRIER) + 1 :]

    @property
    def after(self) -> str:
        """The few characters after, without marks, up to a sentence mark."""
        places = self.symbols.at[self.end : self.end + WINDOW].tolist()
        stop = self.symbols.string[self.end : self.end + len(places)].find(BARRIER)
        return "".join([self.text[at] for at in (places if stop < 0 else places[:stop])])


def doubt(
    segmenter: Segmenter,
    shape: Shape,
    written: str,
    kinds: Set[str],
    *,
    strange: Sequence[int],
    rare: int,
) -> Need | None:
    """Give what a writing needs by itself, or None where nobody would read it as the term.

    Parameters
    ----------
    segmenter
        The dictionary of honest words.
    shape
        The way in which the term is written.
    written
        The exact characters.
    kinds
        How the writing differs from the term.
    strange
        Places of `written` that are not the term's own characters.
    rare
        How many of those are no characters of everyday writing.
    """
    target = shape.target
    common = len(strange) - rare
    if any(written[place] in _PARTICLES for place in strange):
        return None
    if common and segmenter.frequency(written):
        return None
    if "split" in kinds:
        chance = coincidence(segmenter, written)
        if chance < _CHANCE_SPLIT_SURE:
            return Need.NOTHING
        return Need.TWO_SIGNS if chance < _CHANCE_SPLIT else None
    if kinds & {"pinyin", "initials"}:
        return doubt_letters(shape, written, kinds, common)
    if not strange:
        return Need.NOTHING
    if not common:
        return Need.NOTHING if rare < len(target.term) else Need.ONE_SIGN
    return _doubt_sounds(segmenter, target, written, kinds, strange=strange, common=common)


def is_explained(segmenter: Segmenter, hit: Hit, strange: Sequence[int], rare: int) -> bool:
    """Tell whether honest words around a hit explain it; `strange` and `rare` as for `doubt`."""
    before, after = hit.before, hit.after
    if cuts_words(segmenter, before, hit.shape.target.term, after):
        return True
    return len(strange) > rare and lies_in_words(segmenter, before, hit.written, after, strange)


def doubt_letters(shape: Shape, written: str, kinds: Set[str], common: int) -> Need | None:
    """Give what `written`, with Latin letters in it, needs; `common` characters are others'."""
    target, size = shape.target, len(shape.target.term)
    if "mixed_script" not in kinds:
        if size > 3:
            return Need.NOTHING
        return Need.ONE_SIGN if size > 2 or target.hidden else Need.TWO_SIGNS
    if common:
        # Platforms write x for what they take out: 至x, 为X月.
        return Need.TWO_SIGNS if target.core and "x" not in written else None
    if "initials" in kinds:
        if size > 2:
            return Need.ONE_SIGN
        if target.hidden and written not in _EVERYDAY_LETTERS:
            return Need.ONE_SIGN
        return Need.TWO_SIGNS if target.hidden or target.core else None
    return Need.NOTHING if target.core or target.hidden or size > 2 else Need.ONE_SIGN


def doubt_likeness(
    segmenter: Segmenter, target: Target, before: str, written: str, after: str, *, drawn: str
) -> Need | None:
    """Give what `written` needs to be read as `target`, whose characters look like its own.

    `drawn` is `written` as `parts.as_drawn` gives it.
    """
    if is_no_likeness(segmenter, target, written):
        return None
    strange = [place for place, sign in enumerate(target.term) if written[place] != sign]
    if cuts_words(segmenter, before, target.term, after):
        return None
    if lies_in_words(segmenter, before, written, after, strange):
        return None
    # Nobody writes 琂 and 圵; beside what is left of a longer term they can be nothing else.
    if len(target.term) > 2 and any(is_rare(drawn[place]) for place in strange):
        return Need.NOTHING
    sure = coincidence(segmenter, written) <= _CHANCE_OTHER and (
        target.hidden or len(target.term) > 2
    )
    return Need.ONE_SIGN if sure else Need.TWO_SIGNS


def is_no_likeness(segmenter: Segmenter, target: Target, written: str) -> bool:
    """Tell whether `written` is not read as `target`, which it looks like, wherever it stands."""
    if segmenter.frequency(written) or any(
        sign in _PARTICLES and sign != own for sign, own in zip(written, target.term, strict=True)
    ):
        return True
    chance = coincidence(segmenter, written)
    return chance > _CHANCE_LIKENESS or (chance > _CHANCE_OTHER and not target.hidden)


def doubt_put_between(
    segmenter: Segmenter, target: Target, before: str, written: str, after: str
) -> Need | None:
    """Give what a term needs in whose characters, `written`, honest ones are put between."""
    between, own = [], 0
    for place, sign in enumerate(written):
        if own < len(target.term) and sign == target.term[own]:
            own += 1
        else:
            between.append(place)
    inner = [written[place] for place in between]
    outer = "".join(sign if at not in between else " " for at, sign in enumerate(written)).split()
    # 客服的电话 and 刷不出来 are words in a row; who hides a term tears a word apart.
    torn = any(
        len(one) == len(other) == 1 and segmenter.frequency(one + other)
        for one, other in pairwise(outer)
    )
    if any(len(part) > 1 for part in outer) and (
        "的" in inner or (not torn and all(map(segmenter.frequency, outer)))
    ):
        return None
    if any(sign in _DENYING for sign in inner):
        return None
    # 套了现 and 提个现 are grammar, no disguise.
    if target.term[-1] in "现款钱" and any(sign in _SEPARATING for sign in inner):
        return None
    if not target.hidden and len(target.term) == 2:
        return None
    if cuts_words(segmenter, before, written, after):
        return None
    if lies_in_words(segmenter, before, written, after, between):
        return None
    return Need.ONE_SIGN


def doubt_parted(
    segmenter: Segmenter, target: Target, before: str, written: str, after: str
) -> Need | None:
    """Give what a term needs between whose characters, in `written`, sentence marks stand."""
    parts = [part for part in _MARKS.split(written) if part]
    # 微信、支付宝 is a list, and so is 水、电、话费.
    if all(len(part) > 1 for part in parts) or not (target.hidden or target.core):
        return None
    if cuts_words(segmenter, before, target.term, after):
        return None
    # 运费谁出、额度… ends a clause there, and so does 懂的私,我….
    ends_clause = any(len(part) > 1 and segmenter.frequency(part) for part in parts)
    if ends_clause and len(parts) == 2:
        return None
    return Need.TWO_SIGNS if ends_clause or parts[-1] in _PRONOUNS else Need.ONE_SIGN


def _doubt_sounds(
    segmenter: Segmenter,
    target: Target,
    written: str,
    kinds: Set[str],
    *,
    strange: Sequence[int],
    common: int,
) -> Need | None:
    chance = coincidence(segmenter, written)
    fuzzy = "homophone" in kinds and any(
        not set(readings(written[place])) & set(readings(target.term[place])) for place in strange
    )
    likely = common == 1 and (target.hidden or len(target.term) > 2)
    if likely and "marks" in kinds and not fuzzy and chance < _CHANCE_MARKED:
        return Need.NOTHING
    if chance < _CHANCE_NONE:
        return Need.TWO_SIGNS if fuzzy else Need.ONE_SIGN
    if fuzzy and (common == len(target.term) or not target.hidden):
        return None
    if likely:
        if chance > (_CHANCE_OTHER if fuzzy else _CHANCE_HIDDEN):
            return None
        sure = not fuzzy and (chance <= _CHANCE_HIDDEN_SURE or len(target.term) > 2)
        return Need.ONE_SIGN if sure else Need.TWO_SIGNS
    most = _CHANCE_OTHER if common == 1 else _CHANCE_OTHER_ALL
    return Need.TWO_SIGNS if chance <= most else None
