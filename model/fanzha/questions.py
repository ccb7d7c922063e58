"""The questions that a model asks of a post, and what its answers say together of each label.

Of each label it asks whether a post *bears* it, and of posts that promote something *which* label
it would be; and once, whether a post *promotes* anything at all. The answers to all of them stand
in one array: of each label whether a post bears it, of each whether it would be this, and last
whether anything is promoted.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["by_label", "count_questions", "decide", "find_deciding"]

_RIVAL_SHARE: Final = 0.5
"""What of the strongest other label's answer to *which* a label must outdo; chosen on the folds."""


def count_questions(n_labels: int) -> int:
    """Give how many questions there are."""
    return 2 * n_labels + 1


def by_label(n_labels: int) -> NDArray[np.intp]:
    """Give the numbers of the questions as the kernel has them: a label's own two side by side."""
    labels = np.arange(n_labels)
    return np.append(np.column_stack([labels, n_labels + labels]).ravel(), 2 * n_labels)


def decide(answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give how much speaks for each label, shape (n, n_labels), from answers (n, n_questions).

    A label needs two things: that something is promoted, and that it is this rather than anything
    else. The lower of both counts, beside whether a post bears the label.
    """
    bears, which, promotes = _parts(answers)
    return bears + np.minimum(promotes, _leads(which))


def find_deciding(answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give by how much each answer counts for each label, shape (n_labels, n_questions).

    `answers`, shape (n_questions,), are those on one post; the decisions on it are the sums of
    what counts.
    """
    _, which, promotes = (part[0] for part in _parts(answers[np.newaxis]))
    n_labels = len(which)
    counted = np.zeros((n_labels, len(answers)))
    order = np.argsort(-which, kind="stable")
    for label, lead in enumerate(_leads(which[np.newaxis])[0]):
        counted[label, label] = 1.0
        if lead < promotes:
            counted[label, n_labels + label] = 1.0
            counted[label, n_labels + order[1 if label == order[0] else 0]] = -_RIVAL_SHARE
        else:
            counted[label, -1] = 1.0
    return counted


def _parts(answers: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    n_labels = answers.shape[1] // 2
    return answers[:, :n_labels], answers[:, n_labels : 2 * n_labels], answers[:, 2 * n_labels :]


def _leads(which: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give how far each label's answer is ahead of that share of the strongest other's."""
    nobody = np.full((len(which), 1), -np.inf)
    ranked = np.sort(np.hstack([nobody, which]), axis=1)
    others = np.where(which == ranked[:, -1:], ranked[:, -2:-1], ranked[:, -1:])
    return np.asarray(which - _RIVAL_SHARE * others)
