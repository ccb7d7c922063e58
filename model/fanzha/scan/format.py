"""Which format an input has, told by its first bytes, its name and its content."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath
from typing import Final

import orjson

from fanzha.scan.encoding import detect
from fanzha.scan.plan import Plan

__all__ = ["format_of", "is_random_access"]

_MAGICS: Final = {b"PAR1": "parquet", b"ARROW1": "arrow", b"SQLite format 3\0": "sqlite"}
# An Arrow stream has no name of its own: a mark, and the length of the schema behind it.
_STREAM_MAGIC: Final = b"\xff\xff\xff\xff"
_PACKED: Final = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})
_SUFFIXES: Final = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "text", ".sql": "sql",
    ".parquet": "parquet", ".arrow": "arrow", ".arrows": "arrow", ".feather": "arrow",
    ".ipc": "arrow", ".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite",
}  # fmt: skip
_SQL: Final = re.compile(rb"(?i)(?:^|[\n;])\s*(?:INSERT|REPLACE)\s+INTO|CREATE\s+TABLE")
# An export that wraps its array in one object, as Navicat's {"RECORDS": […]}.
_WRAPPED: Final = re.compile(rb'\s*\{\s*"[^"\\]{1,40}"\s*:\s*(?=\[\s*\{)')


def is_random_access(name: str) -> bool:
    """Tell whether a format is read here and there rather than from beginning to end."""
    return name in {"parquet", "arrow", "sqlite"}


def format_of(head: bytes, name: str, plan: Plan) -> str:
    """Give the format of an input, one of `FORMATS` but `auto`.

    Parameters
    ----------
    head
        Its first bytes, unpacked.
    """
    for magic, found in _MAGICS.items():
        if head.startswith(magic):
            return found
    if head.startswith(_STREAM_MAGIC) and head[6:8] == b"\0\0":
        return "arrow"
    if (codec := detect(head[:4096])).startswith("utf-16"):
        head = head[: len(head) & ~1].decode(codec, "replace").encode()
    head = head.removeprefix(codecs.BOM_UTF8)
    path = PurePath(name.lower())
    while path.suffix in _PACKED:
        path = path.with_suffix("")
    named = _SUFFIXES.get(path.suffix)
    if named == "jsonl":
        return "json" if _is_array(head) else "jsonl"
    return named or _by_content(head, plan)


def _is_array(head: bytes) -> bool:
    if head.lstrip()[:1] == b"[":
        # A line that is itself an array is a broken record of JSON lines.
        first = head.lstrip().partition(b"\n")[0]
        return not (b"\n" in head and _is_json(first) and b"{" not in first)
    return bool(_WRAPPED.match(head)) and not _is_json(head.partition(b"\n")[0])


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _by_content(head: bytes, plan: Plan) -> str:
    if _is_array(head) and b"{" in head[:1000]:
        return "json"
    lines = [line for line in head.splitlines() if line.strip()]
    objects = sum(line.lstrip().startswith(b"{") for line in lines)
    if lines and 2 * objects >= len(lines):
        return "jsonl"
    if _SQL.search(head):
        return "sql"
    first = lines[0].decode("utf-8", "replace") if lines else ""
    for found, sign in (("csv", ","), ("tsv", "\t")):
        titles = first.split(sign)
        if len(titles) > 1 and plan.text_field in {title.strip().strip('"') for title in titles}:
            return found
    return "text"
