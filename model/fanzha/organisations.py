"""Find the companies and authorities that a text names, by name, alias or nickname."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

from fanzha.digits import without_counters
from fanzha.late_pattern import late_pattern
from fanzha.normalize import NormalizedText, normalize_many
from fanzha.post import Span
from fanzha.registry import Registry
from fanzha.soundalikes import SoundAlikes
from fanzha.tables import read_table

__all__ = ["ALIAS_COLUMNS", "ALIAS_KINDS", "Mention", "Organisations"]

ALIAS_COLUMNS = ("alias", "brand", "kind", "needs", "note")
ALIAS_KINDS = frozenset({"nickname", "misspelling", "product", "office", "guarded", "decoy"})
_EVERYDAY: Final = frozenset({"guarded", "nickname", "office"})
_GUARD_CHARS = 14
"""How near to a guarded alias one of its words must stand."""
_LEADS: Final = late_pattern(
    r"[ |｜,:：]{0,2}(?:就是|就|是|的|客服)?[ :：]?(?:95|96|10|12|400|0[1-9])[0-9\- ]{2}"
)
_OPENING = tuple("【[〖")
_CLOSING = tuple("】]〗")
_SPACED: Final = late_pattern(r"(?:[\u4e00-\u9fff][ ·/.\-_*|,、\n]){2,}[\u4e00-\u9fff]")
_SHORT_LATIN = 3
# What people want of a company's line; beside one of these a guarded name is the company's.
_CUES: Final = (
    r"退[订卡会款费票货息保赃税]|封号|被封|解封|申诉|会员|保障|积分|车险|风控|专员|仲裁|调解|审核|误扣|"
    r"扣费|[退过补]?券|减免|停息|结清|额度|兑现|售后|限额|解绑|续费|[定订]金|收款|扣款|被扣|"
    r"关闭|取消|开通|卡被锁|车主|经理|驿站|支行|网点|门店|营业厅|服务中心|回拨|直线|总台|充值|年费|换号|客户|体验|服务|审核|查件|派件|寄件|丢件|还款|认准|平台|卖家|买家|客诉|保价"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where the text names a brand; `at` lies in the normalized text."""

    brand: str
    alias: str
    at: Span


@dataclass(frozen=True, slots=True)
class Organisations:
    """All names of the registry's brands as one automaton, with guards for ambiguous ones.

    Examples
    --------
    >>> from fanzha.normalize import normalize
    >>> names = Organisations.load(Registry.load())
    >>> [found.brand for found in names.mentions(normalize("狗东客服，移动支付，联通客服"))]
    ['京东', '中国联通']
    """

    aliases: tuple[str, ...]
    brands: tuple[str | None, ...]
    guards: Mapping[str, re.Pattern[str]]
    automaton: CharwiseDoubleArrayAhoCorasick
    sounds: SoundAlikes

    @classmethod
    def load(cls, registry: Registry) -> Organisations:
        """Build the automaton from the registry's names and the shipped alias table.

        A name that the registry has and the shipped one has not means its brand wherever it
        stands, whatever the alias table says of it.

        Raises
        ------
        DataError
            A line of the alias table is wrong; the message gives file:line:column.
        """
        rows = read_table(files("fanzha_data") / "brand_aliases.csv", ALIAS_COLUMNS)
        words = [word for row in rows for word in row["needs"].split("|")]
        plain = _fold([*registry.names, *(row["alias"] for row in rows), *words])
        names: dict[str, str | None] = {
            plain[name]: brand for name, brand in registry.names.items()
        }
        shipped = Registry.load().names
        own = {plain[name] for name in registry.names if name not in shipped}
        guards: dict[str, re.Pattern[str]] = {}
        for row in rows:
            alias = plain[row["alias"]]
            if row["kind"] not in ALIAS_KINDS:
                raise row.error("kind", f"is unknown; use one of {', '.join(sorted(ALIAS_KINDS))}")
            if alias in own:
                continue
            if row["needs"]:
                needs = [re.escape(plain[word]) for word in row["needs"].split("|")]
                cues = [_CUES] if row["kind"] in _EVERYDAY else []
                guards[alias] = late_pattern("|".join(needs + cues))
            if row["kind"] == "guarded":
                continue
            if row["kind"] == "decoy":
                names[alias] = None
                continue
            found = registry.brand(row["brand"])
            # A user's overlay may have taken the brand away, and its nicknames go with it.
            if found is not None:
                names[alias] = found.name
        aliases = tuple(names)
        automaton = CharwiseDoubleArrayAhoCorasick(list(aliases), MATCH_KIND_LEFTMOST_LONGEST)
        brands = tuple(names.values())
        sounds = SoundAlikes.of([alias if names[alias] else "" for alias in aliases])
        return cls(aliases, brands, guards, automaton, sounds)

    def mentions(self, text: NormalizedText) -> tuple[Mention, ...]:
        """Give the places where `text` names a brand, in order, longest names first.

        O(len(text)). A Latin or digit alias counts only as a word of its own.
        """
        plain, places = _closed_up(without_counters(text))
        found = []
        last = 0
        places_found = [
            *self.automaton.find(plain),
            *self.sounds.find(plain),
        ]
        # Where a name by its writing and one by its sound overlap, the first and longer counts.
        for start, end, index in sorted(places_found, key=lambda one: (one[0], -one[1])):
            if start < last:
                continue
            last = end
            named = self._named(plain, start, end, index)
            if named is None:
                continue
            brand, alias, stop = named
            at = Span(places[start], places[stop - 1] + 1) if places else Span(start, stop)
            found.append(Mention(brand, alias, at))
        return tuple(found)

    def _named(self, plain: str, start: int, end: int, index: int) -> tuple[str, str, int] | None:
        """Give brand, alias and end of the name at a place; where its guard fails, a shorter's."""
        while True:
            brand, alias = self.brands[index], self.aliases[index]
            if brand is None or not _apart(plain, start, end):
                return None
            if self._is_company(plain, start, end, alias):
                return brand, alias, end
            shorter = [one for one in self.automaton.find(plain[start : end - 1]) if one[0] == 0]
            if not shorter:
                return None
            end, index = start + shorter[0][1], shorter[0][2]

    def _is_company(self, plain: str, start: int, end: int, alias: str) -> bool:
        guard = self.guards.get(alias)
        if guard is None:
            return True
        before = plain[max(0, start - _GUARD_CHARS) : start]
        after = plain[end : end + _GUARD_CHARS]
        # A name that heads a number or signs the post needs no other word beside it.
        if _LEADS.match(after) or (before[-1:] in _OPENING and after[:1] in _CLOSING):
            return True
        return bool(guard.search(f"{before}\n{after}"))


def _fold(names: Sequence[str]) -> dict[str, str]:
    """Give the normalized text of each name."""
    return dict(zip(names, (one.text for one in normalize_many(names)), strict=True))


def _closed_up(text: str) -> tuple[str, list[int]]:
    """Close up words spread out as 花·呗·人·工; give the text and where its characters stood."""
    if not _SPACED.search(text):
        return text, []
    kept: list[int] = []
    last = 0
    for run in _SPACED.finditer(text):
        kept += range(last, run.start())
        kept += range(run.start(), run.end(), 2)
        last = run.end()
    kept += range(last, len(text))
    return "".join(text[at] for at in kept), kept


def _apart(text: str, start: int, end: int) -> bool:
    """Tell whether a Latin or digit alias stands as a word of its own."""
    alias = text[start:end]
    before, after = text[start - 1 : start], text[end : end + 1]
    if alias[0].isascii() and alias[0].isalnum() and before.isascii() and before.isalnum():
        return False
    if not (alias[-1].isascii() and alias[-1].isalnum() and after.isascii()):
        return True
    if alias[-1].isdigit():
        return not after.isdigit()
    # 芒果tv400… runs into its number; sf1320… is a parcel's number.
    return not (after.isalpha() or (after.isdigit() and len(alias) <= _SHORT_LATIN))
