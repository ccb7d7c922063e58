"""Verdicts as tables: CSV, Parquet and SQLite, one row a post, nothing lost but thresholds."""

from __future__ import annotations

import csv
import errno
import io
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol

import orjson

from fanzha.errors import InputError
from fanzha.labels import LABELS

__all__ = [
    "COLUMNS", "CsvWriter", "LinesWriter", "ParquetWriter", "Writer", "row_of", "verdict_of",
    "writing_database",
]  # fmt: skip

_NESTED: Final = ("evidence", "hotlines", "contacts", "normalizations")
COLUMNS: Final = (
    "id", "file", "line", "suggestion", "labels",
    *(f"score_{label}" for label in LABELS),
    *_NESTED, "bundle", "policy", "screened",
)  # fmt: skip
"""The columns of a table of verdicts; `labels` is separated by spaces, nested ones are JSON, and
`screened` is 1 where the model did not read the post."""

_GROUP_ROWS: Final = 16_384


class Writer(Protocol):
    """Where verdict lines go, whatever the format."""

    def write(self, lines: bytes) -> None:
        """Add whole verdict lines."""
        ...

    def finish(self) -> None:
        """Write what is still held back."""
        ...


def row_of(line: bytes) -> list[Any]:
    """Give a verdict line as the row of a table, values in the order of `COLUMNS`."""
    verdict = orjson.loads(line)
    if isinstance(verdict.get("id"), float):  # an integer beyond 64 bits
        verdict = json.loads(line)
    scores = verdict["scores"]
    return [
        verdict.get("id"),
        verdict.get("file"),
        verdict.get("line"),
        verdict["suggestion"],
        " ".join(given["label"] for given in verdict["labels"]),
        *(scores.get(label) for label in LABELS),
        *(orjson.dumps(verdict[name]).decode() for name in _NESTED),
        verdict["model"]["bundle"],
        verdict["model"]["policy"],
        int(verdict["model"].get("screened", False)),
    ]


def verdict_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give a row of a table of verdicts as a verdict's JSON, without its labels' thresholds.

    Raises
    ------
    KeyError, TypeError, ValueError
        It is no such row.
    """
    cells = {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in fields.items()
    }
    place = {name: cells.get(name) for name in ("id", "file")}
    verdict = {name: value for name, value in place.items() if value not in (None, "")}
    if cells.get("line") not in (None, ""):
        verdict["line"] = int(cells["line"])
    scores = {
        label: float(cells[f"score_{label}"])
        for label in LABELS
        if cells[f"score_{label}"] not in (None, "")
    }
    model = {"bundle": cells["bundle"], "policy": cells["policy"]}
    if cells.get("screened") in (1, "1"):
        model["screened"] = True
    return {
        **verdict,
        "suggestion": cells["suggestion"],
        "labels": [{"label": label, "score": scores[label]} for label in cells["labels"].split()],
        "scores": scores,
        **{name: orjson.loads(cells[name]) for name in _NESTED},
        "model": model,
    }


def _write_all(stream: IO[bytes], data: bytes) -> None:
    # With PYTHONUNBUFFERED standard output is raw, and takes only what a pipe has room for.
    left = memoryview(data)
    while left:
        left = left[stream.write(left) :]


class LinesWriter:
    """Writes verdict lines as they are."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, lines: bytes) -> None:
        """Add verdict lines."""
        _write_all(self._stream, lines)

    def finish(self) -> None:
        """Nothing is held back."""


class CsvWriter:
    """Writes a CSV table, RFC 4180 with line feeds, in UTF-8."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._add([COLUMNS])

    def write(self, lines: bytes) -> None:
        """Add the rows of some verdict lines."""
        self._add(row_of(line) for line in lines.splitlines())

    def _add(self, rows: Any) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        _write_all(self._stream, text.getvalue().encode())

    def finish(self) -> None:
        """Nothing is held back."""


class ParquetWriter:
    """Writes a Parquet file; ids are strings there.

    Raises
    ------
    InputError
        The library pyarrow is not installed.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise InputError(
                "Parquet needs the library pyarrow; pip install 'fanzha[formats]', or give an "
                "output that ends in .jsonl"
            ) from error
        self._arrow: Any = pyarrow
        kinds = {name: pyarrow.string() for name in COLUMNS}
        kinds["line"] = kinds["screened"] = pyarrow.int64()
        kinds.update({f"score_{label}": pyarrow.float64() for label in LABELS})
        self._schema = pyarrow.schema(kinds)
        self._rows: list[list[Any]] = []
        self._writer = pyarrow.parquet.ParquetWriter(stream, self._schema, compression="zstd")

    def write(self, lines: bytes) -> None:
        """Add the rows of some verdict lines; groups of rows are the same however they come."""
        for line in lines.splitlines():
            row = row_of(line)
            row[0] = None if row[0] is None else str(row[0])
            self._rows.append(row)
            if len(self._rows) == _GROUP_ROWS:
                self._flush()

    def _flush(self) -> None:
        columns = list(zip(*self._rows, strict=True)) or [()] * len(COLUMNS)
        self._writer.write_table(
            self._arrow.Table.from_arrays(
                [
                    self._arrow.array(values, kind.type)
                    for values, kind in zip(columns, self._schema, strict=True)
                ],
                schema=self._schema,
            )
        )
        self._rows.clear()

    def finish(self) -> None:
        """Write the last rows and the footer."""
        if self._rows:
            self._flush()
        self._writer.close()


class _DatabaseWriter:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        columns = ", ".join(f'"{name}"' for name in COLUMNS)
        database.execute(f"CREATE TABLE verdicts ({columns})")
        self._insert = f"INSERT INTO verdicts VALUES ({', '.join('?' * len(COLUMNS))})"

    def write(self, lines: bytes) -> None:
        """Add the rows of some verdict lines."""
        with _telling():
            self._database.executemany(self._insert, map(_stored, lines.splitlines()))

    def finish(self) -> None:
        """Commit."""
        with _telling():
            self._database.commit()


def _stored(line: bytes) -> list[Any]:
    row = row_of(line)
    if isinstance(row[0], int) and not -(2**63) <= row[0] < 2**63:
        row[0] = str(row[0])
    return row


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OSError(errno.ENOSPC, str(error)) from error


@contextmanager
def writing_database(path: Path) -> Iterator[Writer]:
    """Open a new SQLite file with a table `verdicts` for writing."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        # The file has no name that a reader knows until it is whole, so it needs no journal.
        database.execute("PRAGMA journal_mode = OFF")
        yield _DatabaseWriter(database)
