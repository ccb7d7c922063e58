"""A candidate bundle judges beside the live one: listed where it differs, never in the way."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from api.conftest import Client, FakeDetector, Running
from fanzha.errors import BundleError, InputError
from fanzha.post import Post
from fanzha.verdict import Verdict
from fanzha_api.settings import Settings
from fanzha_api.store import Storage
from fanzha_api.store.shadow import MOST_DIFFERENCES, read_shadow, write_shadow

OFFER, CLEAN = "花呗套现秒到", "今天下雨"


class Mild(FakeDetector):
    """Flags only what says both words."""

    bundle_id = "mild-2"

    def check(self, post: str | Post) -> Verdict:
        text = Post.of(post).text
        return super().check(text if "秒到" in text else text.replace("套现", ""))


def load(settings: Settings) -> FakeDetector:
    if settings.bundle is None:
        return FakeDetector()
    if settings.bundle.name == "broken":
        raise BundleError("the bundle is damaged; train it again")
    return Mild()


def shadowed(start: Running, **settings: Any) -> Client:
    return start(load=load, shadow_share=1, **{"shadow_bundle": "new"} | settings)


def flush(client: Client) -> None:
    assert client.app.state.service.keeping.shadow.flush(30)


def test_what_the_candidate_says_otherwise_is_counted_and_listed(
    start: Running, address: str
) -> None:
    client = shadowed(start, database_url=address)
    client.put("/v1/policies/cars", json={"policy": {"labels": {"cash_out": {"block": None}}}})
    for number, text in enumerate([OFFER, CLEAN, "套现一", "套现二"]):
        headers = {"X-Request-ID": f"r{number}"}
        verdict = client.post("/v1/moderations", json={"text": text}, headers=headers).json()
        assert verdict["model"]["bundle"] == "fake-1"
    post = {"text": "套现三", "board": "cars"}
    client.post("/v1/moderations", json=post, headers={"X-Request-ID": "r4"})
    flush(client)
    found = client.get("/v1/shadow").json()
    assert (found["live"], found["candidate"], found["problem"]) == ("fake-1", "mild-2", None)
    assert (found["compared"], found["different"], found["skipped"]) == (5, 3, 0)
    turns = {(one["live"], one["candidate"]): one["posts"] for one in found["suggestions"]}
    assert (turns["block", "block"], turns["pass", "pass"]) == (1, 1)
    assert (turns["block", "pass"], turns["review", "pass"]) == (2, 1)
    listed = found["differences"]
    assert [one["request_id"] for one in listed] == ["r4", "r3", "r2"]
    assert (listed[0]["board"], listed[0]["suggestion"]) == ("cars", ["review", "pass"])
    assert listed[1]["labels"] == [["cash_out"], []]
    assert listed[1]["scores"] == {"cash_out": [0.97, 0.01]}
    assert "套现" not in str(found)
    older = client.get(f"/v1/shadow?most=1&before={listed[0]['number']}").json()["differences"]
    assert [one["request_id"] for one in older] == ["r3"]


def test_each_post_of_a_batch_is_compared(start: Running, tmp_path: Path) -> None:
    client = shadowed(start, data=tmp_path)
    posts = [{"text": "套现"}, {"text": CLEAN}]
    client.post("/v1/moderations:batch", json={"posts": posts}, headers={"X-Request-ID": "b"})
    flush(client)
    found = client.get("/v1/shadow").json()
    assert (found["compared"], found["differences"][0]["request_id"]) == (2, "b.0")


def test_a_request_never_waits_for_the_candidate_and_what_is_too_much_is_skipped(
    start: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fanzha_api.shadow._MOST_WAITING", 2)
    entered, go = threading.Event(), threading.Event()

    class Slow(Mild):
        def check(self, post: str | Post) -> Verdict:
            entered.set()
            assert go.wait(30)
            return super().check(post)

    def slow(settings: Settings) -> FakeDetector:
        return Slow() if settings.bundle else FakeDetector()

    client = start(load=slow, shadow_share=1, shadow_bundle="new", data=tmp_path)
    client.post("/v1/moderations", json={"text": CLEAN})
    assert entered.wait(30)
    for _ in range(5):
        assert client.post("/v1/moderations", json={"text": CLEAN}).status_code == 200
    go.set()
    flush(client)
    found = client.get("/v1/shadow").json()
    assert (found["compared"], found["skipped"]) == (3, 3)


def test_a_candidate_that_cannot_be_loaded_is_told_and_costs_nothing(
    start: Running, tmp_path: Path
) -> None:
    client = shadowed(start, data=tmp_path, shadow_bundle="broken")
    client.post("/v1/moderations", json={"text": OFFER})
    client.app.state.service.keeping.shadow._thread.join(30)
    assert client.post("/v1/moderations", json={"text": OFFER}).status_code == 200
    found = client.get("/v1/shadow").json()
    assert (found["candidate"], found["compared"]) == (None, 0)
    assert found["problem"] == "the bundle is damaged; train it again"


def test_a_post_on_which_the_candidate_fails_does_not_end_the_shadow(
    start: Running, tmp_path: Path
) -> None:
    class Frail(Mild):
        def check(self, post: str | Post) -> Verdict:
            if "炸" in Post.of(post).text:
                raise ZeroDivisionError
            return super().check(post)

    def frail(settings: Settings) -> FakeDetector:
        return Frail() if settings.bundle else FakeDetector()

    client = start(load=frail, shadow_share=1, shadow_bundle="new", data=tmp_path)
    for text in ("炸", "套现"):
        client.post("/v1/moderations", json={"text": text})
        if text == "套现":
            flush(client)
    assert client.get("/v1/shadow").json()["different"] == 1


def test_without_a_candidate_or_a_database_there_is_no_shadow(lite: Client, start: Running) -> None:
    assert lite.get("/v1/shadow").json()["type"] == "urn:fanzha:problem:no-shadow"
    with pytest.raises(InputError, match="FANZHA_SHADOW_BUNDLE is set"):
        start(shadow_bundle="new")


def test_only_the_newest_differences_are_kept(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fanzha_api.store.shadow.MOST_DIFFERENCES", 3)
    assert MOST_DIFFERENCES == 10_000
    pair = "live", "new"
    with storage.transaction() as connection:
        for start in (0, 4):
            rows = [
                {"request_id": f"r{n}", "board": "cars", "difference": {"suggestion": []}}
                for n in range(start, start + 4)
            ]
            write_shadow(connection, pair, "w", {"compared": start + 4}, rows)
        write_shadow(connection, pair, "other", {"compared": 2}, [])
        counts, differences = read_shadow(connection, pair, 50)
    assert counts["compared"] == 10
    assert [one["request_id"] for one in differences] == ["r7", "r6", "r5"]
