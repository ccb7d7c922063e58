from __future__ import annotations

import pytest

from fanzha import Detector

FILLER = "今天天气不错，我们去公园散步，看见很多花，孩子们都很高兴，晚上回家做了红烧肉。\n"
PROMOTION = "花呗套现秒到，扣5个点，有需要的加V：hb_9527，当天到账，长期合作。\n"


@pytest.mark.parametrize("n_fillers", [1, 3, 60])
def test_one_promoting_paragraph_in_a_padded_post_is_found_and_shown(
    detector: Detector, n_fillers: int
) -> None:
    post = FILLER * n_fillers + PROMOTION + FILLER * n_fillers
    verdict = detector.check(post)
    assert "cash_out" in [label.label for label in verdict.labels]
    place = range(post.index(PROMOTION), post.index(PROMOTION) + len(PROMOTION))
    shown = [one for one in verdict.evidence if one.label == "cash_out"]
    assert shown
    assert any(one.span.start in place for one in shown)


def test_the_filler_alone_passes(detector: Detector) -> None:
    assert detector.check(FILLER * 120).suggestion == "pass"
