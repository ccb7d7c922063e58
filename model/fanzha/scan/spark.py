"""Check the posts of a Spark data frame: the same verdicts as a scan, on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from fanzha.errors import FanzhaError, InputError, ScanError
from fanzha.json_lines import json_line
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.scan.carried import CarriedDetector
from fanzha.scan.fields import FieldNames, Layout, Row, compose
from fanzha.scan.plan import STANDARD_STREAM, Plan
from fanzha.scan.shard import Checker
from fanzha.verdict import Verdict

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame  # pyright: ignore[reportMissingImports]

__all__ = ["RESULT_COLUMNS", "check_posts"]

RESULT_COLUMNS: Final = ("suggestion", "labels", "verdict", "reject")
"""Columns that are added: `verdict` is the line that a scan writes, `reject` why there is none;
all are strings, `labels` an array of strings."""

_SLICE_POSTS: Final = 512
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
    load
        Makes the detector in a process of an executor, instead of the broadcast one.

    Returns
    -------
    One row for each row of `frame`, in the order of its partitions: the id, the kept columns and
    `RESULT_COLUMNS`. A row whose text is null or too long has a `reject` and nothing else.

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
        markup=markup,
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
            for start in range(0, batch.num_rows, _SLICE_POSTS):
                rows = batch.slice(start, _SLICE_POSTS)
                yield _checked(rows, checker, plan, columns)

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

    names = FieldNames.of(plan)
    used = [name for name in names.used if name in rows.schema.names]
    values = [rows.column(name).to_pylist() for name in used]
    rejects: list[str | None] = [None] * rows.num_rows
    posts: list[tuple[int, Post]] = []
    layouts: list[Layout | None] = []
    for row, cells in enumerate(zip(*values, strict=True)):
        try:
            post, layout = _post(dict(zip(used, cells, strict=True)), names, plan)
        except InputError as error:
            rejects[row] = str(error)
        else:
            posts.append((row, post))
            layouts.append(layout)
    found: list[Verdict | None] = [None] * rows.num_rows
    lines: list[str | None] = [None] * rows.num_rows
    verdicts = _verdicts(checker, posts)
    for (row, _), layout, verdict in zip(posts, layouts, verdicts, strict=True):
        found[row], lines[row] = verdict, _line(verdict, layout)
    results: dict[str, pa.Array] = {
        "suggestion": pa.array([one and one.suggestion for one in found], pa.string()),
        "labels": pa.array(
            [one and [given.label for given in one.labels] for one in found],
            pa.list_(pa.field("element", pa.string())),
        ),
        "verdict": pa.array(lines, pa.string()),
        "reject": pa.array(rejects, pa.string()),
    }
    kept: dict[str, Any] = {name: rows.column(name) for name in columns if name != plan.text_field}
    return pa.RecordBatch.from_pydict(kept | results)


def _post(
    fields: Mapping[str, object], names: FieldNames, plan: Plan
) -> tuple[Post, Layout | None]:
    if fields[plan.text_field] is None:
        raise InputError("the text is null; write the post's text there")
    return compose(Row("", 0, fields, names), plan)


def _verdicts(checker: Checker, posts: Sequence[tuple[int, Post]]) -> Iterator[Verdict]:
    try:
        yield from checker.check_many(post for _, post in posts)
    except FanzhaError:
        raise
    except Exception as error:
        # The exception's own text may quote a post; Spark writes it to its logs.
        raise ScanError(
            f"a post could not be checked ({type(error).__name__}); find it with fanzha scan, "
            "leave it out and report it as a bug"
        ) from None


def _line(verdict: Verdict, layout: Layout | None) -> str:
    value = verdict.to_json()
    if layout is not None:
        value = layout.restore(value)
    return json_line(value).decode("utf-8").removesuffix("\n")
