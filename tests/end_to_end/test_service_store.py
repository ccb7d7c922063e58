"""A service with a database and two workers: policies and keys take effect in both."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

import fanzha_data
from end_to_end.test_service import CASH_OUT, CLEAN, FAKE_HOTLINE, POSTS, Service, serving
from fanzha.board_detector import BoardDetector
from fanzha.detector import Detector
from fanzha_api.boards import build
from fanzha_api.schemas import BoardPolicy
from fanzha_api.store import Storage, tables
from fanzha_api.store.engine import address_of, open_engine

pytestmark = pytest.mark.skipif(
    not (fanzha_data.path("bundle") / "manifest.json").is_file(),
    reason="no bundle in data/fanzha_data/bundle; make one with `make train`",
)

POLICY: dict[str, Any] = {
    "labels": {"cash_out": {"review": 0.2, "block": 0.3}},
    "allow": [{"kind": "number", "value": "4006455566", "owner": "li", "reason": "ours"}],
    "deny": [{"kind": "term", "value": "桂花", "owner": "li", "reason": "raid"}],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def service(data: Path) -> Iterator[Service]:
    with serving(workers=2, FANZHA_DATA=str(data)) as running:
        yield running


def send(
    service: Service, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    """Send a request on a connection of its own, so that both workers get some.

    Again where a worker that is still loading answers 503.
    """
    began = time.monotonic()
    while True:
        answer = httpx.request(
            method, service.url + path, content=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json", **headers}, timeout=30, trust_env=False,
        )  # fmt: skip
        if answer.status_code != 503 or time.monotonic() - began > 60:
            return answer


def until(service: Service, expected: str, board: str = "cars") -> float:
    """Give the seconds until every one of 12 requests is judged by the expected policy."""
    began = time.monotonic()
    while time.monotonic() - began < 30:
        answers = [
            send(service, "POST", "/v1/moderations", {"text": "好", "board": board}).json()
            for _ in range(12)
        ]
        if {answer["model"]["policy"] for answer in answers} == {expected}:
            return time.monotonic() - began
    raise AssertionError(f"not every worker obeys {expected}")


def test_a_policy_reaches_every_worker(service: Service) -> None:
    for version in (1, 2, 3):
        policy = POLICY | {"retention_days": version}
        answer = send(service, "PUT", "/v1/policies/cars", {"policy": policy})
        assert answer.status_code == 200, answer.text
        until(service, f"cars@{version}")


def test_a_batch_a_single_request_and_the_library_judge_alike_by_a_board(service: Service) -> None:
    policy = BoardPolicy.model_validate(POLICY)
    send(service, "PUT", "/v1/policies/alike", {"policy": POLICY})
    until(service, "alike@1", "alike")
    board = build(Detector.load(), policy, "alike@1")
    assert isinstance(board, BoardDetector)
    posts = [{"id": n, "text": text, "board": "alike"} for n, text in enumerate(POSTS)]
    batch = send(service, "POST", "/v1/moderations:batch", {"posts": posts}).json()["verdicts"]
    for post, verdict in zip(posts, batch, strict=True):
        single = send(service, "POST", "/v1/moderations", post).json()
        own = json.loads(json.dumps(board.check(post["text"]).to_json())) | {"id": post["id"]}
        assert single | {"request_id": ""} == verdict | {"request_id": ""}
        assert own == {name: value for name, value in single.items() if name != "request_id"}
    by_text = {post["text"]: verdict for post, verdict in zip(posts, batch, strict=True)}
    assert by_text[FAKE_HOTLINE]["labels"] == []
    assert by_text[CLEAN]["suggestion"] == "block"
    assert by_text[CASH_OUT]["suggestion"] == "block"


def test_a_job_judges_as_the_library_does_by_a_board(service: Service) -> None:
    posts = [text for text in POSTS if "\ud800" not in text]
    lines = [json.dumps({"id": n, "text": text}) for n, text in enumerate(posts)] + ["no json"]
    send(service, "PUT", "/v1/policies/jobs", {"policy": POLICY})
    until(service, "jobs@1", "jobs")
    added = httpx.post(
        f"{service.url}/v1/jobs?board=jobs", content="\n".join(lines).encode(), trust_env=False,
        headers={"Content-Type": "application/x-ndjson"},
    )  # fmt: skip
    assert added.status_code == 201, added.text
    path = f"/v1/jobs/{added.json()['job']}"
    began = time.monotonic()
    while (job := send(service, "GET", path).json())["state"] not in {"done", "failed"}:
        assert time.monotonic() - began < 120, job
    assert (job["state"], job["problem"], job["policy"]) == ("done", None, "jobs@1")
    assert (job["summary"]["posts"], job["summary"]["rejected"]) == (len(posts), 1)
    result = send(service, "GET", f"{path}/result").content.splitlines()
    board = build(Detector.load(), BoardPolicy.model_validate(POLICY), "jobs@1")
    own = [{"id": n, **board.check(text).to_json()} for n, text in enumerate(posts)]
    assert [json.loads(line) for line in result] == json.loads(json.dumps(own))
    (reject,) = send(service, "GET", f"{path}/rejects").content.splitlines()
    assert json.loads(reject)["line"] == len(lines)


def test_what_a_worker_acknowledged_before_it_was_killed_is_stored(
    service: Service, data: Path
) -> None:
    for number in range(40):
        if number == 20:
            for worker in children(service.process.pid):
                os.kill(worker, signal.SIGKILL)
        assert stored(service, f"killed-{number}")
    url = address_of(data, None)
    assert url is not None
    storage = Storage(open_engine(url))
    with storage.transaction(writes=False) as connection:
        query = select(func.count()).select_from(tables.records)
        found = connection.execute(query.where(tables.records.c.post_id == '"killed"')).scalar()
    storage.close()
    assert found == 40


def stored(service: Service, key: str) -> bool:
    """Send a post again under one key until its answer says that it is stored."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        try:
            post = {"text": CASH_OUT, "id": "killed"}
            answer = send(service, "POST", "/v1/moderations", post, **{"Idempotency-Key": key})
        except httpx.TransportError:
            continue  # The worker that had it was killed.
        if answer.headers.get("Fanzha-Stored") == "true":
            return True
        assert answer.status_code == 503, answer.text
    return False


def children(pid: int) -> list[int]:
    """Give the worker processes of a service, without the tracker of multiprocessing."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = path.read_text().rpartition(")")[2].split()
            command = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue  # It ended meanwhile.
        if int(stat[1]) == pid and b"spawn_main" in command:
            found.append(int(path.parent.name))
    return found


def test_a_key_made_beside_the_running_service_is_needed_and_then_revoked(
    service: Service, data: Path
) -> None:
    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "fanzha_api.serve", "keys", *words],
            capture_output=True, text=True, check=True, timeout=60,
            env={**os.environ, "FANZHA_DATA": str(data)},
        )  # fmt: skip
        return done.stdout.strip()

    def settled(key: str, status: int) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        began = time.monotonic()
        while time.monotonic() - began < 30:
            codes = {
                send(service, "POST", "/v1/moderations", {"text": "好"}, **headers).status_code
                for _ in range(12)
            }
            if codes == {status}:
                return
        raise AssertionError(f"not every worker answers {status}")

    key = run("add", "forum", "--scope", "moderate")
    settled("", 401)
    settled(key, 200)
    run("revoke", key.split("_")[1])
    settled(key, 401)
    assert send(service, "GET", "/readyz").status_code == 200
