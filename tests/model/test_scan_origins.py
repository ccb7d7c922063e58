from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanzha.post import Span
from fanzha.scan import Plan
from fanzha.scan.origins import Fields, Origin, exact_campaign, origins

AD = "抖音月付官方客服电话{}，退款注销请找人工专席"


def read(path: Path, fields: Fields | None = None, **plan: str) -> list[Origin]:
    return list(origins(Plan((str(path),), "-", **plan), fields or Fields()))  # type: ignore[arg-type]


def key(number: str, text: str = AD) -> str | None:
    written = text.format(number)
    start = written.index(number)
    return exact_campaign(written, [Span(start, start + len(number))])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(key("4000000002"), id="another number"),
        pytest.param(key("400-000-0002"), id="written otherwise"),
        pytest.param(key("tx_888"), id="a chat id"),
        pytest.param(key("4000000002", AD.replace("，", "， 3 ")), id="other digits and spaces"),
        pytest.param(key("4000000002", AD.replace("官", "\u200b官")), id="a zero-width sign"),
        pytest.param(key("4000000002", AD.replace("电话", "電話")), id="traditional script"),
    ],
)
def test_posts_worded_alike_are_one_campaign(other: str | None) -> None:
    assert key("4000000001") == other is not None


def test_another_wording_is_another_campaign() -> None:
    assert key("4000000001") != key("4000000001", AD.replace("退款", "理赔"))


def test_a_wording_of_a_few_characters_is_no_campaign() -> None:
    assert key("4000000001", "联系电话{}") is None


def test_overlapping_and_unsorted_spans_are_cut_once() -> None:
    text = AD.format("400-000-0001")
    at = text.index("4")
    spans = [Span(at + 4, at + 12), Span(at, at + 12)]
    assert exact_campaign(text, spans) == key("4000000001")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param(
            "x.jsonl",
            b'{"id": "a", "text": "x", "author": "\xe7\x94\xb2"}\n\nbroken\n{"text": "y"}\n',
            [(1, "a", "x", "甲"), (4, None, "y", None)],
            id="JSON lines",
        ),
        pytest.param(
            "x.csv",
            "id,author,text\na,甲,x\nb,,\"y\nz\"\nc,丙\nd,丁,w\n".encode(),
            [(2, "a", "x", "甲"), (3, "b", "y\nz", None), (6, "d", "w", "丁")],
            id="CSV",
        ),
        pytest.param(
            "x.txt", b"x\r\n\ny", [(1, None, "x", None), (2, None, "", None), (3, None, "y", None)],
            id="text",
        ),
        pytest.param(
            "x.jsonl", rb'{"id": "\ud800", "text": "x", "author": 7}',
            [(1, "\ufffd", "x", "7")],
            id="lone surrogate in an id",
        ),
    ],
)  # fmt: skip
def test_records_tell_line_id_and_account(
    tmp_path: Path, name: str, content: bytes, expected: list[object]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = [(one.line, one.id, one.text, one.account) for one in read(path)]
    assert found == expected


def test_the_fields_may_have_other_names(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    row = {"帖号": 5, "正文": "x", "用户": "甲", "批次": "c9"}
    path.write_text(json.dumps(row), encoding="utf-8")
    (one,) = read(path, Fields("用户", "批次"), text_field="正文", id_field="帖号")
    assert (one.id, one.account) == (5, "甲")
    assert one.key([]) == "批次:c9"


@pytest.mark.parametrize(
    ("identity", "verdict", "owned"),
    [
        pytest.param("a", {"id": "a"}, True, id="same id"),
        pytest.param("1", {"id": 1}, False, id="string and integer"),
        pytest.param(None, {"line": 3}, True, id="line"),
        pytest.param(None, {"line": 4}, False, id="another line"),
        pytest.param(None, {"file": "x", "line": 3}, True, id="line of the file"),
        pytest.param(None, {"file": "y", "line": 3}, False, id="line of another file"),
        pytest.param("a", {"line": 3}, False, id="a record with an id has no line"),
    ],
)
def test_a_verdict_belongs_to_its_record(
    identity: str | None, verdict: dict[str, str | int], owned: bool
) -> None:
    assert Origin("x", 3, identity, "", None, None).owns(verdict) is owned
