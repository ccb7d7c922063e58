"""The model, as the compiled kernel takes it."""

from __future__ import annotations

from ctypes import Structure, c_double, c_int64, c_void_p, pointer
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.handles import SlotStruct, Zeros, addresses, slot_struct
from fanzha.keys import SlotTable
from fanzha.questions import count_questions

__all__ = ["MODEL_ROW", "Model", "ModelHandle", "ModelTables"]

_MOST_QUESTIONS: Final = 24
MODEL_ROW: Final = np.dtype([("weights", "u2", 30), ("idf", "f4")])
"""`Row` of kernel.h: one line of a processor's memory."""


class ModelTables(NamedTuple):
    """What scoring needs, as contiguous arrays.

    `chars` and `words` have the column of each key, and `singles`, of shape (65,536,), that of each
    single sign by code point, -1 where it has none.
    `rows`, `MODEL_ROW` of shape (n_char_columns + n_words,), has each column's weights as brief
    floats, in the order of `fanzha.questions.by_label`, and its idf; `intercepts`, shape
    (n_questions,), has the same order. `facts`, shape (n_facts, n_labels), has what the facts add
    to the log-odds; the kernel does without. `slopes`, `shifts` and `margins` have shape
    (n_labels,). `alphanumeric` is true where a code point makes a word of a token. `tf` is the
    weight of a count below 256.
    """

    chars: SlotTable
    words: SlotTable
    singles: NDArray[np.int32]
    rows: NDArray[Any]
    facts: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    slopes: NDArray[np.float64]
    shifts: NDArray[np.float64]
    margins: NDArray[np.float64]
    alphanumeric: NDArray[np.bool_]
    tf: NDArray[np.float64]
    unknown_idf: float


class Model(Structure):
    """`Model` of kernel.h."""

    _fields_ = (
        ("chars", SlotStruct),
        ("words", SlotStruct),
        ("singles", c_void_p),
        ("rows", c_void_p),
        ("n_labels", c_int64),
        ("intercepts", c_void_p),
        ("slopes", c_void_p),
        ("shifts", c_void_p),
        ("margins", c_void_p),
        ("alphanumeric", c_void_p),
        ("tf", c_void_p),
        ("unknown_idf", c_double),
    )


class ModelHandle:
    """`ModelTables` as the kernel takes them, with room to count in for each thread."""

    def __init__(self, tables: ModelTables) -> None:
        n_questions = len(tables.intercepts)
        if tables.rows.dtype != MODEL_ROW or n_questions > _MOST_QUESTIONS:
            raise ValueError(f"{n_questions} questions: the kernel takes {_MOST_QUESTIONS} in rows")
        if n_questions != count_questions(len(tables.margins)):
            raise ValueError(f"{n_questions} questions for {len(tables.margins)} labels")
        self.tables = tables
        self._struct = Model(
            slot_struct(tables.chars),
            slot_struct(tables.words),
            *addresses(tables.singles, tables.rows),
            len(tables.margins),
            *addresses(tables.intercepts, tables.slopes, tables.shifts, tables.margins),
            *addresses(tables.alphanumeric, tables.tf),
            tables.unknown_idf,
        )
        self.address = pointer(self._struct)
        self._zeros = Zeros(len(tables.rows))

    def __reduce__(self) -> tuple[type[ModelHandle], tuple[ModelTables]]:
        return (ModelHandle, (self.tables,))

    @property
    def counts(self) -> int:
        """Address of zeros, one a column, of this thread alone; the kernel leaves zeros behind."""
        return self._zeros.address
