"""Posts read together, column by column: what is plain is never touched one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, Final

from fanzha.errors import InputError
from fanzha.post import MAX_POST_CHARS, Post
from fanzha.scan.chunk import Reject
from fanzha.scan.fields import FieldNames, Layout, Row, compose
from fanzha.scan.markup import may_have_markup
from fanzha.scan.plan import Plan

__all__ = ["Batch", "Record", "gather"]

_TEXTS: Final = frozenset({str})
_IDENTITIES: Final = frozenset({str, int, type(None)})


@dataclass(frozen=True, slots=True)
class Record:
    """A post and the line of the input (from 1) on which its record begins.

    In a JSON array, a table or a dump `line` is the number of the record. `layout` leads spans
    back into the fields of the record; None where the post is its text field. `repaired` says
    that bytes of no encoding were read as U+FFFD.
    """

    file: str
    line: int
    post: Post
    layout: Layout | None = None
    repaired: bool = False


@dataclass(slots=True)
class Batch:
    """The posts of neighbouring records, in order, and the records that are none.

    `lines`, `texts` and `ids` are of equal length and tell for each post what `Record` tells;
    `layouts` and `repaired` are keyed by a post's place in them. `rejects` are in order too.
    """

    file: str
    lines: Sequence[int] = ()
    texts: list[str] = field(default_factory=list)
    ids: list[str | int | None] = field(default_factory=list)
    layouts: dict[int, Layout] = field(default_factory=dict)
    repaired: frozenset[int] = frozenset()
    rejects: list[Reject] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    def record(self, at: int) -> Record:
        """Give the post at a place, with all that is known of it."""
        post = Post(self.texts[at], self.ids[at])
        layout = self.layouts.get(at)
        return Record(self.file, self.lines[at], post, layout, at in self.repaired)

    def items(self) -> Iterator[Record | Reject]:
        """Yield posts and rejects in the order of their lines."""
        rejects = iter(self.rejects)
        reject = next(rejects, None)
        for at, line in enumerate(self.lines):
            while reject is not None and reject.line < line:
                yield reject
                reject = next(rejects, None)
            yield self.record(at)
        if reject is not None:
            yield reject
        yield from rejects


def gather(
    file: str,
    lines: Sequence[int],
    columns: Mapping[str, list[Any]],
    names: FieldNames,
    plan: Plan,
    *,
    row_of: Callable[[int], Row | Reject] | None = None,
) -> Batch:
    """Make the records of some columns one batch.

    Parameters
    ----------
    lines
        The line of each record.
    columns
        For each of `names.used` that there is, the values of all records; None where a record
        has no such field. The lists become the batch's own.
    row_of
        Gives the record at a place in full, where its values do not make a plain post; by
        default made of its columns.
    """
    missing: list[Any] = [None] * len(lines)
    texts = columns.get(names.text, missing)
    ids = list(columns.get(names.id, missing))
    others = [columns[name] for _, name in names.others if name in columns]
    batch = Batch(file, lines, texts, ids)
    lost: list[int] = []

    def of_columns(at: int) -> Row:
        fields = {name: values[at] for name, values in columns.items()}
        return Row(file, lines[at], fields, names)

    row_of = row_of or of_columns
    for at in _odd(texts, ids, others, names, plan):
        row = row_of(at)
        reject = row if isinstance(row, Reject) else _put(batch, at, row, plan)
        if reject is not None:
            batch.rejects.append(reject)
            lost.append(at)
    return _without(batch, lost) if lost else batch


def _odd(
    texts: list[Any], ids: list[Any], others: list[list[Any]], names: FieldNames, plan: Plan
) -> Sequence[int]:
    """Give the places whose post is not simply the text as it stands."""
    marked = plan.markup == "auto"
    if names.id_prefix:
        return range(len(texts))
    plain = _TEXTS.issuperset(map(type, texts)) and _IDENTITIES.issuperset(map(type, ids))
    if plain and not any(map(any, others)) and max(map(len, texts), default=0) <= MAX_POST_CHARS:
        if not marked:
            return ()
        return [at for at, text in enumerate(texts) if "[" in text or "<" in text or "&" in text]
    odd = {at for values in others for at, value in enumerate(values) if value}
    odd.update(
        at
        for at, (text, identity) in enumerate(zip(texts, ids, strict=True))
        if type(text) is not str
        or type(identity) not in _IDENTITIES
        or len(text) > MAX_POST_CHARS
        or (marked and may_have_markup(text))
    )
    return sorted(odd)


def _put(batch: Batch, at: int, row: Row, plan: Plan) -> Reject | None:
    """Put a record's post in its place, or tell why it is none."""
    try:
        post, layout = compose(row, plan)
    except InputError as error:
        return Reject(row.file, row.line, str(error))
    batch.texts[at], batch.ids[at] = post.text, post.id
    if layout is not None:
        batch.layouts[at] = layout
    return None


def _without(batch: Batch, lost: list[int]) -> Batch:
    """Give the batch without the records at some places."""
    kept = [True] * len(batch)
    for at in lost:
        kept[at] = False
    moved = {at: now for now, at in enumerate(compress(range(len(batch)), kept))}
    return Batch(
        batch.file,
        list(compress(batch.lines, kept)),
        list(compress(batch.texts, kept)),
        list(compress(batch.ids, kept)),
        {moved[at]: layout for at, layout in batch.layouts.items()},
        frozenset(moved[at] for at in batch.repaired if at in moved),
        batch.rejects,
    )
