"""Find the rows of a CSV file; an unclosed quote costs its own line, not those after it."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fanzha.errors import InputError
from fanzha.scan.chunk import Chunk, Reject, Stretch, end_of_line
from fanzha.scan.plan import STANDARD_STREAM, Plan
from fanzha.scan.source import MAX_RECORD_BYTES, Line, Source

__all__ = ["TableRow", "cut_table", "lines_of", "table_rows", "whole_rows"]

_MAX_ROW_LINES: Final = 1000
_HEADER_BYTES: Final = 1 << 16
_FIRST_ESCAPE, _LAST_ESCAPE = "\udc80", "\udcff"


@dataclass(frozen=True, slots=True)
class TableRow:
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


def table_rows(lines: Iterator[Line], encoding: str, delimiter: str = ",") -> Iterator[TableRow]:
    """Yield the rows of a CSV file, the header too; blank lines are left out.

    After a row that is no CSV its first line becomes a fault and reading begins again on the
    line after it.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_BYTES))
    taken = _Taken(lines, encoding)
    reader = csv.reader(taken, strict=True, delimiter=delimiter)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except (csv.Error, _OpenQuoteError) as error:
            fault = taken.row[0].fault or _broken(error)
            yield TableRow(taken.row[0].number, taken.row[0].number, [], fault)
            taken.done(keep=1)
            reader = csv.reader(taken, strict=True, delimiter=delimiter)
            continue
        first, last = taken.row[0].number, taken.row[-1].number
        damage = next((line.fault for line in taken.row if line.fault), None)
        taken.done(keep=len(taken.row))
        if damage is not None:
            yield TableRow(first, last, [], damage)
        elif any(_FIRST_ESCAPE <= sign <= _LAST_ESCAPE for sign in "".join(fields)):
            yield TableRow(
                first,
                last,
                [],
                f"invalid {encoding.upper()} in the row; convert it or name the file's --encoding",
            )
        elif fields:
            yield TableRow(first, last, fields)


def _broken(error: Exception) -> str:
    what = "a quote is not closed" if isinstance(error, _OpenQuoteError) else str(error)
    return f"broken CSV ({what}); write a quote inside a quoted field twice"


def whole_rows(
    data: bytes, first: int, encoding: str, delimiter: str
) -> tuple[Sequence[int], list[list[str]]] | None:
    """Give the rows of some lines and the line of each, numbered from `first`, all at once.

    The same rows as `table_rows` gives; None where some are broken and only that can tell.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_BYTES))
    if len(data) > MAX_RECORD_BYTES:
        return None
    try:
        text = data.decode(encoding)
        reader = csv.reader(io.StringIO(text, newline="\n"), strict=True, delimiter=delimiter)
        found = [(row, reader.line_num) for row in reader]
    except (UnicodeDecodeError, csv.Error):
        return None
    rows, ends = [row for row, _ in found], [end for _, end in found]
    if reader.line_num == len(rows) and all(rows):
        return range(first, first + len(rows)), rows
    begins = [0, *ends[:-1]]
    if any(end - begin > _MAX_ROW_LINES for begin, end in zip(begins, ends, strict=True)):
        return None
    numbers = [first + begin for begin, row in zip(begins, rows, strict=True) if row]
    return numbers, [row for row in rows if row]


def lines_of(data: bytes, first: int) -> Iterator[Line]:
    """Yield the lines of some bytes, numbered from `first`."""
    for number, raw in enumerate(io.BytesIO(data), first):
        yield Line(number, raw)


def cut_table(source: Source, plan: Plan) -> Iterator[Chunk]:
    """Cut a CSV or TSV file between rows; the columns' names go with each chunk.

    Raises
    ------
    InputError
        There is no header, or it has no column `plan.text_field`.

    Notes
    -----
    A row whose quotes are wrong costs its first line here as in `table_rows`, so that both see
    the same rows.
    """
    delimiter = "\t" if source.format == "tsv" else ","
    data = source.read(max(plan.shard_bytes, _HEADER_BYTES))
    offset = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    data = data[offset:]
    columns, lines, end = _header(source, data, delimiter, plan)
    if columns is None:
        return
    data, offset, line, done_bytes = data[end:], offset + end, 1 + lines, 0
    patterns = _Patterns.of(delimiter)
    final = False
    while data or not final:
        cut = _end_of_rows(data, patterns, plan, final=final)
        if cut == 0 and not final:
            block = source.read(max(plan.shard_bytes, len(data)))
            data, final = data + block, not block
            continue
        taken, done_bytes = source.position - done_bytes, source.position
        rows = data[: cut or len(data)]
        whole = source.damage is None or cut > 0
        if rows and whole:
            kept: bytes | Stretch = rows
            if source.plain and source.name != STANDARD_STREAM:
                kept = Stretch(source.path, offset, offset + len(rows))
            yield Chunk(
                source.name,
                source.format,
                source.encoding,
                line,
                kept,
                (tuple(columns), delimiter),
                read_bytes=taken,
                member=source.member,
            )
            line += rows.count(b"\n")
        data, offset = data[len(rows) :], offset + len(rows)
    if source.damage is not None:
        fault = Reject(source.name, line, source.damage)
        yield Chunk(source.name, "text", "utf-8", line, b"", faults=(fault,))


def _header(
    source: Source, data: bytes, delimiter: str, plan: Plan
) -> tuple[list[str] | None, int, int]:
    """Give the columns' names and how many lines and bytes they take; None for an empty pipe."""
    row = next(table_rows(lines_of(data, 1), source.encoding, delimiter), None)
    if row is None:
        if source.name == STANDARD_STREAM:
            return None, 0, 0
        raise InputError(
            f"{source.name} is empty, without a CSV header; write one as its first row"
        )
    if row.fault is not None:
        raise InputError(f"{source.name}:{row.line}: the CSV header: {row.fault}")
    if plan.text_field not in row.fields:
        raise InputError(
            f"{source.name} has no column {plan.text_field!r}, only "
            f"{', '.join(row.fields)[:200]}; name the text's column with --text-field"
        )
    end = 0
    for _ in range(row.last_line):
        end = data.find(b"\n", end) + 1 or len(data)
    return row.fields, row.last_line, end


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What matches one whole row, and as many as there are."""

    row: re.Pattern[bytes]
    rows: re.Pattern[bytes]

    @classmethod
    def of(cls, delimiter: str) -> _Patterns:
        sign = re.escape(delimiter.encode())
        quoted = rb'"(?:[^"]++|"")*+"(?=[%b\r\n])' % sign
        field = rb'%b|[^"%b\r\n][^%b\r\n]*+|%b' % (quoted, sign, sign, sign)
        row = rb"(?:%b)*+\r?\n" % field
        return cls(re.compile(row), re.compile(b"(?:%b)*+" % row))


def _end_of_rows(data: bytes, patterns: _Patterns, plan: Plan, *, final: bool) -> int:
    """Give where the last whole row ends that a shard may hold; 0 if more must be read."""
    limit = end_of_line(data, plan)[0] or min(len(data), plan.shard_bytes)
    if data.endswith(b"\n", 0, limit) and _is_unquoted(data, limit):
        return limit
    end = _rows_until(data, patterns, limit, final=final)
    # A single row that is longer than a shard stays whole.
    return end or _rows_until(data, patterns, len(data), final=final, single=True)


def _rows_until(
    data: bytes, patterns: _Patterns, limit: int, *, final: bool, single: bool = False
) -> int:
    broken_before = len(data) if final else _line_from_end(data, _MAX_ROW_LINES)
    end = 0
    while end < limit:
        found = patterns.rows.match(data, end, limit)
        after = found.end() if found else end
        if after == end:
            crossing = patterns.row.match(data, end) if limit < len(data) else None
            if crossing and data.count(b"\n", end, crossing.end()) <= _MAX_ROW_LINES:
                break
            if end >= broken_before and len(data) - end <= MAX_RECORD_BYTES:
                break
            after = data.find(b"\n", end, limit) + 1 or end
            if after == end:
                break
        end = after
        if single:
            break
    return end


def _is_unquoted(data: bytes, end: int) -> bool:
    """Tell whether each line up to `end` is a row, since nothing there is quoted."""
    return data.find(b'"', 0, end) < 0 and data.find(b"\r", 0, end) < 0


def _line_from_end(data: bytes, n_lines: int) -> int:
    """Give where the last `n_lines` lines begin; 0 if there are not so many."""
    at = len(data)
    for _ in range(n_lines):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            return 0
    return at
