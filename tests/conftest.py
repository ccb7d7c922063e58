from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

from fanzha import Detector
from fanzha.train import train

ROOT = Path(__file__).parents[1]

# Checked by mypy and never run: what it says of verdicts is of types, not of a bundle.
collect_ignore = ["typing"]

# A test asserts nothing of time; a busy machine is no defect.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The shipped model, loaded once."""
    return Detector.load()


@pytest.fixture(scope="session")
def small_bundle(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle trained on the small corpus, with its screen."""
    folder = tmp_path_factory.mktemp("bundle")
    train([small_corpus], folder)
    return folder


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of a thousand rows of the project's own, all labels in many families."""
    taken: Counter[str] = Counter()
    lines = []
    for path in sorted((ROOT / "data" / "corpus").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            kind = row["labels"][0] if row["labels"] else f"clean in {path.name}"
            family = f"{kind} of {row['batch']}/{row['family']}"
            most = 30 if row["labels"] else 4
            if taken[kind] < most and taken[family] < 2 and len(row["text"]) < 200:
                taken[kind] += 1
                taken[family] += 1
                lines.append(line)
    path = tmp_path_factory.mktemp("corpus") / "small.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
