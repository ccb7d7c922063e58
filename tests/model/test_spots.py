from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fanzha import Detector
from fanzha.bundle import Bundle
from fanzha.features import UNKNOWN_IDF
from fanzha.look import NUMERALS
from fanzha.masking import mask
from fanzha.normalize import normalize
from fanzha.post import MAX_POST_CHARS
from fanzha.results import Sights
from fanzha.screen import NGRAMS_BY_SIGN, Screen
from fanzha.spots import decide_stretches, find_stretches
from fanzha.windows import SHORT_POST, find_windows

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


def test_stretches_are_the_spots() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 1000)))
    found = find_stretches(seen([(0, 10, 20), (0, 15, 30), (0, 600, 620)]), [text])
    assert found == {0: [text[10:20], text[15:30], text[600:620]]}


def test_a_post_that_is_mostly_spots_or_was_read_otherwise_is_left_out() -> None:
    texts = ["字" * 100, "字" * 2000]
    spots = [(post, 10 * at, 10 * at + 60) for post in (0, 1) for at in (1, 2)]
    assert find_stretches(seen(spots, n_posts=2), texts) == {1: ["字" * 60] * 2}
    assert find_stretches(seen([(0, 50, 70)], NUMERALS), texts[1:]) == {}
    assert find_stretches(seen([]), texts[1:]) == {}


def test_stretches_have_the_best_of_their_wording_less_the_margins(detector: Detector) -> None:
    classifier = detector._bundle.classifier
    alone = classifier.decide_wording([CLEAN, "花呗套现秒到,扣0个点,加我微信。", CLEAN]).log_odds
    alone -= classifier.margins
    found = decide_stretches(
        classifier, {3: [CLEAN, "花呗套现秒到,扣5个点,加我微信。"], 8: [CLEAN]}
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
    windows = find_windows(normalize(post).text)
    assert set(spots) <= set(windows)
    quick, full = detector.check(post), detector.without_screen().check(post)
    assert quick.to_json() == full.to_json()
    assert quick.flagged


def test_a_long_post_passes_by_what_stands_around_its_spots(detector: Detector) -> None:
    text = buried(detector, 11).replace(ADVERT, "花呗套现秒到是真的吗？")
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


def test_the_spots_of_a_post_hang_on_it_alone(detector: Detector) -> None:
    screen = detector._screen
    assert screen is not None
    low = screen.cuts(detector.policy.review) - 4
    # Of the first nearly every window is a spot, and there is no room for all of them.
    posts = [(CLEAN[:9] + "。") * 40, buried(detector, 4), CLEAN * 3, buried(detector, 20)]
    together = detector._reader.look(posts, screen.handle, low)
    alone = [detector._reader.look([post], screen.handle, low) for post in posts]
    assert together is not None
    for number, one in enumerate(alone):
        assert one is not None
        mine = together.spots[together.spots[:, 0] == number, 1:]
        assert mine.tolist() == one.spots[:, 1:].tolist()


def test_a_post_is_estimated_whole_and_by_the_windows_of_the_model(detector: Detector) -> None:
    screen = Bundle.load().screen
    assert screen is not None
    posts = [
        "",
        "套现",
        "套现套现套",
        ADVERT,
        buried(detector, 3),
        # What repeats so often is in no table.
        "的是" * (MAX_POST_CHARS // 4),
        # Short sentences, blanks and cuts in the midst of one.
        "啊。好!" * 30 + ADVERT,
        f"{ADVERT} \n" * 3 + "字" * 59 + f" 。 \n{ADVERT * 4}",
        f" {CLEAN}哈哈哈哈哈,,,,,,00000000{ADVERT}~~~~~~ ",
        ADVERT.replace("。", "") * 40,
    ]
    for post in posts:
        sights = detector._reader.look([post], screen.handle)
        assert sights is not None
        text = mask(normalize(post).text, [], []).text
        windows = [text[start:end] for start, end in find_windows(text)]
        assert bool(windows) == (len(text) > SHORT_POST)
        wanted = [estimate(detector, screen, text, repeats=True)]
        wanted += [estimate(detector, screen, one) - screen.margins for one in windows]
        assert sights.log_odds[0] == pytest.approx(np.max(wanted, axis=0), abs=1e-3)


def estimate(
    detector: Detector, screen: Screen, text: str, *, repeats: bool = False
) -> NDArray[np.float64]:
    """Estimate a text by itself, by the definition."""
    (columns,), (n_signs,) = detector._reader.columns([text], screen.handle)
    known, counts = np.unique(columns, return_counts=True)
    lanes = screen.lanes[known] * screen.scales.astype(np.float64)
    tf = 1 + np.log(counts) if repeats else counts.astype(np.float64)
    squares = (tf**2 if repeats else tf) @ (lanes[:, -1] + UNKNOWN_IDF**2)
    squares += UNKNOWN_IDF**2 * (NGRAMS_BY_SIGN * n_signs - len(columns))
    sums = tf @ lanes[:, :-1]
    return np.asarray(sums / np.sqrt(max(squares, 1.0)) + screen.intercepts)
