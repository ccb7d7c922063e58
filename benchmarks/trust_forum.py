"""A simulated forum: fraud crews, honest shops, directories, victims and police, seeded."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fanzha.scan.occurrences import Occurrence, Occurrences, Setting

__all__ = ["Forum", "Recipe", "simulate"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a forum is made of; `scale` multiplies crews, shops and everybody else alike.

    `proven` is the share of a crew's numbers that the registry can disprove, `claims` how often a
    post of such a number does claim it, `mixing` the share of a crew's posts that give a number of
    somebody else, `noise` the share of honest numbers wrongly proven fake, `missed` the share of
    crews' posts that are not flagged, `crossed` the share of accounts used by two crews or taken
    over from an honest user.
    """

    scale: float = 1.0
    proven: float = 0.3
    claims: float = 0.7
    mixing: float = 0.05
    noise: float = 0.01
    missed: float = 0.2
    crossed: float = 0.05
    accounts_known: bool = True
    campaigns_known: bool = True


@dataclass(slots=True)
class Forum:
    """The posts, the crew behind each contact of one, and the contacts that are honest."""

    settings: list[Setting] = field(default_factory=list)
    found: list[list[Occurrence]] = field(default_factory=list)
    crew_of: dict[str, int] = field(default_factory=dict)
    honest: set[str] = field(default_factory=set)

    def occurrences(self) -> Occurrences:
        """Collect what occurs where."""
        collected = Occurrences()
        for setting, found in zip(self.settings, self.found, strict=True):
            collected.add(setting, found)
        return collected


class _Author:
    """Writes the posts of a forum; all chance comes from one generator."""

    def __init__(self, recipe: Recipe, seed: int) -> None:
        self.recipe = recipe
        self.chance = np.random.default_rng(seed)
        self.forum = Forum()
        self._n_numbers = 0
        self._n_chats = 0

    def number(self) -> str:
        self._n_numbers += 1
        return f"{4_000_000_000 + self._n_numbers}"

    def chat(self) -> str:
        self._n_chats += 1
        return f"wechat:id_{self._n_chats}"

    def contacts(self, n: int, chats: float, bag: set[str]) -> list[str]:
        made = [self.chat() if self.chance.random() < chats else self.number() for _ in range(n)]
        bag.update(made)
        return made

    def yes(self, share: float) -> bool:
        return bool(self.chance.random() < share)

    def some(self, pool: list[str], n: int) -> list[str]:
        n = min(n, len(pool))
        return list(
            dict.fromkeys(pool[i] for i in self.chance.choice(len(pool), size=n, replace=False))
        )

    def one(self, pool: list[str]) -> str:
        return pool[int(self.chance.integers(len(pool)))]

    def own(self) -> str:
        """Give a wording of the next post's own, as the exact key does."""
        return f"own{len(self.forum.settings)}"

    def between(self, low: int, high: int) -> int:
        return int(self.chance.integers(low, high + 1))

    def write(
        self, found: list[Occurrence], account: str, campaign: str | None, *, flagged: bool
    ) -> None:
        recipe = self.recipe
        self.forum.settings.append(
            Setting(
                f"p{len(self.forum.settings)}",
                flagged,
                account if recipe.accounts_known else None,
                campaign if recipe.campaigns_known else None,
            )
        )
        self.forum.found.append(found)


def simulate(recipe: Recipe, seed: int) -> Forum:
    """Write a forum by a recipe; the same seed gives the same forum."""
    author = _Author(recipe, seed)
    forum, scale = author.forum, recipe.scale
    official = [f"95{n}" for n in range(100, 180)]
    shops = [
        author.contacts(author.between(1, 3), 0.3, forum.honest) for _ in range(round(2500 * scale))
    ]
    honest = [contact for shop in shops for contact in shop]
    wrong = {number for number in honest if author.yes(recipe.noise)}
    planned = [_crew(author) for _ in range(round(60 * scale))]
    crews = []
    for index, crew in enumerate(planned):
        forum.crew_of.update(dict.fromkeys(crew[0], index))
        other, _ = planned[int(author.chance.integers(len(planned)))]
        posted = _crew_posts(
            author, index, crew=crew, others=other, honest=honest, official=official
        )
        # Victims, police and directories know a number from where it was posted.
        crews.append((posted, crew[1]))
    _shop_posts(author, shops, wrong, official)
    _directories(author, honest, crews, wrong)
    _talk(author, crews, honest, official)
    return forum


def _crew(author: _Author) -> tuple[list[str], set[str]]:
    pool = author.contacts(author.between(4, 25), 0.35, set())
    numbers = [one for one in pool if not one.startswith("wechat")]
    return pool, {one for one in numbers if author.yes(author.recipe.proven)}


def _crew_posts(
    author: _Author,
    index: int,
    *,
    crew: tuple[list[str], set[str]],
    others: list[str],
    honest: list[str],
    official: list[str],
) -> list[str]:
    """Write a crew's posts and give its contacts that it posted, one entry for each post."""
    pool, provable = crew
    recipe = author.recipe
    accounts = [f"crew{index}_{n}" for n in range(author.between(2, 12))]
    # An account sold on to another crew, or taken over from an honest user.
    accounts = [
        f"{author.one(['crew', 'shop'])}{author.between(0, 59)}_0"
        if author.yes(recipe.crossed)
        else one
        for one in accounts
    ]
    templates = [f"crew{index}_{n}" for n in range(author.between(2, 8))]
    # Some numbers are posted daily, most a few times.
    weights = author.chance.pareto(1.2, len(pool)) + 0.2
    weights /= weights.sum()
    posted: list[str] = []
    for _ in range(author.between(15, 120)):
        n = min(
            len(pool), 1 + int(author.chance.random() < 0.35) + int(author.chance.random() < 0.1)
        )
        given = [pool[i] for i in author.chance.choice(len(pool), size=n, replace=False, p=weights)]
        posted += given
        found = []
        for one in given:
            if one in provable and author.yes(recipe.claims):
                found.append(Occurrence(one, "fake", "unlisted for 抖音"))
            else:
                found.append(Occurrence(one, "claimed" if author.yes(0.3) else "open"))
        if author.yes(recipe.mixing):
            found.append(Occurrence(author.one(others if author.yes(0.5) else honest)))
        if author.yes(0.1):
            found.append(Occurrence(author.one(official), "official"))
        # A third of the posts are reworded enough for the exact key to miss.
        template = author.own() if author.yes(0.33) else author.one(templates)
        author.write(found, author.one(accounts), template, flagged=not author.yes(recipe.missed))
    return posted


def _shop_posts(
    author: _Author, shops: list[list[str]], wrong: set[str], official: list[str]
) -> None:
    portal = [f"portal{n}" for n in range(20)]
    for index, shop in enumerate(shops):
        # One shop in ten lets an agency post for it; those post for hundreds.
        account = f"agency{author.between(0, 9)}" if author.yes(0.1) else f"shop{index}_0"
        for _ in range(min(40, 1 + int(author.chance.pareto(1.0) * 2))):
            given = author.some(shop, author.between(1, 2))
            found = [
                Occurrence(one, "fake", "unlisted for 美的")
                if one in wrong and author.yes(0.5)
                else Occurrence(one, "claimed" if author.yes(0.2) else "open")
                for one in given
            ]
            if author.yes(0.03):
                found.append(Occurrence(author.one(official), "official"))
            template = author.one(portal) if author.yes(0.2) else f"shop{index}"
            author.write(found, account, template, flagged=author.yes(0.02))


def _directories(
    author: _Author,
    honest: list[str],
    crews: list[tuple[list[str], set[str]]],
    wrong: set[str],
) -> None:
    """Yellow pages: mostly honest numbers, and crews buy their way in."""
    for index in range(round(40 * author.recipe.scale)):
        given = author.some(honest, author.between(20, 200))
        found = [Occurrence(one) for one in given if one not in wrong]
        if author.yes(0.5):
            pool, provable = crews[int(author.chance.integers(len(crews)))]
            found += [
                Occurrence(one, "fake", "unlisted for 抖音") if one in provable else Occurrence(one)
                for one in author.some(pool, author.between(1, 4))
            ]
        author.write(found, f"directory{index % 10}", author.own(), flagged=author.yes(0.1))


def _talk(
    author: _Author,
    crews: list[tuple[list[str], set[str]]],
    honest: list[str],
    official: list[str],
) -> None:
    """Victims quote fakes, some beside a shop of theirs; the police quote several at once."""
    stations = author.contacts(round(15 * author.recipe.scale) or 1, 0.0, author.forum.honest)
    for index in range(round(600 * author.recipe.scale)):
        pool, _ = crews[int(author.chance.integers(len(crews)))]
        found = [Occurrence(one) for one in author.some(pool, author.between(1, 2))]
        if author.yes(0.25):
            found.append(Occurrence(author.one(honest)))
        if author.yes(0.4):
            found.append(Occurrence(author.one(official), "official"))
        author.write(found, f"victim{index}", author.own(), flagged=author.yes(0.15))
    for index in range(round(80 * author.recipe.scale)):
        quoted: list[str] = []
        for _ in range(author.between(1, 4)):
            pool, _ = crews[int(author.chance.integers(len(crews)))]
            quoted += author.some(pool, author.between(1, 3))
        found = [Occurrence(one) for one in dict.fromkeys(quoted)]
        found.append(Occurrence(author.one(stations)))
        if author.yes(0.7):
            found.append(Occurrence(author.one(official), "official"))
        author.write(found, f"police{index % 15}", author.own(), flagged=author.yes(0.15))
    for index in range(round(500 * author.recipe.scale)):
        found = [Occurrence(author.one(official), "official")]
        if author.yes(0.2):
            found.append(Occurrence(author.one(honest)))
        author.write(found, f"citizen{index}", author.own(), flagged=False)
