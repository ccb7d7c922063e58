"""What speaks for a label that a post was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.classify import Classifier
from fanzha.explain import explain_disguises, find_wording
from fanzha.features import fact_value
from fanzha.labels import LABELS
from fanzha.masking import MaskedText
from fanzha.post import Span
from fanzha.reading import Reading
from fanzha.rules import Rule
from fanzha.verdict import Evidence

__all__ = ["EvidenceFinder"]

_KINDS: Final = {"hotline": 0, "term": 1, "model": 2}
"""Kinds of evidence in the order in which a person can check them."""
_NOTHING: Final = ("", 0.0)


class EvidenceFinder:
    """Finds the characters that prove a label, and says why.

    Parameters
    ----------
    classifier
        The model that gave the labels.
    rules
        The rules whose firings a reading lists.
    """

    def __init__(self, classifier: Classifier, rules: Sequence[Rule]) -> None:
        self._classifier = classifier
        self._by_rule: dict[str, tuple[str, float]] = {}
        for rule in rules:
            fact = classifier.features.fact_column(f"rule:{rule.name}")
            if rule.label and fact is not None:
                value = fact_value(f"rule:{rule.name}")
                weight = value * float(classifier.weights[fact, LABELS.index(rule.label)])
                if weight > 0:
                    self._by_rule[rule.name] = rule.label, round(weight, 3)

    def find(
        self,
        readings: Sequence[Reading],
        labels: Sequence[Sequence[str]],
        starts: NDArray[np.int32],
        ends: NDArray[np.int32],
    ) -> list[tuple[Evidence, ...]]:
        """Give of each post what speaks for its labels: numbers, named rules, wording, by weight.

        Parameters
        ----------
        labels
            Those that each post was given.
        starts, ends
            Shape (n_readings, n_labels), columns as `LABELS`: of each label the stretch of the
            masked text whose score decided.
        """
        asked = [(row, LABELS.index(label)) for row, given in enumerate(labels) for label in given]
        first, last = starts.tolist(), ends.tolist()
        decisive = [
            readings[row].masked.cut(first[row][column], last[row][column]) for row, column in asked
        ]
        wording = find_wording(self._classifier, decisive, [column for _, column in asked])
        found: list[tuple[Evidence, ...]] = [()] * len(readings)
        for (row, column), text, stretches in zip(asked, decisive, wording, strict=True):
            reading, label = readings[row], LABELS[column]
            here = [
                *(self._rule_evidence(reading, label) if reading.firings else ()),
                *[_model_evidence(reading, label, text, *one) for one in stretches],
            ]
            if len(here) > 1:
                here.sort(key=_order)
            found[row] += tuple(here)
        return found

    def _rule_evidence(self, reading: Reading, label: str) -> Iterator[Evidence]:
        for rule, start, end in reading.firings:
            speaks_for, weight = self._by_rule.get(rule.name, _NOTHING)
            if speaks_for != label:
                continue
            at = Span(start, end)
            span = reading.text.span(start, end)
            hotline = next((one for one in reading.hotlines if one.at == at), None)
            yield Evidence(
                label,
                "hotline" if hotline else "term",
                rule.name,
                span,
                reading.post.text[span.start : span.end],
                reading.text.text[start:end],
                weight,
                (hotline.why if hotline else rule.description) + explain_disguises(reading, at),
            )


def _model_evidence(
    reading: Reading, label: str, decisive: MaskedText, stretch: Span, weight: float
) -> Evidence:
    start, end = decisive.at.item(stretch.start), decisive.at.item(stretch.end)
    span = reading.text.span(start, end)
    why = "wording that the model has learned from such posts"
    if reading.restored:
        why += explain_disguises(reading, Span(start, end))
    return Evidence(
        label,
        "model",
        "MODEL_WORDING",
        span,
        reading.post.text[span.start : span.end],
        reading.text.text[start:end],
        round(weight, 3),
        why,
    )


def _order(one: Evidence) -> tuple[int, float]:
    return _KINDS[one.kind], -one.weight
