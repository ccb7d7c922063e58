"""Moderators say of verdicts what is right, and it can be trained on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.conftest import Client, FakeDetector, Running
from fanzha.corpus import read_corpus
from fanzha.post import Post
from fanzha.verdict import Verdict
from fanzha_api import schemas, serve
from fanzha_api.store.export import export_feedback


class Unsure(FakeDetector):
    """Gives a post that says 存 followed by a number that score in percent."""

    def check(self, post: str | Post) -> Verdict:
        verdict = super().check(post)
        text = Post.of(post).text
        if "存" in text:
            score = int(text.partition("存")[2][:2]) / 100
            scores = {**verdict.scores, "cash_out": score}
            return Verdict(
                verdict.id, self.policy.suggestion(scores), (), scores, (), (), (), (),
                self.bundle_id, self.policy.name,
            )  # fmt: skip
        return verdict


@pytest.fixture
def lite(start: Running, tmp_path: Path) -> Client:
    """On SQLite alone, for what never reaches the database."""
    return start(data=tmp_path)


@pytest.fixture
def kept(start: Running, address: str) -> Client:
    client = start(load=lambda settings: Unsure(), database_url=address)
    policy = {"policy": {"record": "all", "keep_texts": True}}
    assert client.put("/v1/policies/default", json=policy).status_code == 200
    return client


def judge(client: Client, text: str, request_id: str, **fields: Any) -> None:
    answer = client.post(
        "/v1/moderations", json={"text": text, **fields}, headers={"X-Request-ID": request_id}
    )
    assert answer.status_code == 200
    assert client.app.state.service.keeping.recorder.flush(30)


def send(client: Client, path: str, status: int, **body: Any) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def record(client: Client, request_id: str) -> dict[str, Any]:
    answer = client.get(f"/v1/records/{request_id}")
    assert answer.status_code == 200, answer.text
    (found,) = schemas.Records.model_validate(answer.json()).records
    return found.model_dump()


def queue(client: Client, **query: Any) -> list[str]:
    answer = client.get("/v1/reviews", params=query)
    assert answer.status_code == 200, answer.text
    page = schemas.Queue.model_validate(answer.json())
    return [one.request_id for one in page.records]


def exported(client: Client, **only: Any) -> list[dict[str, Any]]:
    storage = client.app.state.service.keeping.storage
    with storage.transaction(writes=False) as connection:
        return list(export_feedback(connection, **only))


def test_the_queue_is_ordered_by_uncertainty_and_reach(kept: Client) -> None:
    judge(kept, "存85", "sure")
    judge(kept, "存61", "unsure")
    judge(kept, "存84", "read", reach=100_000)
    judge(kept, "存30", "passed")
    judge(kept, "套现", "blocked")
    assert queue(kept) == ["read", "unsure", "sure"]
    assert queue(kept, board="cars") == []


def test_the_queue_is_paged_without_loss_or_repetition(kept: Client) -> None:
    for number in range(7):
        judge(kept, f"存{70 + number % 3}", f"r{number}")
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = kept.get("/v1/reviews", params={"most": 2, **after}).json()
        seen += [one["request_id"] for one in page["records"]]
        assert page["waiting"] == 7
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert sorted(seen) == [f"r{number}" for number in range(7)]
    assert seen == queue(kept)


def test_feedback_on_a_verdict_is_kept_and_a_wrong_one_waits_for_a_decision(kept: Client) -> None:
    judge(kept, "存30", "r1")
    said = send(
        kept,
        "/v1/feedback",
        201,
        request_id="r1",
        outcome="wrong",
        labels=["cash_out"],
        note="广告",
    )
    assert said["request_id"] == "r1"
    assert queue(kept) == ["r1"]
    send(kept, "/v1/feedback", 201, request_id="r1", outcome="right")
    assert [row["labels"] for row in exported(kept)] == [[]]


def test_feedback_on_a_verdict_that_was_not_recorded_is_refused(kept: Client) -> None:
    answer = send(kept, "/v1/feedback", 404, request_id="nobody", outcome="right")
    assert answer["type"] == "urn:fanzha:problem:unknown-record"


def test_of_several_posts_of_a_request_one_is_to_be_named(kept: Client) -> None:
    judge(kept, "存70", "r1", id=1)
    judge(kept, "存71", "r1", id="1")
    answer = send(kept, "/v1/feedback", 409, request_id="r1", outcome="right")
    assert answer["errors"][0]["pointer"] == "#/id"
    send(kept, "/v1/feedback", 201, request_id="r1", id="1", outcome="right")
    assert [row["text"] for row in exported(kept)] == ["存71"]


def test_a_decision_closes_a_case_and_names_who_made_it(kept: Client) -> None:
    judge(kept, "存70", "r1")
    judge(kept, "存71", "r2")
    decided = send(
        kept, "/v1/reviews:decide", 200,
        request_ids=["r1", "nobody"], decision="block", labels=["gambling"], note="赌",
    )  # fmt: skip
    assert decided == {"request_ids": ["r1"]}
    assert queue(kept) == ["r2"]
    found = record(kept, "r1")
    assert (found["decision"], found["decided_labels"], found["decided_by"]) == (
        "block", ["gambling"], "local",
    )  # fmt: skip
    assert found["fields"] == {"text": "存70"}
    (line,) = (
        line for line in kept.get("/v1/audit").json()["lines"] if line["action"] == "review.decide"
    )
    assert (line["subject"], line["detail"]["labels"]) == ("r1", ["gambling"])


def test_one_decision_reaches_all_that_wait_with_one_wording(kept: Client) -> None:
    for number in range(3):
        judge(kept, f"加我 138{number} 存70", f"r{number}")
    judge(kept, "别的 存70", "other")
    digest = record(kept, "r0")["digest"]
    send(kept, "/v1/reviews:decide", 200, request_ids=["r0"], decision="pass", labels=[])
    decided = send(kept, "/v1/reviews:decide", 200, digest=digest, decision="block")
    assert sorted(decided["request_ids"]) == ["r1", "r2"]
    assert queue(kept) == ["other"]
    assert record(kept, "r0")["decision"] == "pass"


@pytest.mark.parametrize(
    "choice", [{}, {"request_ids": ["a"], "digest": "0" * 64}, {"request_ids": []}]
)
def test_a_decision_needs_ids_or_a_digest(lite: Client, choice: dict[str, Any]) -> None:
    send(lite, "/v1/reviews:decide", 422, decision="pass", **choice)


def test_an_appeal_brings_a_case_back_and_is_granted_or_refused(kept: Client) -> None:
    for request_id in ("r1", "r2"):
        judge(kept, "套现", request_id)
        send(kept, "/v1/appeals", 201, request_id=request_id, reason="这是新闻")
    assert sorted(queue(kept)) == ["r1", "r2"]
    second, first = kept.get("/v1/appeals").json()["appeals"]
    schemas.Appeal.model_validate(first)
    path = f"/v1/appeals/{first['appeal']}/resolution"
    assert send(kept, path, 200, granted=True, note="对")["request_id"] == "r1"
    assert send(kept, path, 404, granted=True)["type"] == "urn:fanzha:problem:unknown-appeal"
    send(kept, f"/v1/appeals/{second['appeal']}/resolution", 200, granted=False)
    assert queue(kept) == []
    assert (record(kept, "r1")["decision"], record(kept, "r1")["decided_labels"]) == ("pass", [])
    assert record(kept, "r2")["decision"] is None
    (granted,) = kept.get("/v1/appeals?state=granted").json()["appeals"]
    assert (granted["resolution"], granted["resolved_by"]) == ("对", "local")


@pytest.mark.parametrize("query", ["id=7", "author_id=u1", "request_id=r1"])
def test_records_are_deleted_with_all_that_was_said_of_them(kept: Client, query: str) -> None:
    judge(kept, "存70", "r1", id=7, author_id="u1")
    judge(kept, "存71", "r2", id=8, author_id="u2")
    send(kept, "/v1/feedback", 201, request_id="r1", outcome="right")
    send(kept, "/v1/appeals", 201, request_id="r1", reason="不")
    assert kept.delete(f"/v1/records?{query}").json() == {"deleted": 1}
    assert kept.get("/v1/records/r1").status_code == 404
    assert kept.get("/v1/appeals").json() == {"appeals": []}
    assert exported(kept) == []
    assert queue(kept) == ["r2"]
    assert "u1" not in json.dumps(kept.get("/v1/audit").json())


@pytest.mark.parametrize("query", ["", "?id=1&author_id=2", "?text=x"])
def test_a_deletion_needs_exactly_one_id(lite: Client, query: str) -> None:
    assert lite.delete(f"/v1/records{query}").status_code == 422


def test_the_export_is_a_corpus_of_what_people_settled(kept: Client, tmp_path: Path) -> None:
    judge(kept, "存70 一", "decided")
    judge(kept, "存71 二", "said")
    judge(kept, "存72 三", "unsettled")
    judge(kept, "套现 四\x00", "right")
    judge(kept, "存70 一", "again")
    send(kept, "/v1/reviews:decide", 200, request_ids=["decided"], decision="block",
         labels=["gambling", "cash_out"])  # fmt: skip
    send(kept, "/v1/feedback", 201, request_id="said", outcome="wrong", labels=["phishing"])
    send(kept, "/v1/feedback", 201, request_id="right", outcome="right")
    rows = exported(kept)
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    corpus = {post.text: post.labels for post in read_corpus([path])}
    assert corpus == {
        "存70 一": ("cash_out", "gambling"),
        "存71 二": ("phishing",),
        "套现 四\x00": ("cash_out",),
    }
    assert {row["batch"] for row in rows} == {"feedback-default"}
    assert exported(kept, since=datetime.now(UTC) + timedelta(hours=1)) == []
    assert exported(kept, board="cars") == []


def test_the_command_writes_the_export(
    start: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    client = start(load=lambda settings: Unsure(), data=tmp_path)
    client.put("/v1/policies/default", json={"policy": {"keep_texts": True}})
    judge(client, "存70", "r1")
    send(client, "/v1/reviews:decide", 200, request_ids=["r1"], decision="pass")
    monkeypatch.setenv("FANZHA_DATA", str(tmp_path))
    capsysbinary.readouterr()
    assert serve.main(["export", "feedback", "--board", "default"]) == 0
    out, err = capsysbinary.readouterr()
    row = json.loads(out)
    assert (row["text"], row["labels"]) == ("存70", [])
    assert b"posts: 1" in err
