from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fanzha import Detector, Policy
from fanzha.bundle import Bundle
from fanzha.corpus import read_corpus
from fanzha.distil import _slack
from fanzha.errors import BundleError
from fanzha.labels import LABELS
from fanzha.reading import Reader
from fanzha.screen import Screen
from fanzha.train import screen as make_screen

READER = Reader.load()
CLEAN = "今天食堂的红烧肉不错，下午打球，晚上看书，周末去爬山，妈妈做了饺子，猫又把花盆打翻了"


@pytest.fixture(scope="module")
def own(small_bundle: Path) -> Detector:
    return Detector.load(small_bundle)


@pytest.fixture(scope="module")
def screen(small_bundle: Path) -> Screen:
    made = Bundle.load(small_bundle).screen
    assert made is not None
    return made


def log_odds(screen: Screen, texts: list[str]) -> NDArray[np.float32]:
    sights = READER.look(texts, screen.handle)
    assert sights is not None
    return sights.log_odds


def test_a_short_text_has_its_windows_beside_a_long_one_and_alone(screen: Screen) -> None:
    short, long = f"{CLEAN[:20]}花呗套现秒到", CLEAN * 6
    assert log_odds(screen, [short])[0].tolist() == log_odds(screen, [short, long])[0].tolist()


def test_no_post_of_the_corpus_that_the_model_flags_passes(
    own: Detector, small_corpus: Path
) -> None:
    posts = [post.text for post in read_corpus([small_corpus])]
    pairs = list(zip(own.check_many(posts), own.without_screen().check_many(posts), strict=True))
    assert [quick.suggestion for quick, _ in pairs] == [full.suggestion for _, full in pairs]
    assert not any(full.screened for _, full in pairs)


def test_one_promoting_sentence_is_seen_in_a_long_post(detector: Detector) -> None:
    # The shipped screen: a handful of posts and their misspelt copies teach too little for this.
    screen = detector._bundle.screen
    assert screen is not None
    cut = screen.cuts(Policy("mine", dict.fromkeys(LABELS, 0.5), {}).review)
    odds = log_odds(
        screen,
        [CLEAN * 8, f"{CLEAN * 4}。花呗套现秒到，扣5个点，加我微信。{CLEAN * 4}"],
    )
    above = (odds - cut).max(axis=1)
    assert above[1] > above[0] + 1


def test_a_post_that_passes_lists_what_the_full_path_lists(own: Detector) -> None:
    lenient = Detector(own._bundle, own._reader, Policy("mine", {"cash_out": 0.9999999}, {}))
    post = "９点开会，Ａ楼，套現是违法的，２０２６年三月"
    quick, full = lenient.check(post), lenient.without_screen().check(post)
    assert (quick.screened, full.screened, quick.suggestion) == (True, False, "pass")
    one, other = quick.to_json(), full.to_json()
    assert one["model"].pop("screened") is True
    assert list(one["scores"]) == list(LABELS)
    assert {**one, "scores": None} == {**other, "scores": None}


@pytest.mark.parametrize(
    "post",
    [
        "打9510211问问",
        "微信：tx_8888",
        "陶现秒到 花呗",
        "套.现是违法的",
        "看 www.spdb.com.cn",
        "加我***",
    ],
)
def test_contacts_numbers_and_disguises_are_left_to_the_model(own: Detector, post: str) -> None:
    lenient = Detector(own._bundle, own._reader, Policy("mine", {"cash_out": 0.9999999}, {}))
    assert not lenient.check(post).screened


def test_a_stricter_board_has_the_model_see_more(screen: Screen) -> None:
    lenient, strict = ({"cash_out": least} for least in (0.5, 0.05))
    for cuts in (screen.cuts, screen.wording_cuts):
        assert cuts(strict)[0] < cuts(lenient)[0]
        assert cuts(strict)[1] == float("inf")


def test_what_the_estimate_lets_not_pass_may_pass_by_its_wording(detector: Detector) -> None:
    # The shipped bundle: a handful of posts teaches too little of wording.
    bundle = detector._bundle
    assert bundle.screen is not None
    wary = bundle.with_screen(bundle.screen.with_slacks(1e6, bundle.screen.slacks[1]), {})
    quick = Detector(wary, detector._reader)
    posts = [CLEAN, "花呗套现秒到，扣5个点，加我微信", f"{CLEAN}\n看 www.spdb.com.cn"]
    assert [one.screened for one in quick.check_many(posts)] == [True, False, False]
    assert [one.suggestion for one in quick.check_many(posts)] == [
        one.suggestion for one in detector.without_screen().check_many(posts)
    ]
    warier = bundle.with_screen(bundle.screen.with_slacks(1e6, 1e6), {})
    assert not Detector(warier, detector._reader).check(CLEAN).screened


def test_the_screen_alone_can_be_made_again(
    small_bundle: Path, small_corpus: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(small_bundle, folder)
    (folder / "screen.npz").write_bytes(b"")
    with pytest.raises(BundleError, match="damaged"):
        Bundle.load(folder)
    manifest = (folder / "manifest.json").read_text(encoding="utf-8")
    (folder / "manifest.json").write_text(
        manifest.replace('"screen"', '"screen of before"'), encoding="utf-8"
    )
    assert Bundle.load(folder).screen is None
    made = make_screen([small_corpus], folder)
    assert made.id == Bundle.load(small_bundle).id
    assert (folder / "screen.npz").read_bytes() == (small_bundle / "screen.npz").read_bytes()


@pytest.mark.parametrize("damage", ["absent", "cut off", "another"])
def test_a_damaged_screen_is_refused(small_bundle: Path, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(small_bundle, folder)
    path = folder / "screen.npz"
    if damage == "absent":
        path.unlink()
    elif damage == "cut off":
        path.write_bytes(path.read_bytes()[:-200])
    else:
        (folder / "manifest.json").write_text(
            (folder / "manifest.json")
            .read_text(encoding="utf-8")
            .replace(Bundle.load(small_bundle).manifest["screen"]["arrays"]["lanes"], "0")
        )
    with pytest.raises(BundleError, match="make the screen again"):
        Bundle.load(folder)


def test_a_bundle_without_a_screen_scores_every_post(small_bundle: Path) -> None:
    bundle = Bundle.load(small_bundle)
    bare = Bundle(bundle.classifier, bundle.policy, bundle.manifest)
    assert not Detector(bare, Reader.load()).check(CLEAN).screened


def test_one_odd_post_in_ten_thousand_does_not_set_the_slack() -> None:
    stands = np.full((10_000, 1), 1.0)
    stands[:2] = [[-5.0], [-2.0]]
    assert _slack(stands) == pytest.approx(5.4)
    assert _slack(stands, freaks=1e-4) == pytest.approx(2.4)
    assert _slack(stands[2:]) == 0.0
    assert _slack(stands[:0], freaks=1e-4) == 0.0
