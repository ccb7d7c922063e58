"""Read the records of one input, lazily and in order; what cannot be read is a reject."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from fanzha.errors import InputError
from fanzha.post import Post
from fanzha.scan.plan import STANDARD_STREAM, Plan
from fanzha.scan.source import Line, Source
from fanzha.scan.table import table_rows

__all__ = ["Record", "Reject", "read"]


@dataclass(frozen=True, slots=True)
class Record:
    """A post and the line of the input (from 1) on which its record begins."""

    file: str
    line: int
    post: Post


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be read, and why; it never quotes the record."""

    file: str
    line: int
    reason: str

    def to_json(self) -> dict[str, str | int]:
        """Give the reject as it stands in the rejects file."""
        return {"file": self.file, "line": self.line, "reason": self.reason}


def read(source: Source, plan: Plan) -> Iterator[Record | Reject]:
    """Yield a `Record` or a `Reject` for each record of an opened input.

    Blank lines of JSONL and CSV are no records; each line of plain text is one, also an empty
    one.

    Raises
    ------
    InputError
        A CSV file without a header or without the column `plan.text_field`.
    """
    if source.format == "csv":
        yield from _csv_records(source, plan)
        return
    for line in source.lines():
        if line.fault is not None:
            yield Reject(source.name, line.number, line.fault)
            continue
        if source.format == "jsonl" and not line.raw.strip():
            continue
        try:
            if source.format == "jsonl":
                post = _json_post(line, source.encoding, plan)
            else:
                post = Post(line.decode(source.encoding).removesuffix("\n").removesuffix("\r"))
        except InputError as error:
            yield Reject(source.name, line.number, str(error))
        else:
            yield Record(source.name, line.number, post)


def _json_post(line: Line, encoding: str, plan: Plan) -> Post:
    fields = _json_value(line, encoding)
    if not isinstance(fields, dict):
        raise InputError(
            f"the record is {_json_name(fields)}, not an object; write one object a line, "
            f'{{"{plan.text_field}": …}}'
        )
    if plan.text_field not in fields:
        raise InputError(f"the field {plan.text_field!r} is missing; name it with --text-field")
    text, identity = fields[plan.text_field], fields.get(plan.id_field)
    if not isinstance(text, str):
        raise InputError(
            f"the field {plan.text_field!r} is {_json_name(text)}, not a string; "
            "write the post's text there"
        )
    if isinstance(identity, bool | float | list | dict):
        raise InputError(
            f"the field {plan.id_field!r} is {_json_name(identity)}; "
            "an id is a string or an integer"
        )
    return Post(text, identity)


def _json_value(line: Line, encoding: str) -> object:
    try:
        return orjson.loads(line.raw if encoding == "utf-8" else line.decode(encoding))
    except orjson.JSONDecodeError:
        # orjson refuses lone surrogates and bare control characters, and posts do contain them.
        text = line.decode(encoding)
    try:
        value: object = json.loads(text, strict=False)
    except RecursionError as error:
        raise InputError("the JSON is nested too deeply; flatten the record") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"broken JSON at column {error.colno} ({error.msg}); write one object a line"
        ) from error
    except ValueError as error:
        raise InputError("the JSON holds a number too long to read; shorten it") from error
    return value


def _json_name(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")


def _csv_records(source: Source, plan: Plan) -> Iterator[Record | Reject]:
    columns: list[str] | None = None
    for row in table_rows(source.lines(), source.encoding):
        if columns is None:
            if row.fault is not None:
                raise InputError(f"{source.name}:{row.line}: the CSV header: {row.fault}")
            columns = row.fields
            if plan.text_field not in columns:
                raise InputError(
                    f"{source.name} has no column {plan.text_field!r}, only "
                    f"{', '.join(columns)[:200]}; name the text's column with --text-field"
                )
            continue
        fault = row.fault
        if fault is None and len(row.fields) != len(columns):
            fault = (
                f"the row (lines {row.line} to {row.last_line}) has {len(row.fields)} fields and "
                f"the header {len(columns)}; quote texts that hold commas or quotes"
            )
        if fault is not None:
            yield Reject(source.name, row.line, fault)
            continue
        fields = dict(zip(columns, row.fields, strict=True))
        try:
            post = Post(fields[plan.text_field], fields.get(plan.id_field))
        except InputError as error:
            yield Reject(source.name, row.line, str(error))
        else:
            yield Record(source.name, row.line, post)
    if columns is None and source.name != STANDARD_STREAM:
        raise InputError(
            f"{source.name} is empty, without a CSV header; write one as its first row"
        )
