from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.errors import InputError
from fanzha.post import MAX_POST_CHARS
from fanzha.scan import Plan
from fanzha.scan.read import Record, Reject, read
from fanzha.scan.source import MAX_RECORD_BYTES, Source


def items_of(path: Path, **plan: str) -> list[Record | Reject]:
    made = Plan((str(path),), "out.jsonl", **plan)  # type: ignore[arg-type]
    with Source(str(path), made) as source:
        return list(read(source, made))


def read_bytes(folder: Path, name: str, content: bytes, **plan: str) -> list[Record | Reject]:
    path = folder / name
    path.write_bytes(content)
    return items_of(path, **plan)


def told(items: list[Record | Reject]) -> list[tuple[int, str]]:
    return [
        (item.line, item.post.text if isinstance(item, Record) else f"reject: {item.reason}")
        for item in items
    ]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        pytest.param(rb'{"text": ""}', "", id="empty post"),
        pytest.param(rb'{"text": "\ud800x"}', "\ud800x", id="lone surrogate"),
        pytest.param(rb'{"text": "a\u0000b"}', "a\0b", id="escaped NUL"),
        pytest.param(b'{"text": "a\0b\x1b"}', "a\0b\x1b", id="bare controls"),
        pytest.param(rb'{"text": "\ud83d\ude00"}', "😀", id="surrogate pair"),
        pytest.param('\ufeff{"text": "花"}'.encode(), "花", id="byte order mark"),
        pytest.param('{"text": "花", "n": NaN}'.encode(), "花", id="NaN as Python writes it"),
        pytest.param(b'{"text": "x", "id": null}\r', "x", id="carriage return"),
    ],
)
def test_an_odd_record_that_can_be_read_is_a_post(tmp_path: Path, line: bytes, text: str) -> None:
    assert told(read_bytes(tmp_path, "x.jsonl", line + b"\n")) == [(1, text)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(b'{"text": "\xff"}', "invalid UTF-8 at byte 11", id="invalid UTF-8"),
        pytest.param(b'{"text": "x"', "broken JSON at column", id="broken JSON"),
        pytest.param(b"[" * 100_000, "nested too deeply", id="deep nesting"),
        pytest.param(b'{"n": ' + b"9" * 5000 + b', "text": "x", "s": "\\ud800"}',
                     "number too long", id="endless number"),
        pytest.param(b'{"body": "x"}', "the field 'text' is missing", id="missing field"),
        pytest.param(b'{"text": null}', "the field 'text' is null", id="null text"),
        pytest.param(b'{"text": 5}', "is a number, not a string", id="number for text"),
        pytest.param(b'{"text": {"a": 1}}', "is an object, not a string", id="object for text"),
        pytest.param(b'{"text": "x", "id": [1]}', "the field 'id' is an array", id="array for id"),
        pytest.param(b'{"text": "x", "id": true}', "the field 'id' is a boolean", id="true for id"),
        pytest.param(b'{"text": "x", "id": 1.5}', "the field 'id' is a number", id="float for id"),
        pytest.param(b'["x"]', "the record is an array, not an object", id="array"),
        pytest.param(b'{"text": "' + b"x" * (MAX_POST_CHARS + 1) + b'"}',
                     "2000001 characters", id="too long"),
        pytest.param(b"x" * (MAX_RECORD_BYTES + 5), "longer than 67108864 bytes", id="huge line"),
    ],
)  # fmt: skip
def test_an_unreadable_record_is_rejected_with_its_reason_and_the_next_one_is_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    content = '{"text": "前"}\n'.encode() + line + '\n\n{"text": "后"}\n'.encode()
    first, rejected, last = read_bytes(tmp_path, "x.jsonl", content)
    assert told([first, last]) == [(1, "前"), (4, "后")]
    assert isinstance(rejected, Reject)
    assert rejected.line == 2
    assert reason in rejected.reason


def test_a_reject_does_not_quote_the_post(tmp_path: Path) -> None:
    [rejected] = read_bytes(tmp_path, "x.jsonl", '{"text": 花呗套现找我}\n'.encode())
    assert isinstance(rejected, Reject)
    assert "花呗" not in rejected.reason


def test_each_line_of_plain_text_is_a_post_also_an_empty_one(tmp_path: Path) -> None:
    items = read_bytes(tmp_path, "x.txt", "花呗\r\n\n{白条}".encode())
    assert told(items) == [(1, "花呗"), (2, ""), (3, "{白条}")]


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, "x.jsonl", b"") == []
    assert read_bytes(tmp_path, "x.txt", b"\xef\xbb\xbf") == []


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        pytest.param("dump", '{"text": "花"}\n', ["花"], id="objects"),
        pytest.param("dump", "坏\n" + '{"text": "花"}\n' * 2, None, id="mostly objects"),
        pytest.param("dump", "id,text\n1,花\n", ["花"], id="csv header"),
        pytest.param("dump", "花,呗\n", ["花,呗"], id="text with a comma"),
        pytest.param("dump.JSONL", '{"text": "花"}\n', ["花"], id="upper-case suffix"),
        pytest.param("dump.csv", "text\n花\n", ["花"], id="csv suffix"),
    ],
)
def test_the_format_is_told_by_name_then_by_content(
    tmp_path: Path, name: str, content: str, texts: list[str] | None
) -> None:
    items = read_bytes(tmp_path, name, content.encode())
    posts = [item.post.text for item in items if isinstance(item, Record)]
    assert posts == (texts if texts is not None else ["花", "花"])
    assert len(items) - len(posts) == (0 if texts is not None else 1)


def test_gb18030_is_told_from_utf_8_and_one_broken_line_does_not_decide(tmp_path: Path) -> None:
    gbk = "花呗怎么关闭\n谢谢各位\n".encode("gb18030")
    assert told(read_bytes(tmp_path, "a.txt", gbk)) == [(1, "花呗怎么关闭"), (2, "谢谢各位")]
    mixed = "花呗怎么关闭\n谢谢各位\n".encode() + "广告\n".encode("gb18030")
    assert [text for _, text in told(read_bytes(tmp_path, "b.txt", mixed))][:2] == [
        "花呗怎么关闭", "谢谢各位",
    ]  # fmt: skip
    assert isinstance(items_of(tmp_path / "b.txt")[2], Reject)


def test_a_declared_encoding_overrides_detection(tmp_path: Path) -> None:
    content = json.dumps({"text": "套現"}, ensure_ascii=False).encode("big5")
    assert told(read_bytes(tmp_path, "a.jsonl", content, encoding="big5")) == [(1, "套現")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("x.tsv", b"id\tbody\n", "no column 'text', only id, body", id="no tsv column"),
        pytest.param("x.csv", b"id,body\n1,x\n", "no column 'text', only id, body", id="no column"),
        pytest.param("x.csv", b'"id,text\n1,x\n', "the CSV header: broken CSV", id="open header"),
        pytest.param("x.csv", b"", "without a CSV header", id="empty CSV"),
        pytest.param("x.gz", b"\x1f\x8bnothing", "cannot read", id="no gzip"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_an_error(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_bytes(tmp_path, name, content)


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.txt", "x.csv"])
def test_gzip_is_told_by_content_whatever_the_name(tmp_path: Path, name: str) -> None:
    content = gzip.compress(b'{"text": "a"}\n') + gzip.compress(b'{"text": "b"}\n')
    assert told(read_bytes(tmp_path, name, content, format="jsonl")) == [(1, "a"), (2, "b")]


def test_a_gzip_file_that_ends_early_gives_all_it_holds_and_a_reject(tmp_path: Path) -> None:
    lines = b"".join(b'{"text": "%d"}\n' % number for number in range(200_000))
    items = read_bytes(tmp_path, "x.jsonl.gz", gzip.compress(lines)[:-2000])
    posts, last = items[:-1], items[-1]
    assert told(posts) == [(number + 1, str(number)) for number in range(len(posts))]
    assert len(posts) > 1000
    assert isinstance(last, Reject)
    assert last.line == len(posts) + 1
    assert "the gzip data ends early" in last.reason


def test_csv_texts_may_hold_commas_quotes_and_lines(tmp_path: Path) -> None:
    content = 'id,text\n1,"花呗,""套""\n现"\n\n2,后\n'
    first, second = read_bytes(tmp_path, "x.csv", content.encode())
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.line, first.post.id, first.post.text) == (2, "1", '花呗,"套"\n现')
    assert (second.line, second.post.id, second.post.text) == (5, "2", "后")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param('1,"没有结束', "broken CSV", id="open quote"),
        pytest.param('1,"有"字', "broken CSV", id="text after a quote"),
        pytest.param("1,逗号,太多", "has 3 fields and the header 2", id="too many fields"),
        pytest.param("1", "has 1 fields and the header 2", id="too few fields"),
        pytest.param("1,\udcff", "invalid UTF-8 in the row", id="invalid UTF-8"),
        pytest.param("1," + "x" * (MAX_POST_CHARS + 1), "2000001 characters", id="too long"),
    ],
)
def test_a_row_that_is_no_csv_costs_itself_and_not_the_rows_after_it(
    tmp_path: Path, row: str, reason: str
) -> None:
    rows = f'id,text\n0,前\n{row}\n2,后\n3,"再"\n' + "4,末\n" * 1200
    items = read_bytes(tmp_path, "x.csv", rows.encode("utf-8", "surrogateescape"))
    assert told([items[0], *items[2:4]]) == [(2, "前"), (4, "后"), (5, "再")]
    assert len(items) == 1204
    rejected = items[1]
    assert isinstance(rejected, Reject)
    assert rejected.line == 3
    assert reason in rejected.reason


def test_a_csv_id_is_absent_where_there_is_no_such_column(tmp_path: Path) -> None:
    [record] = read_bytes(tmp_path, "x.csv", b"tid,text\n7,x\n")
    assert isinstance(record, Record)
    assert record.post.id is None
    [record] = items_of(tmp_path / "x.csv", id_field="tid")
    assert isinstance(record, Record)
    assert record.post.id == "7"


texts = st.text(st.characters(codec="utf-8"), max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, max_size=8))
def test_what_json_and_csv_writers_write_reads_back_in_order(posts: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        lines = "".join(json.dumps({"text": text}) + "\n" for text in posts)
        items = read_bytes(Path(folder), "x.jsonl", lines.encode())
        assert [text for _, text in told(items)] == posts
        table = io.StringIO(newline="")
        writer = csv.writer(table, quoting=csv.QUOTE_ALL)
        writer.writerows([["id", "text"], *([str(n), text] for n, text in enumerate(posts))])
        items = read_bytes(Path(folder), "x.csv", table.getvalue().encode())
        assert [text for _, text in told(items)] == posts


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["x.jsonl", "x.csv", "x.txt", "x"]))
def test_any_bytes_are_read_or_rejected_line_by_line(noise: bytes, name: str) -> None:
    import tempfile

    head = b"id,text\n" if name == "x.csv" else b'{"text": "a"}\n'
    with tempfile.TemporaryDirectory() as folder:
        items = read_bytes(Path(folder), name, head + noise, encoding="utf-8")
    lines = [item.line for item in items]
    assert lines == sorted(set(lines))
    if name == "x.txt":
        assert len(items) == len((head + noise).removesuffix(b"\n").split(b"\n"))
