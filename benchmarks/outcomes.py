"""What the bundle says of posts, read with the restoration of disguised terms and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from attack_targets import STRENGTHS
from attacks import attack
from numpy.typing import NDArray
from positives import Positive

from fanzha.bundle import Bundle
from fanzha.handles import Lead
from fanzha.labels import LABELS
from fanzha.normalize import NormalizedText
from fanzha.post import Post
from fanzha.reading import Reader
from fanzha.variants import Restoration, Restorer

__all__ = ["Bench", "Outcome"]

_BATCH_POSTS: Final = 64


class _Idle(Restorer):
    """Restores nothing."""

    def restore(
        self, text: NormalizedText, leads: Sequence[Lead] | None = None, *, rows: bool = True
    ) -> tuple[NormalizedText, tuple[Restoration, ...]]:
        """Give the text back as it is."""
        return text, ()


class _PlainReader(Reader):
    """Reads posts as they are spelled after normalization."""

    def __init__(self, *tables: Any) -> None:
        super().__init__(*tables)
        self._restorer = _Idle(self.lexicon)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of posts: scores, shape (n_posts, n_labels), and what follows from each row."""

    scores: NDArray[np.float64]
    answers: list[tuple[str, tuple[str, ...]]]

    def found(self, positives: Sequence[Positive], review: dict[str, float]) -> NDArray[np.bool_]:
        """Give for each label that a positive bears whether it is given, shape (n_borne,)."""
        rows = self.scores.tolist()
        return np.array(
            [
                row[LABELS.index(label)] >= review[label]
                for one, row in zip(positives, rows, strict=True)
                for label in one.labels
            ],
            dtype=bool,
        )


class Bench:
    """The bundle with both readers, and the posts; built once, before the work is shared out."""

    def __init__(self, positives: Sequence[Positive], honest: Sequence[str]) -> None:
        self.bundle = Bundle.load()
        self.readers = {"with": Reader.load(), "without": _PlainReader.load()}
        self.positives = positives
        self.honest = honest

    def ask(self, how: str, texts: Sequence[str]) -> Outcome:
        """Say of each post what `Detector` says of it, leaving out the evidence."""
        scores = []
        for at in range(0, len(texts), _BATCH_POSTS):
            batch = [self.readers[how].read(Post(text)) for text in texts[at : at + _BATCH_POSTS]]
            scores.append(self.bundle.classifier.score(batch).round(6))
        rows = np.concatenate(scores)
        policy = self.bundle.policy
        given = [dict(zip(LABELS, row, strict=True)) for row in rows.tolist()]
        answers = [(policy.suggestion(one), tuple(sorted(policy.given(one)))) for one in given]
        return Outcome(rows, answers)

    def attacked(self, name: str, strength: int) -> list[str]:
        """Give the posts under an attack, in order."""
        return [
            attack(name, one.target, STRENGTHS[strength], one.key, self.honest)
            for one in self.positives
        ]
