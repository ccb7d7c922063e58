"""Verdicts are recorded as the board's policy says, and go on when nothing can be recorded."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

import postgres
from api.conftest import Client, Running
from fanzha_api import schemas
from fanzha_api.recorder import Recorder
from fanzha_api.store import Storage, tables
from fanzha_api.store.records import Record, delete_expired, delete_posts, write_records

SCAM = {"text": "花呗套现秒到"}
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def rows(client: Client) -> list[Any]:
    keeping = client.app.state.service.keeping
    assert keeping.recorder.flush(30)
    with keeping.storage.transaction(writes=False) as connection:
        return list(connection.execute(select(tables.records).order_by(tables.records.c.id)))


def ask(client: Client, post: dict[str, Any], **headers: str) -> httpx.Response:
    answer = client.post("/v1/moderations", json=post, headers=headers)
    assert answer.status_code == 200, answer.text
    schemas.Verdict.model_validate(answer.json())
    return answer


def put(client: Client, board: str, **policy: Any) -> None:
    assert client.put(f"/v1/policies/{board}", json={"policy": policy}).status_code == 200


def test_a_flagged_verdict_is_recorded_without_its_text(kept: Client) -> None:
    post = SCAM | {"id": 7, "author_id": "u1", "reach": 99, "board": "cars"}
    answer = ask(kept, post, **{"X-Request-ID": "r-1"})
    assert answer.json()["request_id"] == "r-1"
    ask(kept, {"text": "你好"})
    (row,) = rows(kept)
    assert (row.request_id, row.post_id, row.author_id) == ("r-1", "7", '"u1"')
    assert (row.board, row.suggestion, row.labels) == ("cars", "block", ["cash_out"])
    assert (row.fields, row.reach, row.state) == (None, 99, "closed")
    assert row.priority == pytest.approx(row.uncertainty * 3, abs=1e-5)
    assert row.expires_at - row.at == timedelta(days=30)


def test_a_policy_says_what_is_recorded_and_for_how_long(kept: Client) -> None:
    put(kept, "all", record="all", keep_texts=True, retention_days=3)
    put(kept, "none", record="none")
    ask(kept, {"title": "你好\x00", "body": "在吗", "board": "all"})
    ask(kept, SCAM | {"board": "none"})
    (row,) = rows(kept)
    assert row.expires_at - row.at == timedelta(days=3)
    assert row.fields == '{"title": "\\u4f60\\u597d\\u0000", "body": "\\u5728\\u5417"}'


def test_each_post_of_a_batch_has_a_record_of_its_own(kept: Client) -> None:
    posts = [SCAM | {"id": "a"}, {"text": "你好"}, SCAM | {"id": "b"}]
    answer = kept.post(
        "/v1/moderations:batch", json={"posts": posts}, headers={"X-Request-ID": "r"}
    )
    ids = [verdict["request_id"] for verdict in answer.json()["verdicts"]]
    assert ids == ["r.0", "r.1", "r.2"]
    assert [row.request_id for row in rows(kept)] == ["r.0", "r.2"]


def test_without_a_database_a_verdict_bears_no_request_id(client: Client) -> None:
    answer = ask(client, SCAM, **{"Idempotency-Key": "k"})
    assert "request_id" not in answer.json()
    assert answer.headers["fanzha-stored"] == "false"


def test_a_repeated_request_is_recorded_once_and_says_so(kept: Client) -> None:
    first = ask(kept, SCAM, **{"Idempotency-Key": "k", "X-Request-ID": "r-1"})
    again = ask(kept, SCAM, **{"Idempotency-Key": "k", "X-Request-ID": "r-2"})
    assert first.json() == again.json()
    assert first.json()["request_id"] == "r-1"
    assert (first.headers["fanzha-stored"], again.headers["fanzha-stored"]) == ("true", "true")
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(rows(kept)) == 1


def test_a_key_for_another_request_is_refused(kept: Client) -> None:
    ask(kept, SCAM, **{"Idempotency-Key": "k"})
    answer = kept.post("/v1/moderations", json={"text": "你好"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:fanzha:problem:idempotency-key-reused"


@pytest.mark.parametrize("key", ["", "x" * 129, "two words"])
def test_a_malformed_idempotency_key_is_refused(lite: Client, key: str) -> None:
    answer = lite.post("/v1/moderations", json=SCAM, headers={"Idempotency-Key": key})
    assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"


def test_what_came_at_the_same_time_under_one_key_is_recorded_once(kept: Client) -> None:
    answers: list[httpx.Response] = []

    def send() -> None:
        answers.append(ask(kept, SCAM, **{"Idempotency-Key": "k"}))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.headers["fanzha-stored"] for answer in answers} == {"true"}
    assert len(rows(kept)) == 1


def test_verdicts_go_on_without_the_database_and_the_state_says_so(start: Running) -> None:
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL's initdb is not installed (apt install postgresql)")
    with postgres.serving() as server:
        client = start(database_url=server.database(), record_queue=2)
        put(client, "cars", labels={"cash_out": {"on": False}})
        state = client.get("/readyz").json()["storage"]
        assert (state["status"], state["backend"], state["boards"]) == (
            "available", "postgresql", 1,
        )  # fmt: skip
        server.crash()
        assert ask(client, SCAM | {"board": "cars"}).json()["suggestion"] == "pass"
        stored = ask(client, SCAM, **{"Idempotency-Key": "k"}).headers["fanzha-stored"]
        assert stored == "false"
        for _ in range(5):
            ask(client, SCAM)
        refused = client.put("/v1/policies/cars", json={"policy": {}})
        assert refused.status_code == 503
        assert refused.json()["type"] == "urn:fanzha:problem:storage-unavailable"
        assert refused.headers["retry-after"] == "5"
        ready = client.get("/readyz")
        schemas.Ready.model_validate(ready.json())
        assert ready.status_code == 200
        state = ready.json()["storage"]
        assert (state["status"], state["queued"], state["dropped"]) == ("unavailable", 2, 3)
        assert state["since"] is not None
        server.start()
        assert len(rows(client)) == 2
        assert client.get("/readyz").json()["storage"]["status"] == "available"
        assert client.put("/v1/policies/cars", json={"policy": {}}).json()["version"] == 2


def test_a_service_whose_database_was_never_there_is_not_ready(
    start: Running, tmp_path: Path
) -> None:
    (tmp_path / "fanzha.db").write_bytes(b"no database" * 100)
    client = start(data=tmp_path)
    assert client.get("/readyz").json()["type"] == "urn:fanzha:problem:storage-unavailable"
    assert client.post("/v1/moderations", json=SCAM).status_code == 503
    assert client.get("/healthz").status_code == 200


def record(number: int, **values: Any) -> Record:
    fields: dict[str, Any] = {
        "request_id": f"r{number}", "post_id": str(number), "board": "default",
        "author_id": '"u1"', "at": NOW, "expires_at": NOW + timedelta(days=number),
        "key_id": None, "suggestion": "review", "labels": [], "scores": {}, "policy": "p",
        "bundle": "b", "uncertainty": 0.5, "reach": 0, "priority": 0.5, "digest": "d",
        "fields": None, "state": "open",
    }  # fmt: skip
    return Record(**(fields | values))


def count(storage: Storage) -> int:
    with storage.transaction(writes=False) as connection:
        found = connection.execute(select(func.count()).select_from(tables.records)).scalar()
        assert isinstance(found, int)
        return found


def test_a_queue_is_written_to_its_end_when_the_service_ends(storage: Storage) -> None:
    recorder = Recorder(storage, 5000)
    recorder.offer([record(number) for number in range(1800)])
    recorder.close()
    assert (recorder.queued, recorder.dropped) == (0, 0)
    assert count(storage) == 1800


def test_a_full_queue_drops_and_counts(tmp_path: Path) -> None:
    (tmp_path / "fanzha.db").write_bytes(b"no database" * 100)
    from fanzha_api.store.engine import address_of, open_engine

    url = address_of(tmp_path, None)
    assert url is not None
    recorder = Recorder(Storage(open_engine(url)), 3)
    recorder.offer([record(number) for number in range(5)])
    assert recorder.dropped == 2
    recorder.close(timeout_s=0)
    assert (recorder.queued, recorder.dropped) == (0, 5)


def test_records_past_their_time_are_deleted(storage: Storage) -> None:
    with storage.transaction() as connection:
        write_records(connection, [record(number) for number in range(10)])
        assert delete_expired(connection, NOW + timedelta(days=4), most=3) == 3
        assert delete_expired(connection, NOW + timedelta(days=4)) == 2
        assert delete_expired(connection, NOW + timedelta(days=4)) == 0
    assert count(storage) == 5


def test_records_are_deleted_by_post_and_by_author(storage: Storage) -> None:
    with storage.transaction() as connection:
        write_records(connection, [record(1), record(2), record(3, author_id="7")])
        assert delete_posts(connection, post_id="1") == 0
        assert delete_posts(connection, post_id=1) == 1
        assert delete_posts(connection, author_id=7) == 1
        assert delete_posts(connection, author_id="u1") == 1
    assert count(storage) == 0
    with storage.transaction() as connection:
        connection.execute(update(tables.revisions).values(value=1))
