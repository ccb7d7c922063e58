"""Every error is a problem document that says what to do and quotes no post."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.conftest import Client, FakeDetector, Running
from fanzha.errors import InputError
from fanzha.post import Post
from fanzha.verdict import Verdict
from fanzha_api import schemas

ONE, MANY = "/v1/moderations", "/v1/moderations:batch"
JSON_TYPE = {"Content-Type": "application/json"}


def problem_of(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    schemas.Problem.model_validate(problem)
    assert problem["status"] == status
    assert problem["type"] == f"urn:fanzha:problem:{kind}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (ONE, {}, "#/text"),
        (ONE, {"text": None}, "#/text"),
        (ONE, {"text": 5}, "#/text"),
        (ONE, {"text": ["a"]}, "#/text"),
        (ONE, {"text": "a", "forum": "x"}, "#/forum"),
        (ONE, {"text": "a", "a/b~c 套": 1}, "#/a~1b~0c%20%E5%A5%97"),
        (ONE, {"text": "a", "id": 1.5}, "#/id"),
        (ONE, {"text": "a", "id": True}, "#/id"),
        (ONE, {"text": "a", "id": 2**63}, "#/id"),
        (ONE, {"text": "a", "id": 2**70}, "#/id"),
        (ONE, {"text": "a", "id": "x" * 257}, "#/id"),
        (ONE, {"text": "长" * 51}, "#/text"),
        (ONE, [], "#"),
        (ONE, None, "#"),
        (ONE, "text", "#"),
        (MANY, {}, "#/posts"),
        (MANY, {"posts": {}}, "#/posts"),
        (MANY, {"posts": []}, "#/posts"),
        (MANY, {"posts": [{"text": "a"}] * 257}, "#/posts"),
        (MANY, {"posts": ["a"]}, "#/posts/0"),
        (MANY, {"posts": [{"text": "a"}, {"id": 1}]}, "#/posts/1/text"),
        (MANY, {"posts": [{"text": "a"}, {"text": "长" * 51}]}, "#/posts/1/text"),
        (MANY, {"posts": [{"text": "a"}], "extra": 1}, "#/extra"),
    ],
)
def test_a_wrong_field_is_pointed_at(start: Running, path: str, body: Any, pointer: str) -> None:
    client = start(max_post_chars=50)
    answer = client.send_raw(json.dumps(body).encode(), path)
    problem = problem_of(answer, 422, "invalid-field")
    assert problem["errors"][0]["pointer"] == pointer
    assert ";" in problem["detail"] or "must be" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            {"name": "x", "scopes": ["root"]},
            "#/scopes/0 is none of 'moderate', 'review' or 'admin'",
        ),
        ({"name": "x", "scopes": ["admin"], "rate_per_s": 0.0}, "is too small; give one above 0"),
        ({"name": "x", "scopes": ["admin"], "rate_per_s": 1e9}, "is too large; give 1000000"),
    ],
)
def test_a_limit_that_was_not_kept_is_named(
    start: Running, tmp_path: Path, body: Any, detail: str
) -> None:
    client = start(data=tmp_path)
    told = problem_of(client.post("/v1/keys", json=body), 422, "invalid-field")
    assert detail in told["detail"]


def test_all_wrong_fields_of_a_batch_are_listed_up_to_twenty(client: Client) -> None:
    problem = problem_of(client.post(MANY, json={"posts": [{}] * 30}), 422, "invalid-field")
    assert [error["pointer"] for error in problem["errors"]] == [
        f"#/posts/{number}/text" for number in range(20)
    ]
    assert "30 errors" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "invalid-json"),
        (b"{", "invalid-json"),
        (b'{"text": "a"} x', "invalid-json"),
        (b'{"text": NaN}', "invalid-json"),
        (b'\xef\xbb\xbf{"text": "a"}', "invalid-json"),
        (b'{"text": "\xff"}', "invalid-utf8"),
        ('{"text": "套现"}'.encode("gb18030"), "invalid-utf8"),
        ('{"text": "a"}'.encode("utf-16"), "invalid-utf8"),
        (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid-json"),
        (b'{"text": ' + b'{"a":' * 50_000, "invalid-json"),
        (b'{"text": "\\ud800", "id": ' + b"9" * 5000 + b"}", "invalid-json"),
    ],
    ids=[
        "empty", "cut", "trailing", "nan", "bom", "not utf-8", "gb18030", "utf-16", "deep",
        "deep and cut", "endless number",
    ],
)  # fmt: skip
def test_a_body_that_is_not_json_in_utf8_is_refused(client: Client, body: bytes, kind: str) -> None:
    problem_of(client.send_raw(body), 400, kind)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=80) | st.text(max_size=40).map(str.encode))
def test_no_body_brings_the_service_down(client: Client, body: bytes) -> None:
    for path in (ONE, MANY):
        answer = client.send_raw(body, path)
        assert answer.status_code in {200, 400, 422}


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "text", "posts", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(JSON_VALUES)
def test_any_json_is_answered_with_a_verdict_or_a_problem(client: Client, body: Any) -> None:
    for path in (ONE, MANY):
        answer = client.send_raw(json.dumps(body).encode(), path)
        if answer.status_code == 200:
            form = schemas.Verdict if path == ONE else schemas.Verdicts
            form.model_validate_json(answer.content)
        else:
            problem_of(answer, 422, "invalid-field")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=gb18030"},
        {"Content-Type": "application/jsonp"},
        {**JSON_TYPE, "Content-Encoding": "gzip"},
    ],
    ids=["none", "text", "form", "gb18030", "jsonp", "gzip"],
)
def test_another_content_type_is_refused(client: Client, headers: dict[str, str]) -> None:
    answer = client.post(ONE, content=b'{"text": "a"}', headers=headers)
    problem_of(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"']
)
def test_json_in_utf8_is_accepted_however_it_is_declared(client: Client, kind: str) -> None:
    answer = client.post(ONE, content=b'{"text": "a"}', headers={"Content-Type": kind})
    assert answer.status_code == 200


class Stream(httpx.AsyncByteStream):
    """A body without a length, that remembers how much of it was taken."""

    def __init__(self, chunks: int) -> None:
        self.chunks = chunks
        self.taken = 0

    async def __aiter__(self) -> Any:
        for _ in range(self.chunks):
            self.taken += 1
            yield b" " * 1024


def test_a_large_body_is_refused_while_it_comes_without_its_length(start: Running) -> None:
    client = start(max_body_bytes=4096)
    stream = Stream(chunks=1000)
    answer = client.post(ONE, content=stream, headers=JSON_TYPE)
    problem_of(answer, 413, "body-too-large")
    assert answer.headers["connection"] == "close"
    assert stream.taken < 10


@pytest.mark.parametrize("length", ["4097", "9" * 5000], ids=["one too many", "absurd"])
def test_a_large_body_is_refused_by_its_declared_length(start: Running, length: str) -> None:
    client = start(max_body_bytes=4096)
    stream = Stream(chunks=3)
    headers = {**JSON_TYPE, "Content-Length": length}
    problem_of(client.post(ONE, content=stream, headers=headers), 413, "body-too-large")
    assert stream.taken == 0


def test_a_body_of_exactly_the_limit_is_read(start: Running) -> None:
    client = start(max_body_bytes=4096)
    body = b'{"text": "a"}'
    assert client.send_raw(body + b" " * (4096 - len(body))).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/v1/moderations/", 404, "not-found"),
        ("POST", "/v2/moderations", 404, "not-found"),
        ("GET", "/v1/hotlines/", 404, "not-found"),
        ("GET", "/v1/hotlines/95188/x", 404, "not-found"),
        ("GET", ONE, 405, "method-not-allowed"),
        ("DELETE", MANY, 405, "method-not-allowed"),
        ("POST", "/healthz", 405, "method-not-allowed"),
    ],
)
def test_an_unknown_route_or_method_is_a_problem_too(
    client: Client, method: str, path: str, status: int, kind: str
) -> None:
    answer = client.request(method, path)
    problem_of(answer, status, kind)
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v1/hotlines/abc", "number"),
        ("/v1/hotlines/" + "9" * 65, "number"),
        ("/v1/hotlines/95188?brand=", "brand"),
        ("/v1/hotlines/95188?brand=" + "x" * 101, "brand"),
        ("/v1/hotlines/95188?brnad=x", "brnad"),
    ],
    ids=["no digits", "long number", "empty brand", "long brand", "misspelt"],
)
def test_a_wrong_parameter_is_named(client: Client, path: str, parameter: str) -> None:
    problem = problem_of(client.get(path), 422, "invalid-field")
    assert problem["errors"][0]["parameter"] == parameter


class Broken(FakeDetector):
    """Fails on every post but the known ones, with the post in the error's text."""

    def check(self, post: str | Post) -> Verdict:
        post = Post.of(post)
        if "secret" in post.text:
            raise ValueError(post.text)
        if "refused" in post.text:
            raise InputError("the post cannot be used; write another")
        return super().check(post)

    def check_many(self, posts: Any) -> Iterator[Verdict]:
        yield from map(self.check, posts)


def test_an_unforeseen_error_is_a_problem_and_its_text_stays_out_of_the_log(
    start: Running, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    client = start(load=lambda settings: Broken())
    answer = client.post(ONE, json={"text": "secret 13800138000"})
    problem = problem_of(answer, 500, "internal")
    assert "secret" not in answer.text
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    failed = [line for line in lines if line.get("status") == 500]
    assert failed[0]["request_id"] == problem["request_id"]
    assert failed[0]["error"] == "ValueError"
    assert failed[0]["level"] == "ERROR"
    assert "secret" not in json.dumps(lines)
    assert "secret" not in caplog.text


def test_an_input_error_of_the_library_is_the_callers(start: Running) -> None:
    client = start(load=lambda settings: Broken())
    problem = problem_of(client.post(ONE, json={"text": "refused"}), 422, "invalid-input")
    assert problem["detail"] == "the post cannot be used; write another"


def test_a_body_of_which_nothing_comes_is_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fanzha_api.bodies._CHUNK_S", 0.01)

    async def slow() -> AsyncIterator[bytes]:
        yield b'{"text": '
        await anyio.sleep_forever()

    answer = client.post(
        "/v1/moderations", content=slow(), headers={"Content-Type": "application/json"}
    )
    problem_of(answer, 408, "slow-body")
    assert answer.headers["connection"] == "close"


def test_a_body_that_comes_by_the_byte_is_refused_when_its_time_is_over(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fanzha_api.bodies._WHOLE_S", 0.01)

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await anyio.lowlevel.checkpoint()

    answer = client.post(
        "/v1/moderations", content=dripping(), headers={"Content-Type": "application/json"}
    )
    problem_of(answer, 408, "slow-body")
    assert answer.headers["connection"] == "close"
