"""Measure number extraction, status and claim on annotated posts.

    python benchmarks/hotlines.py FOLDER|POSTS.jsonl … [--misses]

Each line has `text` and perhaps `hotlines`: a list of `written` (as in the text), `number`,
`brand`, `status`, `claimed`; lines without are left out. A number written once in the list and
several times in the text counts once. `numbers_not_hotlines` lists figures that are no numbers to
dial. For a folder the page benchmarks/hotlines.md is written; `--misses` prints the misses of the
training split and never those of the test split.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from markdown_tables import table

from fanzha.contacts import find_numbers
from fanzha.corpus import read_corpus
from fanzha.hotlines import Hotline, judge
from fanzha.normalize import normalize
from fanzha.organisations import Organisations
from fanzha.post import Post
from fanzha.reading import Reader

Row = dict[str, Any]


def read(path: Path) -> Iterator[Row]:
    """Give the annotated rows of a file, each with its `split`."""
    splits = {post.id: post.split for post in read_corpus([path])}
    for line in path.read_text(encoding="utf-8").splitlines():
        row: Row = json.loads(line)
        if "hotlines" in row:
            yield {**row, "split": splits[row["id"]]}


def places(text: str, written: str) -> list[tuple[int, int]]:
    """Give where `written` stands, by preference not inside a longer run of digits."""
    pattern = rf"(?<![0-9]){re.escape(written)}(?![0-9])"
    found = [match.span() for match in re.finditer(pattern, text)]
    return found or [match.span() for match in re.finditer(re.escape(written), text)]


def compare(row: Row, hotlines: Sequence[Hotline], counts: Counter[str]) -> list[str]:
    """Count what was found of one row, and say what was not."""
    misses = []
    text = row["text"]
    by_written: dict[str, list[Row]] = {}
    for want in row.get("hotlines", []):
        by_written.setdefault(want["written"], []).append(want)
    spans = {(found.span.start, found.span.end): found for found in hotlines}
    known: set[tuple[int, int]] = set()
    for written, wants in by_written.items():
        at = places(text, written)
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
    misses += compare_others(row, spans, known, counts)
    fake = any(found.suspicious for found in hotlines)
    label = "fake_hotline" in row.get("labels", ())
    counts[f"post_{'tp' if fake and label else 'fp' if fake else 'fn' if label else 'tn'}"] += 1
    if fake != label:
        misses.append(f"post: suspicious={fake}, labelled fake_hotline={label}")
    return misses


def compare_others(
    row: Row, found: Iterable[tuple[int, int]], known: set[tuple[int, int]], counts: Counter[str]
) -> list[str]:
    """Count the figures that are no numbers to dial, and those of them that were extracted."""
    misses = []
    wrong = [span for span in found if span not in known]
    for written in dict.fromkeys(row.get("numbers_not_hotlines", [])):
        at = [span for span in places(row["text"], written) if span not in known]
        counts["others"] += bool(at)
        if any(one[0] < end and start < one[1] for one in wrong for start, end in at):
            counts["others_found"] += 1
            misses.append(f"no number to dial, but found: {written!r}")
    return misses


def best(found: Sequence[Hotline]) -> Hotline:
    return max(found, key=lambda hotline: (hotline.suspicious, hotline.claimed))


def figures(counts: Counter[str]) -> list[str]:
    """Give the cells of one row of a table, in the order of `HEADS`."""
    hit = max(counts["hit"], 1)
    precision = counts["hit"] / max(counts["hit"] + counts["extra"], 1)
    recall = counts["hit"] / max(counts["wanted"], 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    shares = (precision, recall, f1, counts["status"] / hit, counts["claimed"] / hit)
    others = f"{counts['others_found']} of {counts['others']}"
    posts = (counts[f"post_{kind}"] for kind in ("tp", "fp", "fn"))
    return [str(counts["wanted"]), *(f"{share:.3f}" for share in shares), others, *map(str, posts)]


def timed(reader: Reader) -> Iterator[list[str]]:
    """Time posts that are full of numbers, or of what looks like them."""
    posts = {
        "1,000 claimed numbers": "".join(
            f"支付宝官方客服：400-{which:03d}-{which % 7}566，" for which in range(1_000)
        ),
        "a run of digits": "7" * 1_000_000,
        "digits apart": "4 " * 500_000,
        "digits in brackets": "【4】" * 333_333,
    }
    names = Organisations.load(reader.registry)
    for name, post in posts.items():
        seconds = []
        for _ in range(3):
            started = time.perf_counter()
            text = normalize(post)
            numbers = find_numbers(text)
            judge(text, numbers, reader.registry, reader.numbering, names)
            seconds.append(time.perf_counter() - started)
        yield [name, f"{len(post):,}", f"{len(numbers):,}", f"{min(seconds):.2f}"]


HEADS = (
    "posts", "numbers", "precision", "recall", "F1", "status", "claim", "others found",
    "fake found", "wrongly", "missed",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("posts", nargs="+", type=Path, metavar="FOLDER|POSTS.jsonl")
    parser.add_argument("--misses", action="store_true", help="print each miss of the train split")
    arguments = parser.parse_args()
    reader = Reader.load()
    slices: dict[str, Counter[str]] = {
        f"{split}, {kind}": Counter()
        for split in ("train", "test")
        for kind in ("all", "plain", "disguised")
    }
    batches: dict[str, Counter[str]] = {}
    folders = [path for path in arguments.posts if path.is_dir()]
    files = [path for path in arguments.posts if not path.is_dir()]
    for path in files + [file for folder in folders for file in sorted(folder.glob("*.jsonl"))]:
        for row in read(path):
            counts: Counter[str] = Counter()
            misses = compare(row, reader.read(Post(row["text"])).hotlines, counts)
            kind = "disguised" if row.get("obfuscation") else "plain"
            for part in ("all", kind):
                slices[f"{row['split']}, {part}"] += counts
            batches.setdefault(path.stem, Counter()).update(counts)
            if arguments.misses and misses and row["split"] == "train":
                print(row["id"], ",".join(row["labels"]), row["text"][:300].replace("\n", "⏎"))
                for miss in misses:
                    print("   ", miss)
    by_slice = table(HEADS, [[name, *figures(counts)] for name, counts in slices.items()])
    rows = [[name, *figures(counts)] for name, counts in batches.items() if counts["wanted"]]
    by_batch = table(HEADS, rows)
    print("\n".join(by_slice))
    if folders:
        times = table(("post", "characters", "numbers", "seconds"), timed(reader))
        page = "\n".join([PAGE, *by_slice, TIMES, *times, BATCHES, *by_batch]) + "\n"
        (Path(__file__).parent / "hotlines.md").write_text(page, encoding="utf-8")
    else:
        print("\n".join(by_batch))


PAGE = """# Numbers, whose they are, and whether they are claimed

`python benchmarks/hotlines.py data/corpus`; exact spans, annotated posts. `status` and `claim` are
shares of the numbers found. `others found` counts the figures annotated as no number to dial that
were taken for one. The last three columns count posts: with a number that the rules call fake and
the label `fake_hotline`, without the label, and with the label but no such number.

The splits are those of `fanzha.corpus`, by batch and family. The rules were written while reading
misses of the training split; of the test split only the figures were used. A post is `disguised`
when its author noted a disguise of words or digits in it. What counts as claimed for firms that the
registry does not know is written in the data card and in the program alike, so that there the two
agree by construction.
"""

TIMES = """
Finding and judging the numbers of long posts, the best of three runs on one core:
"""

BATCHES = """
By batch, both splits together:
"""


if __name__ == "__main__":
    main()
