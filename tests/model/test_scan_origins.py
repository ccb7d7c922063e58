from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanzha.scan import Plan
from fanzha.scan.origins import Fields, Origin, origins


def read(path: Path, fields: Fields | None = None, **plan: str) -> list[Origin]:
    return list(origins(Plan((str(path),), "-", **plan), fields or Fields()))  # type: ignore[arg-type]


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
    assert one.campaign == "批次:c9"


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
