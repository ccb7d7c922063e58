"""Read the records of a chunk, lazily and in order; what cannot be read is a reject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

from fanzha.errors import InputError
from fanzha.scan import columnar, sql_dump, sqlite_file
from fanzha.scan.batch import Batch, Record, gather
from fanzha.scan.chunk import Chunk, Reject, cut_lines
from fanzha.scan.fields import FieldNames, Row, compose
from fanzha.scan.json_array import cut_array
from fanzha.scan.plan import Plan
from fanzha.scan.rows import database_names, json_row, json_values, record_rows
from fanzha.scan.source import MAX_RECORD_BYTES, Source
from fanzha.scan.table import cut_table, whole_rows

__all__ = ["Record", "Reject", "cut", "read", "read_batch", "records"]


def cut(source: Source, plan: Plan, *, posts_only: bool = False) -> Iterator[Chunk]:
    """Cut an opened input into chunks; each can be read by itself, in any process.

    With `posts_only` columns of which no post is made may be left out.

    Raises
    ------
    InputError
        The input cannot be read at all: a CSV file without a header, a database without posts.
    """
    if source.format in {"csv", "tsv"}:
        return cut_table(source, plan)
    if source.format == "json":
        return cut_array(source, plan)
    if source.format == "sql":
        return sql_dump.cut_dump(source, plan)
    if source.format == "sqlite":
        return sqlite_file.cut_database(source, plan)
    if source.format in {"parquet", "arrow"}:
        names = FieldNames.of(plan).used if posts_only else None
        return columnar.cut_columns(source, plan, names)
    return cut_lines(source, plan)


def read(source: Source, plan: Plan) -> Iterator[Record | Reject]:
    """Yield a `Record` or a `Reject` for each record of an opened input.

    Blank lines of JSONL and CSV are no records; each line of plain text is one, also an empty
    one.

    Raises
    ------
    InputError
        As `cut`.
    """
    for chunk in cut(source, plan):
        yield from records(chunk, plan)


def records(chunk: Chunk, plan: Plan) -> Iterator[Record | Reject]:
    """Yield a `Record` or a `Reject` for each record of a chunk, its faults last."""
    return read_batch(chunk, plan).items()


def read_batch(chunk: Chunk, plan: Plan) -> Batch:
    """Read the posts of a chunk together; its faults are the last of the rejects."""
    batch = _batch(chunk, plan) if chunk.data else Batch(chunk.file)
    batch.rejects.extend(chunk.faults)
    return batch


def _batch(chunk: Chunk, plan: Plan) -> Batch:
    found: Batch | None = None
    if chunk.format == "jsonl":
        found = _json_batch(chunk, plan)
    elif chunk.format == "text":
        found = _text_batch(chunk, plan)
    elif chunk.format in {"csv", "tsv"}:
        found = _table_batch(chunk, plan)
    elif chunk.format in {"parquet", "arrow"}:
        found = _columns_batch(chunk, plan)
    return _rows_batch(chunk, plan) if found is None else found


def _rows_batch(chunk: Chunk, plan: Plan) -> Batch:
    """Read record by record."""
    places: list[int] = []
    batch = Batch(chunk.file, places)
    repaired: list[int] = []
    for row in record_rows(chunk, plan):
        try:
            if isinstance(row, Reject):
                batch.rejects.append(row)
                continue
            post, layout = compose(row, plan)
        except InputError as error:
            batch.rejects.append(Reject(row.file, row.line, str(error)))
            continue
        if layout is not None:
            batch.layouts[len(places)] = layout
        if row.repaired:
            repaired.append(len(places))
        places.append(row.line)
        batch.texts.append(post.text)
        batch.ids.append(post.id)
    batch.repaired = frozenset(repaired)
    return batch


def _json_batch(chunk: Chunk, plan: Plan) -> Batch:
    names = FieldNames.of(plan)
    lines = chunk.read().removesuffix(b"\n").split(b"\n")
    numbers: Sequence[int] = range(chunk.line, chunk.line + len(lines))
    values = json_values(lines, chunk.encoding)
    if set(map(type, values)) != {dict}:
        filled = [
            at
            for at, value in enumerate(values)
            if value or (lines[at] and not lines[at].isspace())
        ]
        lines, numbers = [lines[at] for at in filled], [numbers[at] for at in filled]
        values = [values[at] if type(values[at]) is dict else {} for at in filled]
    columns = {name: _column(values, name) for name in names.used}

    def row_of(at: int) -> Row | Reject:
        fields = values[at]
        # orjson makes an integer beyond 64 bits a float, and what it cannot read is empty here.
        if fields and type(fields.get(names.id)) is not float:
            return Row(chunk.file, numbers[at], fields, names)
        return json_row(chunk, plan, names, numbers[at], lines[at])

    return gather(chunk.file, numbers, columns, names, plan, row_of=row_of)


def _column(values: Sequence[dict[str, Any]], name: str) -> list[Any]:
    try:
        return list(map(itemgetter(name), values))
    except KeyError:
        return [value.get(name) for value in values]


def _text_batch(chunk: Chunk, plan: Plan) -> Batch | None:
    data = chunk.read()
    try:
        text = data.decode(chunk.encoding)
    except UnicodeDecodeError:
        return None
    if not data or len(data) > MAX_RECORD_BYTES:
        return None
    lines = text.removesuffix("\n").split("\n")
    if "\r" in text:
        lines = [line.removesuffix("\r") for line in lines]
    names = FieldNames(plan.text_field, "")
    numbers = range(chunk.line, chunk.line + len(lines))
    return gather(chunk.file, numbers, {names.text: lines}, names, plan)


def _table_batch(chunk: Chunk, plan: Plan) -> Batch | None:
    columns, delimiter = chunk.context
    assert isinstance(columns, tuple)
    assert isinstance(delimiter, str)
    found = whole_rows(chunk.read(), chunk.line, chunk.encoding, delimiter)
    if found is None or any(len(cells) != len(columns) for cells in found[1]):
        return None
    numbers, cells = found
    names = FieldNames.of(plan)
    place = {name: at for at, name in enumerate(columns)}
    used = {name: place[name] for name in names.used if name in place}
    values = {name: [row[at] for row in cells] for name, at in used.items()}
    return gather(chunk.file, numbers, values, names, plan)


def _columns_batch(chunk: Chunk, plan: Plan) -> Batch | None:
    names = database_names(chunk, (), plan)
    columns = columnar.columns_of(chunk, names.used)
    if any(bytes in set(map(type, values)) for values in columns.values()):
        return None
    n_rows = len(columns[names.text])
    return gather(chunk.file, range(chunk.line, chunk.line + n_rows), columns, names, plan)
