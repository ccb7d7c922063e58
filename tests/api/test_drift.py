"""What is given is counted, held against a baseline, and told of once when it no longer fits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from api.conftest import Client, FakeDetector, Running
from fanzha_api.score_counts import ScoreCounts, stability
from fanzha_api.store import Storage, tables
from fanzha_api.store.audit import Actor
from fanzha_api.store.drift import (
    BASELINE_POSTS,
    LEAST_POSTS,
    BoardDrift,
    raise_alarms,
    write_counts,
)
from fanzha_api.store.webhooks import add_webhook

NOW = datetime(2027, 1, 31, 12, 30, tzinfo=UTC)
OFFER, CLEAN = "花呗套现", "今天下雨"


def counts_of(posts: Iterable[str]) -> ScoreCounts:
    counts, detector = ScoreCounts(), FakeDetector()
    for post in posts:
        counts.add(detector.check(post))
    return counts


def mixed(n_posts: int, n_offers: int) -> ScoreCounts:
    return counts_of([OFFER] * n_offers + [CLEAN] * (n_posts - n_offers))


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12), st.integers(1, 5))
def test_histograms_that_are_alike_have_no_distance(bins: list[int], times: int) -> None:
    assert stability(bins, [one * times for one in bins]) == pytest.approx(0, abs=0.2)
    assert stability(bins, bins) == 0
    assert stability(bins, [0] * len(bins)) == 0


@given(st.lists(st.integers(0, 1000), min_size=5, max_size=5),
       st.lists(st.integers(0, 1000), min_size=5, max_size=5))  # fmt: skip
def test_a_distance_is_never_negative_and_the_same_both_ways(
    one: list[int], two: list[int]
) -> None:
    assert stability(one, two) >= 0
    assert stability(one, two) == pytest.approx(stability(two, one))


def test_counts_add_up_and_pass_over_what_is_of_another_form() -> None:
    one, two = mixed(100, 10).to_json(), mixed(50, 5).to_json()
    old = {"posts": 1, "bins": {"cash_out": [1]}, "given": {"nonsense": 1}}
    total = ScoreCounts.sum([one, two, old])
    assert total.n_posts == 151
    assert sum(total.bins["cash_out"]) == 150
    assert total.given["cash_out"] == 15


def write(storage: Storage, hours: int, counts: ScoreCounts, worker: str = "w") -> None:
    hour = NOW.replace(minute=0) - timedelta(hours=hours)
    with storage.transaction() as connection:
        write_counts(connection, {(hour, "fake-1", "cars"): counts}, worker)


def measure(storage: Storage, least: float = 0.25) -> BoardDrift:
    with storage.transaction() as connection:
        (found,) = raise_alarms(connection, "fake-1", NOW, least)
    return found


def events(storage: Storage) -> list[Any]:
    with storage.transaction(writes=False) as connection:
        query = select(tables.deliveries.c.payload).order_by(tables.deliveries.c.created_at)
        return list(connection.execute(query).scalars())


def baseline_at(storage: Storage, hours: int) -> None:
    with storage.transaction() as connection:
        connection.execute(tables.baselines.update().values(at=NOW - timedelta(hours=hours)))


def test_a_board_learns_its_baseline_then_drifts_and_is_told_of_once(storage: Storage) -> None:
    with storage.transaction() as connection:
        add_webhook(connection, Actor(), url="http://127.0.0.1:9/x", events=["drift.changed"])
    write(storage, 50, mixed(BASELINE_POSTS // 2, 20), "one")
    assert measure(storage).status(0.25) == "learning"
    write(storage, 49, mixed(BASELINE_POSTS // 2, 20), "two")
    measure(storage)
    baseline_at(storage, 48)
    write(storage, 2, mixed(LEAST_POSTS - 1, 10))
    few = measure(storage)
    assert (few.status(0.25), few.n_recent, few.labels) == ("steady", LEAST_POSTS - 1, ())
    write(storage, 2, mixed(LEAST_POSTS, 10))
    assert measure(storage).alarms(0.25) == []
    write(storage, 1, mixed(3000, 1500))
    drifted = measure(storage)
    assert (drifted.status(0.25), drifted.alarms(0.25)) == ("drifted", ["cash_out"])
    (cash_out,) = [one for one in drifted.labels if one.label == "cash_out"]
    assert cash_out.rate == (0.02, pytest.approx(1510 / 3500))
    measure(storage)
    (event,) = events(storage)
    assert (event["board"], event["bundle"], event["status"]) == ("cars", "fake-1", "drifted")
    write(storage, 1, mixed(3000, 60))
    assert measure(storage).status(0.25) == "steady"
    assert [one["status"] for one in events(storage)] == ["drifted", "steady"]


def test_a_worker_that_writes_again_replaces_its_counts_and_old_ones_go(storage: Storage) -> None:
    for n_posts in (10, 20):
        write(storage, 1, mixed(n_posts, 0))
    with storage.transaction() as connection:
        old = datetime.now(UTC) - timedelta(days=15)
        write_counts(connection, {(old, "fake-1", "old"): mixed(5, 0)}, "w")
        write_counts(connection, {}, "w")
        rows = connection.execute(select(tables.score_counts)).all()
    assert [row.board for row in rows if row.board == "old"] == []


def test_the_service_counts_by_the_board_whose_policy_judges(lite: Client) -> None:
    lite.put("/v1/policies/cars", json={"policy": {"retention_days": 5}})
    posts = [{"text": OFFER, "board": "cars"}, {"text": CLEAN, "board": "unheard"}]
    lite.post("/v1/moderations:batch", json={"posts": posts})
    lite.post("/v1/moderations", json={"text": CLEAN})
    lite.portal.call(lite.app.state.service.keeping.drift.look)
    boards = lite.get("/v1/drift").json()["boards"]
    assert [(one["board"], one["baseline_posts"]) for one in boards] == [
        ("cars", 1),
        ("default", 2),
    ]
    assert lite.get("/readyz").json()["drift"] == {"status": "learning", "alarms": []}
    metrics = lite.get("/metrics").text
    assert 'fanzha_board_verdicts_total{board="cars",suggestion="block"} 1.0' in metrics
    assert 'fanzha_board_labels_total{board="cars",label="cash_out"} 1.0' in metrics


def test_a_baseline_is_taken_when_there_are_posts_enough(lite: Client) -> None:
    refused = lite.post("/v1/drift/default/baseline")
    assert refused.status_code == 409
    drift = lite.app.state.service.keeping.drift
    detector = FakeDetector()
    drift.count([("default", detector.check(CLEAN))] * LEAST_POSTS)
    (taken,) = lite.post("/v1/drift/default/baseline").json()["boards"]
    assert (taken["status"], taken["baseline_posts"]) == ("steady", LEAST_POSTS)
    assert lite.get("/v1/audit").json()["lines"][0]["action"] == "drift.baseline"


def test_what_has_drifted_shows_in_readiness_and_metrics(lite: Client) -> None:
    keeping = lite.app.state.service.keeping
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with keeping.storage.transaction() as connection:
        early = {(hour - timedelta(hours=40), "fake-1", "default"): mixed(BASELINE_POSTS, 20)}
        write_counts(connection, early, "gone")
    lite.portal.call(keeping.drift.look)
    with keeping.storage.transaction() as connection:
        at = hour - timedelta(hours=30)
        connection.execute(tables.baselines.update().values(at=at))
        write_counts(connection, {(hour, "fake-1", "default"): mixed(1000, 500)}, "other")
    lite.portal.call(keeping.drift.look)
    ready = lite.get("/readyz").json()["drift"]
    assert ready["status"] == "drifted"
    assert ready["alarms"] == [{"board": "default", "labels": ["cash_out"]}]
    assert 'fanzha_drift_psi{board="default",label="cash_out",of="rate"}' in (
        lite.get("/metrics").text
    )
    with keeping.storage.transaction(writes=False) as connection:
        assert connection.execute(select(func.count()).select_from(tables.baselines)).scalar() == 1


def test_without_a_database_nothing_is_measured(start: Running) -> None:
    client = start()
    assert client.get("/v1/drift").status_code == 404
    assert "drift" not in client.get("/readyz").json()
