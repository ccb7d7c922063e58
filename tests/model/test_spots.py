from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from fanzha import Detector
from fanzha.bundle import Bundle
from fanzha.features import UNKNOWN_IDF
from fanzha.kernel import Sights
from fanzha.look import NUMERALS
from fanzha.normalize import normalize
from fanzha.post import MAX_POST_CHARS
from fanzha.screen import NGRAMS_BY_SIGN, Screen
from fanzha.spots import decide_stretches, find_stretches

CLEAN = "今天食堂的红烧肉不错，下午打球，晚上看书，周末去爬山，妈妈做了饺子，猫又把花盆打翻了。"
ADVERT = "信用卡代还套现，低手续费，有需要的私聊。"


def seen(spots: list[tuple[int, int, int]], bits: int = 0, n_posts: int = 1) -> Sights:
    places = np.array(spots, dtype=np.int32).reshape(-1, 3)
    return Sights(bytearray([bits] * n_posts), np.empty((0, 11), np.float32), [], spots=places)


def look(detector: Detector, posts: list[str]) -> tuple[Sights, NDArray[np.float64]]:
    screen = detector._screen
    assert screen is not None
    cuts = screen.cuts(detector.policy.review)
    sights = detector._reader.look(posts, screen.handle, cuts)
    assert sights is not None
    return sights, cuts


def buried(detector: Detector, where: int) -> str:
    """Put an advertisement among honest sentences, so long that the whole says nothing."""
    sentences = [CLEAN] * 30
    sentences.insert(where, ADVERT)
    return "".join(sentences)


def test_a_stretch_reaches_a_window_beyond_its_spot_and_joins_others() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 1000)))
    found = find_stretches(seen([(0, 10, 20), (0, 500, 510), (0, 600, 620)]), [text])
    assert found == {0: [text[:80], text[440:680]]}


def test_a_post_that_is_mostly_spots_or_was_read_otherwise_is_left_out() -> None:
    texts = ["字" * 200, "字" * 2000]
    assert find_stretches(seen([(0, 50, 70), (1, 50, 70)], n_posts=2), texts) == {1: ["字" * 130]}
    assert find_stretches(seen([(0, 50, 70)], NUMERALS), texts[1:]) == {}
    assert find_stretches(seen([]), texts[1:]) == {}


def test_stretches_have_the_best_of_their_wording(detector: Detector) -> None:
    classifier = detector._bundle.classifier
    alone = classifier.decide_wording(
        [CLEAN, "花呗套现秒到,扣0个点,加我微信。", CLEAN * 2]
    ).log_odds
    found = decide_stretches(
        classifier, {3: [CLEAN, "花呗套现秒到,扣5个点,加我微信。"], 8: [CLEAN * 2]}
    )
    assert found.tolist() == [alone[:2].max(axis=0).tolist(), alone[2].tolist()]
    assert decide_stretches(classifier, {}).shape == (0, len(detector.labels))


@pytest.mark.parametrize("where", [0, 11, 30])
def test_an_advertisement_in_a_long_post_is_a_spot_and_judged_as_without_a_screen(
    detector: Detector, where: int
) -> None:
    post = buried(detector, where)
    sights, _ = look(detector, [CLEAN * 30, post])
    at = normalize(post).text.index("代还套现")
    spots = [(first, end) for number, first, end in sights.spots.tolist() if number == 1]
    assert any(first < at + 6 and end > at for first, end in spots)
    assert all(0 <= first < end <= len(post) for first, end in spots)
    assert all(one[1] < other[0] for one, other in pairwise(spots))
    quick, full = detector.check(post), detector.without_screen().check(post)
    assert quick.to_json() == full.to_json()
    assert quick.flagged


def test_a_long_post_passes_by_what_stands_around_its_spots(detector: Detector) -> None:
    text = buried(detector, 11).replace(ADVERT, "信用卡刷卡手续费谁出？")
    screen = detector._screen
    assert screen is not None
    assert len(look(detector, [text])[0].spots)
    verdict = detector.check(text)
    assert (verdict.screened, verdict.suggestion) == (True, "pass")
    around = find_stretches(look(detector, [text])[0], [normalize(text).text])
    odds = decide_stretches(detector._bundle.classifier, around)[0]
    assert list(verdict.scores.values()) == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-6)
    wary = detector._bundle.with_screen(screen.with_slacks(float(screen.slacks[0]), 1e6), {})
    assert not Detector(wary, detector._reader).check(text).screened


def test_spots_are_asked_for(detector: Detector) -> None:
    screen = detector._screen
    assert screen is not None
    posts = [buried(detector, 4), ADVERT]
    plain = detector._reader.look(posts, screen.handle)
    sights, cuts = look(detector, posts)
    assert plain is not None
    assert not len(plain.spots)
    assert plain.log_odds.tolist() == sights.log_odds.tolist()
    # The whole of a short one is not below the cuts.
    assert (sights.log_odds[1] >= cuts).any()
    assert set(sights.spots[:, 0].tolist()) == {0}
    assert set(sights.of([1, 0]).spots[:, 0].tolist()) == {1}


def test_a_whole_post_counts_what_it_repeats_as_the_model_does(detector: Detector) -> None:
    screen = Bundle.load().screen
    assert screen is not None
    # So short that it has no windows; and one whose numbers of times are in no table.
    for post in ("套现套现套", "的是" * (MAX_POST_CHARS // 4)):
        sights = detector._reader.look([post], screen.handle)
        assert sights is not None
        wanted = whole(detector, screen, post)
        if len(post) < 10:
            assert sights.log_odds[0] == pytest.approx(wanted, abs=1e-3)
        else:
            assert (sights.log_odds[0] >= wanted - 1e-2).all()


def whole(detector: Detector, screen: Screen, post: str) -> NDArray[np.float64]:
    """Estimate the whole of a post by the definition."""
    (columns,), (n_signs,) = detector._reader.columns([post], screen.handle)
    known, counts = np.unique(columns, return_counts=True)
    lanes = screen.lanes[known] * screen.scales.astype(np.float64)
    tf = 1 + np.log(counts)
    squares = tf**2 @ (lanes[:, -1] + UNKNOWN_IDF**2)
    squares += UNKNOWN_IDF**2 * (NGRAMS_BY_SIGN * n_signs - len(columns))
    sums = tf @ lanes[:, :-1]
    return np.asarray(sums / np.sqrt(max(squares, 1.0)) + screen.intercepts)
