"""Scan a dump from Python and print the posts to block, each with the numbers it gives."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from fanzha.scan import Plan, scan

DUMP = Path(__file__).parent.parent / "data" / "sample-posts" / "forum.jsonl"


def main(dump: Path) -> None:
    with TemporaryDirectory() as folder:
        output = Path(folder) / "flagged.jsonl"
        summary = scan(Plan((str(dump),), str(output), only_flagged=True))
        for line in output.read_text(encoding="utf-8").splitlines():
            verdict = json.loads(line)
            numbers = [hotline["number"] for hotline in verdict["hotlines"]]
            if verdict["suggestion"] == "block":
                print(verdict["id"], [given["label"] for given in verdict["labels"]], *numbers)
    print(f"{summary.posts} posts, {summary.flagged} flagged")


# Workers import this file too, so nothing may happen at its top level.
if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DUMP)
