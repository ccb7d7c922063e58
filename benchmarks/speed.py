"""How fast fanzha is beside what a user would build, on one machine in one run.

    python benchmarks/speed.py [--posts N] [--rounds N] [--bundle DIR]

All systems take turns on the same posts, round by round, so that what else the machine does falls
on all of them; each figure is the median of the rounds. The rivals learn from the training split
of data/corpus and say of a post whether it bears any label; fanzha says what its verdicts say. The
clean posts are the test split of data/public where that is fetched, else the corpus's own. Writes
benchmarks/speed.json, speed.md and speed.svg.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np
import orjson
from speed_page import draw, page
from speed_rivals import rivals

from fanzha import Detector, Post
from fanzha.corpus import LabelledPost, read_corpus
from fanzha.look import CHANGED
from fanzha.reading import mask_glances
from fanzha.screen import with_estimate
from fanzha.spots import decide_stretches, find_stretches

HERE = Path(__file__).parent
ROOT = HERE.parent
BAD_SHARE = 0.05
MIX_CHARS = (10, 2000)
ARTICLE_CHARS = (2000, 8000)
LENGTHS_CHARS = (100, 1_000, 12_500, 100_000)
"""The last is eight times the one before, its text eight times over: else a longer post would also
hold more kinds of things to look for. Shorter ones may pass at the first look."""
N_CALLS = 400
N_LEARNED = 8000
SEED = 0

Work = Callable[[Sequence[str]], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--posts", type=int, default=400, help="of a mix; default 400")
    parser.add_argument("--rounds", type=int, default=5, help="default 5")
    parser.add_argument("--bundle", type=Path, help="default: the shipped one")
    arguments = parser.parse_args()
    posts = read_corpus([ROOT / "data" / "corpus"])
    public = sorted((ROOT / "data" / "public").glob("*.jsonl"))
    others = read_corpus(public) if public else posts
    mixes = make_mixes(posts, others, arguments.posts)
    detector = Detector.load(arguments.bundle)
    full = detector.without_screen()
    sieve = None if detector._screen is None else detector._screen.handle
    learned = [post for post in posts if post.split == "train"]
    random.Random(SEED).shuffle(learned)
    systems: dict[str, Work] = {
        "fanzha": lambda texts: list(detector.check_many(texts)),
        "fanzha, verdicts as JSON": lambda texts: [
            orjson.dumps(one.to_json()) for one in detector.check_many(texts)
        ],
        "fanzha, --no-screen": lambda texts: list(full.check_many(texts)),
        "fanzha, the first look only": lambda texts: detector._reader.look(texts, sieve),
        **rivals(learned[:N_LEARNED]),
    }
    result: dict[str, Any] = {
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
        "bundle": detector.bundle_id,
        "screen": detector._bundle.screen is not None,
        "n_posts": arguments.posts,
        "n_rounds": arguments.rounds,
        "mixes": {name: measure(systems, texts, arguments.rounds) for name, texts in mixes.items()},
        "stages": stages(detector, mixes["realistic"], arguments.rounds),
        "growth": growth(detector, mixes["realistic"], arguments.rounds),
        "latency": latency(detector, mixes["realistic"]),
        "start_up": start_up(arguments.bundle, arguments.rounds),
        "limits": limits(mixes["realistic"], arguments.rounds),
    }
    (HERE / "speed.json").write_text(
        json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (HERE / "speed.md").write_text(page(result), encoding="utf-8")
    (HERE / "speed.svg").write_text(draw(result), encoding="utf-8")


def make_mixes(
    posts: Sequence[LabelledPost], others: Sequence[LabelledPost], n_posts: int
) -> dict[str, list[str]]:
    """Make the three mixes from test posts; clean ones are joined to the length drawn."""
    draw_from = random.Random(SEED)
    bad = [post.text for post in posts if post.labels and post.split == "test"]
    clean = [post.text for post in others if not post.labels and post.split == "test"]

    def joined(least: int, most: int) -> str:
        n_chars = int(np.exp(draw_from.uniform(np.log(least), np.log(most))))
        text = draw_from.choice(clean)
        while len(text) < n_chars:
            text += "\n" + draw_from.choice(clean)
        return text[:n_chars]

    mix = [
        draw_from.choice(bad) if number < BAD_SHARE * n_posts else joined(*MIX_CHARS)
        for number in range(n_posts)
    ]
    draw_from.shuffle(mix)
    return {
        "realistic": mix,
        "spam only": [draw_from.choice(bad) for _ in range(n_posts // 2)],
        "long articles": [joined(*ARTICLE_CHARS) for _ in range(max(n_posts // 20, 4))],
    }


def measure(systems: dict[str, Work], texts: Sequence[str], n_rounds: int) -> dict[str, Any]:
    """Let the systems take turns; give characters and posts a second by the median round."""
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    for work in systems.values():
        work(texts[:8])
    for number in range(n_rounds):
        for name, work in systems.items():
            seconds[name].append(_taken(work, texts))
        print(f"round {number + 1}", {k: round(v[-1], 3) for k, v in seconds.items()})
    n_chars = sum(map(len, texts))
    return {
        "n_posts": len(texts),
        "n_chars": n_chars,
        "systems": {
            name: {
                "chars_per_s": round(n_chars / median(taken)),
                "posts_per_s": round(len(texts) / median(taken), 1),
                "seconds": [round(one, 4) for one in taken],
            }
            for name, taken in seconds.items()
        },
    }


def stages(detector: Detector, texts: Sequence[str], n_rounds: int) -> dict[str, float]:
    """Give the microseconds a post that each stage takes, on the realistic mix."""
    reader, classifier = detector._reader, detector._bundle.classifier
    screen = detector._screen
    sieve = None if screen is None else screen.handle
    cuts = None if screen is None else screen.cuts(detector.policy.review)
    posts = [Post(text) for text in texts]
    found: dict[str, list[float]] = {}
    closer: list[int] = []
    rest: list[Any] = []
    left: list[int] = []
    for _ in range(n_rounds):
        _timed(found, "UTF-32", lambda some: "".join(some).encode("utf-32-le"), texts)
        _timed(found, "what may be found", reader.look, texts)
        sights = _timed(
            found, "the same and estimates", lambda some: reader.look(some, sieve, cuts), texts
        )
        passes = np.ones(len(texts), dtype=np.bool_)
        if cuts is not None:
            passes = (sights.log_odds < cuts).all(axis=1)
        closer = [at for at, seen in enumerate(sights.seen) if seen & ~CHANGED or not passes[at]]
        part = sights.of(closer)
        glances = _timed(
            found,
            "a closer look",
            lambda some, part=part: reader.glance(some, part),
            [posts[at] for at in closer],
        )
        stretches = find_stretches(part, [glance.text.text for glance in glances])
        stretches = {
            number: some
            for number, some in stretches.items()
            if glances[number].plain and not passes[closer[number]]
        }
        around = _timed(
            found,
            "their spots scored",
            lambda some: decide_stretches(classifier, some),
            stretches,
        )
        quiet: set[int] = set()
        if screen is not None:
            held = with_estimate(around, sights.log_odds[[closer[number] for number in stretches]])
            low = (held < screen.wording_cuts(detector.policy.review)).all(axis=1)
            quiet = {number for number, one in zip(stretches, low, strict=True) if one}
        kept = [
            number
            for number, glance in enumerate(glances)
            if not ((passes[closer[number]] and glance.plain) or number in quiet)
        ]
        rest = [glances[number] for number in kept]
        masked = mask_glances(rest)
        wording = _timed(
            found,
            "all their wording scored",
            classifier.decide_wording,
            [one.text for one in masked],
        )
        left = list(range(len(rest)))
        if screen is not None:
            estimates = sights.log_odds[[closer[number] for number in kept]]
            held = with_estimate(wording.log_odds, estimates)
            low = (held < screen.wording_cuts(detector.policy.review)).all(axis=1)
            left = [at for at, one in enumerate(rest) if not (low[at] and one.plain)]
        _timed(
            found,
            "terms, rules and facts of the rest",
            lambda some: detector._facts.find(reader, *some),
            ([rest[at] for at in left], [masked[at] for at in left]),
        )
        verdicts = _timed(found, "all in one", lambda some: list(detector.check_many(some)), texts)
        _timed(found, "JSON", lambda some: [orjson.dumps(one.to_json()) for one in some], verdicts)
    table = {name: round(median(taken) / len(texts) * 1e6, 2) for name, taken in found.items()}
    return {
        **table,
        "share looked at closer": round(len(closer) / len(texts), 3),
        "share whose wording is scored": round(len(rest) / len(texts), 3),
        "share that all tables see": round(len(left) / len(texts), 3),
    }


def growth(detector: Detector, texts: Sequence[str], n_rounds: int) -> dict[str, Any]:
    """Give the seconds for 1, 2, 4 and 8 times the posts, and for one post by its length."""
    part = list(texts[: max(len(texts) // 4, 1)])
    by_posts: dict[int, list[float]] = {n: [] for n in (1, 2, 4, 8)}
    sample = "\n".join(texts)[: LENGTHS_CHARS[-2]] * (LENGTHS_CHARS[-1] // LENGTHS_CHARS[-2])
    by_chars: dict[int, list[float]] = {n: [] for n in LENGTHS_CHARS}
    for _ in range(n_rounds):
        for n, taken in by_posts.items():
            taken.append(_taken(lambda some: list(detector.check_many(some)), part * n))
        for n, taken in by_chars.items():
            taken.append(_taken(detector.check, sample[:n]))
    posts = {str(n): round(median(taken), 4) for n, taken in by_posts.items()}
    chars = {str(n): round(median(taken), 5) for n, taken in by_chars.items()}
    return {
        "posts": posts,
        "eight_times_the_posts": round(posts["8"] / posts["1"], 2),
        "eight_times_the_chars": round(
            chars[str(LENGTHS_CHARS[-1])] / chars[str(LENGTHS_CHARS[-2])], 2
        ),
        "chars": chars,
    }


def latency(detector: Detector, texts: Sequence[str]) -> dict[str, Any]:
    """Give p50 and p99 of single calls on posts of 100 characters, in milliseconds."""
    sample = "".join(texts)
    posts = [sample[at : at + 100] for at in range(0, min(len(sample), 100 * N_CALLS), 100)]
    taken = [_taken(detector.check, post) * 1e3 for post in posts]
    cuts = quantiles(taken, n=100)
    return {"n_calls": len(taken), "p50_ms": round(cuts[49], 3), "p99_ms": round(cuts[98], 3)}


def start_up(bundle: Path | None, n_rounds: int) -> dict[str, float]:
    """Give the seconds that a new process needs, and the memory of one with a detector."""
    where = "None" if bundle is None else repr(str(bundle))
    programs = {
        "bare Python": "",
        "import fanzha": "import fanzha",
        "Detector.load()": f"from fanzha import Detector; Detector.load({where})",
        "fanzha check, from a cold process": (
            f"from fanzha import Detector; Detector.load({where}).check('花呗套现，加V：hb_9527')"
        ),
    }
    # An installed package has its bytecode beside it, and so has a checkout after its first start.
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(n_rounds + 1):
        for name, program in programs.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, env=own)
            if number:
                seconds[name].append(time.perf_counter() - began)
    # Not getrusage: a new process begins with the peak of the one that it was forked from.
    size = (
        f"from fanzha import Detector; one = Detector.load({where}); one.check('花呗套现，加我'); "
        "print(next(row for row in open('/proc/self/status') if row.startswith('VmHWM')))"
    )
    peak = subprocess.run(
        [sys.executable, "-c", size], check=True, capture_output=True, text=True
    ).stdout.split()[1]
    table = {name: round(median(taken), 3) for name, taken in seconds.items()}
    return {**table, "memory_mb": round(int(peak) / 1024, 1)}


def limits(texts: Sequence[str], n_rounds: int) -> dict[str, float]:
    """Give what the machine does with the same characters when nothing is asked of them."""
    raw = [text.encode() for text in texts]
    rows = [orjson.dumps({"text": text}) for text in texts]
    block = np.frombuffer(b"".join(raw) * 20, dtype=np.uint8)
    n_chars = sum(map(len, texts))
    works: dict[str, tuple[Callable[[Any], object], Any, int]] = {
        "UTF-8 decode": (lambda some: [one.decode() for one in some], raw, 1),
        "JSON parse": (lambda some: [orjson.loads(row) for row in some], rows, 1),
        "memory copy": (np.copy, block, 20),
    }
    return {
        name: round(n_chars * times / median(_taken(work, given) for _ in range(3 * n_rounds)))
        for name, (work, given, times) in works.items()
    }


def _taken(work: Callable[[Any], object], given: object) -> float:
    began = time.perf_counter()
    work(given)
    return time.perf_counter() - began


def _timed(
    found: dict[str, list[float]], name: str, work: Callable[[Any], Any], given: object
) -> Any:
    began = time.perf_counter()
    made = work(given)
    found.setdefault(name, []).append(time.perf_counter() - began)
    return made


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
