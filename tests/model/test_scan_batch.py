from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.errors import InputError
from fanzha.post import MAX_POST_CHARS
from fanzha.scan import Plan
from fanzha.scan.batch import Batch, Record
from fanzha.scan.chunk import Chunk, Reject
from fanzha.scan.fields import Row, compose
from fanzha.scan.read import cut, read_batch
from fanzha.scan.rows import rows
from fanzha.scan.source import Source

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "花呗，套现", "[b]套[/b]现", "a<br>b", "&lt;", "\ud800x", "x\r\ny", '"', "[求助]"]
    ),
)
IDS = st.one_of(st.none(), st.integers(-(2**70), 2**70), st.text(max_size=4), st.floats(0, 9))
RECORDS = st.fixed_dictionaries(
    {}, optional={"text": st.one_of(TEXTS, st.none(), st.integers()), "id": IDS, "title": TEXTS}
)
ODD_LINES = st.sampled_from(
    [
        "",
        "  ",
        "{",
        "null",
        "[1]",
        "{}",
        '{"text": "\\ud800"}',
        "\ufeff",
        '{"text": "a\x00"}',
        "x,y",
    ]
)


def by_record(chunk: Chunk, plan: Plan) -> list[Record | Reject]:
    """What the chunk holds, made record by record."""
    found: list[Record | Reject] = []
    for row in rows(chunk, plan):
        if not isinstance(row, Row):
            found.append(row)
            continue
        try:
            post, layout = compose(row, plan)
        except InputError as error:
            found.append(Reject(row.file, row.line, str(error)))
        else:
            found.append(Record(row.file, row.line, post, layout, row.repaired))
    return found


def check_same(content: bytes, name: str, **options: Any) -> list[Batch]:
    """Check that reading together gives what reading one by one gives."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "dump"
        path.write_bytes(content)
        plan = Plan((str(path),), "-", format=name, **{"shard_bytes": 200, **options})
        with Source(str(path), plan) as source:
            chunks = [chunk.loaded() for chunk in cut(source, plan)]
        for chunk in chunks:
            assert list(read_batch(chunk, plan).items()) == by_record(chunk, plan)
        return [read_batch(chunk, plan) for chunk in chunks]


@settings(deadline=None)
@given(st.lists(st.one_of(RECORDS, ODD_LINES), max_size=12), st.sampled_from(["auto", "none"]))
def test_json_lines_read_together_are_what_they_are_one_by_one(
    lines: list[Any], markup: str
) -> None:
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    content = "\n".join(written).encode("utf-8", "surrogatepass")
    check_same(content, "jsonl", encoding="utf-8", markup=markup)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(), st.text("花呗[b]&，x\n", max_size=9)), max_size=9))
def test_json_lines_of_another_encoding_too(posts: list[tuple[int, str]]) -> None:
    lines = [json.dumps({"id": n, "text": text}, ensure_ascii=False) for n, text in posts]
    content = "\n".join(lines).encode("gb18030") + b'\n{"text": "\xff"}\n'
    check_same(content, "jsonl", encoding="gb18030")


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.tuples(st.text(max_size=5), TEXTS), ODD_LINES), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
)
def test_rows_of_csv_read_together_are_what_they_are_one_by_one(rows: list[Any], end: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end)
    writer.writerow(["id", "text"])
    for row in rows:
        if isinstance(row, str):
            out.write(row + end)
        else:
            writer.writerow(row)
    check_same(out.getvalue().encode("utf-8", "replace"), "csv", encoding="utf-8")


@settings(deadline=None, max_examples=40)
@given(st.lists(TEXTS, max_size=12), st.booleans())
def test_lines_of_text_read_together_are_what_they_are_one_by_one(
    lines: list[str], broken: bool
) -> None:
    content = "\n".join(lines).encode("utf-8", "replace") + (b"\n\xff\n" if broken else b"")
    check_same(content, "text", encoding="utf-8")


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"text": ["花呗", "[b]x[/b]", None]}, id="a null and a tag"),
        pytest.param({"text": ["a", "b"], "id": [1, None], "title": ["", "题"]}, id="a title"),
        pytest.param({"text": ["a"], "id": [True]}, id="an id that is none"),
        pytest.param({"text": ["花".encode("gb18030"), b"\xff\xff"]}, id="bytes"),
        pytest.param({"text": pa.array([1, 2])}, id="numbers"),
        pytest.param(
            {"text": pa.array([b"\xff", b"a"]).view(pa.string())}, id="strings of no encoding"
        ),
    ],
)
def test_columns_read_together_are_what_they_are_one_by_one(
    tmp_path: Path, columns: dict[str, Any]
) -> None:
    path = tmp_path / "x.parquet"
    pa.parquet.write_table(pa.table(columns), path)
    [batch, _] = check_same(path.read_bytes(), "parquet", shard_bytes=9999)
    assert len(batch) + len(batch.rejects) == len(columns["text"])


def test_a_table_with_two_columns_of_one_name_has_the_later_one(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    path = tmp_path / "x.arrow"
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    [batch, _] = check_same(path.read_bytes(), "arrow", shard_bytes=9999)
    assert batch.texts == ["b"]


def test_a_batch_keeps_posts_and_rejects_in_the_order_of_their_lines() -> None:
    content = b'{"text": "a"}\n{\n\n{"text": "[b]c[/b]"}\n{"text": 1}\n'
    [batch] = check_same(content, "jsonl")
    assert [one.line for one in batch.items()] == [1, 2, 4, 5]
    assert (batch.texts, list(batch.lines), len(batch)) == (["a", "c"], [1, 4], 2)
    assert list(batch.layouts) == [1]


def test_a_post_that_is_too_long_costs_only_itself() -> None:
    long = json.dumps({"text": "x" * (MAX_POST_CHARS + 1)})
    content = f'{{"text": "a"}}\n{long}\n{{"text": "b"}}\n'.encode()
    [batch] = check_same(content, "jsonl", shard_bytes=1 << 23)
    assert batch.texts == ["a", "b"]
    assert "2000001 characters" in batch.rejects[0].reason


def test_a_row_of_several_lines_is_whole_wherever_a_shard_ends() -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "text"])
    writer.writerows([[n, f"上\n中{n}\n下"] for n in range(900)])
    batches = check_same(out.getvalue().encode(), "csv", shard_posts=7, shard_bytes=1 << 20)
    assert [one for batch in batches for one in batch.ids] == [str(n) for n in range(900)]
    assert not any(batch.rejects for batch in batches)
