"""The labelled posts that a model is trained on and measured with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanzha.errors import DataError, reason_of
from fanzha.labels import LABELS

__all__ = ["N_FOLDS", "LabelledPost", "label_matrix", "read_corpus"]

N_FOLDS = 5
"""Folds of the part that is not the test split; calibration and thresholds come from them."""

_TEST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class LabelledPost:
    """One post of a corpus and what its readers said of it; none of the labels means clean.

    `batch` names who wrote it and when, `family` the idea it belongs to; posts of one family never
    stand on both sides of a split.
    """

    id: str
    text: str
    labels: tuple[str, ...]
    batch: str
    family: str
    intent: str = ""
    register: str = ""
    products: tuple[str, ...] = ()
    obfuscation: tuple[str, ...] = ()

    @property
    def split(self) -> str:
        """Give `test` for a fifth of the families and `train` for the rest."""
        return "test" if self._draw() < _TEST_SHARE else "train"

    @property
    def fold(self) -> int:
        """Give the fold, 0 to `N_FOLDS` - 1, the same for all posts of a family."""
        return int(self._draw() * 1e9) % N_FOLDS

    def _draw(self) -> float:
        # A hash and not a random draw: adding posts never moves another family's split.
        key = f"{self.batch}/{self.family}".encode()
        return int.from_bytes(hashlib.sha256(key).digest()[:8], "big") / 2**64


def read_corpus(paths: Iterable[Path]) -> tuple[LabelledPost, ...]:
    """Read the JSONL files of a corpus, in the order of their names; a folder stands for its files.

    A row has `id`, `text` and `labels`; `batch` (else the file's name), `family` (else the id),
    `intent`, `register`, `products`, `obfuscation` and other fields may follow.

    Raises
    ------
    DataError
        A file cannot be read, a row is malformed, a label is none of the policy's, or an id
        stands twice; the message gives file:line:column.
    """
    rows: list[LabelledPost] = []
    seen: dict[str, str] = {}
    for path in _files(paths):
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except OSError as error:
            raise DataError(f"cannot read the corpus file {path}: {reason_of(error)}") from error
        except UnicodeDecodeError as error:
            number = error.object.count(b"\n", 0, error.start) + 1
            raise _fault(path, number, "not UTF-8; convert the file first") from error
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            row = _row(path, number, line)
            if row.id in seen:
                raise _fault(path, number, f"id {row.id!r} stands in {seen[row.id]} too")
            seen[row.id] = f"{path.name}:{number}"
            rows.append(row)
    return tuple(rows)


def label_matrix(rows: Sequence[LabelledPost]) -> NDArray[np.bool_]:
    """Give which post bears which label, shape (n_posts, n_labels), in the order of `LABELS`."""
    return np.array([[label in row.labels for label in LABELS] for row in rows], dtype=bool)


def _files(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files.extend(sorted(path.glob("*.jsonl")))
        elif path.exists():
            files.append(path)
        else:
            raise DataError(f"there is no corpus at {path}; give a JSONL file or a folder of them")
    if not files:
        raise DataError("the corpus has no JSONL file; give a folder that holds some")
    return files


def _row(path: Path, number: int, line: str) -> LabelledPost:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise _fault(path, number, f"not valid JSON ({error})") from error
    if not isinstance(data, dict):
        raise _fault(path, number, "a row is an object with id, text and labels")
    for name, kind, called in (
        ("id", str, "string"),
        ("text", str, "string"),
        ("labels", list, "array"),
    ):
        if not isinstance(data.get(name), kind):
            raise _fault(path, number, f"the field {name!r} is absent or no {called}")
    unknown = [label for label in data["labels"] if label not in LABELS]
    if unknown:
        raise _fault(path, number, f"{unknown[0]!r} is no label; use {', '.join(LABELS)}")

    def text(name: str, default: str) -> str:
        return str(data.get(name) or default)

    def several(name: str) -> tuple[str, ...]:
        values: Any = data.get(name) or ()
        return tuple(str(value) for value in values)

    return LabelledPost(
        id=data["id"],
        text=data["text"],
        labels=tuple(label for label in LABELS if label in data["labels"]),
        batch=text("batch", path.stem),
        family=text("family", data["id"]),
        intent=text("intent", ""),
        register=text("register", ""),
        products=several("products"),
        obfuscation=several("obfuscation"),
    )


def _fault(path: Path, number: int, message: str) -> DataError:
    return DataError(f"{path}:{number}:1: {message}")
