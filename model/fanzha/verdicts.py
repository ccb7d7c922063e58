"""The verdicts on many posts at once; those that merely pass are made when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from fanzha.labels import LABELS
from fanzha.normalize import Changes
from fanzha.verdict import Verdict

__all__ = ["Verdicts"]


@dataclass(frozen=True, slots=True)
class Verdicts(Sequence[Verdict]):
    """The verdicts on some posts, in their order.

    Nineteen posts of twenty pass with nothing found in them, and of most nobody ever looks at the
    verdict: of these only the scores are kept.

    Parameters
    ----------
    texts, ids
        The posts; of equal length.
    told
        By a post's place, each verdict that says more than `pass`: that has a label, evidence, a
        number, a contact or an entry of a list, or that the model gave.
    scores
        Shape (n_posts, n_labels), columns as `LABELS`: what the screen estimates, or the wording
        alone says, each in [0, 1].
        Rows of posts in `told` do not count.
    changed
        Whether normalization changes each post; rows of posts in `told` do not count.
    bundle, policy
        Names of the model and of the thresholds.
    """

    texts: Sequence[str]
    ids: Sequence[str | int | None]
    told: Mapping[int, Verdict]
    scores: NDArray[np.float64]
    changed: Sequence[bool]
    bundle: str
    policy: str

    @classmethod
    def of(
        cls, texts: Sequence[str], ids: Sequence[str | int | None], verdicts: Iterable[Verdict]
    ) -> Verdicts:
        """Collect verdicts that were made one by one."""
        told: dict[int, Verdict] = {}
        rows: list[Sequence[float]] = []
        changed: list[bool] = []
        nothing = (0.0,) * len(LABELS)
        bundle = policy = ""
        for at, verdict in enumerate(verdicts):
            mere = _merely_passes(verdict)
            rows.append(tuple(verdict.scores.values()) if mere else nothing)
            changed.append(mere and isinstance(verdict.normalizations, Changes))
            if mere:
                bundle, policy = verdict.bundle, verdict.policy
            else:
                told[at] = verdict
        scores = np.array(rows, dtype=np.float64).reshape(len(rows), len(LABELS))
        return cls(texts, ids, told, scores, changed, bundle, policy)

    def __len__(self) -> int:
        return len(self.scores)

    @overload
    def __getitem__(self, index: int) -> Verdict: ...
    @overload
    def __getitem__(self, index: slice) -> list[Verdict]: ...
    def __getitem__(self, index: int | slice) -> Verdict | list[Verdict]:
        if isinstance(index, slice):
            return [self._at(at) for at in range(*index.indices(len(self)))]
        return self._at(range(len(self))[index])

    def __iter__(self) -> Iterator[Verdict]:
        for at, row in enumerate(self.scores.tolist()):
            yield self.told.get(at) or self._passing(at, row)

    def _at(self, at: int) -> Verdict:
        return self.told.get(at) or self._passing(at, self.scores[at].tolist())

    def _passing(self, at: int, row: Sequence[float]) -> Verdict:
        return Verdict(
            id=self.ids[at],
            suggestion="pass",
            labels=(),
            scores=dict(zip(LABELS, row, strict=True)),
            evidence=(),
            hotlines=(),
            contacts=(),
            normalizations=Changes(self.texts[at]) if self.changed[at] else (),
            bundle=self.bundle,
            policy=self.policy,
            screened=True,
        )


def _merely_passes(verdict: Verdict) -> bool:
    """Tell whether scores say all of it."""
    return bool(
        verdict.screened
        and verdict.suggestion == "pass"
        and not (verdict.labels or verdict.evidence or verdict.hotlines or verdict.contacts)
        and not verdict.lists
        and tuple(verdict.scores) == LABELS
        # The changes of a disguised term are not those that normalization alone makes.
        and (isinstance(verdict.normalizations, Changes) or not verdict.normalizations)
    )
