"""A board's policy is in force at once, by version, and says what it cannot obey."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.conftest import Client, FakeDetector, Running
from fanzha_api import schemas
from fanzha_api.boards import Boards, build
from fanzha_api.follower import LOOK_S
from fanzha_api.problems import Problem
from fanzha_api.schemas import BoardPolicy
from fanzha_api.store.policies import diff

SCAM = {"text": "花呗套现秒到"}
ALLOW = {"kind": "term", "value": "套现", "owner": "li", "reason": "a board about shares"}
ROW = {
    "brand": "我家商行", "number": "4001234567", "category": "bank",
    "as_of": "2026-11", "sources": "our own",
}  # fmt: skip


def put(client: Client, board: str, policy: Any, **options: Any) -> httpx.Response:
    return client.put(f"/v1/policies/{board}", json={"policy": policy}, **options)


def ask(client: Client, **post: Any) -> dict[str, Any]:
    answer = client.post("/v1/moderations", json=SCAM | post)
    assert answer.status_code == 200, answer.text
    verdict: dict[str, Any] = answer.json()
    schemas.Verdict.model_validate(verdict)
    return verdict


def test_a_policy_is_in_force_at_once_and_named_by_each_verdict(kept: Client) -> None:
    assert ask(kept, board="shares")["model"]["policy"] == "default"
    first = put(kept, "shares", {"labels": {"cash_out": {"review": 0.98, "block": None}}})
    assert first.status_code == 200, first.text
    assert first.headers["etag"] == '"1"'
    verdict = ask(kept, board="shares")
    assert (verdict["suggestion"], verdict["model"]["policy"]) == ("pass", "shares@1")
    assert ask(kept)["suggestion"] == "block"
    assert put(kept, "shares", {}).json()["version"] == 2
    assert ask(kept, board="shares")["model"]["policy"] == "shares@2"


def test_a_board_without_a_policy_obeys_that_of_default(kept: Client) -> None:
    put(kept, "default", {"labels": {"cash_out": {"on": False}}})
    for board in ("cars", None):
        verdict = ask(kept, board=board) if board else ask(kept)
        assert (verdict["suggestion"], verdict["model"]["policy"]) == ("pass", "default@1")


def test_a_batch_judges_each_post_by_its_board(kept: Client) -> None:
    put(kept, "shares", {"allow": [ALLOW]})
    posts = [SCAM | {"id": n, "board": b} for n, b in enumerate(["shares", "cars", "shares"])]
    verdicts = kept.post("/v1/moderations:batch", json={"posts": posts}).json()["verdicts"]
    assert [verdict["suggestion"] for verdict in verdicts] == ["pass", "block", "pass"]
    assert [verdict["id"] for verdict in verdicts] == [0, 1, 2]
    assert verdicts[0]["lists"][0]["reason"] == "a board about shares"
    singles = [kept.post("/v1/moderations", json=post).json() for post in posts]
    for single, verdict in zip(singles, verdicts, strict=True):
        assert single | {"request_id": ""} == verdict | {"request_id": ""}


@pytest.mark.parametrize(
    ("policy", "pointer"),
    [
        ({"labels": {"cash_out": {"review": 0.9, "block": 0.5}}}, "#/policy/labels/cash_out/block"),
        ({"labels": {"spam": {}}}, "#/policy/labels/spam"),
        ({"labels": {"cash_out": {"review": 0}}}, "#/policy/labels/cash_out/review"),
        ({"allow": [ALLOW, ALLOW | {"value": "-", "kind": "number"}]}, "#/policy/allow/1/value"),
        ({"deny": [ALLOW | {"effect": "pass"}]}, "#/policy/deny/0/effect"),
        ({"deny": [ALLOW | {"expires": "2027-01-01T00:00:00"}]}, "#/policy/deny/0/expires"),
        ({"deny": [ALLOW | {"owner": ""}]}, "#/policy/deny/0/owner"),
        ({"deny": [ALLOW | {"reason": "\x00"}]}, "#/policy/deny/0/reason"),
        ({"hotlines": [ROW | {"number": "955889"}]}, "#/policy/hotlines/0/number"),
        ({"hotlines": [ROW, ROW]}, "#/policy/hotlines/1/number"),
        ({"retention_days": 0}, "#/policy/retention_days"),
        ({"colour": 1}, "#/policy/colour"),
    ],
)
def test_a_policy_that_cannot_be_obeyed_is_refused_where_it_is_wrong(
    lite: Client, policy: Any, pointer: str
) -> None:
    answer = put(lite, "cars", policy)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert lite.get("/v1/policies/cars").status_code == 404


@pytest.mark.parametrize("board", ["a b", "x@7", "..", "-a", "x" * 65, "%2e%2e%2fetc"])
def test_a_name_that_is_none_is_refused(lite: Client, board: str) -> None:
    assert put(lite, board, {}).status_code in {404, 422}
    refused = lite.post("/v1/moderations", json=SCAM | {"board": board})
    assert refused.status_code == 422


def test_a_name_in_han_is_one(kept: Client) -> None:
    assert put(kept, "股票", {"allow": [ALLOW]}).status_code == 200
    assert ask(kept, board="股票")["model"]["policy"] == "股票@1"


def test_who_changed_what_and_when_is_kept(kept: Client) -> None:
    put(kept, "cars", {"labels": {"cash_out": {"review": 0.5}}})
    kept.put("/v1/policies/cars", json={"policy": {"deny": [ALLOW]}, "note": "raid of March"})
    newest, oldest = kept.get("/v1/policies/cars/versions").json()["versions"]
    assert (newest["version"], newest["note"], newest["author"]) == (2, "raid of March", "local")
    assert newest["at"] > oldest["at"]
    assert newest["diff"]["/labels"] == [{"cash_out": {"review": 0.5}}, None]
    assert kept.get("/v1/policies/cars/versions?before=2&most=1").json()["versions"] == [oldest]
    assert kept.get("/v1/policies").json() == {"policies": [newest]}
    schemas.PolicyHistory.model_validate({"versions": [newest, oldest]})
    lines = kept.get("/v1/audit").json()["lines"]
    assert [line["subject"] for line in lines] == ["cars@2", "cars@1"]
    assert {line["action"] for line in lines} == {"policy.put"}


def test_of_two_editors_the_second_is_told(kept: Client) -> None:
    assert put(kept, "cars", {}, headers={"If-Match": '"0"'}).json()["version"] == 1
    changed = {"retention_days": 7}
    assert put(kept, "cars", changed, headers={"If-Match": '"1"'}).json()["version"] == 2
    late = put(kept, "cars", {"retention_days": 9}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["type"]) == (412, "urn:fanzha:problem:policy-changed")
    assert put(kept, "cars", {}, headers={"If-Match": "now"}).status_code == 422


def test_writing_what_is_in_force_makes_no_version(kept: Client) -> None:
    assert [put(kept, "cars", {"retention_days": 7}).json()["version"] for _ in range(2)] == [1, 1]


def test_a_boards_own_numbers_lie_over_the_registry() -> None:
    policy = BoardPolicy.model_validate({"hotlines": [ROW]})
    detector = FakeDetector()
    judging = build(detector, policy, "bank@1")
    assert isinstance(judging, FakeDetector)
    assert [entry.brand for entry in judging.owners("4001234567")] == ["我家商行"]
    assert detector.owners("4001234567") == ()
    assert judging.policy.name == "bank@1"


def test_a_review_threshold_above_the_default_block_threshold_raises_that() -> None:
    policy = BoardPolicy.model_validate({"labels": {"cash_out": {"review": 0.95}}})
    assert build(FakeDetector(), policy, "x").policy.block["cash_out"] == 0.95


def test_a_label_that_the_default_has_off_needs_a_threshold() -> None:
    class Few(FakeDetector):
        def __init__(self) -> None:
            super().__init__()
            self.policy = type(self.policy)("few", {"gambling": 0.5}, {})

    with pytest.raises(Problem, match="review threshold"):
        build(Few(), BoardPolicy.model_validate({"labels": {"cash_out": {}}}), "x")


def test_without_a_database_policies_are_not_to_be_had(client: Client) -> None:
    answer = client.get("/v1/policies")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:fanzha:problem:no-storage")
    assert ask(client, board="cars")["model"]["policy"] == "default"


def test_boards_start_without_any() -> None:
    detector = FakeDetector()
    assert Boards().of("cars", detector) == (detector, None)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, {}),
        ({"a": 1}, {}, {"/a": [1, None]}),
        ({"a/b": {"c": 1}}, {"a/b": {"c": 2}}, {"/a~1b/c": [1, 2]}),
        ({"l": [1, 2]}, {"l": [2, 1]}, {}),
        ({"l": [{"x": 1}]}, {"l": [{"x": 2}]}, {"/l": [[{"x": 1}], [{"x": 2}]]}),
    ],
    ids=["same", "gone", "deep", "order", "entries"],
)
def test_a_difference_says_what_changed(before: Any, after: Any, expected: Any) -> None:
    assert diff(before, after) == expected


def test_another_worker_obeys_a_change_after_one_look(start: Running, address: str) -> None:
    here, there = (start(database_url=address) for _ in range(2))

    def judged() -> str:
        answer = there.post("/v1/moderations", json={"text": "好", "board": "cars"})
        return str(answer.json()["model"]["policy"])

    follower = there.app.state.service.keeping.follower
    for version in (1, 2, 3):
        policy = {"retention_days": version}
        assert here.put("/v1/policies/cars", json={"policy": policy}).status_code == 200
        there.portal.call(follower.look)
        assert judged() == f"cars@{version}"
    # A look, what it reads and the next one lie within the second that is promised.
    assert LOOK_S <= 0.25


def test_a_look_that_finds_nothing_new_reads_nothing_but_the_counters(
    lite: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = lite.app.state.service.keeping.follower
    lite.portal.call(follower.look)
    asked: list[Any] = []
    storage = lite.app.state.service.keeping.storage
    read = storage.read

    async def counted(work: Any) -> Any:
        asked.append(work)
        return await read(work)

    monkeypatch.setattr(storage, "read", counted)
    lite.portal.call(follower.refresh)
    assert [work.__name__ for work in asked if hasattr(work, "__name__")].count("current") == 0
    assert asked
