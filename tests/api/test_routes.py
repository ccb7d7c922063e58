"""Every route answers what its documentation says."""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.conftest import Client, FakeDetector, Running
from fanzha_api import schemas
from fanzha_api.schemas import MAX_BATCH

SCAM = "花呗套现秒到"
TEXTS = st.text(st.characters(exclude_categories=()), max_size=60)
IDS = st.none() | TEXTS | st.integers(-(2**63), 2**63 - 1)


def test_a_moderation_answers_the_verdict_and_echoes_the_id(client: Client) -> None:
    answer = client.post("/v1/moderations", json={"id": "p1", "text": SCAM})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    verdict = answer.json()
    assert verdict["id"] == "p1"
    assert verdict["suggestion"] == "block"
    evidence = verdict["evidence"][0]
    assert SCAM[evidence["start"] : evidence["end"]] == evidence["text"] == "套现"


@pytest.mark.parametrize(
    "post",
    [
        {"text": ""},
        {"text": "   \n"},
        {"text": "nul \x00 inside"},
        {"text": SCAM, "id": 0},
        {"text": SCAM, "id": -(2**63)},
        {"text": SCAM, "id": ""},
        {"text": SCAM, "id": None},
        {"text": "😀套现" * 1000},
    ],
    ids=["empty", "blank", "nul", "id 0", "least id", "empty id", "null id", "astral"],
)
def test_an_unusual_post_gets_a_verdict_that_fits_the_documented_form(
    client: Client, post: dict[str, Any]
) -> None:
    answer = client.post("/v1/moderations", json=post)
    assert answer.status_code == 200, answer.text
    schemas.Verdict.model_validate_json(answer.content)
    assert answer.json().get("id") == post.get("id")


def test_a_lone_surrogate_is_read_and_does_not_shift_the_offsets(client: Client) -> None:
    answer = client.send_raw(b'{"id": "\\udc00", "text": "\\ud800\xe5\xa5\x97\xe7\x8e\xb0"}')
    assert answer.status_code == 200
    assert answer.json()["id"] == "�"
    assert answer.json()["evidence"][0]["start"] == 1


def test_a_batch_answers_one_verdict_per_post_in_order(client: Client) -> None:
    posts = [{"id": number, "text": SCAM if number % 3 else "你好"} for number in range(MAX_BATCH)]
    answer = client.post("/v1/moderations:batch", json={"posts": posts})
    assert answer.status_code == 200
    verdicts = answer.json()["verdicts"]
    assert [verdict["id"] for verdict in verdicts] == list(range(MAX_BATCH))
    assert [verdict["suggestion"] == "block" for verdict in verdicts] == [
        number % 3 > 0 for number in range(MAX_BATCH)
    ]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(IDS, TEXTS), min_size=1, max_size=6))
def test_a_batch_equals_single_moderations(
    client: Client, pairs: list[tuple[str | int | None, str]]
) -> None:
    posts = [{"id": post_id, "text": text} for post_id, text in pairs]
    # Written with \\u escapes, since UTF-8 cannot carry the lone surrogates among the texts.
    batch = client.send_raw(json.dumps({"posts": posts}).encode(), "/v1/moderations:batch")
    assert batch.status_code == 200
    singles = [client.send_raw(json.dumps(post).encode()).json() for post in posts]
    assert batch.json() == {"verdicts": singles}


def test_posts_are_checked_off_the_event_loop(client: Client, detector: FakeDetector) -> None:
    client.post("/v1/moderations", json={"text": SCAM})
    assert detector.threads
    assert client.portal.call(threading.get_ident) not in detector.threads


@pytest.mark.parametrize(
    ("path", "number", "brand"),
    [
        ("/v1/hotlines/400-6455-566?brand=抖音", "4006455566", "抖音"),
        ("/v1/hotlines/95188", "95188", None),
        ("/v1/hotlines/%EF%BC%8B86%20021%2095188?brand=%E6%94%AF", "8602195188", "支"),
    ],
    ids=["with brand", "without brand", "escaped"],
)
def test_a_number_is_looked_up(client: Client, path: str, number: str, brand: str | None) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    found = schemas.HotlineAnswer.model_validate_json(answer.content)
    assert (found.number, found.brand, found.status) == (number, brand, "unlisted")
    assert found.official_numbers == ["95152"]


def test_a_look_up_gives_the_entries_of_the_number_and_of_the_brand(client: Client) -> None:
    found = client.get("/v1/hotlines/9510211?brand=抖音").json()
    assert [entry["brand"] for entry in found["entries"]] == ["淘宝"]
    assert found["official_entries"][0]["number"] == "95152"
    for entry in found["entries"] + found["official_entries"]:
        schemas.HotlineEntry.model_validate(entry)
    assert client.get("/v1/hotlines/4001234567").json()["entries"] == []


@pytest.mark.parametrize("name", ["抖音", "抖音月付", "douyin", "ＤＯＵＹＩＮ"])
def test_a_brand_is_listed_by_any_of_its_names(client: Client, name: str) -> None:
    answer = client.get("/v1/hotlines", params={"brand": name})
    assert answer.status_code == 200
    listed = schemas.HotlineList.model_validate_json(answer.content)
    assert (listed.brand, listed.group) == ("抖音", "bytedance")
    assert [entry.number for entry in listed.entries] == [
        "95152",
        "4001402108",
        "4009922556",
        "95766",
    ]
    assert listed.entries[0].role == "customer_service"


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        pytest.param("?brand=抖因", 404, "unknown-brand", id="unknown"),
        pytest.param("", 422, "invalid-field", id="no brand"),
        pytest.param("?brand=", 422, "invalid-field", id="empty"),
        pytest.param("?brand=a&number=1", 422, "invalid-field", id="another field"),
    ],
)
def test_a_brand_that_cannot_be_listed_is_a_problem(
    client: Client, query: str, status: int, kind: str
) -> None:
    answer = client.get(f"/v1/hotlines{query}")
    assert answer.status_code == status
    problem = schemas.Problem.model_validate_json(answer.content)
    assert problem.type == f"urn:fanzha:problem:{kind}"
    if status == 404:
        assert problem.detail.endswith("did you mean 抖音?")
        assert problem.errors is not None
        assert problem.errors[0].parameter == "brand"


def test_the_metrics_count_requests_verdicts_and_labels(client: Client) -> None:
    client.post("/v1/moderations:batch", json={"posts": [{"text": SCAM}, {"text": "你好"}]})
    client.get("/v1/hotlines/95188")
    client.request("BREW", "/coffee")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = answer.text.splitlines()
    assert 'fanzha_verdicts_total{suggestion="block"} 1.0' in lines
    assert 'fanzha_verdicts_total{suggestion="pass"} 1.0' in lines
    assert 'fanzha_labels_total{label="cash_out"} 1.0' in lines
    assert 'fanzha_bundle_info{bundle="fake-1",policy="default"} 1.0' in lines
    counted = 'fanzha_requests_total{method="GET",route="/v1/hotlines/{number}",status="200"} 1.0'
    assert counted in lines
    assert 'fanzha_requests_total{method="other",route="unmatched",status="404"} 1.0' in lines
    assert 'fanzha_request_seconds_count{route="/v1/moderations:batch"} 1.0' in lines
    assert "95188" not in answer.text


def test_two_applications_do_not_share_their_counts(start: Running) -> None:
    first, second = start(), start()
    first.post("/v1/moderations", json={"text": SCAM})
    assert "fanzha_labels_total{" in first.get("/metrics").text
    assert "fanzha_labels_total{" not in second.get("/metrics").text


def test_a_service_that_is_ready_names_its_bundle(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "bundle": "fake-1", "policy": "default"}


def test_the_metrics_show_stages_queues_and_what_lies_in_the_database(lite: Client) -> None:
    service = lite.app.state.service
    lite.post("/v1/moderations", json={"text": SCAM}, headers={"Idempotency-Key": "k"})
    lite.portal.call(partial(service.show_state, work=True))
    service.metrics.show_work({("jobs", "waiting"): 2})
    metrics = lite.get("/metrics").text
    for line in (
        *(f'fanzha_stage_seconds_count{{stage="{one}"}} 1.0' for one in ("wait", "judge", "store")),
        'fanzha_waiting{queue="requests"} 0.0',
        'fanzha_waiting{queue="records"} 0.0',
        'fanzha_work{kind="reviews",state="open"} 0.0',
        'fanzha_work{kind="jobs",state="waiting"} 2.0',
        "fanzha_storage_available 1.0",
        "fanzha_dropped 0.0",
    ):
        assert f"\n{line}\n" in metrics
