"""Campaigns in a simulated forum: are posts of one crew joined, and of two crews not; how fast.

    python benchmarks/campaigns.py

Simulates forums (benchmarks/campaigns_forum.py) from fixed seeds, reads contacts and disguises as
the detector does, takes every post for flagged, joins them, and compares pairs of posts with the
crews behind them. The similarity was chosen on another seed. Then it measures time and memory over
verdict lines and a dump of 12,500 to 100,000 posts. Writes benchmarks/campaigns.md.
"""

from __future__ import annotations

import json
import platform
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from campaigns_forum import Forum, Recipe, simulate
from datasketch import MinHash

from fanzha.contacts import find_contacts, find_numbers
from fanzha.lexicon import Lexicon
from fanzha.normalize import normalize
from fanzha.scan import Plan, joining, wording
from fanzha.scan import campaigns as collector
from fanzha.scan.campaign import Campaign
from fanzha.scan.campaigns import Campaigns
from fanzha.scan.origins import Origin
from fanzha.scan.scanned import Scanned, read_scanned
from fanzha.variants import Restorer

HERE: Final = Path(__file__).parent
SEEDS: Final = (1, 2, 3)
SIZES: Final = (12_500, 25_000, 50_000, 100_000)
OFFICIAL: Final = "95188"


@dataclass(frozen=True, slots=True)
class Told:
    """A forum with a verdict line on each post; `n_flagged` is all of them."""

    forum: Forum
    lines: list[dict[str, Any]]

    def scanned(self, *, texts: bool = True, contacts: bool = True) -> Iterator[Scanned]:
        """Yield the posts as they are read; without texts no wording, without contacts no value."""
        for number, (row, told) in enumerate(zip(self.forum.rows, self.lines, strict=True), 1):
            line = told if contacts else told | _without_values(told)
            origin = Origin("x", number, row["id"], row["text"], row["author"], None)
            yield Scanned(line, f"x:{number}", number, origin if texts else None)


def _without_values(line: dict[str, Any]) -> dict[str, Any]:
    """Give the contacts of a line without what they are: they stand where they stood."""
    return {
        "hotlines": [one | {"number": line["id"]} for one in line["hotlines"]],
        "contacts": [one | {"value": line["id"]} for one in line["contacts"]],
    }


def tell(forum: Forum, restorer: Restorer | None) -> Told:
    """Give each post the verdict line that a detector would write which flags everything."""
    lines = []
    for row in forum.rows:
        text = normalize(row["text"])
        if restorer is not None:
            text, _ = restorer.restore(text)
        hotlines = [
            {
                "start": one.span.start, "end": one.span.end, "text": one.text,
                "number": one.number, "kind": "400", "brand": None, "claimed": False,
                "status": "official" if one.number == OFFICIAL else "unknown_brand",
                "official_numbers": [], "source": None,
            }
            for one in find_numbers(text)
        ]  # fmt: skip
        contacts = [
            {
                "kind": one.kind, "start": one.span.start, "end": one.span.end,
                "text": one.text, "value": one.value,
            }
            for one in find_contacts(text)
        ]  # fmt: skip
        changes = [
            {
                "step": one.step, "start": one.span.start, "end": one.span.end,
                "from": one.before, "to": one.after,
            }
            for one in text.changes
        ]  # fmt: skip
        lines.append(
            {
                "id": row["id"], "suggestion": "block",
                "labels": [{"label": "cash_out", "score": 0.9, "threshold": 0.5}],
                "evidence": [], "hotlines": hotlines, "contacts": contacts,
                "normalizations": changes,
            }
        )  # fmt: skip
    return Told(forum, lines)


def join(posts: Iterable[Scanned]) -> tuple[Campaign, ...]:
    campaigns = Campaigns()
    for one in posts:
        campaigns.add(one)
    return campaigns.find()[0]


def n_pairs(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Pairs of posts: joined and of one crew, joined, of one crew; the largest campaign's posts."""

    right: int
    joined: int
    true: int
    largest: int
    largest_crew: int

    @classmethod
    def of(cls, found: Iterable[Campaign], crew_of: dict[str, str]) -> Agreement:
        """Compare campaigns with the crews behind their posts."""
        found = list(found)
        right = sum(n_pairs(Counter(crew_of[post] for post in one.posts).values()) for one in found)
        crews = Counter(crew_of.values())
        return cls(
            right,
            n_pairs(one.n_posts for one in found),
            n_pairs(crews.values()),
            max((one.n_posts for one in found), default=0),
            max(crews.values()),
        )

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.right + other.right,
            self.joined + other.joined,
            self.true + other.true,
            max(self.largest, other.largest),
            max(self.largest_crew, other.largest_crew),
        )

    def row(self, name: str) -> str:
        """Give the row of a table."""
        precision, recall = self.right / max(self.joined, 1), self.right / self.true
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        return (
            f"| {name} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {self.largest:,} of "
            f"{self.largest_crew:,} |"
        )


@contextmanager
def settings(**values: float) -> Iterator[None]:
    """Set constants of the modules for a measurement."""
    before: list[tuple[Any, str, Any]] = []
    for name, value in values.items():
        for module in (joining, wording, collector):
            if hasattr(module, name):
                before.append((module, name, getattr(module, name)))
                setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def measure(told: Iterable[Told], **how: bool) -> Agreement:
    parts = [Agreement.of(join(one.scanned(**how)), one.forum.crew_of) for one in told]
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


def accuracy_tables(restorer: Restorer) -> Iterator[str]:
    told = [tell(simulate(Recipe(), seed), restorer) for seed in SEEDS]
    n_posts = sum(len(one.lines) for one in told)
    yield f"{len(SEEDS)} forums, {n_posts:,} posts.\n"
    head = "| | precision | recall | F1 | largest campaign of largest crew |\n|---|---|---|---|---|"
    yield head
    yield measure(told).row("**wording and contacts**")
    yield measure(told, texts=False).row("contacts alone (no `--posts`)")
    yield measure(told, contacts=False).row("wording alone")
    for value in (0.3, 0.35, 0.45, 0.5, 0.6, 0.8):
        with settings(LEAST_SIMILARITY=value):
            yield measure(told).row(f"similarity from {value}")
    with settings(LEAST_SIMILARITY=1.01):
        yield measure(told).row("equal wording only")
    without = [
        replace(one, lines=[line | {"normalizations": []} for line in one.lines]) for one in told
    ]
    yield measure(without).row("disguised terms not restored")
    free = 10**9
    with settings(MAX_BRIDGED=free, MAX_BRIDGED_WEAKLY=free, MAX_LISTED=free):
        yield measure(told).row("no guard against what is common")
    for value in (4, 16, 64):
        with settings(MAX_BRIDGED_WEAKLY=value):
            yield measure(told).row(f"links and short wordings join up to {value}")
    yield "\nOther forums:\n"
    yield head
    for name, recipe in {
        "crews that do not vary": Recipe(varied=0.0),
        "crews that always vary": Recipe(varied=1.0),
        "no bought texts": Recipe(bought=0.0),
        "one crew in five buys a text": Recipe(bought=0.2),
        "half of the posts without a contact": Recipe(silent=0.5),
        "a third of the posts link to one file host": Recipe(platform=0.33),
        "a third quote an official number": Recipe(bait=0.33),
    }.items():
        others = [tell(simulate(recipe, seed), restorer) for seed in SEEDS]
        yield measure(others).row(name)


def speed_table() -> Iterator[str]:
    yield "\n| flagged posts | distinct wordings | read and join | posts/s | memory for a post |"
    yield "|---|---|---|---|---|"
    forum = simulate(Recipe(n_crews=1500, n_loners=52_000, n_stock=500, n_lists=50), 1)
    told = tell(forum, None)
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            dump, verdicts = Path(folder) / "dump.jsonl", Path(folder) / "verdicts.jsonl"
            _write(dump, forum.rows[:size])
            _write(verdicts, told.lines[:size])
            plans = Plan((str(verdicts),), "-"), Plan((str(dump),), "-")
            began = time.process_time()
            join(read_scanned(*plans))
            seconds = time.process_time() - began
            n_posts = min(size, len(forum.rows))
            memory, n_wordings = _memory(plans, n_posts)
            yield (
                f"| {n_posts:,} | {n_wordings:,} | {seconds:.1f} s | {n_posts / seconds:,.0f} | "
                f"{memory:,.0f} bytes |"
            )


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def _memory(plans: tuple[Plan, Plan], n_posts: int) -> tuple[float, int]:
    tracemalloc.start()
    campaigns = Campaigns()
    for one in read_scanned(*plans):
        campaigns.add(one)
    campaigns.find()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / n_posts, campaigns.n_wordings


def library_table() -> Iterator[str]:
    """Compare what makes signatures: the same 3-grams of the same wordings, 96 hashes."""
    from rensa import RMinHash

    forum = simulate(Recipe(), SEEDS[0])
    texts = [normalize(row["text"]).text for row in forum.rows if len(row["text"]) > 12]
    keys = [wording._ngram_keys(text) for text in texts]
    ends = np.cumsum([0, *map(len, keys)]).astype(np.uint64)
    flat = np.concatenate(keys)
    grams = [[text[at : at + 3].encode() for at in range(len(text) - 2)] for text in texts]

    def rensa() -> object:
        return RMinHash.digest_matrix_from_flat_token_hashes(flat, ends, 96, 1).to_rows()

    def datasketch() -> object:
        return [one.hashvalues for one in MinHash.bulk(grams, num_perm=96, seed=1)]

    yield "| library | seconds for 10,000 posts |\n|---|---|"
    for name, make in {"rensa": rensa, "datasketch": datasketch}.items():
        yield f"| {name} | {_seconds(make) / len(texts) * 10_000:.2f} |"


def _seconds(make: Callable[[], object]) -> float:
    began = time.process_time()
    make()
    return time.process_time() - began


def main() -> None:
    restorer = Restorer(Lexicon.load())
    page = [
        "# Campaigns in a simulated forum\n",
        "`python benchmarks/campaigns.py`, on "
        f"{platform.machine()}, Python {platform.python_version()}, one core.\n",
        PREFACE,
        *accuracy_tables(restorer),
        "\n## Time and memory\n",
        SPEED,
        *speed_table(),
        "\n## Which library makes the signatures\n",
        *library_table(),
    ]
    (HERE / "campaigns.md").write_text("\n".join(page) + "\n", encoding="utf-8")


PREFACE: Final = """\
Crews post texts of the project's corpus (1–5 each) with contacts of their own (1–8), 4 to 400
posts a crew; 70 % of the posts are varied: a hidden term (marks, homophones, look-alikes,
traditional or split characters, pinyin, emoji), clauses dropped or swapped, phrases and decorations
added, one contact of the pool or two, or none (15 %). Around them: 1,500 loners with a text and a
contact of their own, 60 people with one stock phrase, ten lists of others' contacts, one file
host's link in 5 % of all posts and an official number in 5 %; 5 % of the crews use a text of
another one (that joins the two, and counts here as wrong). Every post counts as flagged. A pair of
posts is right if one crew wrote both."""

SPEED: Final = """\
Verdict lines and the dump are read from files side by side, then joined. Seconds are CPU time of
the one process; memory is the peak that Python counts, divided by the posts."""

if __name__ == "__main__":
    main()
