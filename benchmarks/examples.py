"""Check the two search-engine articles that the project was begun for.

    python benchmarks/examples.py [--examples DIR]

DIR (or FANZHA_EXAMPLES) holds seo-cash-out-article.txt and seo-fake-hotline-article.txt, which are
other people's texts and not in this repository; without it nothing is measured. Prints what the
detector says and ends with 1 where a label, a status or a span is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from fanzha import Detector, Verdict

# Number to status and the brand it is claimed for.
WANTED = {
    "seo-cash-out-article": ("cash_out", {}),
    "seo-fake-hotline-article": (
        "fake_hotline",
        {"4006455566": ("unlisted", "抖音"), "9510211": ("other_brand", "抖音")},
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--examples", type=Path, default=os.environ.get("FANZHA_EXAMPLES"))
    folder = parser.parse_args().examples
    if folder is None:
        print("no --examples and no FANZHA_EXAMPLES: nothing measured", file=sys.stderr)
        return 0
    detector = Detector.load()
    wrong = [fault for name in WANTED for fault in check(detector, Path(folder), name)]
    print("\n".join(wrong) or "both as they should be")
    return 1 if wrong else 0


def check(detector: Detector, folder: Path, name: str) -> list[str]:
    post = (folder / f"{name}.txt").read_text(encoding="utf-8")
    verdict = detector.check(post)
    label, numbers = WANTED[name]
    print(name, verdict.suggestion, {one.label: one.score for one in verdict.labels})
    for evidence in verdict.evidence:
        print("  ", evidence.rule, evidence.span, evidence.text[:30].replace("\n", " "))
    wrong = spans(verdict, post)
    if label not in [given.label for given in verdict.labels]:
        wrong.append(f"{name}: {label} is not given")
    found = {one.number: (one.status, one.brand) for one in verdict.hotlines if one.claimed}
    for number, wanted in numbers.items():
        if found.get(number) != wanted:
            wrong.append(f"{name}: {number} is {found.get(number)}, not {wanted}")
    official = {one.number: one.official_numbers for one in verdict.hotlines}
    wrong += [
        f"{name}: 95152 is not named for {number}"
        for number in numbers
        if "95152" not in official.get(number, ())
    ]
    return wrong


def spans(verdict: Verdict, post: str) -> list[str]:
    marked = (*verdict.evidence, *verdict.hotlines, *verdict.contacts)
    return [f"{one.span} is not {one.text!r}" for one in marked if one.span.of(post) != one.text]


if __name__ == "__main__":
    raise SystemExit(main())
