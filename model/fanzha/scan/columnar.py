"""Cut Parquet and Arrow files into batches of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fanzha.errors import InputError
from fanzha.scan.chunk import Chunk, Reject
from fanzha.scan.plan import Plan
from fanzha.scan.source import Source

__all__ = ["columns_of", "cut_columns", "rows_of"]

_BUFFER_BYTES: Final = 1 << 18
_STREAM_MAGIC: Final = b"\xff\xff\xff\xff"


def _pyarrow(what: str) -> Any:
    try:
        import pyarrow
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            f"{what} needs the library pyarrow; pip install 'fanzha[formats]'"
        ) from error
    return pyarrow


def cut_columns(source: Source, plan: Plan, names: Sequence[str] | None = None) -> Iterator[Chunk]:
    """Cut a Parquet or Arrow file into batches, each with all columns that are not nested.

    Parameters
    ----------
    names
        The columns that are needed; None for all of them.

    Raises
    ------
    InputError
        The file is damaged at its beginning or end, or has no column `plan.text_field`.
    """
    arrow = _pyarrow(f"{source.name} is {source.format}, which")
    with source.as_file() as path:
        try:
            schema, batches, file_bytes = _opened(arrow, path, source.format, plan, names)
        except (arrow.ArrowException, OSError) as error:
            raise InputError(
                f"{source.name} is no whole {source.format} file; restore it from its source"
            ) from error
        if plan.text_field not in schema.names:
            raise InputError(
                f"{source.name} has no column {plan.text_field!r}, only "
                f"{', '.join(schema.names)[:200]}; name the text's column with --text-field"
            )
        number, reason = 1, None
        while True:
            try:
                batch = next(batches, None)
            except (arrow.ArrowException, OSError):
                reason = "the rest of the file cannot be read (damaged data); restore it"
                break
            if batch is None:
                break
            for piece in _pieces(batch, plan):
                data = _packed(arrow, piece)
                yield Chunk(
                    source.name, source.format, "utf-8", number, data,
                    read_bytes=0, member=source.member,
                )  # fmt: skip
                number += piece.num_rows
        faults = () if reason is None else (Reject(source.name, number, reason),)
        yield Chunk(
            source.name, source.format, "utf-8", number, b"", faults=faults,
            read_bytes=file_bytes,
        )  # fmt: skip


def _opened(
    arrow: Any, path: str, format_name: str, plan: Plan, names: Sequence[str] | None
) -> tuple[Any, Iterator[Any], int]:
    # Not mapped into memory, nor fetched ahead: as much as the whole file would count as used.
    raw = arrow.OSFile(path)
    size_bytes = raw.size()
    if format_name == "parquet":
        file = arrow.parquet.ParquetFile(
            raw, page_checksum_verification=True, buffer_size=_BUFFER_BYTES, pre_buffer=False
        )
        # Never so many rows in memory that a batch is much more than a shard.
        held = sum(file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups))
        row_bytes = max(1, held // max(1, file.metadata.num_rows))
        rows = max(1, min(plan.shard_posts, plan.shard_bytes // row_bytes))
        schema = file.schema_arrow
        columns = _flat(arrow, schema, names)
        return schema, file.iter_batches(rows, columns=columns), size_bytes
    if raw.read(4) == _STREAM_MAGIC:
        raw.seek(0)
        stream = arrow.ipc.open_stream(raw)
        places = _places(stream.schema, _flat(arrow, stream.schema, names))
        return stream.schema, (batch.select(places) for batch in stream), size_bytes
    raw.seek(0)
    opened = arrow.ipc.open_file(raw)
    places = _places(opened.schema, _flat(arrow, opened.schema, names))
    batches = (opened.get_batch(index).select(places) for index in range(opened.num_record_batches))
    return opened.schema, batches, size_bytes


def _flat(arrow: Any, schema: Any, names: Sequence[str] | None) -> list[str]:
    flat = [one.name for one in schema if not arrow.types.is_nested(one.type)]
    return flat if names is None else [name for name in flat if name in names]


def _places(schema: Any, names: Sequence[str]) -> list[int]:
    return [at for at, one in enumerate(schema) if one.name in names]


def _pieces(batch: Any, plan: Plan) -> Iterator[Any]:
    """Slice a batch that is larger than a shard."""
    if not batch.num_rows:
        return
    row_bytes = max(1, batch.nbytes // batch.num_rows)
    rows = max(1, min(plan.shard_posts, plan.shard_bytes // row_bytes))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def _packed(arrow: Any, batch: Any) -> bytes:
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def columns_of(chunk: Chunk, names: Sequence[str] | None = None) -> dict[str, list[Any]]:
    """Give the values of the columns that a chunk has, of those named if some are named."""
    table = _pyarrow("this scan").ipc.open_stream(chunk.read()).read_all()
    # Of two columns with one name the later one counts.
    places = {name: at for at, name in enumerate(table.column_names)}
    wanted = places if names is None else [name for name in names if name in places]
    return {name: _values(table.column(places[name])) for name in wanted}


def _values(column: Any) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        # Some writers call bytes a string without a look at them.
        values = column.cast(_pyarrow("this scan").binary()).to_pylist()
    return values


def rows_of(chunk: Chunk) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the rows of a chunk with their numbers."""
    if not chunk.data:
        return
    columns = columns_of(chunk)
    for number, values in enumerate(zip(*columns.values(), strict=True), chunk.line):
        yield number, dict(zip(columns, values, strict=True))
