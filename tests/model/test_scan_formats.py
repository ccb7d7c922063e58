"""The same posts in every format, packing and encoding give the same verdicts."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest
import zstandard

from fake_detector import FakeLoader
from fanzha.errors import InputError
from fanzha.scan import Plan, scan

POSTS = [
    ("p1", "花呗套现，打4000000000"),
    ("p2", "今天食堂的红烧肉不错"),
    ("p3", "多行\n的\t帖子，有\"引号\"和'撇号'、反斜\\杠"),
    ("p4", ""),
    ("p5", "錢包套现"),
]
EMOJI = ("p6", "🔥套现🔥\u3000𠮷野家")


def posts_for(encoding: str) -> list[tuple[str, str]]:
    """Give the posts as far as an encoding has their characters; Big5 has traditional ones."""
    if encoding != "big5":
        return POSTS if encoding == "gbk" else [*POSTS, EMOJI]
    traditional = str.maketrans("红错个号呗帖杠线现", "紅錯個號唄帖槓線現")
    return [
        (name, text.translate(traditional).encode("big5", "ignore").decode("big5"))
        for name, text in POSTS
    ]


def jsonl(posts: list[tuple[str, str]]) -> str:
    return "".join(
        json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n" for name, text in posts
    )


def array(posts: list[tuple[str, str]]) -> str:
    rows = [{"id": name, "text": text} for name, text in posts]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def table(posts: list[tuple[str, str]], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([("id", "text"), *posts])
    return text.getvalue()


def dump(posts: list[tuple[str, str]]) -> str:
    def quoted(text: str) -> str:
        for before, after in (("\\", "\\\\"), ("'", "\\'"), ('"', '\\"'), ("\n", "\\n")):
            text = text.replace(before, after)
        return f"'{text}'"

    rows = ",".join(f"({quoted(name)},{quoted(text)},NULL)" for name, text in posts)
    return (
        "-- MySQL dump; it's a comment\n/*!40101 SET character_set_client = x */;\n"
        "CREATE TABLE `own` (\n  `id` varchar(9) NOT NULL DEFAULT 'a,b',\n  `text` mediumtext,\n"
        "  `n` decimal(9,2) DEFAULT NULL,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\n"
        f"INSERT INTO `own` VALUES {rows};\n-- done\n"
    )


WRITERS: dict[str, Callable[[list[tuple[str, str]]], str]] = {
    "jsonl": jsonl,
    "json": array,
    "csv": table,
    "tsv": lambda posts: table(posts, "\t"),
    "sql": dump,
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "big5")


def zipped(raw: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/dump", raw)
    return packed.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda raw: raw,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda raw: zstandard.compress(raw[:9]) + zstandard.compress(raw[9:]),
    ".zip": zipped,
}


def verdicts(path: Path, *, workers: int = 1, **options: Any) -> list[dict[str, Any]]:
    out = path.parent / "out.jsonl"
    summary = scan(Plan((str(path),), str(out), workers=workers, **options), FakeLoader())
    assert summary.rejected == 0, summary.rejects
    return [json.loads(line) for line in out.read_bytes().splitlines()]


def expected(posts: list[tuple[str, str]], folder: Path) -> list[dict[str, Any]]:
    path = folder / "plain.jsonl"
    path.write_text(jsonl(posts), encoding="utf-8")
    return verdicts(path)


@pytest.mark.parametrize("packing", PACKERS, ids=lambda name: name or "plain")
@pytest.mark.parametrize("name", WRITERS)
def test_every_format_packing_and_encoding_gives_the_same_verdicts(
    tmp_path: Path, name: str, packing: str
) -> None:
    for encoding in ENCODINGS:
        posts = posts_for(encoding)
        raw = PACKERS[packing](WRITERS[name](posts).encode(encoding))
        path = tmp_path / f"dump.{name}{packing}"
        path.write_bytes(raw)
        assert verdicts(path, shard_posts=2) == expected(posts, tmp_path), encoding
        declared = encoding.removesuffix("-sig")
        assert verdicts(path, encoding=declared) == expected(posts, tmp_path), encoding
        bare = tmp_path / "dump"
        bare.write_bytes(raw)
        assert verdicts(bare) == expected(posts, tmp_path), encoding


@pytest.mark.parametrize("packing", PACKERS, ids=lambda name: name or "plain")
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_lines_of_text_in_every_packing_and_encoding_give_the_same_verdicts(
    tmp_path: Path, encoding: str, packing: str
) -> None:
    posts = [(name, text) for name, text in posts_for(encoding) if "\n" not in text]
    path = tmp_path / f"dump.txt{packing}"
    path.write_bytes(PACKERS[packing]("\r\n".join(text for _, text in posts).encode(encoding)))
    found = verdicts(path, shard_posts=2)
    assert [one["line"] for one in found] == list(range(1, len(posts) + 1))
    wanted = expected(posts, tmp_path)
    assert [one["scores"] for one in found] == [one["scores"] for one in wanted]
    assert [one["hotlines"] for one in found] == [one["hotlines"] for one in wanted]


def parquet(path: Path, columns: pa.Table) -> None:
    pyarrow.parquet.write_table(columns, path, row_group_size=4)


def arrow_file(path: Path, columns: pa.Table) -> None:
    with pyarrow.ipc.new_file(path, columns.schema) as writer:
        writer.write_table(columns, max_chunksize=2)


def arrow_stream(path: Path, columns: pa.Table) -> None:
    with pyarrow.ipc.new_stream(path, columns.schema) as writer:
        writer.write_table(columns)


def database(path: Path, columns: pa.Table) -> None:
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE other (text2)")
        made.execute("CREATE TABLE posts (id TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID")
        rows = zip(columns["id"].to_pylist(), columns["text"].to_pylist(), strict=True)
        made.executemany("INSERT INTO posts VALUES (?, ?)", rows)
        made.commit()


@pytest.mark.parametrize("packing", PACKERS, ids=lambda name: name or "plain")
@pytest.mark.parametrize(
    ("name", "write"),
    [
        pytest.param("dump.parquet", parquet, id="parquet"),
        pytest.param("dump.arrow", arrow_file, id="arrow file"),
        pytest.param("dump.arrows", arrow_stream, id="arrow stream"),
        pytest.param("dump.sqlite", database, id="sqlite"),
    ],
)
def test_tables_in_every_packing_give_the_same_verdicts(
    tmp_path: Path, name: str, write: Callable[[Path, pa.Table], None], packing: str
) -> None:
    posts = posts_for("utf-8")
    texts = pa.array([text for _, text in posts])
    columns = pa.table({"id": pa.array([name for name, _ in posts]), "text": texts})
    write(tmp_path / name, columns)
    path = tmp_path / f"{name}{packing}"
    path.write_bytes(PACKERS[packing]((tmp_path / name).read_bytes()))
    assert verdicts(path, shard_posts=2) == expected(posts, tmp_path)


@pytest.mark.parametrize(
    "kind",
    [pa.large_string(), pa.dictionary(pa.int8(), pa.string()), pa.string_view(), pa.binary()],
)
def test_texts_of_any_kind_of_column_are_read(tmp_path: Path, kind: Any) -> None:
    posts = posts_for("utf-8")
    texts = pa.array([text for _, text in posts]).cast(kind)
    path = tmp_path / "dump.arrow"
    arrow_file(path, pa.table({"id": pa.array([name for name, _ in posts]), "text": texts}))
    assert verdicts(path) == expected(posts, tmp_path)


def test_the_files_of_a_zip_archive_are_read_in_order_and_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("b.txt", "套现\n你好\n")
        archive.writestr("__MACOSX/._b.txt", "nothing")
        archive.writestr("a.jsonl.gz", gzip.compress(b'{"text": "x"}\n'))
    found = verdicts(tmp_path / "x.zip")
    assert [(one["file"], one["line"]) for one in found] == [
        (f"{tmp_path}/x.zip/b.txt", 1),
        (f"{tmp_path}/x.zip/b.txt", 2),
        (f"{tmp_path}/x.zip/a.jsonl.gz", 1),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("x.zip", zipped(b"x")[:-9], "cannot read .*x.zip", id="cut zip"),
        pytest.param("x.zip", b"PK\x05\x06" + b"\0" * 18, "without files", id="empty zip"),
        pytest.param("x.parquet", b"PAR1 and no more", "no whole parquet file", id="parquet"),
        pytest.param("x.arrow", b"ARROW1 and no more", "no whole arrow file", id="arrow"),
        pytest.param("x.db", b"SQLite format 3\0 and no more", "as SQLite", id="sqlite"),
        pytest.param(
            "x.sql", b"CREATE TABLE a (b int);\n", r"its tables: a\)", id="no posts in sql"
        ),
        pytest.param(
            "x", gzip.compress(gzip.compress(gzip.compress(b"x"))), "packed more", id="layers"
        ),
        pytest.param("x", gzip.compress(zipped(b"x")), "zip archive in", id="zip in gzip"),
    ],
)
def test_what_cannot_be_read_at_all_is_an_error_that_says_why(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        scan(Plan((str(tmp_path / name),), str(tmp_path / "o.jsonl"), workers=1), FakeLoader())


def test_a_database_without_posts_names_its_tables(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as made:
        made.execute("CREATE TABLE users (name)")
    with pytest.raises(InputError, match=r"its tables: users\); name it with --table"):
        scan(Plan((str(tmp_path / "x.db"),), str(tmp_path / "o.jsonl")), FakeLoader())


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(gzip.compress, id="gzip"),
        pytest.param(bz2.compress, id="bzip2"),
        pytest.param(lzma.compress, id="xz"),
        pytest.param(zstandard.compress, id="zstd"),
        pytest.param(zipped, id="zip"),
    ],
)
def test_a_bomb_is_cut_off_at_its_limit_and_told(
    tmp_path: Path, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fanzha.scan.packed._FREE_BYTES", 1 << 20)
    monkeypatch.setattr("fanzha.scan.packed.MAX_UNPACK_RATIO", 20)
    (tmp_path / "x.jsonl").write_bytes(pack(b'{"text": "x"}\n' + b" " * (8 << 20)))
    out = tmp_path / "o.jsonl"
    summary = scan(Plan((str(tmp_path / "x.jsonl"),), str(out), workers=1), FakeLoader())
    assert summary.posts == 1
    [reject] = summary.rejects
    assert "unpacks to more than" in reject.reason
