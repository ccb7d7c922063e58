"""A file is judged in the background, by its board's policy, until it is cancelled or done."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from api.conftest import Client, Running
from fanzha_api import schemas
from fanzha_api.jobs import JobFolder
from fanzha_api.store import Storage, tables
from fanzha_api.store.audit import Actor
from fanzha_api.store.jobs import (
    add_job,
    beat,
    claim_job,
    delete_job,
    end_job,
    expired_jobs,
    find_job,
    new_job_id,
)

LINES = {"Content-Type": "application/x-ndjson"}
FILE = (
    "".join(
        json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n"
        for number, text in enumerate(["花呗套现秒到，扣5个点，加V：hb_9527", "桂花开了", "你好"])
    )
    + "no json\n"
)


@pytest.fixture
def kept(start: Running, address: str, tmp_path: Path) -> Client:
    return start(database_url=address, data=tmp_path / "data", job_max_bytes=2048)


@pytest.fixture
def idle(start: Running, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A service whose jobs nobody runs."""
    monkeypatch.setattr("fanzha_api.jobs.runner.any_waiting", lambda connection, host: False)
    return start(database_url=address, data=tmp_path / "data", job_max_bytes=2048)


def send(client: Client, content: str, query: str = "", **headers: str) -> httpx.Response:
    return client.post(f"/v1/jobs{query}", content=content.encode(), headers={**LINES, **headers})


def until(client: Client, job_id: str, *states: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        answer = client.get(f"/v1/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        schemas.Job.model_validate(job)
        if job["state"] in states:
            return job
    raise AssertionError(f"the job is {job['state']} and not one of {states}")


DONE = """
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
plan = json.loads((folder / "plan.json").read_text())
(folder / "result.jsonl").write_bytes((folder / "input").read_bytes())
print(json.dumps({"done_bytes": 3}), flush=True)
summary = {"posts": 1, "rejected": 0, "suggestions": {}, "labels": {}, "seconds": 0.5}
print(json.dumps({"summary": summary}), flush=True)
assert plan["plan"]["text_field"] == "body", plan
assert plan["loader"]["name"] == "cars@1", plan
"""
FAILED = 'print(\'{"problem": "the file has no text"}\'); raise SystemExit(1)'
KILLED = "import os; os.abort()"
ENDLESS = "import sys; print('{\"done_bytes\": 3}', flush=True); sys.stdin.read()"


def with_program(client: Client, code: str) -> Client:
    client.app.state.service.keeping.runner.program = [sys.executable, "-c", code]
    return client


def test_a_job_goes_its_way_to_the_result(kept: Client, tmp_path: Path) -> None:
    kept.put("/v1/policies/cars", json={"policy": {"retention_days": 3}})
    added = send(with_program(kept, DONE), FILE, "?board=cars&text_field=body")
    assert added.status_code == 201, added.text
    job = until(kept, added.json()["job"], "done", "failed")
    assert job["state"] == "done", job["problem"]
    assert (job["policy"], job["progress"], job["summary"]["posts"]) == ("cars@1", 1.0, 1)
    result = kept.get(f"/v1/jobs/{job['job']}/result")
    assert result.headers["content-type"].startswith("application/x-ndjson")
    assert result.text == FILE
    assert kept.get(f"/v1/jobs/{job['job']}/rejects").content == b""
    assert [one["job"] for one in kept.get("/v1/jobs").json()["jobs"]] == [job["job"]]
    assert kept.delete(f"/v1/jobs/{job['job']}").status_code == 202
    assert kept.get(f"/v1/jobs/{job['job']}").status_code == 404
    assert list((tmp_path / "data" / "jobs").iterdir()) == []


@pytest.mark.parametrize(
    ("code", "problem"),
    [(FAILED, "the file has no text"), (KILLED, "the job's process ended with code -6")],
    ids=["refused", "killed"],
)
def test_a_job_that_fails_says_why(kept: Client, code: str, problem: str) -> None:
    job = until(kept, send(with_program(kept, code), FILE).json()["job"], "failed", "done")
    assert job["state"] == "failed"
    assert job["problem"].startswith(problem)
    assert kept.get(f"/v1/jobs/{job['job']}/result").status_code == 409


def test_a_running_job_is_stopped_when_it_is_cancelled(kept: Client) -> None:
    job_id = send(with_program(kept, ENDLESS), FILE).json()["job"]
    until(kept, job_id, "running")
    assert kept.delete(f"/v1/jobs/{job_id}").json()["state"] == "cancelling"
    assert until(kept, job_id, "cancelled")["summary"] is None


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"Content-Type": "application/json"}, "", 415),
        ({"Content-Encoding": "gzip"}, "", 415),
        ({}, "?board=a b", 422),
        ({}, "?encoding=utf-7", 422),
        ({}, "?text_field=", 422),
        ({}, "?path=/etc/passwd", 422),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(
    idle: Client, headers: dict[str, str], query: str, status: int
) -> None:
    assert send(idle, FILE, query, **headers).status_code == status


def test_a_file_beyond_the_limit_is_refused_and_leaves_nothing(
    idle: Client, tmp_path: Path
) -> None:
    answer = send(idle, "x" * 3000)
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert list((tmp_path / "data" / "jobs").iterdir()) == []


@pytest.mark.parametrize("job_id", ["..", "%2e%2e%2f%2e%2e", "x", "0" * 31, "0" * 32, "G" * 32])
def test_no_path_leads_out_of_the_jobs_folder(idle: Client, job_id: str) -> None:
    for path in (f"/v1/jobs/{job_id}", f"/v1/jobs/{job_id}/result", f"/v1/jobs/{job_id}/input"):
        assert idle.get(path).status_code in {404, 422}
    with pytest.raises(ValueError, match="no job's id"):
        JobFolder(Path("data"), 1).of(job_id[:31])


def test_a_job_is_not_to_be_had_by_another_key(idle: Client) -> None:
    def make(*scopes: str, **headers: str) -> dict[str, str]:
        answer = idle.post("/v1/keys", json={"name": "k", "scopes": scopes}, headers=headers)
        return {"Authorization": f"Bearer {answer.json()['key']}"}

    admin = make("admin")
    one, other = make("moderate", **admin), make("moderate", **admin)
    job_id = send(idle, FILE, **one).json()["job"]
    assert idle.get(f"/v1/jobs/{job_id}", headers=one).status_code == 200
    for headers in (other, admin, {}):
        assert idle.get(f"/v1/jobs/{job_id}", headers=headers).status_code in {401, 403, 404}
        assert idle.delete(f"/v1/jobs/{job_id}", headers=headers).status_code in {401, 403, 404}


def test_without_a_data_folder_there_are_no_jobs(start: Running, address: str) -> None:
    client = start(database_url=address)
    answer = send(client, FILE)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:fanzha:problem:no-storage")


def add(storage: Storage, host: str = "here", **retention: float) -> str:
    job_id = new_job_id()
    with storage.transaction() as connection:
        add_job(
            connection, Actor(), job_id=job_id, board="default", options={}, size_bytes=10,
            host=host, retention=timedelta(**(retention or {"days": 1})),
        )  # fmt: skip
    return job_id


def claim(storage: Storage, host: str = "here") -> str | None:
    with storage.transaction() as connection:
        job = claim_job(connection, host)
        return None if job is None else job.id


def state(storage: Storage, job_id: str) -> str | None:
    with storage.transaction(writes=False) as connection:
        job = find_job(connection, job_id)
        return None if job is None else job.state


def test_a_machine_runs_its_own_jobs_one_after_another(storage: Storage) -> None:
    add(storage, "elsewhere")
    first, second = add(storage), add(storage)
    assert (claim(storage), claim(storage)) == (first, None)
    with storage.transaction() as connection:
        assert beat(connection, first, 5, "cars@1") == "running"
        end_job(connection, first, state="done", summary={"posts": 1})
    assert state(storage, first) == "done"
    assert claim(storage) == second


def test_a_job_whose_runner_is_silent_is_run_again(storage: Storage) -> None:
    job_id = add(storage)
    assert claim(storage) == job_id
    with storage.transaction() as connection:
        silent = datetime.now(UTC) - timedelta(seconds=31)
        connection.execute(update(tables.jobs).values(beat_at=silent, done_bytes=7))
    assert claim(storage) == job_id
    with storage.transaction(writes=False) as connection:
        found = find_job(connection, job_id)
        assert found is not None
        assert (found.state, found.done_bytes) == ("running", 0)


def test_a_running_job_is_cancelled_and_another_deleted(storage: Storage) -> None:
    running = add(storage)
    claim(storage)
    waiting = add(storage)
    for job_id, after in ((running, "cancelling"), (waiting, "deleted")):
        with storage.transaction() as connection:
            job = find_job(connection, job_id)
            assert job is not None
            assert delete_job(connection, Actor(), job) == after
    with storage.transaction() as connection:
        assert beat(connection, running, 5, "") == "cancelling"
        end_job(connection, running, state="cancelled")
        assert beat(connection, waiting, 5, "") == "gone"
    assert (state(storage, running), state(storage, waiting)) == ("cancelled", None)


def test_a_job_past_its_time_is_deleted(storage: Storage) -> None:
    over, other = add(storage, seconds=-1), add(storage)
    with storage.transaction() as connection:
        assert expired_jobs(connection, "here") == [over]
    assert (state(storage, over), state(storage, other)) == (None, "waiting")


def test_folders_of_no_job_are_deleted_after_a_day(tmp_path: Path) -> None:
    files = JobFolder(tmp_path, 10)
    ids = [new_job_id() for _ in range(3)]
    for job_id in ids:
        files.of(job_id).mkdir(parents=True)
    (files.root / "mine").mkdir()
    for job_id in ids[:2]:
        os.utime(files.of(job_id), (0, 0))
    files.delete_orphans({ids[0]})
    assert {path.name for path in files.root.iterdir()} == {ids[0], ids[2], "mine"}
