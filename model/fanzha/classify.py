"""The model: one calibrated log-odds per label, for a post whole and by windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.brief import unpack
from fanzha.features import UNKNOWN_IDF, Features, alphanumeric_signs, fact_value
from fanzha.kernel import load_kernel, need_kernel
from fanzha.keys import SlotTable, find_singles
from fanzha.model_handle import MODEL_ROW, ModelHandle, ModelTables
from fanzha.questions import by_label, decide
from fanzha.reading import Reading
from fanzha.results import Decisions
from fanzha.windows import find_windows

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Classifier", "probabilities"]

_IDF_STEPS: Final = 1 << 11
"""For each unit of idf: whole numbers of 16 bits are sorted several times as fast as floats."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """A trained model: linear answers to questions (`fanzha.questions`), calibrated per label.

    `weights` has shape (features.n_columns, n_questions) and `intercepts` (n_questions,); `packed`
    are the weights as brief floats (`fanzha.brief`). Facts have a part only in whether a post bears
    a label, so that what they add is added behind. What is decided of a label, times its slope and
    plus its shift, are its log-odds; `slopes` and `shifts` have shape (n_labels,).
    A post is scored whole and by its windows, so that one promoting sentence counts among many that
    promote nothing: its log-odds are the greater of the whole's and the best window's less the
    label's margin. `margins` has shape (n_labels,); where all are infinite no window counts.
    Source: Platt 1999, probabilistic outputs by a sigmoid fitted to held-out decisions.
    """

    features: Features
    packed: NDArray[np.uint16]
    intercepts: NDArray[np.float64]
    slopes: NDArray[np.float64]
    shifts: NDArray[np.float64]
    margins: NDArray[np.float64]

    _handle: list[ModelHandle] = field(default_factory=list, init=False, repr=False, compare=False)
    _weights: list[NDArray[np.float32]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def score(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give the calibrated probabilities, shape (len(readings), n_labels), each in [0, 1]."""
        return probabilities(self.log_odds(readings))

    def log_odds(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give the calibrated log-odds, shape (len(readings), n_labels)."""
        return self.decide(readings).log_odds

    def decide(self, readings: Sequence[Reading]) -> Decisions:
        """Give the calibrated log-odds and the stretch of each masked text that they came from.

        By the compiled kernel where there is one; it gives what `decide_by_rows` gives.
        """
        kernel = load_kernel()
        if kernel is None:
            return self.decide_by_rows(readings)
        wording = self.decide_wording([reading.masked.text for reading in readings])
        return self.add_facts(wording, readings)

    def decide_wording(self, texts: Sequence[str]) -> Decisions:
        """Give the same of masked texts as if no fact held of any post.

        Raises
        ------
        FanzhaError
            There is no kernel.
        """
        kernel = need_kernel("wording cannot be scored by itself")
        return kernel.decide(self.features.segmenter.handle, self.handle, texts)

    def add_facts(self, wording: Decisions, readings: Sequence[Reading]) -> Decisions:
        """Add to what the wording of posts says what the facts do; they hold of a whole post."""
        return wording._replace(log_odds=wording.log_odds + self.weigh_facts(readings))

    def weigh_facts(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give what the facts of posts add to the log-odds, shape (len(readings), n_labels)."""
        numbers = self.features.fact_numbers(readings)
        rows = np.repeat(np.arange(len(readings)), [*map(len, numbers)])
        added = np.zeros((len(readings), len(self.margins)))
        facts = np.array([*chain.from_iterable(numbers)], dtype=np.intp)
        np.add.at(added, rows, self.handle.tables.facts[facts])
        return added

    def decide_by_rows(self, readings: Sequence[Reading]) -> Decisions:
        """Give the same by the rows and weights of the training: slowly, and by definition."""
        best = self.whole_log_odds(readings)
        starts = np.zeros(best.shape, dtype=np.int32)
        sizes = [len(reading.masked.text) for reading in readings]
        ends = np.repeat(np.array(sizes, dtype=np.int32)[:, None], best.shape[1], axis=1)
        if np.isposinf(self.margins).all():
            return Decisions(best, starts, ends)
        for row, places, log_odds in self._windows(readings):
            found = log_odds.max(axis=0) - self.margins
            better = found > best[row]
            best[row][better] = found[better]
            at = np.array(places, dtype=np.int32)[log_odds.argmax(axis=0)]
            starts[row][better] = at[better, 0]
            ends[row][better] = at[better, 1]
        return Decisions(best, starts, ends)

    def whole_log_odds(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give the log-odds of the posts taken whole, shape (len(readings), n_labels)."""
        return self._apply(self.features.transform(readings))

    def window_log_odds(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give each label's best log-odds over a post's windows, shape (len(readings), n_labels).

        The facts of the whole post count in every window. A post too short for windows has minus
        infinity.
        """
        best = np.full((len(readings), len(self.margins)), -np.inf)
        for row, _, log_odds in self._windows(readings):
            best[row] = log_odds.max(axis=0)
        return best

    @property
    def weights(self) -> NDArray[np.float32]:
        """The weights; twice as large as they are kept, and not needed where there is a kernel."""
        if not self._weights:
            self._weights.append(unpack(self.packed))
        return self._weights[0]

    @property
    def handle(self) -> ModelHandle:
        """The model as the kernel takes it."""
        if not self._handle:
            self._handle.append(ModelHandle(self._tables()))
        return self._handle[0]

    def _tables(self) -> ModelTables:
        features = self.features
        n_chars = len(features.chars.keys)
        n_columns = n_chars + len(features.words.keys)
        idf = np.concatenate([features.chars.idf, features.words.idf])
        # The most frequent first: what most posts need of rows and counts then lies close together.
        order = np.argsort((idf * _IDF_STEPS).astype(np.uint16), kind="stable")
        columns = np.empty(n_columns, dtype=np.int32)
        columns[order] = np.arange(n_columns, dtype=np.int32)
        singles = find_singles(features.chars.keys)
        n_labels = len(self.margins)
        rows = _aligned_zeros(n_columns)
        questions = by_label(n_labels)
        rows["weights"][:, : len(questions)] = self.packed[order][:, questions]
        rows["idf"] = idf[order]
        values = np.array([fact_value(name) for name in features.facts])
        return ModelTables(
            chars=SlotTable.of(features.chars.keys, columns[:n_chars]),
            words=SlotTable.of(features.words.keys, columns[n_chars:]),
            singles=np.where(singles >= 0, columns[singles], np.int32(-1)),
            rows=rows,
            facts=values[:, None] * unpack(self.packed[n_columns:, :n_labels]) * self.slopes,
            intercepts=np.ascontiguousarray(self.intercepts[questions]),
            slopes=np.ascontiguousarray(self.slopes, dtype=np.float64),
            shifts=np.ascontiguousarray(self.shifts, dtype=np.float64),
            margins=np.ascontiguousarray(self.margins, dtype=np.float64),
            alphanumeric=alphanumeric_signs(),
            tf=1.0 + np.log(np.maximum(np.arange(256), 1)),
            unknown_idf=UNKNOWN_IDF,
        )

    def _windows(
        self, readings: Sequence[Reading]
    ) -> Iterator[tuple[int, list[tuple[int, int]], NDArray[np.float64]]]:
        """Give for each post with windows its number, where they are, and their log-odds."""
        from scipy.sparse import csr_array

        places = {row: find_windows(one.masked.text) for row, one in enumerate(readings)}
        places = {row: found for row, found in places.items() if found}
        if not places:
            return
        sizes = [len(found) for found in places.values()]
        facts = self.features.fact_rows([readings[row] for row in places])
        facts = csr_array(facts[np.repeat(np.arange(len(places)), sizes)])
        parts = [
            readings[row].masked.cut(start, end)
            for row, found in places.items()
            for start, end in found
        ]
        log_odds = self._apply(self.features.join(parts, facts))
        of_posts = np.split(log_odds, np.cumsum(sizes)[:-1])
        for (row, found), of_post in zip(places.items(), of_posts, strict=True):
            yield row, found, of_post

    def _apply(self, X: csr_array) -> NDArray[np.float64]:
        answers = np.asarray(X @ self.weights, dtype=np.float64) + self.intercepts
        return decide(answers) * self.slopes + self.shifts


def _aligned_zeros(n_rows: int) -> NDArray[Any]:
    """Give rows of zeros that begin with the processor's lines of 64 bytes, so as to touch few."""
    room = np.zeros((n_rows + 1) * MODEL_ROW.itemsize, dtype=np.uint8)
    skipped = -room.ctypes.data % MODEL_ROW.itemsize
    return room[skipped : skipped + n_rows * MODEL_ROW.itemsize].view(MODEL_ROW)


def probabilities(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the probabilities of log-odds, of the same shape, each in [0, 1]."""
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -60.0, 60.0)))
