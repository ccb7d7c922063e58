"""The disguises in which listed terms may be written, as patterns over symbols."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Final, overload

import numpy as np
from daachorse import CharwiseDoubleArrayAhoCorasick
from numpy.typing import NDArray

import fanzha_data
from fanzha.lexicon import Lexicon
from fanzha.normalize import normalize
from fanzha.parts import splits
from fanzha.prepared import Prepared
from fanzha.syllables import Alphabet, readings
from fanzha.tables import read_table

__all__ = ["SPELLINGS", "Disguises", "Shape", "Target"]

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
SPELLINGS: Final = frozenset({"薇信", "威信", "徽信", "加薇", "加威"})
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
_KINDS: Final = ("initials", "pinyin", "homophone", "look_alike", "emoji")
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

    Parameters
    ----------
    targets
        The terms to look for.
    listed
        How the shipped table's writings differ from their terms.
    terms
        The lexicon's terms.
    alphabet
        The symbols of `strings`.
    strings, shapes
        The ways of writing, and the shapes that each is one of, by number.
    """

    def __init__(
        self,
        *,
        targets: tuple[Target, ...],
        listed: Mapping[tuple[str, str], str],
        terms: Collection[str],
        alphabet: Alphabet,
        strings: Sequence[str],
        shapes: Sequence[Sequence[Shape]],
    ) -> None:
        self.targets = targets
        self.listed = listed
        self.terms = frozenset(terms)
        self.alphabet = alphabet
        self.strings = strings
        self.shapes = shapes

    @cached_property
    def automaton(self) -> CharwiseDoubleArrayAhoCorasick:
        """The search over all strings at once; built when first asked for."""
        return CharwiseDoubleArrayAhoCorasick(list(self.strings))

    @classmethod
    def build(cls, lexicon: Lexicon) -> Disguises:
        """Work out all shapes of a lexicon's terms, in half a second.

        Raises
        ------
        DataError
            The table of listed disguises is malformed.
        """
        targets = tuple(_targets(lexicon))
        by_term = {target.term: target for target in targets}
        listed: dict[tuple[str, str], str] = {}
        for row in read_table(
            fanzha_data.path("disguises.csv"), ("writing", "term", "kind", "source")
        ):
            if row["kind"] not in _KINDS:
                raise row.error("kind", f"is unknown; use one of {', '.join(_KINDS)}")
            if not row["source"]:
                raise row.error("source", "is empty; say where it comes from")
            if row["term"] not in by_term:
                groups: tuple[str, ...] = ("listed",)
                by_term[row["term"]] = Target(row["term"], groups, True, True, len(by_term))
            listed[normalize(row["writing"]).text, row["term"]] = row["kind"]
        kept = "".join(word for word, _ in listed if len(word) == 1)
        alphabet = Alphabet.load(kept)
        shapes: dict[str, list[Shape]] = {}
        for target in targets:
            for string, parts in _shapes(target, alphabet):
                shapes.setdefault(string, []).append(Shape(target, parts))
        for writing, term in listed:
            string = alphabet.string(writing)
            ways = shapes.setdefault(string, [])
            # Han writings that sound like their term are found and examined as such.
            if all(shape.target.term != term for shape in ways):
                ways.append(Shape(by_term[term], (("listed", len(writing)),)))
        return cls(
            targets=targets,
            listed=listed,
            terms=[term.term for term in lexicon.terms],
            alphabet=alphabet,
            strings=tuple(shapes),
            shapes=tuple(map(tuple, shapes.values())),
        )

    def prepare(self) -> Prepared:
        """Give what `of` takes, but for the alphabet."""
        ways = [shape for some in self.shapes for shape in some]
        targets = [*dict.fromkeys([*self.targets, *(shape.target for shape in ways)])]
        orders = [*dict.fromkeys(shape.parts for shape in ways)]
        by_target = {target: number for number, target in enumerate(targets)}
        by_order = {parts: number for number, parts in enumerate(orders)}
        arrays = {
            "firsts": np.cumsum([0, *map(len, self.shapes)], dtype=np.int32),
            "targets": np.array([by_target[shape.target] for shape in ways], dtype=np.int32),
            "orders": np.array([by_order[shape.parts] for shape in ways], dtype=np.int32),
        }
        facts = {
            "targets": [(one.term, one.groups, one.core, one.hidden, one.order) for one in targets],
            "n_targets": len(self.targets),
            "orders": orders,
            "listed": [(*key, kind) for key, kind in self.listed.items()],
            "strings": "\n".join(self.strings),
        }
        return Prepared(arrays, facts)

    @classmethod
    def of(cls, made: Prepared, lexicon: Lexicon, alphabet: Alphabet) -> Disguises:
        """Take the disguises of the terms of `lexicon` as they were prepared."""
        facts = made.facts
        targets = [
            Target(term, tuple(groups), core, hidden, order)
            for term, groups, core, hidden, order in facts["targets"]
        ]
        listed = {(writing, term): kind for writing, term, kind in facts["listed"]}
        shapes = _PreparedShapes(made.arrays, targets, facts["orders"])
        return cls(
            targets=tuple(targets[: facts["n_targets"]]),
            listed=listed,
            terms=[term.term for term in lexicon.terms],
            alphabet=alphabet,
            strings=facts["strings"].split("\n"),
            shapes=shapes,
        )


class _PreparedShapes(Sequence[Sequence[Shape]]):
    """The shapes of each string, made when they are asked for: few ever are."""

    def __init__(
        self,
        arrays: Mapping[str, NDArray[Any]],
        targets: Sequence[Target],
        orders: Sequence[Sequence[Sequence[Any]]],
    ) -> None:
        self._arrays = arrays
        self._targets = targets
        self._orders = orders
        self._made: dict[int, tuple[Shape, ...]] = {}

    def __len__(self) -> int:
        return len(self._arrays["firsts"]) - 1

    @overload
    def __getitem__(self, index: int) -> tuple[Shape, ...]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[Shape, ...]]: ...
    def __getitem__(self, index: int | slice) -> tuple[Shape, ...] | list[tuple[Shape, ...]]:
        if isinstance(index, slice):
            return [self._at(at) for at in range(*index.indices(len(self)))]
        return self._at(range(len(self))[index])

    def _at(self, number: int) -> tuple[Shape, ...]:
        made = self._made.get(number)
        if made is None:
            first, end = self._arrays["firsts"][number : number + 2].tolist()
            made = self._made[number] = tuple(
                Shape(
                    self._targets[target], tuple((kind, size) for kind, size in self._orders[order])
                )
                for target, order in zip(
                    self._arrays["targets"][first:end].tolist(),
                    self._arrays["orders"][first:end].tolist(),
                    strict=True,
                )
            )
        return made


def _targets(lexicon: Lexicon) -> Iterator[Target]:
    groups: dict[str, list[str]] = {}
    for term in lexicon.terms:
        if term.group in _GROUPS and term.term not in SPELLINGS:
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
