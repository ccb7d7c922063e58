"""Measure number extraction, status and claim on annotated posts.

    python benchmarks/hotlines.py FOLDER|POSTS.jsonl … [--misses]

Each line has `text` and perhaps `hotlines`: a list of `written` (as in the text), `number`,
`brand`, `status`, `claimed`; lines without are left out. A number written once in the list and
several times in the text counts once. For a folder, a line a file is written to
benchmarks/hotlines.md.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from markdown_tables import table

from fanzha.contacts import find_numbers
from fanzha.hotlines import Hotline, judge
from fanzha.normalize import normalize
from fanzha.numbering import Numbering
from fanzha.organisations import Organisations
from fanzha.registry import Registry

Row = dict[str, Any]


def read(paths: Sequence[Path]) -> Iterable[Row]:
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def places(text: str, written: str) -> list[int]:
    pattern = rf"(?<![0-9]){re.escape(written)}(?![0-9])"
    found = [match.start() for match in re.finditer(pattern, text)]
    return found or [match.start() for match in re.finditer(re.escape(written), text)]


def compare(row: Row, hotlines: Sequence[Hotline], counts: Counter[str]) -> list[str]:
    misses = []
    text = row["text"]
    wanted = row.get("hotlines", [])
    by_written: dict[str, list[Row]] = {}
    for want in wanted:
        by_written.setdefault(want["written"], []).append(want)
    spans = {(found.span.start, found.span.end): found for found in hotlines}
    known: set[tuple[int, int]] = set()
    for written, wants in by_written.items():
        starts = places(text, written)
        at = [(start, start + len(written)) for start in starts]
        known.update(at)
        found = [spans[span] for span in at if span in spans]
        counts["wanted"] += len(wants)
        if not found:
            misses.append(f"missed {written!r}")
            continue
        counts["hit"] += len(wants)
        for index, want in enumerate(wants):
            one = found[min(index, len(found) - 1)] if len(wants) > 1 else best(found)
            counts["number"] += one.number == want["number"].lstrip("+")
            counts["status"] += one.status == want["status"]
            counts["claimed"] += one.claimed == want["claimed"]
            if one.status != want["status"] or one.claimed != want["claimed"]:
                misses.append(
                    f"{written!r}: {one.status} {one.brand} claimed={one.claimed}, "
                    f"wanted {want['status']} {want['brand']} claimed={want['claimed']}"
                )
    for span, found_one in spans.items():
        if span not in known:
            counts["extra"] += 1
            misses.append(f"extra {found_one.text!r}")
    fake = any(found.suspicious for found in hotlines)
    label = "fake_hotline" in row.get("labels", ())
    counts[f"post_{'tp' if fake and label else 'fp' if fake else 'fn' if label else 'tn'}"] += 1
    if fake != label:
        misses.append(f"post: suspicious={fake}, labelled fake_hotline={label}")
    return misses


def best(found: Sequence[Hotline]) -> Hotline:
    return max(found, key=lambda hotline: (hotline.suspicious, hotline.claimed))


def figures(counts: Counter[str]) -> list[str]:
    """Give numbers, precision, recall, F1, status, claim, and posts right and wrong, as text."""
    hit = max(counts["hit"], 1)
    precision = counts["hit"] / max(counts["hit"] + counts["extra"], 1)
    recall = counts["hit"] / max(counts["wanted"], 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    shares = (precision, recall, f1, counts["status"] / hit, counts["claimed"] / hit)
    posts = (counts[f"post_{kind}"] for kind in ("tp", "fp", "fn"))
    return [str(counts["wanted"]), *(f"{share:.3f}" for share in shares), *map(str, posts)]


HEADS = (
    "posts", "numbers", "precision", "recall", "F1", "status", "claim", "fake found", "wrongly",
    "missed",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("posts", nargs="+", type=Path, metavar="FOLDER|POSTS.jsonl")
    parser.add_argument("--misses", action="store_true", help="print each miss")
    arguments = parser.parse_args()
    registry, plan = Registry.load(), Numbering.load()
    names = Organisations.load(registry)
    rows = []
    total: Counter[str] = Counter()
    folders = [path for path in arguments.posts if path.is_dir()]
    files = [path for path in arguments.posts if not path.is_dir()]
    for path in files + [file for folder in folders for file in sorted(folder.glob("*.jsonl"))]:
        counts: Counter[str] = Counter()
        for row in read([path]):
            if "hotlines" not in row:
                continue
            text = normalize(row["text"])
            misses = compare(row, judge(text, find_numbers(text), registry, plan, names), counts)
            if arguments.misses and misses:
                print(row["id"], row["text"][:160].replace("\n", "⏎"))
                for miss in misses:
                    print("   ", miss)
        if counts["wanted"]:
            rows.append([path.stem, *figures(counts)])
            total += counts
    lines = table(HEADS, [*rows, ["all", *figures(total)]])
    print("\n".join(lines))
    if folders:
        page = f"{PAGE}\n" + "\n".join(lines) + "\n"
        (Path(__file__).parent / "hotlines.md").write_text(page, encoding="utf-8")


PAGE = """# Numbers, whose they are, and whether they are claimed

`python benchmarks/hotlines.py data/corpus`; exact spans, one row a batch of annotated posts.
`status` and `claim` are shares of the numbers found. The last three columns count posts: with a
number that the rules call fake and the label `fake_hotline`, without the label, and with the label
but no such number. The rules were written while reading `hotlines`, `hotlines_more` and `sms`; the
other batches came later.
"""


if __name__ == "__main__":
    main()
