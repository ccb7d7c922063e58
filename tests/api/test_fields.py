"""A post in fields is one text, and every span lies in its own field."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.conftest import Client
from fanzha_api import schemas
from fanzha_api.fields import FieldedPost
from fanzha_api.schemas import FIELDS

TEXTS = st.text(st.characters(exclude_categories=()), max_size=12)


def test_the_fields_are_one_text_in_their_order() -> None:
    fielded = FieldedPost.of(
        schemas.Post(signature="加薇", title="花呗", body="", author_name="李", id=3)
    )
    assert fielded.post.text == "花呗\n\n李\n加薇"
    assert fielded.post.id == 3
    assert fielded.to_json() == {
        "title": "花呗", "body": "", "author_name": "李", "signature": "加薇",
    }  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(FIELDS), TEXTS, min_size=1),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_the_pieces_of_a_span_are_what_stands_in_the_fields(
    texts: dict[str, str], one: int, other: int
) -> None:
    fielded = FieldedPost.of(schemas.Post(**texts))
    whole = fielded.post.text
    start, end = sorted((min(one, len(whole)), min(other, len(whole))))
    found: dict[str, Any] = {"start": start, "end": end, "text": whole[start:end]}
    fielded.place({"evidence": [found]})
    pieces = [found, *found.pop("continues", ())]
    for piece in pieces:
        assert 0 <= piece["start"] <= piece["end"] <= len(texts[piece["field"]])
    joined = "\n".join(texts[piece["field"]][piece["start"] : piece["end"]] for piece in pieces)
    # What is cut off at most is line breaks between fields, and blank fields.
    assert "".join(joined.split()) == "".join(whole[start:end].split())
    valid = [re.sub("[\ud800-\udfff]", "\ufffd", texts[piece["field"]]) for piece in pieces]
    assert [piece["text"] for piece in pieces] == [
        text[piece["start"] : piece["end"]] for text, piece in zip(valid, pieces, strict=True)
    ]
    assert len(pieces) == 1 or all(piece["text"].strip() for piece in pieces)
    assert [FIELDS.index(piece["field"]) for piece in pieces] == sorted(
        FIELDS.index(piece["field"]) for piece in pieces
    )


def test_a_verdict_names_the_field_of_what_it_found(client: Client) -> None:
    post = {"id": "p", "title": "出租", "body": "花呗套现", "signature": "签名"}
    verdict = client.post("/v1/moderations", json=post).json()
    schemas.Verdict.model_validate(verdict)
    for kind in ("evidence", "hotlines", "contacts", "normalizations"):
        (found,) = verdict[kind]
        assert (found["field"], found["start"], found["end"]) == ("body", 2, 4)


def test_what_runs_over_into_another_field_is_continued_there() -> None:
    fielded = FieldedPost.of(schemas.Post(title="花呗套", body="现", signature="\ud800加"))
    found = {"start": 2, "end": 7, "text": "套\n现\n\ufffd"}
    fielded.place({"evidence": [found]})
    assert found == {
        "field": "title", "start": 2, "end": 3, "text": "套",
        "continues": [
            {"field": "body", "start": 0, "end": 1, "text": "现"},
            {"field": "signature", "start": 0, "end": 1, "text": "\ufffd"},
        ],
    }  # fmt: skip


def test_what_begins_on_the_line_end_between_two_fields_begins_in_the_second() -> None:
    fielded = FieldedPost.of(schemas.Post(title="标题", body="套现"))
    found: dict[str, Any] = {"start": 2, "end": 5, "text": "\n套现"}
    changed: dict[str, Any] = {"start": 2, "end": 4, "from": "\n套", "to": "x"}
    fielded.place({"evidence": [found], "normalizations": [changed]})
    assert found == {"field": "body", "start": 0, "end": 2, "text": "套现"}
    assert changed == {"field": "body", "start": 0, "end": 1, "from": "套", "to": "x"}


def test_a_body_alone_is_judged_as_the_same_text(client: Client) -> None:
    text = client.post("/v1/moderations", json={"text": "花呗套现"}).json()
    body = client.post("/v1/moderations", json={"body": "花呗套现"}).json()
    for kind in ("evidence", "hotlines", "contacts", "normalizations"):
        assert body[kind] == [found | {"field": "body"} for found in text[kind]]
    assert body["scores"] == text["scores"]


@pytest.mark.parametrize(
    ("post", "pointer"),
    [
        ({}, "#/text"),
        ({"text": None}, "#/text"),
        ({"title": None}, "#/title"),
        ({"title": 3}, "#/title"),
        ({"text": "a", "title": ""}, "#/text"),
        ({"title": "a", "reach": -1}, "#/reach"),
        ({"title": "a", "explain": 1}, "#/explain"),
        ({"title": "a", "author_id": []}, "#/author_id"),
        ({"title": "a" * 60, "body": "b" * 50}, "#/title"),
    ],
    ids=["none", "null", "null field", "number", "both", "reach", "explain", "author", "long"],
)
def test_a_wrong_field_is_pointed_at(start: Any, post: dict[str, Any], pointer: str) -> None:
    client = start(max_post_chars=100)
    answer = client.post("/v1/moderations", json=post)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_an_explanation_comes_when_it_is_asked_for(client: Client) -> None:
    post = {"title": "急", "body": "花呗套现"}
    assert "explanation" not in client.post("/v1/moderations", json=post).json()
    verdict = client.post("/v1/moderations", json=post | {"explain": True}).json()
    schemas.Verdict.model_validate(verdict)
    assert verdict["explanation"]["flip"] == {
        "suggestion": "pass",
        "without": [{"field": "body", "start": 2, "end": 4, "text": "套现"}],
    }
    batch = client.post("/v1/moderations:batch", json={"posts": [post | {"explain": True}]}).json()
    assert batch["verdicts"] == [verdict]
