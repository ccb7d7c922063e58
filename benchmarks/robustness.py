"""Recall under attack, with and without the restoration of disguised terms.

    python benchmarks/robustness.py [--corpora DIR] [--sample N]

Attacks at most N posts of each of `cash_out` and `fake_hotline` of the own test split, and of the
true posts of cash_out_candidates, by the suite of benchmarks/attacks.py, and compares what is found
with what is found in the clean posts: once as shipped and once by a reader that restores nothing,
with the same bundle. Also compares restoration with a person's on variant_pairs and measures the
time that long adversarial posts take. DIR (or FANZHA_CORPORA) holds the two sets; what is not there
is left out. Writes benchmarks/robustness.md and benchmarks/robustness.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from attacks import ATTACKS, INVERTIBLE, STRENGTHS, Target, attack, find_terms, is_han
from dev_sets import read_set
from numpy.typing import NDArray

from fanzha import Detector
from fanzha.bundle import Bundle
from fanzha.corpus import LabelledPost, read_corpus
from fanzha.intervals import Share
from fanzha.labels import LABELS
from fanzha.lexicon import Lexicon
from fanzha.normalize import NormalizedText, normalize
from fanzha.post import Post
from fanzha.reading import Reader
from fanzha.tables import read_table
from fanzha.variants import Restoration, Restorer

HERE = Path(__file__).parent
CORE_LABELS = ("cash_out", "fake_hotline")
SUGGESTIONS = ("pass", "review", "block")
CANDIDATES = "cash_out_candidates"
PAIRS = "variant_pairs"
SEED = 0
N_SAMPLE = 300
N_PAIRS = 3000
N_RESAMPLES = 500
BATCH_POSTS = 64
LONG_SECONDS = 2.0
LONG_CHARS = (25_000, 50_000, 100_000)
WANTED = {"mixed": 0.90}
WANTED_ELSE = 0.95


class Idle(Restorer):
    """Restores nothing."""

    def restore(self, text: NormalizedText) -> tuple[NormalizedText, tuple[Restoration, ...]]:
        """Give the text back as it is."""
        return text, ()


class PlainReader(Reader):
    """Reads posts as they are spelled after normalization."""

    def __init__(self, *tables: Any) -> None:
        super().__init__(*tables)
        self._restorer = Idle(self.lexicon)


@dataclass(frozen=True, slots=True)
class Positive:
    """A post to attack and which of the core labels it bears."""

    key: str
    source: str
    target: Target
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of posts: scores, shape (n_posts, n_labels), and what follows from each row."""

    scores: NDArray[np.float64]
    answers: list[tuple[str, tuple[str, ...]]]

    def found(self, positives: Sequence[Positive], review: dict[str, float]) -> NDArray[np.bool_]:
        """Give for each label that a positive bears whether it is given, shape (n_borne,)."""
        rows = self.scores.tolist()
        return np.array(
            [
                row[LABELS.index(label)] >= review[label]
                for one, row in zip(positives, rows, strict=True)
                for label in one.labels
            ],
            dtype=bool,
        )


class Bench:
    """The bundle with both readers, and the posts; built once, before the work is shared out."""

    def __init__(self, positives: Sequence[Positive], honest: Sequence[str]) -> None:
        self.bundle = Bundle.load()
        self.readers = {"with": Reader.load(), "without": PlainReader.load()}
        self.positives = positives
        self.honest = honest

    def ask(self, how: str, texts: Sequence[str]) -> Outcome:
        """Say of each post what `Detector` says of it, leaving out the evidence."""
        scores = []
        for at in range(0, len(texts), BATCH_POSTS):
            batch = [self.readers[how].read(Post(text)) for text in texts[at : at + BATCH_POSTS]]
            scores.append(self.bundle.classifier.score(batch).round(6))
        rows = np.concatenate(scores)
        policy = self.bundle.policy
        given = [dict(zip(LABELS, row, strict=True)) for row in rows.tolist()]
        answers = [(policy.suggestion(one), tuple(sorted(policy.given(one)))) for one in given]
        return Outcome(rows, answers)

    def attacked(self, name: str, strength: int) -> list[str]:
        """Give the posts under an attack, in order."""
        return [
            attack(name, one.target, STRENGTHS[strength], one.key, self.honest)
            for one in self.positives
        ]


_bench: Bench
_clean: dict[str, Outcome]


def main() -> None:
    global _bench, _clean  # noqa: PLW0603 -- a forked worker finds both without building them again
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--corpora", type=Path, default=os.environ.get("FANZHA_CORPORA"))
    parser.add_argument("--sample", type=int, default=N_SAMPLE)
    arguments = parser.parse_args()
    started = time.perf_counter()
    posts = read_corpus([HERE.parent / "data" / "corpus"])
    test = [post for post in posts if post.split == "test"]
    lexicon = Lexicon.load()
    left_out: list[str] = []
    positives = draw_positives(test, lexicon, arguments.sample)
    paths = {name: set_path(arguments.corpora, name, left_out) for name in (CANDIDATES, PAIRS)}
    if path := paths[CANDIDATES]:
        positives += draw_candidates(path, lexicon, arguments.sample)
    # Warnings and reports would rightly turn what stands beside them; ordinary talk should not.
    clean = [post.text for post in test if not post.labels]
    honest = [text for text in clean if not lexicon.find(normalize(text).text)]
    _bench = Bench(positives, honest)
    clean_texts = [one.target.text for one in positives]
    _clean = {how: _bench.ask(how, clean_texts) for how in _bench.readers}
    tasks = [(name, strength) for name in ATTACKS for strength in range(len(STRENGTHS))]
    with multiprocessing.get_context("fork").Pool(min(2, os.cpu_count() or 1)) as pool:
        rows = pool.starmap(measure, tasks, chunksize=1)
    result: dict[str, Any] = {
        "bundle": _bench.bundle.id,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "seed": SEED,
        "posts": count_posts(positives),
        "clean": {how: recalls(_clean[how], positives) for how in _clean},
        "attacks": rows,
        "left_out": left_out,
    }
    if path := paths[PAIRS]:
        result[PAIRS] = compare_pairs(path, lexicon)
    print(f"attacks: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    result["long_posts"] = time_long_posts()
    (HERE / "robustness.json").write_text(
        json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (HERE / "robustness.md").write_text(page(result), encoding="utf-8")
    print(f"all: {time.perf_counter() - started:.0f} s", file=sys.stderr)


def set_path(corpora: Path | None, name: str, left_out: list[str]) -> Path | None:
    path = Path(corpora or "") / "dev" / f"{name}.jsonl.gz"
    if corpora is not None and path.exists():
        return path
    where = "no --corpora and no FANZHA_CORPORA" if corpora is None else f"no file {path}"
    print(f"{name} is left out: {where}", file=sys.stderr)
    left_out.append(name)
    return None


def draw_positives(test: Sequence[LabelledPost], lexicon: Lexicon, n: int) -> list[Positive]:
    """Draw `n` posts of each core label; one that bears both counts for both."""
    drawn: dict[str, LabelledPost] = {}
    for label in CORE_LABELS:
        bearing = sorted((post for post in test if label in post.labels), key=lambda post: post.id)
        chosen = random.Random(f"{SEED}/{label}").sample(bearing, min(n, len(bearing)))
        drawn.update((post.id, post) for post in chosen)
    return [
        Positive(
            post.id,
            "test_split",
            Target(post.text, find_terms(post.text, lexicon)),
            tuple(label for label in CORE_LABELS if label in post.labels),
        )
        for post in drawn.values()
    ]


def draw_candidates(path: Path, lexicon: Lexicon, n: int) -> list[Positive]:
    """Draw `n` of the posts of the set that our readers called `cash_out`."""
    hand = {
        row["id"]: row["labels"].split()
        for row in read_table(HERE / f"{CANDIDATES}.csv", ("id", "labels"))
    }
    rows = read_set(path, CANDIDATES, held_out=False)
    true = [row for row in rows if "cash_out" in hand[row["id"]]]
    return [
        Positive(
            row["id"],
            CANDIDATES,
            Target(row["text"], find_terms(row["text"], lexicon)),
            ("cash_out",),
        )
        for row in random.Random(SEED).sample(true, min(n, len(true)))
    ]


def count_posts(positives: Sequence[Positive]) -> dict[str, int]:
    borne = [(one.source, label) for one in positives for label in one.labels]
    return {
        f"{source}, {label}": borne.count((source, label)) for source, label in sorted({*borne})
    }


def measure(name: str, strength: int) -> dict[str, Any]:
    """Measure one attack at one strength with both readers."""
    texts = _bench.attacked(name, strength)
    positives = _bench.positives
    touched = [text != one.target.text for text, one in zip(texts, positives, strict=True)]
    borne = np.array([hit for hit, one in zip(touched, positives, strict=True) for _ in one.labels])
    review = dict(_bench.bundle.policy.review)
    row: dict[str, Any] = {
        "attack": name,
        "strength": STRENGTHS[strength].name,
        "touched": Share(sum(touched), len(touched)).to_json(),
    }
    for how, clean in _clean.items():
        outcome = _bench.ask(how, texts)
        before, after = clean.found(positives, review), outcome.found(positives, review)
        same = [
            then == now
            for then, now, hit in zip(clean.answers, outcome.answers, touched, strict=True)
            if hit
        ]
        at_least = [
            SUGGESTIONS.index(now[0]) >= SUGGESTIONS.index(then[0]) and {*now[1]} >= {*then[1]}
            for then, now, hit in zip(clean.answers, outcome.answers, touched, strict=True)
            if hit
        ]
        row[how] = recalls(outcome, positives) | {
            "of_clean": relative(before, after),
            "kept_of_touched": Share.among(after, before & borne).to_json(),
            "same_answer": Share(sum(same), len(same)).to_json(),
            "same_or_stricter": Share(sum(at_least), len(at_least)).to_json(),
        }
    print(name, row["strength"], row["with"]["of_clean"]["ratio"], file=sys.stderr)
    return row


def recalls(outcome: Outcome, positives: Sequence[Positive]) -> dict[str, Any]:
    review = dict(_bench.bundle.policy.review)
    found = outcome.found(positives, review)
    kinds = np.array([f"{one.source}, {label}" for one in positives for label in one.labels])
    everything = np.ones(len(found), dtype=bool)
    parts = {str(kind): Share.among(found, kinds == kind).to_json() for kind in np.unique(kinds)}
    return {"recall": Share.among(found, everything).to_json(), "parts": parts}


def relative(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> dict[str, Any]:
    """Give recall under attack over clean recall, with a paired bootstrap's interval."""
    generator = np.random.default_rng(SEED)
    drawn = generator.integers(0, len(before), (N_RESAMPLES, len(before)))
    n_before = before[drawn].sum(axis=1).astype(np.float64)
    ratios = after[drawn].sum(axis=1) / np.where(n_before > 0, n_before, np.nan)
    ratio = after.sum() / max(before.sum(), 1)
    tail = np.nanquantile(ratios, [0.025, 0.975])
    return {"ratio": round(float(ratio), 4), "interval": [round(float(end), 4) for end in tail]}


def compare_pairs(path: Path, lexicon: Lexicon) -> dict[str, Any]:
    """Compare restoration with a person's: disguised terms of the lexicon, and harm to the rest.

    A term is disguised where the person's text has it and the post, normalized, has not. Harm is a
    restoration over characters that the person left as they were and in which its term is none of
    the person's words.
    """
    restorer = Restorer(lexicon)
    rows = read_set(path, PAIRS, held_out=False)
    rows = random.Random(SEED).sample(rows, min(N_PAIRS, len(rows)))
    counted: Counter[str] = Counter()
    for row in rows:
        text, person = normalize(row["text"]), normalize(row["restored"]).text
        blocks = SequenceMatcher(None, text.text, person, autojunk=False).get_opcodes()
        equal = [(j, m) for tag, _, _, j, m in blocks if tag == "equal"]
        marked = [(one, *place(blocks, one, text)) for one in restorer.restore(text)[1]]
        for start, end in sorted({(m.at.start, m.at.end) for m in lexicon.find(person)}):
            term = person[start:end]
            if sum(map(is_han, term)) < 2 or any(j <= start and end <= m for j, m in equal):
                continue
            # Characters that the writer left plain inside a disguised term are no achievement.
            plain = sum(max(0, min(end, m) - max(start, j)) for j, m in equal)
            found = any(
                (term in one.term or one.term in term) and first < end and start < last
                for one, first, last, _ in marked
            )
            counted.update(terms=1, terms_found=found, signs=end - start - plain)
            counted.update(signs_found=found * (end - start - plain))
        harmed = 0
        for one, first, last, left_alone in marked:
            right = one.term in person[max(0, first - len(one.term)) : last + len(one.term)]
            harmed += len(one.written) if left_alone and not right else 0
            counted.update(restored=1, right=right, other=not right and not left_alone)
        counted.update(rest=sum(m - j for j, m in equal), harmed=harmed, posts_harmed=harmed > 0)
    shares = {
        "terms_restored": Share(counted["terms_found"], counted["terms"]),
        "characters_restored": Share(counted["signs_found"], counted["signs"]),
        "restorations_as_the_person": Share(counted["right"], counted["restored"]),
        "restorations_of_other_disguise": Share(counted["other"], counted["restored"]),
        "characters_harmed": Share(counted["harmed"], counted["rest"]),
        "posts_harmed": Share(counted["posts_harmed"], len(rows)),
    }
    return {"posts": len(rows)} | {name: share.to_json() for name, share in shares.items()}


def place(
    blocks: Sequence[tuple[str, int, int, int, int]], one: Restoration, text: NormalizedText
) -> tuple[int, int, bool]:
    """Give where a restoration lies in the person's text, and whether the person left it alone."""
    start = int(np.searchsorted(text.origin, one.span.start))
    end = int(np.searchsorted(text.origin, one.span.end))
    first, last, alone = -1, -1, True
    for tag, i, n, j, m in blocks:
        if not (i < end and start < n):
            continue
        same = tag == "equal"
        alone &= same
        first = first if first >= 0 else j + (max(0, start - i) if same else 0)
        last = j + min(n, end) - i if same else m
    return first, last, alone


def time_long_posts() -> list[dict[str, Any]]:
    """Time whole verdicts on adversarial posts of growing length."""
    detector = Detector.load()
    detector.check("花呗套现")
    terms = ("花呗", "套现", "白条", "微信", "客服", "信用卡", "官方", "电话")
    draw, lexicon = random.Random(SEED), Lexicon.load()
    hidden: list[str] = []
    # Some ways of writing are shorter than the term.
    for number in range(max(LONG_CHARS) // 4):
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
        sizes = (*LONG_CHARS, 1_000_000) if kind == "zero-width marks" else LONG_CHARS
        seconds = {}
        for n in sizes:
            taken: list[float] = []
            # A long run needs no second one to be sure.
            while not taken or (len(taken) < 3 and taken[0] < LONG_SECONDS):
                started = time.perf_counter()
                detector.check(make(n))
                taken.append(time.perf_counter() - started)
            seconds[str(n)] = round(min(taken), 4)
        growth = seconds[str(LONG_CHARS[-1])] / seconds[str(LONG_CHARS[-2])]
        rows.append({"post": kind, "seconds": seconds, "growth_on_doubling": round(growth, 2)})
        print(kind, seconds, file=sys.stderr)
    return rows


def page(result: dict[str, Any]) -> str:
    """Write the tables that are committed."""
    posts = ", ".join(f"{n} of {kind}" for kind, n in result["posts"].items())
    lines = [
        "# Robustness",
        "",
        f"Bundle `{result['bundle']}`; {result['machine']}; seed {result['seed']}; "
        "`make bench-robustness`. Behind a figure stands its 95 % confidence interval: Wilson's "
        "for shares, a bootstrap over the posts for ratios.",
        "",
        f"Attacked: {posts}. A post is found where its own label is given at review. Low strength "
        "hides one character in half of the listed terms, middle strength half of the characters "
        "of all of them, high strength all of them and a tenth of the other characters. Padding, "
        "clean test posts in which the lexicon finds nothing, is 1, 3 and 10 times as long as the "
        "post. *Without* is the same bundle with a reader that normalizes but restores nothing.",
    ]
    if result["left_out"]:
        lines += ["", f"Left out, as they were absent: {', '.join(result['left_out'])}."]
    lines += clean_table(result["clean"])
    lines += recall_table(result["attacks"])
    lines += answer_table(result["attacks"])
    lines += part_table(result["attacks"], result["clean"])
    if PAIRS in result:
        lines += pairs_table(result[PAIRS])
    lines += long_table(result["long_posts"])
    return "\n".join(lines) + "\n"


def clean_table(clean: dict[str, Any]) -> list[str]:
    lines = ["", "## Clean posts", "", "| posts | recall with | recall without |", "|---|---|---|"]
    lines.append(f"| all | {' | '.join(percent(one['recall']) for one in clean.values())} |")
    for kind in clean["with"]["parts"]:
        cells = " | ".join(percent(one["parts"][kind]) for one in clean.values())
        lines.append(f"| {kind} | {cells} |")
    return lines


def recall_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = [
        "",
        "## Recall under attack",
        "",
        "*Of clean* is recall under attack over the same reader's recall of the clean posts. "
        "*Kept* is the share of what it found clean, among the posts that the attack changed. "
        f"Wanted of clean at middle strength: {WANTED_ELSE:.0%}, mixed {WANTED['mixed']:.0%}; "
        "where it is missed stands ✗.",
        "",
        "| attack | strength | posts changed | recall with | recall without | of clean with "
        "| of clean without | kept with | kept without |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        wanted = WANTED.get(row["attack"], WANTED_ELSE)
        missed = row["strength"] == "middle" and row["with"]["of_clean"]["ratio"] < wanted
        both = (row["with"], row["without"])
        cells = [
            *(f"{one['recall']['share']:.1%}" for one in both),
            *(percent(one["of_clean"], "ratio") for one in both),
            *(percent(one["kept_of_touched"]) for one in both),
        ]
        lines.append(
            f"| {row['attack']} | {row['strength']}{' ✗' * missed} | {row['touched']['share']:.0%} "
            f"| {' | '.join(cells)} |"
        )
    return lines


def answer_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = [
        "",
        "## Invertible attacks",
        "",
        "Share of the posts changed whose suggestion and labels are exactly those of the clean "
        "post. As a disguise counts against a post, it may also end in a stricter suggestion or "
        "a label more.",
        "",
        "| attack | strength | same with | same without | same or stricter with |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        if row["attack"] in INVERTIBLE:
            cells = [
                f"{share['n_hit']} of {share['n_posts']}: {percent(share)}"
                for share in (
                    row["with"]["same_answer"],
                    row["without"]["same_answer"],
                    row["with"]["same_or_stricter"],
                )
            ]
            lines.append(f"| {row['attack']} | {row['strength']} | {' | '.join(cells)} |")
    return lines


def part_table(rows: Sequence[dict[str, Any]], clean: dict[str, Any]) -> list[str]:
    kinds = list(clean["with"]["parts"])
    lines = [
        "",
        "## By label at middle strength",
        "",
        "Recall with and without restoration.",
        "",
        f"| attack | {' | '.join(kinds)} |",
        "|---" * (len(kinds) + 1) + "|",
    ]
    for row in ({"attack": "none", "strength": "middle"} | clean, *rows):
        if row["strength"] == "middle":
            cells = " | ".join(
                " / ".join(f"{row[how]['parts'][kind]['share']:.1%}" for how in clean)
                for kind in kinds
            )
            lines.append(f"| {row['attack']} | {cells} |")
    return lines


def pairs_table(pairs: dict[str, Any]) -> list[str]:
    what = {
        "terms_restored": "disguised terms of the lexicon restored as the person did",
        "characters_restored": "disguised characters of those terms",
        "restorations_as_the_person": "restorations that the person made too",
        "restorations_of_other_disguise": "restorations where the person read something else",
        "characters_harmed": "characters that the person left alone and restoration changed",
        "posts_harmed": "posts with such a character",
    }
    lines = [
        "",
        "## Beside a person's restoration",
        "",
        f"{pairs['posts']} posts drawn from {PAIRS}; only terms that the lexicon lists count as "
        "within reach.",
        "",
        "| what | share |",
        "|---|---|",
    ]
    for name, words in what.items():
        share = pairs[name]
        lines.append(
            f"| {words} | {share['n_hit']} of {share['n_posts']}: {percent(share, digits=2)} |"
        )
    return lines


def long_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    sizes = list(dict.fromkeys(size for row in rows for size in row["seconds"]))
    lines = [
        "",
        "## Time of long posts",
        "",
        "Seconds for a whole verdict, the best of three where it takes less than two seconds; "
        "linear time doubles with the length.",
        "",
        f"| post | {' | '.join(f'{int(size):,}' for size in sizes)} | 100,000 over 50,000 |",
        "|---" * (len(sizes) + 2) + "|",
    ]
    for row in rows:
        cells = " | ".join(
            f"{row['seconds'][size]:.3f}" if size in row["seconds"] else "" for size in sizes
        )
        lines.append(f"| {row['post']} | {cells} | {row['growth_on_doubling']:.2f} |")
    return lines


def percent(share: dict[str, Any], key: str = "share", digits: int = 1) -> str:
    low, high = share["interval"]
    return f"{share[key]:.{digits}%}, {low * 100:.{digits}f}–{high:.{digits}%}"


if __name__ == "__main__":
    main()
