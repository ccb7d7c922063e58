"""Check the posts of a Spark data frame: the same verdicts as a scan, on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from fanzha.errors import FanzhaError, InputError, ScanError
from fanzha.policy import Policy
from fanzha.scan.batch import Batch, gather
from fanzha.scan.carried import CarriedDetector
from fanzha.scan.chunk import Reject
from fanzha.scan.fields import FieldNames, Row
from fanzha.scan.plan import STANDARD_STREAM, Plan
from fanzha.scan.shard import Checker, check_texts
from fanzha.scan.verdict_lines import all_lines, verdict_line
from fanzha.verdicts import Verdicts

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame  # pyright: ignore[reportMissingImports]

__all__ = ["RESULT_COLUMNS", "check_posts"]

RESULT_COLUMNS: Final = ("suggestion", "labels", "verdict", "reject")
"""Columns that are added: `verdict` is the line that a scan writes, `reject` why there is none;
all are strings, `labels` an array of strings."""

_ID_TYPES: Final = frozenset({"string", "byte", "short", "integer", "long"})


def check_posts(
    frame: DataFrame,
    *,
    bundle: str | None = None,
    policy: Policy | None = None,
    overlays: Sequence[str] = (),
    text_field: str = "text",
    id_field: str = "id",
    title_field: str = "title",
    author_field: str = "",
    signature_field: str = "",
    markup: str = "auto",
    keep: Sequence[str] = (),
    only_flagged: bool = False,
    load: Callable[[], Checker] | None = None,
) -> DataFrame:
    """Check the posts of a data frame, lazily and partition by partition.

    Parameters
    ----------
    frame
        One post a row; `text_field` is a string column, `id_field`, if there is one, a string or
        whole-number column. `title_field`, `author_field` and `signature_field` are checked with
        the text where the frame has such string columns, and `markup` is taken off, as in `Plan`.
    bundle, policy, overlays
        As for `DetectorLoader`; they are read here and broadcast, once to each machine.
    keep
        Other columns that are carried through, such as board and time.
    only_flagged
        Leave out the rows whose post passes.
    load
        Makes the detector in a process of an executor, instead of the broadcast one.

    Returns
    -------
    One row for each row of `frame`, in the order of its partitions: the id, the kept columns and
    `RESULT_COLUMNS`; with `only_flagged` one for each flagged post and each reject. A row whose
    text is null or too long has a `reject` and nothing else.

    Raises
    ------
    InputError
        A column is absent, of another type or taken twice, or pyspark is not installed.
    BundleError, DataError
        The detector cannot be loaded here, before any work.

    Notes
    -----
    A Python process of an executor loads the detector once and keeps it
    (`spark.python.worker.reuse`, on by default). A verdict depends on its post alone, so a
    partition that is computed again after a failure gives the same rows.
    """
    try:
        from pyspark.sql.types import (  # pyright: ignore[reportMissingImports]
            ArrayType,
            StringType,
            StructField,
            StructType,
        )
    except ImportError as error:
        raise InputError(
            "a scan on Spark needs the package pyspark, which is not installed; install "
            "fanzha[spark]"
        ) from error
    plan = Plan(
        (STANDARD_STREAM,), STANDARD_STREAM, text_field=text_field, id_field=id_field,
        title_field=title_field, author_field=author_field, signature_field=signature_field,
        markup=markup, only_flagged=only_flagged,
    )  # fmt: skip
    columns = _columns(frame, text_field, id_field, keep)
    read = (*columns, *(name for name in _others(frame, plan) if name not in columns))
    text, texts = StringType(), ArrayType(StringType())
    added = [StructField(name, texts if name == "labels" else text) for name in RESULT_COLUMNS]
    schema = StructType([*(frame.schema[name] for name in columns if name != text_field), *added])
    if load is None:
        carried = CarriedDetector.read(bundle, policy, tuple(overlays))
        load = _broadcast(frame, carried)
    if id_field not in columns:
        plan = replace(plan, id_field="")
    make = load

    def check_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        checker: Checker | None = None
        for batch in batches:
            # An empty partition is not worth the second that loading takes.
            checker = checker or make()
            row_bytes = max(1, batch.nbytes // max(1, batch.num_rows))
            n_rows = max(1, min(plan.shard_posts, plan.shard_bytes // row_bytes))
            for start in range(0, batch.num_rows, n_rows):
                yield _checked(batch.slice(start, n_rows), checker, plan, columns)

    return frame.select(*read).mapInArrow(check_batches, schema)


def _broadcast(frame: DataFrame, carried: CarriedDetector) -> Callable[[], Checker]:
    """Send a detector to every machine once; gives what loads it there."""
    sent = frame.sparkSession.sparkContext.broadcast(carried)

    def load() -> Checker:
        found: CarriedDetector = sent.value
        return found.load()

    return load


def _columns(
    frame: DataFrame, text_field: str, id_field: str, keep: Sequence[str]
) -> tuple[str, ...]:
    """Give the columns that are read, after a look at their names and types."""
    types = {column.name: column.dataType.typeName() for column in frame.schema.fields}
    for name in (text_field, *keep):
        if name not in types:
            raise InputError(
                f"the data frame has no column {name!r}, only {', '.join(types)[:200]}; name the "
                "text's column with text_field"
            )
    if types[text_field] != "string":
        raise InputError(
            f"the column {text_field!r} is of type {types[text_field]}, not string; cast it first"
        )
    if id_field in types and types[id_field] not in _ID_TYPES:
        raise InputError(
            f"the column {id_field!r} is of type {types[id_field]}; an id is a string or a whole "
            "number, so cast it first"
        )
    taken = [id_field, *keep] if id_field in types else list(keep)
    twice = [name for name in {text_field, *taken} if [text_field, *taken].count(name) > 1]
    if clash := sorted({*twice, *(set(taken).intersection(RESULT_COLUMNS))}):
        raise InputError(
            f"the columns {', '.join(clash)} would stand twice in the result; leave them out of "
            "keep or rename them"
        )
    return (*taken, text_field)


def _others(frame: DataFrame, plan: Plan) -> Iterator[str]:
    """Yield the columns that are checked with the text."""
    types = {column.name: column.dataType.typeName() for column in frame.schema.fields}
    for role, name in FieldNames.of(plan).others:
        # A title is looked for without being asked for; what is named must be there.
        if types.get(name) == "string":
            yield name
        elif role != "title" or name != "title":
            raise InputError(
                f"the data frame has no string column {name!r} for the {role}; name another, or "
                "cast it first"
            )


def _checked(
    rows: pa.RecordBatch, checker: Checker, plan: Plan, columns: Sequence[str]
) -> pa.RecordBatch:
    """Give the result for some rows, in order."""
    import pyarrow as pa

    batch = _batch(rows, plan)
    verdicts = _verdicts(checker, batch)
    if plan.only_flagged:
        shown: Sequence[int] = [at for at, one in sorted(verdicts.told.items()) if one.flagged]
        lines = [verdict_line(verdicts.told[at], batch, at, several=False) for at in shown]
    else:
        shown, lines = range(len(batch)), all_lines(verdicts, batch, several=False)
    told = [verdicts.told.get(at) for at in shown]
    lost = [None] * len(batch.rejects)
    places = np.array(
        [batch.lines[at] for at in shown] + [reject.line for reject in batch.rejects],
        dtype=np.int64,
    )
    order = np.argsort(places)
    results = {
        "suggestion": pa.array(
            [one.suggestion if one else "pass" for one in told] + lost, pa.string()
        ),
        "labels": pa.array(
            [[given.label for given in one.labels] if one else [] for one in told] + lost,
            pa.list_(pa.field("element", pa.string())),
        ),
        "verdict": pa.array([line[:-1].decode() for line in lines] + lost, pa.string()),
        "reject": pa.array(
            [None] * len(shown) + [reject.reason for reject in batch.rejects], pa.string()
        ),
    }
    if batch.rejects:
        results = {name: values.take(order) for name, values in results.items()}
    kept = {name: rows.column(name) for name in columns if name != plan.text_field}
    if len(places) < rows.num_rows:
        kept = {name: values.take(places[order]) for name, values in kept.items()}
    return pa.RecordBatch.from_pydict(kept | results)


def _batch(rows: pa.RecordBatch, plan: Plan) -> Batch:
    """Make the rows posts; `lines` are their places."""
    names = FieldNames.of(plan)
    used = [name for name in names.used if name in rows.schema.names]
    values = {name: rows.column(name).to_pylist() for name in used}

    def row_of(at: int) -> Row | Reject:
        if values[names.text][at] is None:
            return Reject("", at, "the text is null; write the post's text there")
        return Row("", at, {name: cells[at] for name, cells in values.items()}, names)

    return gather("", range(rows.num_rows), values, names, plan, row_of=row_of)


def _verdicts(checker: Checker, batch: Batch) -> Verdicts:
    try:
        return check_texts(checker, batch.texts, batch.ids)
    except FanzhaError:
        raise
    except Exception as error:
        # The exception's own text may quote a post; Spark writes it to its logs.
        raise ScanError(
            f"a post could not be checked ({type(error).__name__}); find it with fanzha scan, "
            "leave it out and report it as a bug"
        ) from None
