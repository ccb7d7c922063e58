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
        for place in (one, *one.get("continues", ())):
            written = record[place.get("field", "text")]
            assert written[place["start"] : place["end"]] == place["text"] != ""


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


@pytest.mark.parametrize(
    ("record", "start", "end", "expected"),
    [
        pytest.param(
            {"title": "ab", "text": "cd"}, 1, 5,
            {"field": "title", "start": 1, "end": 2, "text": "b", "continues": [
                {"field": "text", "start": 0, "end": 2, "text": "cd"}
            ]}, id="both",
        ),
        pytest.param(
            {"title": "ab", "text": "cd"}, 2, 5, {"start": 0, "end": 2, "text": "cd"},
            id="from the joint on",
        ),
        pytest.param(
            {"title": "ab", "text": "cd"}, 2, 3,
            {"field": "title", "start": 2, "end": 2, "text": ""}, id="the joint alone",
        ),
        pytest.param(
            {"title": "ab", "text": "[quote]x[/quote]cd\n[quote]y[/quote]"}, 0, 8,
            {"field": "title", "start": 0, "end": 2, "text": "ab", "continues": [
                {"field": "text", "start": 16, "end": 19, "text": "cd\n"}
            ]}, id="no quotation at the edges",
        ),
        pytest.param(
            {"title": "a", "text": "bc[quote]x[/quote]de"}, 2, 7,
            {"start": 0, "end": 2, "text": "bc", "continues": [
                {"field": "text", "start": 18, "end": 20, "text": "de"}
            ]}, id="nor in the middle",
        ),
        pytest.param(
            {"title": "a", "text": "bc[quote]x[/quote]de"}, 4, 5,
            {"start": 2, "end": 2, "text": ""}, id="a quotation alone",
        ),
    ],
)  # fmt: skip
def test_a_span_over_fields_and_quotations_is_what_stands_in_them(
    record: dict[str, Any], start: int, end: int, expected: dict[str, Any]
) -> None:
    from fanzha.scan.fields import FieldNames, Row, compose

    row = Row("x", 1, record, FieldNames("text", "id", "title"))
    post, layout = compose(row, Plan(("-",), "-"))
    assert layout is not None
    one = {"start": start, "end": end, "text": post.text[start:end]}
    assert layout.restore({"evidence": [one]})["evidence"] == [expected]
