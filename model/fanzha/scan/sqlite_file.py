"""Cut the tables of a SQLite file that hold posts into runs of rows."""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from fanzha.errors import InputError
from fanzha.scan.chunk import Chunk, Reject
from fanzha.scan.forum_tables import names_in_table
from fanzha.scan.plan import Plan
from fanzha.scan.source import Source

__all__ = ["cut_database", "rows_of"]


def cut_database(source: Source, plan: Plan) -> Iterator[Chunk]:
    """Cut the tables with posts, in the order in which they were made; rows count through them.

    Raises
    ------
    InputError
        The file is no database, or no table of it holds posts.
    """
    with source.as_file() as path:
        uri = f"{Path(path).resolve().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as database:
                # A cell that is not UTF-8 costs itself, not the rest of the table.
                database.text_factory = bytes
                tables = _tables(database, plan, source.name)
                yield from _chunks(database, tables, source, plan)
        except sqlite3.Error as error:
            raise InputError(
                f"cannot read {source.name} as SQLite ({type(error).__name__}); check the file, "
                "or restore it"
            ) from error


def _tables(
    database: sqlite3.Connection, plan: Plan, name: str
) -> list[tuple[str, tuple[str, ...]]]:
    listed = database.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY rowid"
    )
    names = [bytes(row[0]).decode("utf-8", "replace") for row in listed]
    columns: dict[str, tuple[str, ...]] = {}
    for table in names:
        found = database.execute(f"SELECT * FROM {_quoted(table)} LIMIT 0").description
        columns[table] = tuple(one[0] for one in found)
    wanted = [
        (table, columns[table])
        for table in names
        if names_in_table(table, columns[table], plan) is not None
    ]
    if not wanted:
        raise InputError(
            f"{name} has no table that is known to hold posts (its tables: "
            f"{', '.join(names)[:200] or 'none'}); name it with --table and its columns with "
            "--text-field and --id-field"
        )
    return wanted


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _chunks(
    database: sqlite3.Connection,
    tables: list[tuple[str, tuple[str, ...]]],
    source: Source,
    plan: Plan,
) -> Iterator[Chunk]:
    number = 1
    rows: list[tuple[object, ...]] = []

    def chunk(context: tuple[object, ...], faults: tuple[Reject, ...] = ()) -> Chunk:
        # This version writes equal rows as equal bytes.
        data = marshal.dumps(rows, 2)
        made = Chunk(
            source.name, "sqlite", "utf-8", number, data, context, faults,
            member=source.member,
        )  # fmt: skip
        rows.clear()
        return made

    for table, columns in tables:
        size_bytes, fault = 0, None
        cursor = database.execute(f"SELECT * FROM {_quoted(table)}")
        while True:
            try:
                row = cursor.fetchone()
            except sqlite3.DatabaseError:
                fault = f"the rest of the table {table} cannot be read (damaged data); restore it"
                break
            if row is None:
                break
            rows.append(row)
            size_bytes += sum(len(value) for value in row if isinstance(value, bytes))
            if len(rows) >= plan.shard_posts or size_bytes >= plan.shard_bytes:
                n_rows = len(rows)
                yield chunk((table, columns))
                number, size_bytes = number + n_rows, 0
        n_rows = len(rows)
        faults = () if fault is None else (Reject(source.name, number + n_rows, fault),)
        if rows or faults:
            yield chunk((table, columns), faults)
            number += n_rows + len(faults)


def rows_of(chunk: Chunk) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the rows of a chunk with their numbers."""
    _, columns = chunk.context
    assert isinstance(columns, tuple)
    for number, values in enumerate(marshal.loads(chunk.read()), chunk.line):
        yield number, dict(zip(columns, values, strict=True))
