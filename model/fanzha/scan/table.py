"""Find the rows of a CSV file; an unclosed quote costs its own line, not those after it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fanzha.scan.source import MAX_RECORD_BYTES, Line

__all__ = ["Row", "table_rows"]

_MAX_ROW_LINES: Final = 1000
_FIRST_ESCAPE, _LAST_ESCAPE = "\udc80", "\udcff"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its first and last line (from 1), its fields, or why it has none."""

    line: int
    last_line: int
    fields: list[str]
    fault: str | None = None


class _OpenQuoteError(Exception):
    """A quoted field goes on for longer than any post."""


class _Taken:
    """Hands lines to `csv.reader` and remembers those of the row being read."""

    def __init__(self, lines: Iterator[Line], encoding: str) -> None:
        self._lines = lines
        self._encoding = encoding
        self._waiting: deque[Line] = deque()
        self._size_bytes = 0
        self.row: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.row) >= _MAX_ROW_LINES or self._size_bytes > MAX_RECORD_BYTES:
            raise _OpenQuoteError
        line = self._waiting.popleft() if self._waiting else next(self._lines)
        self.row.append(line)
        self._size_bytes += len(line.raw)
        return line.raw.decode(self._encoding, "surrogateescape")

    def done(self, *, keep: int) -> None:
        """Begin a new row; all but the first `keep` lines of this one are to be read again."""
        self._waiting.extendleft(reversed(self.row[keep:]))
        self.row = []
        self._size_bytes = 0


def table_rows(lines: Iterator[Line], encoding: str) -> Iterator[Row]:
    """Yield the rows of a CSV file, the header too; blank lines are left out.

    After a row that is no CSV its first line becomes a fault and reading begins again on the
    line after it.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_BYTES))
    taken = _Taken(lines, encoding)
    reader = csv.reader(taken, strict=True)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except (csv.Error, _OpenQuoteError) as error:
            fault = taken.row[0].fault or _broken(error)
            yield Row(taken.row[0].number, taken.row[0].number, [], fault)
            taken.done(keep=1)
            reader = csv.reader(taken, strict=True)
            continue
        first, last = taken.row[0].number, taken.row[-1].number
        damage = next((line.fault for line in taken.row if line.fault), None)
        taken.done(keep=len(taken.row))
        if damage is not None:
            yield Row(first, last, [], damage)
        elif any(_FIRST_ESCAPE <= sign <= _LAST_ESCAPE for sign in "".join(fields)):
            yield Row(
                first,
                last,
                [],
                f"invalid {encoding.upper()} in the row; convert it or name the file's --encoding",
            )
        elif fields:
            yield Row(first, last, fields)


def _broken(error: Exception) -> str:
    what = "a quote is not closed" if isinstance(error, _OpenQuoteError) else str(error)
    return f"broken CSV ({what}); write a quote inside a quoted field twice"
