"""Title, text, signature and author as one post, and spans that lead back to each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fake_detector import FakeLoader
from fanzha.scan import Plan, scan


def verdict(folder: Path, record: dict[str, Any], **options: Any) -> dict[str, Any]:
    (folder / "x.jsonl").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    out = folder / "o.jsonl"
    scan(Plan((str(folder / "x.jsonl"),), str(out), workers=1, **options), FakeLoader())
    found: dict[str, Any] = json.loads(out.read_bytes())
    return found


def told(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (one.get("field", "text"), one["text"]) for one in found["evidence"] + found["hotlines"]
    ]


def assert_slices(found: dict[str, Any], record: dict[str, Any]) -> None:
    for one in found["evidence"] + found["hotlines"] + found["contacts"]:
        assert record[one.get("field", "text")][one["start"] : one["end"]] == one["text"]


@pytest.mark.parametrize(
    ("record", "options", "spans"),
    [
        pytest.param({"text": "花呗套现"}, {}, [("text", "套现")], id="text alone"),
        pytest.param(
            {"title": "花呗套现", "text": "打4000000000"}, {},
            [("title", "套现"), ("text", "4000000000")], id="title",
        ),
        pytest.param(
            {"title": "无", "text": "套现", "signature": "电话4000000000"},
            {"signature_field": "signature"},
            [("text", "套现"), ("signature", "4000000000")], id="signature",
        ),
        pytest.param(
            {"text": "你好", "author": "专业套现"}, {"author_field": "author"},
            [("author", "套现")], id="author",
        ),
        pytest.param({"text": "你好", "author": "套现"}, {}, [], id="author only if named"),
        pytest.param({"title": "套现", "text": "x"}, {"title_field": ""}, [], id="no title"),
        pytest.param({"title": ["套现"], "text": "x"}, {}, [], id="title of another kind"),
        pytest.param({"title": " ", "text": "套现"}, {}, [("text", "套现")], id="blank title"),
        pytest.param(
            {"title": "[b]花[/b]呗", "text": "[quote]套现[/quote][i]套[/i]现&#52;000000000"}, {},
            [("text", "套[/i]现")], id="markup in both",
        ),
        pytest.param({"text": "[b]套[/b]现"}, {"markup": "none"}, [], id="markup left"),
    ],
)  # fmt: skip
def test_spans_name_their_field_and_slice_it_as_written(
    tmp_path: Path, record: dict[str, Any], options: dict[str, Any], spans: list[tuple[str, str]]
) -> None:
    found = verdict(tmp_path, record, **options)
    assert_slices(found, record)
    assert told(found)[: len(spans)] == spans
    assert bool(spans) is bool(told(found))


def test_a_span_over_two_fields_keeps_its_part_in_the_first(tmp_path: Path) -> None:
    from fanzha.post import Post
    from fanzha.scan.fields import FieldNames, Row, compose

    record = {"title": "ab", "text": "cd"}
    row = Row("x", 1, record, FieldNames("text", "id", "title"))
    post, layout = compose(row, Plan(("-",), "-"))
    assert post == Post("ab\ncd")
    assert layout is not None
    one = {"start": 1, "end": 5, "text": "b\ncd"}
    restored = layout.restore(
        {"evidence": [one], "hotlines": [], "contacts": [], "normalizations": []}
    )
    assert restored["evidence"] == [{"field": "title", "start": 1, "end": 2, "text": "b"}]
