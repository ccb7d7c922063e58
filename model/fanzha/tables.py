"""Read a CSV table of facts and point at file, line and column of what is wrong in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from fanzha.errors import DataError

__all__ = ["Row", "TableProblem", "read_table", "survey_table"]

_SHOWN_CHARS: Final = 40


@dataclass(frozen=True, slots=True)
class TableProblem:
    """What is wrong at one place of a table, and what to do.

    `line` counts from 1, `column` is the field's number from 1; `code` is stable, for programs.
    `refused` tells whether the table cannot be loaded for it. `text` quotes the field's value.
    """

    file: str
    line: int
    column: int
    field: str | None
    code: str
    text: str
    refused: bool = True

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"

    def error(self) -> DataError:
        """Make the error with which loading refuses the table."""
        return DataError(str(self))

    def to_json(self) -> dict[str, Any]:
        """Give the problem as JSON values."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "field": self.field,
            "code": self.code,
            "problem": self.text,
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its fields by column name, stripped, and where it stands."""

    file: str
    line: int
    columns: tuple[str, ...]
    fields: tuple[str, ...]

    def __getitem__(self, column: str) -> str:
        return self.fields[self.columns.index(column)]

    def error(self, column: str, problem: str) -> DataError:
        """Make the error for a field; `problem` continues "column 'x' 'value' …"."""
        return self.problem(column, "malformed", problem).error()

    def problem(
        self, column: str, code: str, problem: str, *, refused: bool = True
    ) -> TableProblem:
        """Say what is wrong with a field; `problem` continues "column 'value' …"."""
        at = self.columns.index(column)
        value = self.fields[at]
        shown = value if len(value) <= _SHOWN_CHARS else value[:_SHOWN_CHARS] + "…"
        text = f"{column} {shown!r} {problem}"
        return TableProblem(self.file, self.line, at + 1, column, code, text, refused)


def read_table(path: Path | Traversable, columns: Sequence[str]) -> tuple[Row, ...]:
    """Read a UTF-8 CSV table whose header has `columns`; others are ignored.

    Raises
    ------
    DataError
        The file cannot be read or decoded, lacks a column, or a line has too few or too many
        fields; the message gives file:line:column.
    """
    rows, problems = survey_table(path, columns)
    if problems:
        raise problems[0].error()
    return rows


def survey_table(
    path: Path | Traversable, columns: Sequence[str]
) -> tuple[tuple[Row, ...], tuple[TableProblem, ...]]:
    """Read a table as `read_table`, but leave out what cannot be read and say what that is.

    Returns
    -------
    The rows that have every field, and the problems, both in the order of the file.

    Raises
    ------
    DataError
        The file cannot be read.

    Notes
    -----
    O(size of the file): after a quote that is never closed each line is read by itself.
    """
    name = path.name if not isinstance(path, Path) else str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"cannot read the table {name}: {error.strerror}; give the path of a CSV file"
        ) from error
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = "the table is not UTF-8; convert it, e.g. iconv -f gb18030 -t utf-8"
        return (), (TableProblem(name, line, 1, None, "encoding", problem),)
    rows: list[Row] = []
    problems: list[TableProblem] = []
    header: tuple[str, ...] = ()
    for line, fields in _records(text):
        if isinstance(fields, csv.Error):
            problem = f"not valid CSV ({fields}); fix the quotes"
            problems.append(TableProblem(name, line, 1, None, "csv", problem))
            if not header:
                return (), tuple(problems)
        elif not header:
            header = tuple(field.strip() for field in fields)
            missing = [column for column in columns if column not in header]
            if missing:
                problem = f"the header lacks {', '.join(missing)}; it must have {','.join(columns)}"
                problems.append(TableProblem(name, line, 1, None, "header", problem))
                return (), tuple(problems)
        elif len(fields) != len(header):
            column = min(len(fields), len(header)) + 1
            problem = (
                f"the line has {len(fields)} fields, the header {len(header)}; "
                "quote a field with a comma"
            )
            problems.append(TableProblem(name, line, column, None, "fields", problem))
        else:
            rows.append(Row(name, line, header, tuple(field.strip() for field in fields)))
    if not header and not problems:
        problem = f"the table is empty; it must begin with {','.join(columns)}"
        problems.append(TableProblem(name, 1, 1, None, "empty", problem))
    return tuple(rows), tuple(problems)


def _records(text: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Give each record, or why it is none, with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    # A quoted field may span lines, so a record starts after the line where the last one ended.
    start = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, error
            break
        if fields:
            yield start, fields
        start = reader.line_num + 1
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if number > start:
            try:
                fields = next(csv.reader([line], strict=True), [])
            except csv.Error as error:
                yield number, error
                continue
            if fields:
                yield number, fields
