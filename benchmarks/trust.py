"""Trust over numbers in a simulated forum: how well unproven fakes are found, and how fast.

    python benchmarks/trust.py

Simulates forums (benchmarks/trust_forum.py) from fixed seeds, weighs their numbers, and compares
the lift of those that nothing proves with who is behind them. The cut was chosen on other seeds.
Then it writes a forum as a scan's output and a dump, 1, 2, 4 and 8 times as large, and measures
time and memory. Writes benchmarks/trust.md.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score
from trust_forum import Forum, Recipe, simulate
from trust_page import page
from trust_rivals import SCORES, shares_a_post

from fanzha.labels import LABELS
from fanzha.scan import Plan
from fanzha.scan.collection import collect
from fanzha.scan.lifted import LEAST_LIFT, lift
from fanzha.scan.occurrences import Occurrence
from fanzha.scan.trust import Trust, Walk, weigh

HERE = Path(__file__).parent
SEEDS: Final = (0, 1, 2, 3, 4)
SCALES: Final = (1, 2, 4, 8)
CUTS: Final = (0.02, 0.05, 0.1, 0.15, 0.2)
RECIPES: Final = {
    "as above": Recipe(),
    **{f"share of numbers that can be disproven {p}": Recipe(proven=p) for p in (0.1, 0.2, 0.5)},
    **{f"crew mixing {m}": Recipe(mixing=m) for m in (0.0, 0.15, 0.3)},
    **{f"honest numbers wrongly proven {n}": Recipe(noise=n) for n in (0.0, 0.03, 0.05)},
    **{f"accounts sold on or taken over {c}": Recipe(crossed=c) for c in (0.0, 0.2)},
    **{f"crews' posts not flagged {m}": Recipe(missed=m) for m in (0.0, 0.5)},
    "accounts not known": Recipe(accounts_known=False),
    "campaigns not known": Recipe(campaigns_known=False),
    "posts alone": Recipe(accounts_known=False, campaigns_known=False),
}
WALKS: Final = {
    **{f"`stop` {s}": Walk(stop=s) for s in (0.05, 0.3)},
    **{f"`nobody` {n}": Walk(nobody=n) for n in (0.0, 2.0)},
    "no posts": Walk(post=0.0),
    "no campaigns": Walk(campaign=0.0),
    "no accounts": Walk(account=0.0),
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A weighed forum: which unproven contacts are judged and which of them are a crew's.

    `reachable` leaves out crews of which nothing is proven; `wrong_proofs` is the share of honest
    numbers among those proven fake.
    """

    trust: Trust
    judged: NDArray[np.bool_]
    crews: NDArray[np.bool_]
    reachable: NDArray[np.bool_]
    wrong_proofs: float

    @classmethod
    def of(cls, forum: Forum, walk: Walk | None = None) -> Weighed:
        """Weigh a forum and note who is behind what."""
        occurrences = forum.occurrences()
        trust = weigh(occurrences, walk)
        names = occurrences.contacts
        crew = np.array([forum.crew_of.get(name, -1) for name in names])
        honest = np.array([name in forum.honest for name in names])
        judged = ~(trust.fake | trust.official) & (honest | (crew >= 0))
        proven = np.unique(crew[trust.fake & (crew >= 0)])
        reachable = honest | np.isin(crew, proven)
        wrong = float(honest[trust.fake].mean())
        return cls(trust, judged, (crew >= 0)[judged], reachable[judged], wrong)

    def auc(self, score: NDArray[np.float64], *, reachable: bool = False) -> float:
        """Give the ROC AUC, of all judged or without crews of which nothing is proven."""
        kept = self.reachable if reachable else np.ones_like(self.crews)
        return float(roc_auc_score(self.crews[kept], score[self.judged][kept]))

    def at(self, score: NDArray[np.float64], cut: float) -> tuple[float, float]:
        """Give precision and recall of a score from a cut on."""
        given = score[self.judged] >= cut
        hits = (given & self.crews).sum()
        return float(hits / max(given.sum(), 1)), float(hits / self.crews.sum())


def spread(values: Sequence[float]) -> str:
    return f"{np.mean(values):.3f} ({min(values):.3f}–{max(values):.3f})"


def measure(recipe: Recipe, walk: Walk | None = None) -> list[str]:
    forums = [Weighed.of(simulate(recipe, seed), walk) for seed in SEEDS]
    cut = [one.at(one.trust.lift, LEAST_LIFT) for one in forums]
    return [
        spread([one.auc(one.trust.lift) for one in forums]),
        spread([one.auc(one.trust.lift, reachable=True) for one in forums]),
        spread([precision for precision, _ in cut]),
        spread([recall for _, recall in cut]),
    ]


def rivals(forums: Sequence[Weighed]) -> list[list[str]]:
    rows = []
    for name, score in SCORES.items():
        scores = [score(one.trust) for one in forums]
        pairs = list(zip(forums, scores, strict=True))
        precisions = [
            float(average_precision_score(one.crews, found[one.judged])) for one, found in pairs
        ]
        rows.append(
            [
                name,
                spread([one.auc(found) for one, found in pairs]),
                spread([one.auc(found, reachable=True) for one, found in pairs]),
                spread(precisions),
            ]
        )
    return rows


def cuts(forums: Sequence[Weighed]) -> list[list[str]]:
    rows = []
    for cut in CUTS:
        at = [one.at(one.trust.lift, cut) for one in forums]
        rows.append([f"lift ≥ {cut}", *(spread(values) for values in zip(*at, strict=True))])
    at = [one.at(shares_a_post(one.trust), 1) for one in forums]
    rows.append(
        ["shares a post with a proven fake", *(spread(values) for values in zip(*at, strict=True))]
    )
    at = [one.at(SCORES["shares a post with a proven fake"](one.trust), 1) for one in forums]
    rows.append(["the same, quotes too", *(spread(values) for values in zip(*at, strict=True))])
    return rows


def verdict_line(post: str, flagged: bool, found: Sequence[Occurrence], text: str) -> str:
    """Write a post's verdict as a scan does, with evidence of the usual length."""
    hotlines, contacts = [], []
    end = 0
    for one in found:
        value = one.contact.removeprefix("wechat:")
        start = text.index(value, end)
        end = start + len(value)
        if value != one.contact:
            contacts.append(
                {"kind": "wechat", "start": start, "end": end, "text": value, "value": value}
            )
            continue
        status = {"fake": "unlisted", "official": "official"}.get(one.standing, "unknown_brand")
        hotlines.append(
            {
                "start": start, "end": end, "text": value, "number": value, "kind": "400",
                "brand": "抖音" if one.standing in {"fake", "official"} else None,
                "claimed": one.standing != "open", "status": status,
                "official_numbers": ["95152"], "source": "registry",
            }
        )  # fmt: skip
    verdict: dict[str, Any] = {
        "id": post,
        "suggestion": "block" if flagged else "pass",
        "labels": [],
        "scores": dict.fromkeys(LABELS, 0.012345),
        "evidence": [{"label": "fake_hotline", "kind": "model", "rule": "MODEL_WORDING", "start": 0,
                      "end": 24, "text": "字" * 24, "normalized": "字" * 24, "weight": 1.0,
                      "why": "wording that the model has learned from such posts"}],
        "hotlines": hotlines,
        "contacts": contacts,
        "normalizations": [],
        "model": {"bundle": "simulated", "policy": "default"},
    }  # fmt: skip
    return json.dumps(verdict, ensure_ascii=False)


def timed(verdicts: str, dump: str) -> tuple[float, float, float, int, int]:
    """Read and weigh once.

    Gives the seconds of reading, walks and paths, how many contacts are lifted, and how many
    occurrences there are.
    """
    began = time.perf_counter()
    occurrences = collect(Plan((verdicts,), "-"), Plan((dump,), "-"))
    collected = time.perf_counter()
    trust = weigh(occurrences)
    weighed = time.perf_counter()
    n_lifted = sum(1 for _ in lift(trust))
    done = time.perf_counter()
    return collected - began, weighed - collected, done - weighed, n_lifted, len(occurrences)


def growth() -> list[list[str]]:
    rows, first = [], 0.0
    for scale in SCALES:
        forum = simulate(replace(Recipe(), scale=float(scale)), SEEDS[0])
        with tempfile.TemporaryDirectory() as folder:
            verdicts, dump = Path(folder) / "verdicts.jsonl", Path(folder) / "dump.jsonl"
            with (
                verdicts.open("w", encoding="utf-8") as lines,
                dump.open("w", encoding="utf-8") as posts,
            ):
                for setting, found in zip(forum.settings, forum.found, strict=True):
                    numbers = " ".join(one.contact.replace("wechat:", "微信") for one in found)
                    # Wordings of two campaigns must not be near-duplicates.
                    draw = random.Random(setting.campaign or setting.post)
                    wording = "".join(chr(draw.randrange(0x4E00, 0x9000)) for _ in range(64))
                    text = f"{wording}，联系 {numbers}"
                    line = verdict_line(setting.post, setting.flagged, found, text)
                    lines.write(line + "\n")
                    row = {"id": setting.post, "author": setting.account, "text": text}
                    posts.write(json.dumps(row, ensure_ascii=False) + "\n")
            rounds = [timed(str(verdicts), str(dump)) for _ in range(2)]
            tracemalloc.start()
            n_found = timed(str(verdicts), str(dump))[4]
            peak_bytes = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        reading_s, walks_s, paths_s, n_lifted, _ = min(rounds, key=lambda times: sum(times[:3]))
        per_post_s = (reading_s + walks_s + paths_s) / len(forum.settings)
        first = first or per_post_s
        rows.append(
            [
                f"{scale}×", f"{len(forum.settings):,}", f"{n_found:,}", f"{n_lifted:,}",
                f"{reading_s:.2f}", f"{walks_s:.2f}", f"{paths_s:.2f}",
                f"{per_post_s / first:.2f}", f"{peak_bytes / n_found:.0f}",
            ]
        )  # fmt: skip
        print(rows[-1], file=sys.stderr)
    return rows


def main() -> None:
    forums = [Weighed.of(simulate(Recipe(), seed)) for seed in SEEDS]
    tables = {
        "ranking": rivals(forums),
        "cuts": cuts(forums),
        "recipes": [[name, *measure(recipe)] for name, recipe in RECIPES.items()],
        "walks": [[name, *measure(Recipe(), walk)] for name, walk in WALKS.items()],
        "growth": growth(),
    }
    counts = (
        float(np.mean([len(one.crews) for one in forums])),
        float(np.mean([one.crews.sum() for one in forums])),
        float(np.mean([(~one.reachable).sum() for one in forums])),
        float(np.mean([one.wrong_proofs for one in forums])),
    )
    (HERE / "trust.md").write_text(page(tables, counts, SEEDS, LEAST_LIFT), encoding="utf-8")


if __name__ == "__main__":
    main()
