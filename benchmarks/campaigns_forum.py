"""A simulated forum of campaigns: crews that vary their posts, loners, what misleads; seeded."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from attack_targets import STRENGTHS, Target, find_terms
from attacks import attack

from fanzha.contacts import find_contacts, find_numbers
from fanzha.corpus import read_corpus
from fanzha.lexicon import Lexicon
from fanzha.normalize import normalize

__all__ = ["Forum", "Recipe", "simulate"]

TRICKS: Final = (
    "marks",
    "homophone",
    "look_alike",
    "traditional",
    "zero_width",
    "width",
    "pinyin",
    "split",
    "emoji",
)
_CORPUS: Final = Path(__file__).parents[1] / "data" / "corpus"
_FILLERS: Final = (
    "各位老铁晚上好", "长期有效", "看到就是缘分", "非诚勿扰", "白天晚上都在线", "首单优惠",
    "老客户介绍有礼", "顶一下自己的帖子", "楼主不常上线", "欢迎实地考察", "新号求关注",
    "今天名额不多", "已经做了好几年", "忙的时候回复慢请见谅",
)  # fmt: skip
_DECORATIONS: Final = ("🔥", "✅", "！！！", "～", "❤️", "【】", "👉", "......", "💰💰")
_STOCK: Final = "花呗白条套现，秒到账，加微信 {}"
_PLATFORM: Final = "https://pan.wangpan.example/share"
_OFFICIAL: Final = "95188"
_CLAUSE: Final = re.compile("(?<=[，。！？；,!?;\n ])")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a forum is made of.

    `varied` is the share of a crew's posts that are more than a copy with another contact,
    `silent` that of posts without a contact, `bought` that of crews which use a text of another
    crew, `platform` that of posts with a link to one file host, `bait` that of posts that quote an
    official number.
    """

    n_crews: int = 60
    n_loners: int = 1500
    largest: int = 400
    varied: float = 0.7
    silent: float = 0.15
    bought: float = 0.05
    platform: float = 0.05
    bait: float = 0.05
    n_stock: int = 60
    n_lists: int = 10


@dataclass(slots=True)
class Forum:
    """The posts as rows of a dump, and the crew behind each post id; a loner is its own crew."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    crew_of: dict[str, str] = field(default_factory=dict)


class _Author:
    def __init__(self, recipe: Recipe, seed: int) -> None:
        self.recipe = recipe
        self.draw = random.Random(seed)
        self.forum = Forum()
        self.lexicon = Lexicon.load()
        self.n_contacts = 0
        self.all_contacts: list[str] = []
        self.posts: list[tuple[datetime, str, str, str]] = []

    def contact(self) -> str:
        """Give a new contact with the words before it."""
        self.n_contacts += 1
        n, kind = self.n_contacts, self.draw.random()
        if kind < 0.45:
            found = f"加微信 wx_{n:05d}k"
        elif kind < 0.6:
            found = f"QQ {300000000 + 7919 * n}"
        elif kind < 0.7:
            found = f"电报 @tg_{n:05d}x"
        elif kind < 0.9:
            found = f"电话 1380000{n % 10000:04d}" if n < 10000 else f"电话 1390{n:07d}"
        else:
            found = f"客服热线 400000{n % 10000:04d}" if n < 10000 else f"电话 1370{n:07d}"
        self.all_contacts.append(found)
        return found

    def vary(self, text: str, key: str) -> str:
        """Change a text as a crew does: hide terms, add and drop and swap clauses, decorate."""
        draw = self.draw
        if draw.random() < 0.5:
            target = Target(text, find_terms(text, self.lexicon))
            if target.terms:
                text = attack(draw.choice(TRICKS), target, STRENGTHS[1], key)
        clauses = [clause for clause in _CLAUSE.split(text) if clause]
        if len(clauses) > 3 and draw.random() < 0.3:
            clauses.pop(draw.randrange(len(clauses)))
        if len(clauses) > 2 and draw.random() < 0.3:
            at = draw.randrange(len(clauses) - 1)
            clauses[at], clauses[at + 1] = clauses[at + 1], clauses[at]
        if draw.random() < 0.5:
            clauses.insert(draw.choice((0, len(clauses))), "，" + draw.choice(_FILLERS) + "，")
        if draw.random() < 0.5:
            clauses.insert(draw.randrange(len(clauses) + 1), draw.choice(_DECORATIONS))
        return "".join(clauses)

    def write(self, crew: str, account: str, text: str, at: datetime) -> None:
        recipe, draw = self.recipe, self.draw
        if draw.random() < recipe.platform:
            text += f" 资料 {_PLATFORM}"
        if draw.random() < recipe.bait:
            text += f" 支付宝官方客服 {_OFFICIAL}"
        self.posts.append((at, crew, account, text))

    def finish(self) -> Forum:
        for number, (at, crew, account, text) in enumerate(sorted(self.posts)):
            name = f"p{number}"
            board = f"板块{hash_of(account) % 12}"
            self.forum.rows.append(
                {"id": name, "board": board, "author": account,
                 "time": at.isoformat(sep=" ", timespec="minutes"), "text": text}
            )  # fmt: skip
            self.forum.crew_of[name] = crew
        return self.forum


def hash_of(name: str) -> int:
    """Give a number for a name, the same in each run."""
    return sum(ord(sign) * (place + 1) for place, sign in enumerate(name))


def _texts(draw: random.Random) -> list[str]:
    """Give the corpus's bad posts without a contact of their own, in another order."""
    found = []
    for post in read_corpus([_CORPUS]):
        if post.labels and 16 <= len(post.text) <= 400:
            text = normalize(post.text)
            if not find_contacts(text) and not find_numbers(text):
                found.append(post.text)
    draw.shuffle(found)
    return found


def _scrambled(draw: random.Random, texts: list[str]) -> str:
    """Give a text of nobody's, where the corpus has no more: a text's characters in disorder."""
    signs = list(draw.choice(texts))
    draw.shuffle(signs)
    return "".join(signs)


def simulate(recipe: Recipe, seed: int) -> Forum:
    """Write a forum by a recipe; the same seed gives the same forum."""
    author = _Author(recipe, seed)
    draw = author.draw
    texts = _texts(draw)
    began = datetime(2026, 9, 1)
    earlier: list[str] = []
    for crew in range(recipe.n_crews):
        templates = [
            texts.pop() if texts else _scrambled(draw, earlier) for _ in range(draw.randint(1, 5))
        ]
        if earlier and draw.random() < recipe.bought:
            templates[0] = draw.choice(earlier)
        earlier += templates
        contacts = [author.contact() for _ in range(draw.randint(1, 8))]
        accounts = [f"crew{crew}_{n}" for n in range(draw.randint(2, 12))]
        size = min(recipe.largest, 3 + int(draw.paretovariate(0.8) * 4))
        first = began + timedelta(hours=draw.uniform(0, 24 * 50))
        for number in range(size):
            text = draw.choice(templates)
            if draw.random() < recipe.varied:
                text = author.vary(text, f"{seed}/{crew}/{number}")
            if draw.random() >= recipe.silent:
                given = draw.sample(contacts, min(len(contacts), draw.choice((1, 1, 1, 2))))
                text += "，" + " ".join(given)
            at = first + timedelta(hours=draw.expovariate(1 / 80))
            author.write(f"crew{crew}", draw.choice(accounts), text, at)
    for loner in range(recipe.n_loners):
        text = texts.pop() if texts else _scrambled(draw, earlier)
        text += f"，{author.contact()}" if draw.random() < 0.7 else ""
        at = began + timedelta(hours=draw.uniform(0, 24 * 60))
        author.write(f"loner{loner}", f"user{loner}", text, at)
    for stock in range(recipe.n_stock):
        at = began + timedelta(hours=draw.uniform(0, 24 * 60))
        author.write(f"stock{stock}", f"stock{stock}", _STOCK.format(f"st_{stock:05d}q"), at)
    for listing in range(recipe.n_lists):
        listed = "\n".join(draw.sample(author.all_contacts, min(20, len(author.all_contacts))))
        at = began + timedelta(hours=draw.uniform(0, 24 * 60))
        author.write(f"list{listing}", f"list{listing}", f"花呗套现商家大全，自己挑\n{listed}", at)
    return author.finish()
