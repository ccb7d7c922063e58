from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fanzha.bundle import Bundle
from fanzha.labels import LABELS
from fanzha.post import Post
from fanzha.primer import _promoting
from fanzha.reading import Reader

POSTS = (
    "花呗秒到 95回 加V",
    "出茶 学生 上门",
    "明天去县城的车还有位",
    "招人 日结 自带卡",
    "花",
    "",
)


def test_what_a_screen_learns_is_linear_and_no_less_than_the_log_odds() -> None:
    model = Bundle.load().classifier
    alone = replace(model, margins=np.full_like(model.margins, np.inf))
    readings = Reader.load().read_many([*map(Post, POSTS)])
    whole = alone.whole_log_odds(readings)
    promoting = _promoting(alone).whole_log_odds(readings)
    assert (promoting >= whole - 1e-9).all()
    assert (promoting > whole + 1).any()
    answers = np.asarray(model.features.transform(readings) @ model.weights) + model.intercepts
    sums = answers[:, : len(LABELS)] + answers[:, -1:]
    # Beside an answer of a thousand million the others keep six digits behind the point.
    assert promoting == pytest.approx(sums * model.slopes + model.shifts, abs=1e-5)
