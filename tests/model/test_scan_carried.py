from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import fanzha_data
from fanzha.detector import Detector
from fanzha.errors import BundleError
from fanzha.policy import Policy
from fanzha.scan.carried import CarriedDetector

STRICT = Policy("strict", {"cash_out": 0.01}, {})


@pytest.fixture(scope="module")
def carried() -> CarriedDetector:
    return CarriedDetector.read(policy=STRICT)


def test_a_detector_that_was_carried_gives_the_same_verdicts(
    carried: CarriedDetector, detector: Detector
) -> None:
    arrived: CarriedDetector = pickle.loads(pickle.dumps(carried))
    (verdict,) = arrived.load().check_many(["花呗套现秒到，扣5个点，加V：hb_9527"])
    assert verdict.scores == detector.check("花呗套现秒到，扣5个点，加V：hb_9527").scores
    assert (verdict.policy, verdict.bundle) == ("strict", detector.bundle_id)


def test_a_process_loads_it_once(carried: CarriedDetector) -> None:
    arrived: CarriedDetector = pickle.loads(pickle.dumps(carried))
    assert arrived.key == carried.key
    assert arrived.load() is carried.load()


def test_other_contents_have_another_key(carried: CarriedDetector) -> None:
    keys = {
        carried.key,
        CarriedDetector(carried.bundle).key,
        CarriedDetector(carried.bundle, (b"x",)).key,
        CarriedDetector(carried.bundle, (b"y",)).key,
        CarriedDetector({**carried.bundle, "manifest.json": b"{}"}).key,
    }
    assert len(keys) == 5


def test_overlays_are_carried(tmp_path: Path) -> None:
    header = fanzha_data.path("hotlines.csv").read_text(encoding="utf-8").splitlines()[0]
    table = tmp_path / "own.csv"
    table.write_text(f"{header}\n", encoding="utf-8")
    arrived = CarriedDetector.read(overlays=(str(table),))
    assert arrived.overlays == (table.read_bytes(),)


def test_a_bundle_that_cannot_be_loaded_is_told_before_it_is_sent(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no bundle"):
        CarriedDetector.read(str(tmp_path))
