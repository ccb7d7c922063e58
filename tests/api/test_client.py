"""The typed client gives what the service says, and its problems as errors."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import conftest
from api.conftest import Running
from fanzha.errors import InputError
from fanzha_api import schemas
from fanzha_api.client import AsyncClient, Client, ServiceError, verify_event
from fanzha_api.sender import sign

SCAM = "花呗套现秒到"


class Bridge(httpx.BaseTransport):
    """Carries a synchronous client's requests into an application."""

    def __init__(self, client: conftest.Client) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._client.request(
            request.method, str(request.url), content=request.read(), headers=request.headers
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture
def kept(start: Running, tmp_path: Path) -> conftest.Client:
    return start(data=tmp_path / "data")


@pytest.fixture
def client(kept: conftest.Client) -> Client:
    return Client("http://test", transport=Bridge(kept))


def test_posts_are_judged_as_text_and_in_fields(client: Client) -> None:
    with client:
        verdict = client.moderate(SCAM, explain=True, idempotency_key="k")
        assert (verdict.suggestion, verdict.labels[0].label) == ("block", "cash_out")
        assert verdict.explanation is not None
        for post in ({"title": SCAM, "id": 3}, schemas.Post(title=SCAM, id=3)):
            found = client.moderate(post)
            assert (found.id, found.evidence[0].field) == (3, "title")


def test_any_number_of_posts_is_judged_in_order(client: Client) -> None:
    posts = [{"id": n, "text": SCAM if n % 2 else "你好"} for n in range(600)]
    verdicts = client.moderate_many(posts)
    assert [verdict.id for verdict in verdicts] == list(range(600))
    assert [verdict.suggestion for verdict in verdicts[:3]] == ["pass", "block", "pass"]
    assert client.moderate_many([]) == []


def test_a_policy_is_written_and_read(client: Client) -> None:
    policy = schemas.BoardPolicy(labels={"cash_out": schemas.LabelPolicy(on=False)})
    written = client.write_policy("股票", policy, note="why", based_on=0)
    assert client.read_policy("股票") == written
    assert (written.version, written.note) == (1, "why")
    verdict = client.moderate(SCAM, board="股票")
    assert verdict.model.policy == "股票@1"
    with pytest.raises(ServiceError) as refused:
        client.write_policy("股票", schemas.BoardPolicy(), based_on=0)
    assert (refused.value.status, refused.value.kind) == (412, "policy-changed")


def test_feedback_numbers_and_jobs_go_their_ways(client: Client, tmp_path: Path) -> None:
    verdict = client.moderate(SCAM, idempotency_key="k")
    assert verdict.request_id is not None
    feedback = schemas.FeedbackRequest(request_id=verdict.request_id, outcome="right")
    assert client.give_feedback(feedback).request_id == verdict.request_id
    assert client.look_up("400 6455?566", "抖音").number == "4006455566"
    (tmp_path / "posts.txt").write_text("你好\n", encoding="utf-8")
    job = client.add_job(tmp_path / "posts.txt", media_type="text/plain", board="cars")
    assert client.read_job(job.job).board == "cars"


def test_a_problem_is_an_error_that_travels(client: Client) -> None:
    with pytest.raises(ServiceError, match="404 unknown-board") as refused:
        client.read_policy("nowhere")
    same = pickle.loads(pickle.dumps(refused.value))
    assert (same.kind, same.detail) == ("unknown-board", refused.value.detail)
    assert same.retry_after_s is None


def test_an_answer_that_is_no_problem_document_is_an_error_too() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(502, text="<html>"))
    with pytest.raises(ServiceError, match="502 unknown: Bad Gateway"):
        Client("http://test", transport=transport).moderate(SCAM)


def test_a_full_service_says_how_long_to_wait() -> None:
    problem: dict[str, Any] = {
        "type": "urn:fanzha:problem:busy", "title": "Busy", "status": 503, "detail": "full",
        "request_id": "r",
    }  # fmt: skip
    answer = partial(httpx.Response, 503, json=problem, headers={"Retry-After": "2"})
    transport = httpx.MockTransport(lambda request: answer())
    with pytest.raises(ServiceError) as refused:
        Client("http://test", key="fz_a_b", transport=transport).moderate(SCAM)
    assert refused.value.retry_after_s == 2.0


def test_the_asynchronous_client_gives_the_same(kept: conftest.Client) -> None:
    async def ask() -> tuple[schemas.Verdict, list[schemas.Verdict], str, int]:
        transport = httpx.ASGITransport(kept.app)
        async with AsyncClient("http://test", transport=transport) as client:
            one = await client.moderate(SCAM, board="cars", idempotency_key="k")
            many = await client.moderate_many([SCAM] * 300)
            number = (await client.look_up("95188")).number
            assert one.request_id is not None
            feedback = schemas.FeedbackRequest(request_id=one.request_id, outcome="wrong")
            said = await client.give_feedback(feedback)
            return one, many, number, said.number

    one, many, number, said = kept.portal.call(ask)
    assert (one.suggestion, len(many), number) == ("block", 300, "95188")
    assert many[299].scores == one.scores
    assert said >= 1


def test_an_event_is_taken_only_with_its_signature_and_in_its_time() -> None:
    signature = sign("s", b"{}", 1000)
    verify_event(b"{}", signature, "s", now=1300)
    for body, secret, now in ((b"[]", "s", 1000), (b"{}", "t", 1000), (b"{}", "s", 1301)):
        with pytest.raises(InputError):
            verify_event(body, signature, secret, now=now)


@pytest.mark.parametrize("signature", ["", "t=1", "v1=é", "t=x,v1=0", "a,b"])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    with pytest.raises(InputError):
        verify_event(b"{}", signature, "s", now=1)
