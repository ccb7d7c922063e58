from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fanzha.bundle import Bundle
from fanzha.keys import MOST_VALUES, SlotTable

VOCABULARY = Bundle.load().classifier.features.chars.keys
LOW_BITS = (1 << 42) - 1


def find(table: SlotTable, key: int) -> int:
    """Find a key as the kernel does, slot by slot; -1 where it is not."""
    at = key >> table.shift
    while slot := int(table.slots[at]):
        if slot >> 22 == key & LOW_BITS:
            return (slot & MOST_VALUES) - 1
        at += 1
    return -1


@pytest.mark.parametrize(
    "keys",
    [
        np.array([], dtype=np.uint64),
        np.array([0], dtype=np.uint64),
        np.arange(2**64 - 40, 2**64, dtype=np.uint64),
        VOCABULARY[:20_000],
    ],
    ids=["none", "zero", "all in one place", "of the model"],
)
def test_each_key_has_its_value_and_others_none(keys: NDArray[np.uint64]) -> None:
    table = SlotTable.of(keys, np.arange(len(keys)))
    assert [find(table, key) for key in keys.tolist()] == list(range(len(keys)))
    others = (keys ^ np.uint64(0x5555)).tolist()
    assert {find(table, key) for key in others if key not in set(keys.tolist())} <= {-1}
    assert not table.slots[-3:].any()


def test_no_two_keys_of_the_model_are_taken_for_one_another() -> None:
    table = SlotTable.of(VOCABULARY, np.arange(len(VOCABULARY)))
    tags = np.sort(VOCABULARY & np.uint64(LOW_BITS))
    assert np.count_nonzero(table.slots) == len(VOCABULARY)
    assert (np.diff(tags) > 0).all()


def test_a_value_for_which_there_is_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="there is room for"):
        SlotTable.of(np.array([1], dtype=np.uint64), np.array([MOST_VALUES]))
