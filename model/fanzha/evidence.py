"""What speaks for a label that a post was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from fanzha.brief import unpack
from fanzha.classify import Classifier
from fanzha.explain import explain_disguises, find_wording
from fanzha.features import fact_value
from fanzha.labels import LABELS
from fanzha.masking import MaskedText
from fanzha.post import Span
from fanzha.reading import Glance
from fanzha.results import Decisions
from fanzha.rules import Firing, Rule
from fanzha.verdict import Evidence

__all__ = ["EvidenceFinder"]

_KINDS: Final = {"hotline": 0, "term": 1, "model": 2}
"""Kinds of evidence in the order in which a person can check them."""
_NOTHING: Final = ("", 0.0)
_COLUMNS: Final = {label: column for column, label in enumerate(LABELS)}


class EvidenceFinder:
    """Finds the characters that prove a label, and says why.

    Parameters
    ----------
    classifier
        The model that gave the labels.
    rules
        The rules that may fire.
    """

    def __init__(self, classifier: Classifier, rules: Sequence[Rule]) -> None:
        self._classifier = classifier
        self._by_rule: dict[str, tuple[str, float]] = {}
        for rule in rules:
            fact = classifier.features.fact_column(f"rule:{rule.name}")
            if rule.label and fact is not None:
                value = fact_value(f"rule:{rule.name}")
                label = LABELS.index(rule.label)
                weight = value * float(unpack(classifier.packed[[fact], label])[0])
                weight *= float(classifier.slopes[label])
                if weight > 0:
                    self._by_rule[rule.name] = rule.label, round(weight, 3)

    def find(
        self,
        glances: Sequence[Glance],
        masked: Sequence[MaskedText],
        firings: Sequence[Sequence[Firing]],
        labels: Sequence[Sequence[str]],
        decisions: Decisions,
    ) -> list[tuple[Evidence, ...]]:
        """Give of each post what speaks for its labels: numbers, named rules, wording, by weight.

        Parameters
        ----------
        masked, firings
            Of each post the text that the model reads, and the rules that fired.
        labels
            Those that each post was given.
        decisions
            Of each label the stretch of the masked text whose score decided.
        """
        asked = [(row, _COLUMNS[label]) for row, given in enumerate(labels) for label in given]
        first, last = decisions.starts.tolist(), decisions.ends.tolist()
        decisive = [masked[row].text[first[row][at] : last[row][at]] for row, at in asked]
        wording = find_wording(self._classifier, decisive, [column for _, column in asked])
        found: list[tuple[Evidence, ...]] = [()] * len(glances)
        for (row, column), stretches in zip(asked, wording, strict=True):
            glance, label, fired = glances[row], LABELS[column], firings[row]
            here = list(self._rule_evidence(glance, fired, label)) if fired else []
            if stretches:
                places, begin = masked[row].at, first[row][column]
                for start, end, weight in stretches:
                    at = places.item(begin + start), places.item(begin + end)
                    here.append(_model_evidence(glance, label, *at, weight))
            if len(here) > 1:
                here.sort(key=_order)
            found[row] += tuple(here)
        return found

    def _rule_evidence(
        self, glance: Glance, fired: Sequence[Firing], label: str
    ) -> Iterator[Evidence]:
        hotlines = {one.at: one for one in reversed(glance.hotlines)}
        for rule, start, end in fired:
            speaks_for, weight = self._by_rule.get(rule.name, _NOTHING)
            if speaks_for != label:
                continue
            at = Span(start, end)
            span = glance.text.span(start, end)
            hotline = hotlines.get(at) if hotlines else None
            yield Evidence(
                label,
                "hotline" if hotline else "term",
                rule.name,
                span,
                glance.post.text[span.start : span.end],
                glance.text.text[start:end],
                weight,
                (hotline.why if hotline else rule.description) + explain_disguises(glance, at),
            )


def _model_evidence(glance: Glance, label: str, start: int, end: int, weight: float) -> Evidence:
    """Give the evidence of a stretch of the normalized text."""
    span = glance.text.span(start, end)
    why = "wording that the model has learned from such posts"
    if glance.restored:
        why += explain_disguises(glance, Span(start, end))
    return Evidence(
        label,
        "model",
        "MODEL_WORDING",
        span,
        glance.post.text[span.start : span.end],
        glance.text.text[start:end],
        round(weight, 3),
        why,
    )


def _order(one: Evidence) -> tuple[int, float]:
    return _KINDS[one.kind], -one.weight
