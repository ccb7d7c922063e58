from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fanzha.brief import pack, unpack


def rounded(some: NDArray[np.float32]) -> NDArray[np.float32]:
    return unpack(pack(some))


def test_what_a_brief_float_can_say_comes_back() -> None:
    some = np.array([0.0, -0.0, 1.0, -2.5, 0.15625, 3.0e38, 1e-30], dtype=np.float32)
    near = rounded(some)
    assert np.array_equal(rounded(near), near)
    assert near[2:5].tolist() == [1.0, -2.5, 0.15625]


def test_others_are_rounded_to_the_nearest_and_of_equals_to_the_even_one() -> None:
    draw = np.random.default_rng(0)
    some = draw.normal(size=10_000).astype(np.float32)
    assert np.abs(rounded(some) / some - 1).max() <= 2.0**-8
    step = np.float32(2.0**-7)
    assert rounded(np.array([1 + step / 2, 1 + 3 * step / 2], dtype=np.float32)).tolist() == [
        1.0,
        1 + 2 * step,
    ]


def test_the_shape_stays() -> None:
    assert rounded(np.ones((3, 4), dtype=np.float32)).shape == (3, 4)
    assert pack(np.ones((3, 4), dtype=np.float32)[:, ::2]).shape == (3, 2)
