"""Damaged inputs: never a crash, and no record lost that the damage did not touch."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fanzha.errors import InputError
from fanzha.scan import Plan
from fanzha.scan.read import Record, Reject, cut, read, records
from fanzha.scan.source import Source

N = 24
TEXTS = [f"第{n}贴：花呗，“套现”[b]{n}[/b] {{}} ({n}) 'x" for n in range(N)]


def ids_of(items: list[Record | Reject]) -> list[int]:
    ids = [str(item.post.id) for item in items if isinstance(item, Record)]
    return [int(one) for one in ids if one.isdecimal() and int(one) < N]


def read_all(content: bytes, name: str, **options: Any) -> list[Record | Reject]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(content)
        options = {"encoding": "utf-8", "format": name, "shard_bytes": 300, **options}
        plan = Plan((str(path),), "-", **options)
        with Source(str(path), plan) as source:
            return list(read(source, plan))


def jsonl_rows() -> list[bytes]:
    return [(json.dumps({"id": n, "text": text}, ensure_ascii=False) + "\n").encode()
            for n, text in enumerate(TEXTS)]  # fmt: skip


def array_rows() -> list[bytes]:
    rows = [json.dumps({"id": n, "text": text, "tags": [{"a": 1}, {"b": []}]}, ensure_ascii=False)
            for n, text in enumerate(TEXTS)]  # fmt: skip
    return [f"{row},\n".encode() for row in rows[:-1]] + [f"{rows[-1]}\n".encode()]


def csv_rows() -> list[bytes]:
    return [f'{n},"{text}"\n'.encode() for n, text in enumerate(TEXTS)]


def sql_rows() -> list[bytes]:
    quoted = [text.replace("'", "\\'") for text in TEXTS]
    return [f"({n},'{text}',0x61){';' if n == N - 1 else ','}\n".encode()
            for n, text in enumerate(quoted)]  # fmt: skip


SHAPES: dict[str, tuple[bytes, Callable[[], list[bytes]], bytes]] = {
    "jsonl": (b"", jsonl_rows, b""),
    "json": (b"[\n", array_rows, b"]\n"),
    "csv": (b"id,text\n", csv_rows, b""),
    "sql": (
        b"CREATE TABLE `t` (`id` int, `text` text, `b` blob);\nINSERT INTO `t` VALUES ",
        sql_rows, b"UNLOCK TABLES;\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_an_undamaged_input_reads_back(name: str) -> None:
    head, rows, tail = SHAPES[name]
    items = read_all(head + b"".join(rows()) + tail, name)
    assert ids_of(items) == list(range(N))
    assert len(items) == N


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 7)), min_size=1, max_size=2))
def test_flipped_bits_cost_the_records_that_they_touch_and_their_neighbours_at_most(
    name: str, flips: list[tuple[int, int]]
) -> None:
    head, rows, tail = SHAPES[name]
    made = rows()
    body = bytearray(b"".join(made))
    touched = set()
    for place, bit in flips:
        at = place % len(body)
        body[at] ^= 1 << bit
        end = 0
        for n, row in enumerate(made):
            end += len(row)
            if at < end:
                touched |= {n - 1, n, n + 1}
                break
    items = read_all(head + bytes(body) + tail, name)
    assert set(range(N)) - touched <= set(ids_of(items))


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_a_cut_off_input_gives_all_records_before_the_cut(name: str, place: int) -> None:
    head, rows, _ = SHAPES[name]
    made = rows()
    body = b"".join(made)
    at = place % len(body)
    whole = sum(len(b"".join(made[: n + 1])) <= at for n in range(N))
    items = read_all(head + body[:at], name)
    assert ids_of(items)[:whole] == list(range(whole))
    assert len(ids_of(items)) <= whole + 1


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": lambda raw: bz2.compress(raw, 1),
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("packing", PACKERS)
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(-1, 7))
def test_damaged_packing_is_a_fault_or_an_error_and_what_came_before_is_kept(
    packing: str, place: int, bit: int
) -> None:
    packed = bytearray(PACKERS[packing](b"".join(jsonl_rows())))
    at = place % len(packed)
    if bit < 0:
        packed = packed[:at]
    else:
        packed[at] ^= 1 << bit
    try:
        items = read_all(bytes(packed), "jsonl")
    except InputError:
        return
    ids = ids_of(items)
    if bit < 0:
        assert ids == list(range(len(ids)))
        assert any(isinstance(item, Reject) for item in items) or at == 0
    lines = [item.line for item in items]
    assert lines == sorted(set(lines))


@pytest.mark.parametrize("packing", PACKERS)
def test_a_packed_file_that_ends_early_says_so(packing: str) -> None:
    noise = b"".join(b'{"id": 0, "text": "%d"}\n' % (n * 7919) for n in range(9_000))
    items = read_all(PACKERS[packing](noise)[:-40], "jsonl", shard_bytes=1 << 20)
    assert isinstance(items[-1], Reject)
    assert "ends early" in items[-1].reason
    assert len(items) > (500 if packing in {"gzip", "xz"} else 0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 7))
def test_a_damaged_archive_is_an_error_or_a_fault(place: int, bit: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", b"".join(jsonl_rows()))
    raw = bytearray(packed.getvalue())
    raw[place % len(raw)] ^= 1 << bit
    try:
        items = read_all(bytes(raw), "jsonl")
    except InputError:
        return
    lines = [item.line for item in items]
    assert lines == sorted(set(lines))


@pytest.mark.parametrize("name", [*SHAPES, "text", "tsv", "sqlite", "parquet", "arrow", "auto"])
@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
@example(b"[" * 300)
@example(b'"' * 300)
@example(b"((((" * 70)
@example(b"INSERT INTO `t` VALUES (1,'")
@example(b"[{},{},{},{")
@example(b"\xff\xfe\x00")
def test_noise_is_read_rejected_or_refused(name: str, noise: bytes) -> None:
    head = SHAPES[name][0] if name in SHAPES else b""
    for content in (head + noise, noise):
        with suppress(InputError):
            items = read_all(content, name, encoding="auto")
            assert all(item.line >= 1 for item in items)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("json", b"[" + b'{"a":[{},' * 5_000, id="never closed objects"),
        pytest.param("json", b'[{"text":"' + b"x" * 3_000_000, id="never closed string"),
        pytest.param("json", b"[" * 60_000, id="deep array"),
        pytest.param("json", b"[" + b'{"id":1,"text":"a"}x' * 4_000, id="no commas"),
        pytest.param("csv", b"id,text\n" + b'1,"a\n' * 20_000, id="open quotes"),
        pytest.param("csv", b"id,text\n" + b'1,"a"b\n' * 20_000, id="text after quotes"),
        pytest.param("csv", b'id,text\n1,"' + b"a\n" * 30_000, id="one open quote"),
        pytest.param("sql", SHAPES["sql"][0] + b"(1,'a',2),(1,'a'',3)" * 5_000, id="broken rows"),
        pytest.param("sql", SHAPES["sql"][0] + b"(" * 300_000, id="brackets"),
        pytest.param("sql", SHAPES["sql"][0] + b"(1,'" + b"a" * 3_000_000, id="open string"),
        pytest.param("sql", SHAPES["sql"][0] + b"(1,\xff,2)," * 50_000, id="no row at all"),
    ],
)
def test_hostile_inputs_are_read_in_linear_time(name: str, content: bytes) -> None:
    items = read_all(content, name, shard_bytes=1 << 18)
    assert items


@pytest.mark.parametrize("name", SHAPES)
def test_chunks_read_alone_give_what_the_whole_gives(name: str, tmp_path: Path) -> None:
    head, rows, tail = SHAPES[name]
    path = tmp_path / "x"
    path.write_bytes(head + b"".join(rows()) + tail)
    for size in (1, 64, 300, 1 << 20):
        plan = Plan((str(path),), "-", format=name, encoding="utf-8", shard_bytes=size)
        with Source(str(path), plan) as source:
            chunks = list(cut(source, plan))
        # In any order, as workers take them.
        items = {item.line: item for chunk in reversed(chunks) for item in records(chunk, plan)}
        assert ids_of([items[line] for line in sorted(items)]) == list(range(N))
        assert len({chunk.digest for chunk in chunks}) == len(chunks)
