"""Read a CSV table of facts and point at file, line and column of what is wrong in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from fanzha.errors import DataError

__all__ = ["Row", "read_table"]


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
        at = self.columns.index(column)
        value = self.fields[at]
        shown = value if len(value) <= 40 else value[:40] + "…"
        return DataError(f"{self.file}:{self.line}:{at + 1}: {column} {shown!r} {problem}")


def read_table(path: Path | Traversable, columns: Sequence[str]) -> tuple[Row, ...]:
    """Read a UTF-8 CSV table whose header has `columns`; others are ignored.

    Raises
    ------
    DataError
        The file cannot be read or decoded, lacks a column, or a line has too few or too many
        fields; the message gives file:line:column.
    """
    name = path.name if not isinstance(path, Path) else str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"cannot read the table {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name}:1:1: the table is not UTF-8 ({error.reason}); save it so"
        ) from error
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    rows: list[Row] = []
    header: tuple[str, ...] = ()
    try:
        # A quoted field may span lines, so a row starts after the line where the last one ended.
        start = 1
        for fields in reader:
            line, start = start, reader.line_num + 1
            if not fields:
                continue
            if not header:
                header = tuple(field.strip() for field in fields)
                missing = [column for column in columns if column not in header]
                if missing:
                    raise DataError(
                        f"{name}:{line}:1: the header lacks {', '.join(missing)}; "
                        f"it must have {','.join(columns)}"
                    )
                continue
            if len(fields) != len(header):
                raise DataError(
                    f"{name}:{line}:{min(len(fields), len(header)) + 1}: the line has "
                    f"{len(fields)} fields, the header {len(header)}; quote a field with a comma"
                )
            rows.append(Row(name, line, header, tuple(field.strip() for field in fields)))
    except csv.Error as error:
        raise DataError(
            f"{name}:{reader.line_num}:1: not valid CSV ({error}); fix the quotes"
        ) from error
    if not header:
        raise DataError(f"{name}:1:1: the table is empty; it must begin with {','.join(columns)}")
    return tuple(rows)
