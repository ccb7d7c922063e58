"""The disguises in which listed terms may be written, as patterns over symbols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from daachorse import CharwiseDoubleArrayAhoCorasick

import fanzha_data
from fanzha.lexicon import Lexicon
from fanzha.normalize import normalize
from fanzha.parts import splits
from fanzha.syllables import Alphabet, readings
from fanzha.tables import read_table

__all__ = ["Disguises", "Shape", "Target"]

_GROUPS: Final = (
    "credit_line", "cash_verb", "contact_word", "service_claim", "gamble", "sex", "loan",
    "account", "document", "job", "invest", "goods", "phish",
)  # fmt: skip
_CORE_GROUPS: Final = frozenset({"credit_line", "cash_verb", "contact_word", "service_claim"})
# Names and words that fake hotlines and cash-out posts hide; the lexicon lists them only in part.
_NAMES: Final = (
    "抖音", "支付宝", "微信", "京东", "美团", "携程", "拼多多", "淘宝", "客服", "电话", "热线",
    "官方", "人工", "额度", "回收", "秒到", "手续费", "现金",
)  # fmt: skip
_SPELLINGS: Final = frozenset({"薇信", "威信", "徽信", "加薇", "加威"})
"""Terms that are themselves disguises of others; nothing is read as one of these."""
_HIDDEN: Final = frozenset(
    {
        "花呗", "白条", "月付", "分付", "借呗", "金条", "套现", "提现", "取现", "变现", "回款",
        "秒回", "套出", "现金", "秒到", "额度", "回收", "微信", "加微", "私信", "私聊", "抖音",
        "支付宝", "京东", "美团", "客服", "电话", "彩票", "发票", "赌博", "福利", "兼职", "贷款",
        "刷单", "副业", "进群", "加群", "流水", "返水", "反水", "彩金", "上分", "下分",
        "捕鱼", "棋牌", "牛股", "带单", "数据", "澳门", "楼凤", "黑户", "淘宝", "快递",
        "刻章", "代理", "宝妈", "认证",
    }
)  # fmt: skip
"""Terms of two characters that people hide day by day. Source: own posts of data/corpus."""
_NO_INITIALS: Final = frozenset("款收群")
"""回K and 回S answer a text message, and 加Q is for QQ."""
_TWO_WAYS: Final = {"微": "v"}
_LONGEST_MIXED = 4
_LONGEST = 8

Part = tuple[str, int]
"""How one character of a term is written, and with how many symbols."""


@dataclass(frozen=True, slots=True)
class Target:
    """A term that may be restored.

    `core` says that it names the trade or how to reach it, `hidden` that people hide it often.
    """

    term: str
    groups: tuple[str, ...]
    core: bool
    hidden: bool
    order: int


@dataclass(frozen=True, slots=True)
class Shape:
    """One way of writing a target.

    `parts` has an entry for each character of the term: `han`, `same`, `pinyin`, `initial` or
    `split`; a way that stands in the table or goes backwards has one entry for the whole.
    """

    target: Target
    parts: tuple[Part, ...]


class Disguises:
    """All shapes of all targets as one automaton over symbols.

    `shapes` has those of each of `strings`, by number.

    Raises
    ------
    DataError
        The table of listed disguises is malformed.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.targets = tuple(_targets(lexicon))
        by_term = {target.term: target for target in self.targets}
        listed: dict[tuple[str, str], str] = {}
        for row in read_table(
            fanzha_data.path("disguises.csv"), ("writing", "term", "kind", "source")
        ):
            if row["kind"] not in {"initials", "homophone", "look_alike", "emoji"}:
                raise row.error("kind", "is unknown; use initials, homophone, look_alike or emoji")
            if not row["source"]:
                raise row.error("source", "is empty; say where it comes from")
            if row["term"] not in by_term:
                groups: tuple[str, ...] = ("listed",)
                by_term[row["term"]] = Target(row["term"], groups, True, True, len(by_term))
            listed[normalize(row["writing"]).text, row["term"]] = row["kind"]
        self.terms = frozenset(term.term for term in lexicon.terms)
        self.listed: Mapping[tuple[str, str], str] = listed
        kept = "".join(word for word, _ in listed if len(word) == 1)
        self.alphabet = Alphabet.load(kept)
        shapes: dict[str, list[Shape]] = {}
        for target in self.targets:
            for string, parts in _shapes(target, self.alphabet):
                shapes.setdefault(string, []).append(Shape(target, parts))
        for writing, term in listed:
            string = self.alphabet.string(writing)
            ways = shapes.setdefault(string, [])
            # Han writings that sound like their term are found and examined as such.
            if all(shape.target.term != term for shape in ways):
                ways.append(Shape(by_term[term], (("listed", len(writing)),)))
        self.strings = tuple(shapes)
        self.shapes = tuple(tuple(ways) for ways in shapes.values())
        self.automaton = CharwiseDoubleArrayAhoCorasick(list(shapes))


def _targets(lexicon: Lexicon) -> Iterator[Target]:
    groups: dict[str, list[str]] = {}
    for term in lexicon.terms:
        if term.group in _GROUPS and term.term not in _SPELLINGS:
            groups.setdefault(term.term, []).append(term.group)
    for name in _NAMES:
        groups.setdefault(name, []).append("contact_word")
    for order, (written, names) in enumerate(groups.items()):
        if sum(bool(readings(sign)) for sign in written) >= 2:
            core = bool(_CORE_GROUPS & set(names))
            yield Target(written, tuple(names), core, written in _HIDDEN, order)


def _shapes(target: Target, alphabet: Alphabet) -> Iterator[tuple[str, tuple[Part, ...]]]:
    if len(target.term) > _LONGEST:
        return
    options = [_options(sign, alphabet) for sign in target.term]
    for ways in product(*options):
        kinds = [kind for kind, _ in ways]
        if not _sensible(kinds):
            continue
        string = "".join(written for _, written in ways)
        yield string, tuple((kind, len(written)) for kind, written in ways)
    signs = [alphabet.symbol(readings(sign)[0]) for sign in target.term if readings(sign)]
    trade = {"credit_line", "cash_verb"} & set(target.groups)
    # 我找 and 我加 are everyday words the other way round.
    if len(signs) == len(target.term) and (trade or target.hidden or len(signs) > 2):
        yield "".join(reversed(signs)), (("order", len(signs)),)


def _sensible(kinds: list[str]) -> bool:
    """Tell whether somebody would write so, and a reader could still read it."""
    odd = [kind for kind in kinds if kind not in {"han", "same"}]
    if not odd:
        return True
    if len(kinds) > _LONGEST_MIXED and len(odd) > 1 and set(odd) != {"pinyin"}:
        return False
    if "split" in odd:
        return len(set(odd)) == 1 and len(odd) <= 2
    if "han" in kinds:
        return True
    return set(odd) == {"pinyin"}


def _options(sign: str, alphabet: Alphabet) -> list[tuple[str, str]]:
    sounds = readings(sign)
    if not sounds:
        return [("same", sign)]
    options = {("han", alphabet.symbol(sound)) for sound in sounds}
    options |= {("pinyin", sound) for sound in sounds if len(sound) > 1}
    if sign not in _NO_INITIALS:
        options |= {("initial", sound[0]) for sound in sounds}
    if sign in _TWO_WAYS:
        options.add(("initial", _TWO_WAYS[sign]))
    for parts in splits(sign):
        if all(readings(part) for part in parts):
            written = "".join(alphabet.symbol(readings(part)[0]) for part in parts)
            options.add(("split", written))
    return sorted(options)
