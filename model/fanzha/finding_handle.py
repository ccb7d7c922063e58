"""The lexicon, the rules and the numbers of facts, as the compiled kernel takes them."""

from __future__ import annotations

from ctypes import Structure, c_int64, c_uint64, c_void_p, pointer
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.handles import addresses

__all__ = [
    "MOST_FACTS",
    "MOST_GROUPS",
    "NODE",
    "RULE",
    "TERM",
    "Finding",
    "FindingHandle",
    "FindingTables",
]

MOST_GROUPS: Final = 64
MOST_FACTS: Final = 4096
NODE: Final = np.dtype([("code", "u4"), ("first", "i4"), ("n", "i4"), ("term", "i4")])
TERM: Final = np.dtype([("groups", "u8"), ("size", "i4"), ("alone", "i4")])
RULE: Final = np.dtype([("groups", "u8"), ("silenced_by", "u8"), ("within", "i4"), ("fact", "i4")])
"""`Node`, `Term` and `Rule` of findings.c, and how many groups and facts it knows at most."""


class FindingTables(NamedTuple):
    """What finding terms, firings and facts needs, as contiguous arrays.

    `nodes`, of `NODE`, has for each beginning of a term its last sign, its longer ones,
    which stand together in the order of their signs, and the number of the term that it is, or -1;
    the first is the empty one. `roots`, shape (65,536,), has the node of each single sign, or 0.
    `terms` and `rules` are of `TERM` and `RULE`. `sets` has bits for the groups
    that are topics, stances, verbs of cashing out and credit products.
    The others have numbers of facts, -1 of those that a model does not know: by group, by topic and
    stance, and by the least length of a text. `weights`, shape (n_facts, n_labels), has what each
    fact adds.
    """

    nodes: NDArray[Any]
    roots: NDArray[np.uint16]
    terms: NDArray[Any]
    rules: NDArray[Any]
    sets: NDArray[np.uint64]
    group_facts: NDArray[np.int32]
    many_facts: NDArray[np.int32]
    near_facts: NDArray[np.int32]
    length_facts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    weights: NDArray[np.float64]


class Finding(Structure):
    """`Tables` of findings.c."""

    _fields_ = (
        ("nodes", c_void_p),
        ("roots", c_void_p),
        ("terms", c_void_p),
        ("rules", c_void_p),
        ("n_rules", c_int64),
        ("topics", c_uint64),
        ("stances", c_uint64),
        ("verbs", c_uint64),
        ("credit", c_uint64),
        ("group_facts", c_void_p),
        ("many_facts", c_void_p),
        ("near_facts", c_void_p),
        ("length_facts", c_void_p),
        ("lengths", c_void_p),
        ("weights", c_void_p),
        ("n_labels", c_int64),
    )


class FindingHandle:
    """`FindingTables` as the kernel takes them."""

    def __init__(self, tables: FindingTables) -> None:
        self.tables = tables
        self._struct = Finding(
            *addresses(tables.nodes, tables.roots, tables.terms, tables.rules),
            len(tables.rules),
            *tables.sets.tolist(),
            *addresses(tables.group_facts, tables.many_facts, tables.near_facts),
            *addresses(tables.length_facts, tables.lengths, tables.weights),
            tables.weights.shape[1],
        )
        self.address = pointer(self._struct)

    def __reduce__(self) -> tuple[type[FindingHandle], tuple[FindingTables]]:
        return (FindingHandle, (self.tables,))
