"""The service says no until it has a detector that judges known posts rightly."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from api.conftest import FakeDetector, Running
from fanzha.errors import BundleError
from fanzha.post import Post
from fanzha.verdict import Verdict
from fanzha_api.settings import Settings


class AlwaysClean(FakeDetector):
    def check(self, post: str | Post) -> Verdict:
        return super().check("你好")


class AlwaysScam(FakeDetector):
    def check(self, post: str | Post) -> Verdict:
        return super().check("套现")


def fail(error: Exception) -> Any:
    def load(settings: Settings) -> FakeDetector:
        raise error

    return load


def test_while_the_detector_loads_the_service_is_alive_and_not_ready(start: Running) -> None:
    go = threading.Event()

    def load(settings: Settings) -> FakeDetector:
        assert go.wait(30)
        return FakeDetector()

    client = start(load=load, wait=False)
    try:
        assert client.get("/healthz").status_code == 200
        assert client.get("/metrics").status_code == 200
        for method, path in [
            ("GET", "/readyz"),
            ("GET", "/v1/hotlines/95188"),
            ("POST", "/v1/moderations"),
            ("POST", "/v1/moderations:batch"),
        ]:
            answer = client.request(method, path)
            assert answer.status_code == 503
            assert answer.json()["type"] == "urn:fanzha:problem:loading"
            assert answer.headers["retry-after"] == "1"
    finally:
        go.set()
    client.settle()
    assert client.get("/readyz").status_code == 200
    assert client.post("/v1/moderations", json={"text": "你好"}).status_code == 200


@pytest.mark.parametrize(
    ("load", "why"),
    [
        (fail(BundleError("the bundle is torn; install it again")), "the bundle is torn"),
        (fail(KeyError("secret text")), "unexpected KeyError"),
        (lambda settings: AlwaysClean(), "known post 1"),
        (lambda settings: AlwaysScam(), "known post 2"),
    ],
    ids=["bundle error", "defect", "misses the scam", "flags the clean"],
)
def test_a_detector_that_cannot_be_used_leaves_the_service_not_ready(
    start: Running, capfd: pytest.CaptureFixture[str], load: Any, why: str
) -> None:
    ended: list[bool] = []
    client = start(load=load, on_failure=lambda: ended.append(True))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:fanzha:problem:not-loaded"
    assert "retry-after" not in answer.headers
    assert client.get("/healthz").status_code == 200
    assert ended == [True]
    failure = client.app.state.service.readiness.failure
    assert failure.startswith(why) or why in failure
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["why"] for line in lines if line["event"] == "not ready"] == [failure]
    assert "secret" not in json.dumps(lines)


def test_the_detector_is_loaded_once_from_the_settings(start: Running) -> None:
    loaded: list[Settings] = []

    def load(settings: Settings) -> FakeDetector:
        loaded.append(settings)
        return FakeDetector()

    client = start(load=load, max_post_chars=9)
    for _ in range(3):
        client.post("/v1/moderations", json={"text": "你好"})
    assert [settings.max_post_chars for settings in loaded] == [9]


def test_a_database_that_cannot_be_opened_is_named_as_the_reason(
    start: Running, tmp_path: Path
) -> None:
    (tmp_path / "fanzha.db").mkdir()
    client = start(data=tmp_path, wait=False)
    until = time.monotonic() + 30
    while (answer := client.get("/readyz")).json()["type"].endswith(":loading"):
        assert time.monotonic() < until
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:fanzha:problem:storage-unavailable"
    assert "SQLITE_CANTOPEN" in answer.json()["detail"]
    assert str(tmp_path) not in answer.text
