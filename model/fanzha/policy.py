"""A board's policy: from which score a label is given, and from which a post is blocked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.errors import DataError, InputError
from fanzha.labels import LABELS

__all__ = ["Policy"]

_NEVER: Final = 2.0


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds per label, each in (0, 1].

    A label is given at `review[label]`; the post is blocked when one label reaches
    `block[label]`, which is never below `review[label]`. A label absent from `review` is off.

    Raises
    ------
    DataError
        An unknown label, a threshold outside (0, 1], or a block threshold below the review one.
    """

    name: str
    review: Mapping[str, float]
    block: Mapping[str, float]

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise DataError(f"a policy's name must be a string, not {type(self.name).__name__}")
        for table in (self.review, self.block):
            if not isinstance(table, Mapping):
                raise DataError(
                    f"policy {self.name!r}: review and block are objects of label: threshold, "
                    f"not {type(table).__name__}"
                )
            for label, threshold in table.items():
                if label not in LABELS:
                    raise DataError(
                        f"policy {self.name!r}: {label!r} is no label; "
                        f"use one of {', '.join(LABELS)}"
                    )
                if isinstance(threshold, bool) or not isinstance(threshold, int | float):
                    raise DataError(
                        f"policy {self.name!r}: the threshold of {label} is {threshold!r}; "
                        "write a number between 0 and 1"
                    )
                if not 0 < threshold <= 1:
                    raise DataError(
                        f"policy {self.name!r}: the threshold of {label} is {threshold}; "
                        "it must be above 0 and at most 1"
                    )
        for label, threshold in self.block.items():
            if threshold < self.review.get(label, 0.0):
                raise DataError(
                    f"policy {self.name!r}: {label} is blocked at {threshold}, below its review "
                    f"threshold {self.review[label]}; raise the block threshold"
                )
        object.__setattr__(self, "review", MappingProxyType(dict(self.review)))
        object.__setattr__(self, "block", MappingProxyType(dict(self.block)))

    @classmethod
    def of(cls, policy: Policy) -> Policy:
        """Give a policy back; a path or an object of JSON is none yet.

        Raises
        ------
        InputError
            It is of another kind.
        """
        if not isinstance(policy, Policy):
            raise InputError(
                f"a policy must be a fanzha.Policy, not {type(policy).__name__}; read one from a "
                "file with Policy.read(path)"
            )
        return policy

    def __reduce__(self) -> tuple[type[Policy], tuple[str, dict[str, float], dict[str, float]]]:
        return (Policy, (self.name, dict(self.review), dict(self.block)))

    @classmethod
    def read(cls, path: str | Path) -> Policy:
        """Read a policy from JSON: `{"name": …, "review": {label: t}, "block": {label: t}}`.

        Raises
        ------
        DataError
            The file cannot be read or is not such an object.
        """
        path = Path(path)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(f"cannot read the policy {path}: {error.strerror}") from error
        except ValueError as error:
            raise DataError(f"{path}: the policy is not valid JSON ({error})") from error
        keys = {"name", "review", "block"}
        if not isinstance(data, dict) or set(data) != keys or not isinstance(data["name"], str):
            raise DataError(f"{path}: a policy is an object with the keys name, review and block")
        if not isinstance(data["review"], dict) or not isinstance(data["block"], dict):
            raise DataError(f"{path}: review and block are objects of label: threshold")
        return cls(data["name"], data["review"], data["block"])

    def review_thresholds(self) -> NDArray[np.float64]:
        """Give the review thresholds in the order of `LABELS`, shape (n_labels,).

        A label that is off has 2, which no score reaches.
        """
        return np.array([self.review.get(label, _NEVER) for label in LABELS])

    def given(self, scores: Mapping[str, float]) -> tuple[str, ...]:
        """Give the labels whose score reaches its review threshold, highest score first."""
        labels = [label for label, least in self.review.items() if scores[label] >= least]
        if len(labels) > 1:
            labels.sort(key=lambda label: -scores[label])
        return tuple(labels)

    def suggestion(self, scores: Mapping[str, float]) -> str:
        """Give `block`, `review` or `pass` for calibrated scores."""
        return self.suggestion_of(self.given(scores), scores)

    def suggestion_of(self, labels: Sequence[str], scores: Mapping[str, float]) -> str:
        """Give the suggestion for scores of which `given` gave these labels."""
        block = self.block
        for label in labels:
            if label in block and scores[label] >= block[label]:
                return "block"
        return "review" if labels else "pass"
