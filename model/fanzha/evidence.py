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
        self._by_rule = {
            rule.name: (rule, classifier.features.fact_column(f"rule:{rule.name}"))
            for rule in rules
        }

    def find(
        self,
        reading: Reading,
        labels: Sequence[str],
        starts: NDArray[np.int32],
        ends: NDArray[np.int32],
    ) -> tuple[Evidence, ...]:
        """Give what speaks for each of `labels`: numbers, named rules, wording, by weight.

        Parameters
        ----------
        starts, ends
            Shape (n_labels,), columns as `LABELS`: of each label the stretch of the masked text
            whose score decided.
        """
        if not labels:
            return ()
        evidence: list[Evidence] = []
        for label in labels:
            column = LABELS.index(label)
            decisive = reading.masked.cut(int(starts[column]), int(ends[column]))
            found = [
                *self._rule_evidence(reading, label, column),
                *self._model_evidence(reading, label, column, decisive),
            ]
            evidence += sorted(found, key=lambda one: (_KINDS.index(one.kind), -one.weight))
        return tuple(evidence)

    def _rule_evidence(self, reading: Reading, label: str, column: int) -> Iterator[Evidence]:
        for firing in reading.firings:
            rule, fact = self._by_rule[firing.rule.name]
            if rule.label != label or fact is None:
                continue
            weight = fact_value(f"rule:{rule.name}") * float(self._classifier.weights[fact, column])
            if weight <= 0:
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
        self, reading: Reading, label: str, column: int, decisive: MaskedText
    ) -> Iterator[Evidence]:
        for stretch, weight in find_wording(self._classifier, decisive, column):
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
