"""What an evaluation found, as JSON values and as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fanzha.accuracy import Accuracy
from fanzha.base_rate import RestatedPrecision
from fanzha.intervals import Interval, Share
from fanzha.misses import Miss, miss_table
from fanzha.slices import Slice, slice_table

__all__ = ["Evaluation", "LabelResult", "MacroResult"]


@dataclass(frozen=True, slots=True)
class LabelResult:
    """What a detector did for one label.

    `intervals` has the 95 % confidence interval of each share of `accuracy`, by its name. `found`
    counts the posts that bear the label, `false` those that do not, and of either the flagged.
    """

    accuracy: Accuracy
    intervals: Mapping[str, Interval]
    found: Share
    false: Share
    restated: RestatedPrecision

    def to_json(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return {
            **self.accuracy.to_json(),
            "intervals": {name: one.to_json() for name, one in self.intervals.items()},
            "false_positives": self.false.to_json(),
            "precision_at_base_rate": self.restated.to_json(),
        }


@dataclass(frozen=True, slots=True)
class MacroResult:
    """Means over the labels that occur, each with its 95 % interval, all in [0, 1]."""

    f1: float
    average_precision: float
    calibration_error: float
    restated: RestatedPrecision
    intervals: Mapping[str, Interval]

    def to_json(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return {
            "f1": round(self.f1, 6),
            "average_precision": round(self.average_precision, 6),
            "calibration_error": round(self.calibration_error, 6),
            "intervals": {name: one.to_json() for name, one in self.intervals.items()},
            "precision_at_base_rate": self.restated.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a detector did on labelled posts under its policy.

    `n_left_out` posts of the training split were not measured on. `found` counts the posts that
    bear some label, `clean` those that bear none, and of either those that got `review` or
    `block`; `restated` is the precision of any flag at the base rate.
    """

    bundle: str
    policy: str
    split: str
    n_posts: int
    n_left_out: int
    found: Share
    clean: Share
    restated: RestatedPrecision
    labels: Mapping[str, LabelResult]
    macro: MacroResult
    slices: tuple[Slice, ...]
    misses: tuple[Miss, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return {
            "bundle": self.bundle,
            "policy": self.policy,
            "split": self.split,
            "n_posts": self.n_posts,
            "n_left_out": self.n_left_out,
            "n_clean": self.clean.n_posts,
            "n_clean_flagged": self.clean.n_hit,
            "macro_f1": round(self.macro.f1, 6),
            "macro": self.macro.to_json(),
            "any_label": {
                "found": self.found.to_json(),
                "false": self.clean.to_json(),
                "precision_at_base_rate": self.restated.to_json(),
            },
            "labels": {label: one.to_json() for label, one in self.labels.items()},
            "slices": [one.to_json() for one in self.slices],
            "misses": [one.to_json() for one in self.misses],
        }

    def to_table(self) -> str:
        """Give the figures as Markdown tables."""
        parts = [
            self._scope(), self._label_table(), self._summary(),
            "### Precision at a base rate", self._base_rate_table(),
        ]  # fmt: skip
        if self.slices:
            parts += ["### Slices", slice_table(self.slices)]
        if self.misses:
            parts += ["### Worst misses", miss_table(self.misses)]
        return "\n\n".join(parts)

    def _scope(self) -> str:
        if self.split == "test":
            return (
                f"{self.n_posts} posts of the test split; {self.n_left_out} of the training split "
                "left out, from which the bundle may have learned."
            )
        return (
            f"{self.n_posts} posts, all of the corpus; where the bundle was trained on some of "
            "them, the figures flatter."
        )

    def _label_table(self) -> str:
        lines = [
            "| label | posts | flagged | precision | recall | F1 | average precision |"
            " calibration error |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for label, one in self.labels.items():
            cells = (
                f"{getattr(one.accuracy, name):.3f} {_ends(interval)}"
                for name, interval in one.intervals.items()
            )
            counts = f"{one.accuracy.n_positive} | {one.accuracy.n_flagged}"
            lines.append(f"| `{label}` | {counts} | {' | '.join(cells)} |")
        return "\n".join(lines)

    def _summary(self) -> str:
        macro, ends = self.macro, self.macro.intervals
        return (
            f"Macro F1 {macro.f1:.3f} {_ends(ends['f1'])}, average precision "
            f"{macro.average_precision:.3f} {_ends(ends['average_precision'])}, calibration error "
            f"{macro.calibration_error:.3f} {_ends(ends['calibration_error'])}; clean posts "
            f"flagged: {self.clean.n_hit} of {self.clean.n_posts} "
            f"({_percent(self.clean.value, self.clean.interval())})."
        )

    def _base_rate_table(self) -> str:
        lines = [
            f"| label | found | wrongly flagged | precision at {self.restated.base_rate:.2%} |",
            "|---|---|---|---|",
        ]
        rows = [("any label", self.found, self.clean, self.restated)]
        rows += [(f"`{label}`", x.found, x.false, x.restated) for label, x in self.labels.items()]
        for name, found, false, restated in rows:
            cells = (
                _percent(found.value, found.interval()),
                _percent(false.value, false.interval(), digits=2),
                _percent(restated.precision, restated.interval),
            )
            lines.append(f"| {name} | {' | '.join(cells)} |")
        mean = self.macro.restated
        lines.append(f"| macro | | | {_percent(mean.precision, mean.interval)} |")
        return "\n".join(lines)


def _ends(interval: Interval) -> str:
    return f"({interval.low:.3f}–{interval.high:.3f})"


def _percent(share: float, interval: Interval, digits: int = 1) -> str:
    low, high = f"{interval.low * 100:.{digits}f}", f"{interval.high:.{digits}%}"
    return f"{share:.{digits}%}, {low}–{high}"
