from __future__ import annotations

import numpy as np
import pytest

from fanzha import Detector, Post
from fanzha.classify import is_long, windows
from fanzha.masking import MaskedText

FILLER = "今天天气不错，我们去公园散步，看见很多花，孩子们都很高兴，晚上回家做了红烧肉。\n"
PROMOTION = "花呗套现秒到，扣5个点，有需要的加V：hb_9527，当天到账，长期合作。\n"


def text(n_chars: int) -> MaskedText:
    return MaskedText("字" * n_chars, np.arange(n_chars + 1, dtype=np.int32))


@pytest.mark.parametrize("n_chars", [0, 1, 239, 240, 241, 360, 361, 5000])
def test_windows_overlap_and_cover_the_whole_text(n_chars: int) -> None:
    parts = windows(text(n_chars))
    covered = {at for part in parts for at in part.at[:-1].tolist()}
    assert covered == set(range(n_chars))
    assert all(len(part.text) <= 240 for part in parts)
    assert all(len(part.at) == len(part.text) + 1 for part in parts)


def test_one_promoting_paragraph_in_a_long_post_is_found_and_shown(detector: Detector) -> None:
    post = FILLER * 60 + PROMOTION + FILLER * 60
    verdict = detector.check(post)
    assert "cash_out" in [label.label for label in verdict.labels]
    place = range(post.index(PROMOTION), post.index(PROMOTION) + len(PROMOTION))
    shown = [one for one in verdict.evidence if one.label == "cash_out"]
    assert shown
    assert any(one.span.start in place for one in shown)


def test_the_filler_alone_passes(detector: Detector) -> None:
    assert detector.check(FILLER * 120).suggestion == "pass"


def test_only_a_post_longer_than_a_window_is_scored_by_windows(detector: Detector) -> None:
    read = detector._reader.read
    assert not is_long(read(Post("短" + "好。" * 100)))
    assert is_long(read(Post("长。" * 200)))
