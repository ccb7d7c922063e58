"""Public sets that a bundle may be trained on: fetched, checked, and turned into corpus rows."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fanzha.errors import DataError, reason_of
from fanzha.labels import LABELS

__all__ = ["PublicSet", "fetch", "read_manifest"]

_TIMEOUT_SECONDS: Final = 60.0
_MAX_BYTES: Final = 64 * 1024 * 1024
_ID_DIGITS: Final = 16
_FIELDS: Final = ("origin", "licence", "urls", "format", "n_posts", "sha256")


@dataclass(frozen=True, slots=True)
class PublicSet:
    """One set of a manifest.

    `urls` are its files at a fixed revision; `format` is `csv:FIELD` (the column with the post) or
    `lines:MARK` (what follows MARK in a line is no part of the post). `labels` maps the id of a
    post to what its readers here said of it; a post that it does not name is clean, and where
    `only_labelled` is true it is left out. `n_posts` and `sha256` are of the rows that come out.
    """

    name: str
    origin: str
    licence: str
    urls: tuple[str, ...]
    format: str
    n_posts: int
    sha256: str
    labels: Mapping[str, tuple[str, ...]]
    only_labelled: bool


def read_manifest(path: Path) -> tuple[PublicSet, ...]:
    """Read a manifest of public sets (TOML, one table a set).

    Raises
    ------
    DataError
        The manifest, or a table of labels that it names, cannot be read or is malformed.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the manifest {path}: {reason_of(error)}") from error
    return tuple(_set(path, name, table) for name, table in tables.items())


def fetch(one: PublicSet, output: Path, source: Path | None = None) -> Path:
    """Write the set's posts as `output/NAME.jsonl`, in the form of a corpus.

    Parameters
    ----------
    one
        The set.
    output
        Folder, made when absent.
    source
        Folder that already holds the set: its files under the last part of their URLs (the last
        two parts, a folder and a file, where two of its URLs end alike), or its posts as
        `NAME.jsonl` or `NAME.jsonl.gz` with a field `text`. None fetches the URLs.

    Raises
    ------
    DataError
        A file cannot be fetched or read, or the posts are not those that the manifest names;
        nothing is written then.
    """
    rows = "".join(_rows(one, source)).encode()
    n_posts, digest = rows.count(b"\n"), hashlib.sha256(rows).hexdigest()
    if (n_posts, digest) != (one.n_posts, one.sha256):
        raise DataError(
            f"the posts of {one.name} are not those of the manifest: {n_posts} posts with SHA-256 "
            f"{digest[:12]}…, expected {one.n_posts} with {one.sha256[:12]}…; the set has changed "
            "where it comes from, or the download was cut; fetch it again"
        )
    target = output / f"{one.name}.jsonl"
    try:
        output.mkdir(parents=True, exist_ok=True)
        unfinished = output / f".{one.name}.part"
        unfinished.write_bytes(rows)
        unfinished.replace(target)
    except OSError as error:
        raise DataError(f"cannot write {target}: {error.strerror}") from error
    return target


def _rows(one: PublicSet, source: Path | None) -> Iterator[str]:
    """Give the rows as JSON lines, in the order of their ids, which come from the text alone."""
    texts: dict[str, str] = {}
    for text in _texts(one, source):
        if text := text.strip():
            texts.setdefault(_id(text), text)
    for key, text in sorted(texts.items()):
        if one.only_labelled and key not in one.labels:
            continue
        row = {
            "id": f"{one.name}-{key}",
            "text": text,
            "labels": list(one.labels.get(key, ())),
            "batch": one.name,
        }
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _id(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_DIGITS]


def _texts(one: PublicSet, source: Path | None) -> Iterator[str]:
    if source is not None and (ready := _ready(one, source)) is not None:
        yield from _ready_texts(one, ready)
        return
    kind, _, argument = one.format.partition(":")
    for url in one.urls:
        raw = _download(url) if source is None else _read(source / _file_name(url, one.urls))
        content = raw.decode("utf-8-sig", "replace")
        if kind == "csv":
            yield from _column(url, content, argument)
        else:
            for line in _lines(content):
                yield line.rpartition(argument)[0] or line


def _file_name(url: str, urls: Sequence[str]) -> str:
    folder, name = url.rsplit("/", 2)[-2:]
    alike = sum(other.endswith(f"/{name}") for other in urls)
    return f"{folder}/{name}" if alike > 1 else name


def _lines(content: str) -> list[str]:
    """Split at line ends alone; `str.splitlines` also splits at U+2028 and others within a post."""
    return [line.removesuffix("\r") for line in content.split("\n")]


def _column(url: str, content: str, name: str) -> Iterator[str]:
    rows = csv.DictReader(io.StringIO(content, newline=""))
    try:
        if name not in (rows.fieldnames or ()):
            raise DataError(f"{url} has no column {name!r}; the set has changed")
        for row in rows:
            yield row[name] or ""
    except csv.Error as error:
        raise DataError(
            f"{url}, after line {rows.line_num}: {error}; the set has changed"
        ) from error


def _ready_texts(one: PublicSet, ready: str) -> Iterator[str]:
    for number, line in enumerate(_lines(ready), start=1):
        if not line:
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(f"the posts of {one.name}, line {number}: {error}") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise DataError(
                f"the posts of {one.name}, line {number}: there is no string `text`; write one "
                "JSON object a line"
            )
        yield row["text"]


def _ready(one: PublicSet, source: Path) -> str | None:
    plain, packed = source / f"{one.name}.jsonl", source / f"{one.name}.jsonl.gz"
    try:
        if plain.exists():
            return plain.read_text(encoding="utf-8")
        if packed.exists():
            return gzip.decompress(packed.read_bytes()).decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read the posts of {one.name} in {source}: {reason_of(error)}"
        ) from error
    return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; fetch it first") from error


def _download(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
            raw: bytes = answer.read(_MAX_BYTES + 1)
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise DataError(
            f"cannot fetch {url}: {error}; see whether this machine reaches it, or fetch the "
            "file elsewhere and give its folder with --source"
        ) from error
    if len(raw) > _MAX_BYTES:
        raise DataError(f"{url} is longer than {_MAX_BYTES} bytes; the set has changed")
    return raw


def _set(path: Path, name: str, table: Any) -> PublicSet:
    given = table if isinstance(table, dict) else {}
    if absent := [key for key in _FIELDS if key not in given]:
        raise DataError(f"{path}: [{name}] lacks {', '.join(absent)}")
    if str(table["format"]).partition(":")[0] not in {"csv", "lines"}:
        raise DataError(f"{path}: [{name}] has the format {table['format']!r}; use csv: or lines:")
    if type(table["n_posts"]) is not int or not isinstance(table["urls"], list):
        raise DataError(f"{path}: [{name}] needs n_posts as a whole number and urls as a list")
    labels = _labels(path.parent / str(table["labels"])) if "labels" in table else {}
    return PublicSet(
        name=name,
        origin=str(table["origin"]),
        licence=str(table["licence"]),
        urls=tuple(map(str, table["urls"])),
        format=str(table["format"]),
        n_posts=table["n_posts"],
        sha256=str(table["sha256"]),
        labels=labels,
        only_labelled="labels" in table,
    )


def _labels(path: Path) -> dict[str, tuple[str, ...]]:
    from fanzha.tables import read_table

    labels: dict[str, tuple[str, ...]] = {}
    for row in read_table(path, ("id", "labels")):
        given = tuple(row["labels"].split())
        if unknown := [label for label in given if label not in LABELS]:
            raise row.error("labels", f"{unknown[0]!r} is no label; use {', '.join(LABELS)}")
        labels[row["id"]] = given
    return labels
