"""The fields of each record of a chunk as they were written, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

import orjson

from fanzha.errors import InputError
from fanzha.scan import columnar, sql_dump, sqlite_file
from fanzha.scan.chunk import Chunk, Reject
from fanzha.scan.fields import FieldNames, Row
from fanzha.scan.forum_tables import names_in_table
from fanzha.scan.json_array import elements_of
from fanzha.scan.plan import Plan
from fanzha.scan.source import MAX_RECORD_BYTES, TOO_LONG, Line
from fanzha.scan.table import lines_of, table_rows

__all__ = ["cell_text", "database_names", "json_row", "json_values", "record_rows", "rows"]


def rows(chunk: Chunk, plan: Plan) -> Iterator[Row | Reject]:
    """Yield the fields of each record of a chunk as they were written, its faults last."""
    if chunk.data:
        yield from record_rows(chunk, plan)
    yield from chunk.faults


def record_rows(chunk: Chunk, plan: Plan) -> Iterator[Row | Reject]:
    """Yield the fields of each record of a chunk that has some, without its faults."""
    if chunk.format == "jsonl":
        return _json_lines(chunk, plan)
    if chunk.format == "text":
        return _text_lines(chunk, plan)
    if chunk.format in {"csv", "tsv"}:
        return _table_rows(chunk, plan)
    if chunk.format == "json":
        return _elements(chunk, plan)
    return _database_rows(chunk, plan)


def _json_lines(chunk: Chunk, plan: Plan) -> Iterator[Row | Reject]:
    names = FieldNames.of(plan)
    lines = chunk.read().split(b"\n")
    values = json_values(lines, chunk.encoding)
    for number, (raw, value) in enumerate(zip(lines, values, strict=True), chunk.line):
        if type(value) is dict and type(value.get(plan.id_field)) is not float:
            yield Row(chunk.file, number, value, names)
        elif raw and not raw.isspace():
            yield json_row(chunk, plan, names, number, raw)


def json_values(lines: Sequence[bytes], encoding: str) -> list[Any]:
    """Parse each line; None where it is no JSON, or longer than any record."""
    written: Iterable[bytes | str] = lines
    if encoding != "utf-8":
        written = map(bytes.decode, lines, repeat(encoding))
    values: list[Any] = []
    parsed = map(orjson.loads, written)
    while len(values) < len(lines):
        try:
            values.extend(parsed)
        except ValueError:
            # What came before the broken line is in the list, and the next step is behind it.
            values.append(None)
    if max(map(len, lines), default=0) >= MAX_RECORD_BYTES:
        values = [
            None if len(raw) >= MAX_RECORD_BYTES else value
            for raw, value in zip(lines, values, strict=True)
        ]
    return values


def json_row(chunk: Chunk, plan: Plan, names: FieldNames, number: int, raw: bytes) -> Row | Reject:
    """Give the fields of a line of JSON, or why there are none."""
    if len(raw) >= MAX_RECORD_BYTES:
        return Reject(chunk.file, number, TOO_LONG)
    try:
        value = _json_value(Line(number, raw), chunk.encoding, plan.id_field)
        return Row(chunk.file, number, _object(value, plan), names)
    except InputError as error:
        return Reject(chunk.file, number, str(error))


def _text_lines(chunk: Chunk, plan: Plan) -> Iterator[Row | Reject]:
    names = FieldNames(plan.text_field, "")
    for line in lines_of(chunk.read(), chunk.line):
        if len(line.raw) > MAX_RECORD_BYTES:
            yield Reject(chunk.file, line.number, TOO_LONG)
            continue
        try:
            text = line.decode(chunk.encoding).removesuffix("\n").removesuffix("\r")
        except InputError as error:
            yield Reject(chunk.file, line.number, str(error))
        else:
            yield Row(chunk.file, line.number, {names.text: text}, names)


def _elements(chunk: Chunk, plan: Plan) -> Iterator[Row | Reject]:
    names = FieldNames.of(plan)
    for number, raw in elements_of(chunk):
        try:
            fields = _object(_json_value(Line(number, raw), "utf-8", plan.id_field), plan)
        except InputError as error:
            yield Reject(chunk.file, number, str(error))
        else:
            yield Row(chunk.file, number, fields, names)


def _table_rows(chunk: Chunk, plan: Plan) -> Iterator[Row | Reject]:
    names = FieldNames.of(plan)
    columns, delimiter = chunk.context
    assert isinstance(columns, tuple)
    assert isinstance(delimiter, str)
    lines = lines_of(chunk.read(), chunk.line)
    for row in table_rows(lines, chunk.encoding, delimiter):
        fault = row.fault
        if fault is None and len(row.fields) != len(columns):
            fault = (
                f"the row (lines {row.line} to {row.last_line}) has {len(row.fields)} fields and "
                f"the header {len(columns)}; quote texts that hold commas or quotes"
            )
        if fault is not None:
            yield Reject(chunk.file, row.line, fault)
        else:
            fields = dict(zip(columns, row.fields, strict=True))
            yield Row(chunk.file, row.line, fields, names)


def _database_rows(chunk: Chunk, plan: Plan) -> Iterator[Row | Reject]:
    found: Iterator[tuple[int, dict[str, object] | None]]
    if chunk.format == "sql":
        found = sql_dump.rows_of(chunk)
    elif chunk.format == "sqlite":
        found = iter(sqlite_file.rows_of(chunk))
    else:
        found = iter(columnar.rows_of(chunk))
    names: FieldNames | None = None
    for number, fields in found:
        if fields is None:
            reason = "the row has not as many values as the table has columns; restore the dump"
            yield Reject(chunk.file, number, reason)
            continue
        if names is None:
            names = database_names(chunk, tuple(fields), plan)
        repaired = False
        for name in names.used:
            value = fields.get(name)
            if isinstance(value, bytes):
                fields[name], broken = cell_text(value)
                repaired |= broken
        yield Row(chunk.file, number, fields, names, repaired)


def database_names(chunk: Chunk, columns: Sequence[str], plan: Plan) -> FieldNames:
    """Give what a database's table or a file of columns calls the fields of a post."""
    if chunk.context:
        table = chunk.context[0]
        names = names_in_table(str(table), tuple(columns), plan)
        if names is not None:
            return names
    return FieldNames(
        plan.text_field,
        plan.id_field,
        plan.title_field,
        plan.signature_field,
        plan.author_field,
        lenient=True,
    )


def cell_text(raw: bytes) -> tuple[str, bool]:
    """Read the bytes of a database's cell, and tell whether some were of no encoding.

    A cell that is not UTF-8 as a whole may be GB18030: forums were moved from one to the other.
    """
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        pass
    try:
        # Bytes that the file's own encoding could not read were escaped as lone surrogates.
        text = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        try:
            return raw.decode("gb18030"), False
        except UnicodeDecodeError:
            return raw.decode("utf-8", "replace"), True
    return "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in text), True


def _object(value: object, plan: Plan) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(
            f"the record is {_json_name(value)}, not an object; write one object a line, "
            f'{{"{plan.text_field}": …}}'
        )
    return value


def _json_value(line: Line, encoding: str, id_field: str) -> object:
    try:
        value: object = orjson.loads(line.raw if encoding == "utf-8" else line.decode(encoding))
        if not _holds_float_id(value, id_field):
            return value
        text = line.decode(encoding)
    except orjson.JSONDecodeError:
        # orjson refuses lone surrogates and bare control characters, and posts do contain them.
        text = line.decode(encoding)
    try:
        value = json.loads(text, strict=False)
    except RecursionError as error:
        raise InputError("the JSON is nested too deeply; flatten the record") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"broken JSON at column {error.colno} ({error.msg}); write one object a line"
        ) from error
    except ValueError as error:
        raise InputError("the JSON holds a number too long to read; shorten it") from error
    return value


def _holds_float_id(value: object, id_field: str) -> bool:
    # orjson makes an integer beyond 64 bits a float.
    return isinstance(value, dict) and type(value.get(id_field)) is float


def _json_name(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")
