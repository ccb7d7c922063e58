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

_KINDS: Final = ("hotline", "term", "model")
"""Kinds of evidence in the order in which a person can check them."""


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
        self._by_rule: dict[str, tuple[Rule, float]] = {}
        for rule in rules:
            fact = classifier.features.fact_column(f"rule:{rule.name}")
            if rule.label and fact is not None:
                weight = float(classifier.weights[fact, LABELS.index(rule.label)])
                self._by_rule[rule.name] = rule, fact_value(f"rule:{rule.name}") * weight

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
        decisive = [
            readings[row].masked.cut(int(starts[row, column]), int(ends[row, column]))
            for row, column in asked
        ]
        wording = find_wording(self._classifier, decisive, [column for _, column in asked])
        found: list[tuple[Evidence, ...]] = [()] * len(readings)
        for (row, column), text, stretches in zip(asked, decisive, wording, strict=True):
            reading, label = readings[row], LABELS[column]
            here = [
                *self._rule_evidence(reading, label),
                *_model_evidence(reading, label, text, stretches),
            ]
            here.sort(key=lambda one: (_KINDS.index(one.kind), -one.weight))
            found[row] += tuple(here)
        return found

    def _rule_evidence(self, reading: Reading, label: str) -> Iterator[Evidence]:
        for firing in reading.firings:
            rule, weight = self._by_rule.get(firing.rule.name, (firing.rule, 0.0))
            if rule.label != label or weight <= 0:
                continue
            span = reading.text.span(firing.at.start, firing.at.end)
            hotline = next((one for one in reading.hotlines if one.at == firing.at), None)
            yield Evidence(
                label=label,
                kind="hotline" if hotline else "term",
                rule=rule.name,
                span=span,
                text=span.of(reading.post.text),
                normalized=firing.at.of(reading.text.text),
                weight=round(weight, 3),
                why=(hotline.why if hotline else rule.description)
                + explain_disguises(reading, firing.at),
            )


def _model_evidence(
    reading: Reading, label: str, decisive: MaskedText, stretches: Sequence[tuple[Span, float]]
) -> Iterator[Evidence]:
    for stretch, weight in stretches:
        at = decisive.span(stretch.start, stretch.end)
        span = reading.text.span(at.start, at.end)
        yield Evidence(
            label=label,
            kind="model",
            rule="MODEL_WORDING",
            span=span,
            text=span.of(reading.post.text),
            normalized=at.of(reading.text.text),
            weight=round(weight, 3),
            why="wording that the model has learned from such posts"
            + explain_disguises(reading, at),
        )
