"""What a hostile caller may try: the doors of every route, bodies, headers, and hostile words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, inspect, select

from api.conftest import Client, FakeDetector, Running, running
from fanzha_api.app import create_app
from fanzha_api.settings import Settings
from fanzha_api.store import tables

DOCUMENT: dict[str, Any] = create_app(Settings()).openapi()
PARAMETERS = {
    "board": "cars", "number": "1", "request_id": "r", "job_id": "0" * 32, "part": "result",
    "webhook_id": "0" * 32, "delivery_id": "0" * 32, "key_id": "00000000",
}  # fmt: skip
OPEN = {"/healthz", "/readyz"}
SCOPES = ("moderate", "review", "admin")


def routes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def filled(path: str) -> str:
    for name, value in PARAMETERS.items():
        path = path.replace("{" + name + "}", value)
    assert "{" not in path, "give the parameter a value above"
    return path


GUARDED = [(method, path) for method, path, _ in routes() if path not in OPEN]
WITH_JSON = [
    (method, path)
    for method, path, operation in routes()
    if "application/json" in operation.get("requestBody", {}).get("content", {})
]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def make(client: Client, scopes: list[str], admin: str = "", name: str = "k") -> str:
    answer = client.post(
        "/v1/keys", json={"name": name, "scopes": scopes}, headers=bearer(admin) if admin else {}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


def test_every_route_is_shut_without_a_key_and_needs_its_scope(lite: Client) -> None:
    keys = {"admin": make(lite, ["admin"])}
    keys |= {scope: make(lite, [scope], keys["admin"]) for scope in SCOPES[:2]}
    needed: dict[str, set[str]] = {}
    for method, path in GUARDED:
        target = filled(path)
        for wrong in ({}, bearer("fz_00000000_" + "x" * 43), {"Authorization": "Basic eDp5"}):
            answer = lite.request(method, target, headers=wrong)
            assert answer.status_code == 401, (method, path)
        if path in {"/metrics"}:
            continue
        # The scope comes before the body, so that an empty one never gets so far as a deed.
        let_in = {
            scope
            for scope, key in keys.items()
            if lite.request(method, target, headers=bearer(key)).status_code != 403
        }
        needed[f"{method} {path}"] = let_in
        assert len(let_in) == 1, (method, path, let_in)
    assert needed["POST /v1/moderations"] == {"moderate"}
    assert needed["PUT /v1/policies/{board}"] == {"admin"}
    assert needed["POST /v1/reviews:decide"] == {"review"}
    assert needed["GET /v1/shadow"] == needed["GET /v1/drift"] == {"review"}
    assert needed["POST /v1/drift/{board}/baseline"] == {"admin"}


@pytest.mark.parametrize("route", WITH_JSON, ids=" ".join)
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[" * 100_000, {}, 400),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, {}, 400),
        (b" " * 5000, {}, 413),
        (b'{"text": "\xff"}', {}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b'{"__proto__": {"x": 1}}', {}, 422),
        (b"[]", {}, 422),
    ],
    ids=["deep", "deep and whole", "large", "bytes", "text", "form", "packed", "proto", "list"],
)
def test_a_hostile_body_is_refused_by_every_route(
    bounded: Client, route: tuple[str, str], body: bytes, headers: dict[str, str], status: int
) -> None:
    method, path = route
    large = len(body) > 4096
    answer = bounded.request(
        method, filled(path), content=body,
        headers={"Content-Type": "application/json", **headers},
    )  # fmt: skip
    assert answer.status_code == (413 if large else status), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_deep_json_within_the_limit_is_refused_too(lite: Client) -> None:
    for method, path in WITH_JSON:
        for body in (b"[" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000):
            answer = lite.request(
                method, filled(path), content=body, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in {400, 422}, (method, path)


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    settings = Settings(data=tmp_path_factory.mktemp("data"), max_body_bytes=4096)
    with running(lambda _: FakeDetector(), None, True, settings) as client:
        yield client


HOSTILE = [
    "'; DROP TABLE records; --",
    '" OR 1=1 --',
    "x') UNION SELECT digest FROM keys --",
    "%' ESCAPE '\\",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}} ${7*7} %s %(a)s {0.__class__}",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "\u202e\u200b\ufeff反诈",
]


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_are_kept_as_words_in_every_field(kept: Client, word: str) -> None:
    before = set(inspect(kept.app.state.service.keeping.storage.engine).get_table_names())
    entry = {"kind": "term", "value": word, "owner": word[:100], "reason": word}
    policy = {"record": "all", "keep_texts": True, "allow": [entry], "deny": [entry]}
    put = kept.put("/v1/policies/cars", json={"policy": policy, "note": word})
    assert put.status_code == 200, put.text
    assert kept.get("/v1/policies/cars").json()["policy"]["deny"][0]["reason"] == word
    assert kept.get("/v1/policies/cars/versions").json()["versions"][0]["note"] == word

    fields = {"title": word, "body": word + " 套现", "author_name": word, "signature": word}
    post = {"id": word, "author_id": word, "board": "cars", **fields}
    stored = {"X-Request-ID": "r1", "Idempotency-Key": "k1"}
    assert kept.post("/v1/moderations", json=post, headers=stored).status_code == 200
    (found,) = kept.get("/v1/records/r1").json()["records"]
    assert (found["id"], found["fields"]) == (word, fields)

    said = {"request_id": "r1", "id": word, "outcome": "wrong", "note": word}
    assert kept.post("/v1/feedback", json=said).status_code == 201
    appeal = {"request_id": "r1", "id": word, "reason": word}
    number = kept.post("/v1/appeals", json=appeal).json()["number"]
    assert kept.get("/v1/appeals").json()["appeals"][0]["reason"] == word
    decided = {"request_ids": ["r1"], "decision": "pass", "note": word}
    assert kept.post("/v1/reviews:decide", json=decided).json() == {"request_ids": ["r1"]}
    kept.post(f"/v1/appeals/{number}/resolution", json={"granted": False, "note": word})

    # Another's rows are not reached by what is said of one's own.
    assert kept.post("/v1/moderations", json={"text": "套现", "id": "other"}, headers={
        "X-Request-ID": "r2", "Idempotency-Key": "k2"}).status_code == 200  # fmt: skip
    assert kept.delete("/v1/records", params={"author_id": word}).json() == {"deleted": 1}
    storage = kept.app.state.service.keeping.storage
    with storage.transaction(writes=False) as connection:
        left = connection.execute(select(func.count()).select_from(tables.records)).scalar()
    assert left == 1
    assert set(inspect(storage.engine).get_table_names()) == before

    made = kept.post("/v1/keys", json={"name": word[:100], "scopes": ["admin"]})
    assert made.json()["name"] == word[:100]


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_are_refused_where_a_name_or_an_id_is_needed(lite: Client, word: str) -> None:
    lite.portal.call(lite.app.state.service.keeping.follower.look)
    escaped = quote(word, safe="")
    for path in (
        f"/v1/policies/{escaped}", f"/v1/records/{escaped}", f"/v1/jobs/{escaped}",
        f"/v1/jobs/{escaped}/result", f"/v1/reviews?board={escaped}",
        f"/v1/reviews?after={escaped}",
        f"/v1/appeals?state={escaped}",
    ):  # fmt: skip
        answer = lite.get(path)
        assert answer.status_code in {404, 422}, path
        assert answer.headers["content-type"] == "application/problem+json"
    assert lite.post("/v1/moderations", json={"text": "好", "board": word}).status_code == 422


SPLIT = ["a\r\nSet-Cookie: x=1", "a\nX-Evil: 1", "a\x00b", "%0d%0aSet-Cookie:x=1", "a\u2028b"]


@pytest.mark.parametrize("value", SPLIT)
def test_no_header_of_a_caller_makes_one_of_the_answer(lite: Client, value: str) -> None:
    raw = value.encode()
    for name in (b"X-Request-ID", b"Idempotency-Key", b"If-Match", b"Authorization"):
        answer = lite.request("POST", "/v1/moderations", json={"text": "好"}, headers=[(name, raw)])
        assert answer.status_code in {200, 401, 422}
        assert not {"set-cookie", "x-evil"} & set(answer.headers)
        assert "Set-Cookie" not in answer.headers["x-request-id"]
        assert all("\r" not in one and "\n" not in one for one in answer.headers.values())
    for path in ("/v1/policies/%0d%0aSet-Cookie:x=1", "/v1/hotlines/1%0d%0aSet-Cookie:x=1"):
        assert "set-cookie" not in lite.get(path).headers


def test_a_request_that_is_sent_again_by_another_key_is_a_request_of_its_own(kept: Client) -> None:
    admin = make(kept, ["admin"])
    one, other = (make(kept, ["moderate"], admin, name) for name in ("one", "other"))
    first = kept.post(
        "/v1/moderations", json={"text": "套现"},
        headers={**bearer(one), "Idempotency-Key": "k", "X-Request-ID": "r-one"},
    )  # fmt: skip
    stolen = kept.post(
        "/v1/moderations", json={"text": "套现"},
        headers={**bearer(other), "Idempotency-Key": "k", "X-Request-ID": "r-other"},
    )  # fmt: skip
    assert first.json()["request_id"] == "r-one"
    assert stolen.json()["request_id"] == "r-other"
    assert "idempotent-replayed" not in stolen.headers
    again = kept.post(
        "/v1/moderations:batch", json={"posts": [{"text": "套现"}]},
        headers={**bearer(one), "Idempotency-Key": "k"},
    )  # fmt: skip
    assert json.loads(again.content)["type"] == "urn:fanzha:problem:idempotency-key-reused"


def test_a_revoked_key_replays_nothing(kept: Client) -> None:
    admin = make(kept, ["admin"])
    key = make(kept, ["moderate"], admin)
    headers = {**bearer(key), "Idempotency-Key": "k"}
    assert kept.post("/v1/moderations", json={"text": "套现"}, headers=headers).status_code == 200
    gone = kept.delete(f"/v1/keys/{key.split('_')[1]}", headers=bearer(admin))
    assert gone.status_code == 204
    assert kept.post("/v1/moderations", json={"text": "套现"}, headers=headers).status_code == 401


def test_there_is_no_cors_and_nothing_may_frame_or_cache_an_answer(start: Running) -> None:
    client = start()
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for answer in (
        client.request("OPTIONS", "/v1/moderations", headers=origin),
        client.post("/v1/moderations", json={"text": "好"}, headers=origin),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
