"""Cut a mysqldump between the rows of its INSERTs, and read their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from fanzha.errors import InputError
from fanzha.scan.chunk import Chunk, Reject
from fanzha.scan.forum_tables import names_in_table
from fanzha.scan.plan import Plan
from fanzha.scan.source import MAX_RECORD_BYTES, Source

__all__ = ["cut_dump", "rows_of"]

_STRING = rb"'(?:[^'\\]++|\\.|'')*+'"
_DOUBLE = rb'"(?:[^"\\]++|\\.|"")*+"'
_COMMENT = rb"--[ \t\r][^\n]*+\n|--\n|#[^\n]*+\n|/\*(?!!)(?:[^*]++|\*(?!/))*+\*/"
_NAME = rb"(?:`[^`]{1,200}`|\"[^\"]{1,200}\"|[0-9A-Za-z_$\x80-\xff]{1,200})"
# What stands between the strings of a row: numbers, NULL, 0xE5, _binary, a function's name.
_PLAIN = rb"[0-9A-Za-z_+\-.,\s@:]++"
_CELL = rb"%b|%b|%b" % (_PLAIN, _STRING, _DOUBLE)
_INNER = rb"(?:%b|\((?:%b)*+\))*+" % (_CELL, _CELL)
_ROW: Final = re.compile(rb"\s*+,?\s*+\(%b\)" % _INNER, re.DOTALL)
_ROW_START: Final = re.compile(rb"\s*+,?\s*+\(%b" % _INNER, re.DOTALL)
_ROWS: Final = re.compile(rb"(?:\s*+,?\s*+\(%b\))*+" % _INNER, re.DOTALL)
_BETWEEN: Final = re.compile(rb"(?:[\s;]++|%b)*+" % _COMMENT)
_INSERT: Final = re.compile(
    rb"(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|HIGH_PRIORITY|DELAYED|IGNORE)\s+)*+(?:INTO\s+)?+"
    rb"(?:%b\.)?(%b)\s*(\([^()']*+\))?+\s*VALUES?\s*+" % (_NAME, _NAME),
    re.IGNORECASE,
)
_INSERT_HEAD: Final = re.compile(rb"(?:INSERT|REPLACE)\s", re.IGNORECASE)
_CREATE: Final = re.compile(
    rb"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:%b\.)?(%b)\s*\(" % (_NAME, _NAME), re.IGNORECASE
)
_OTHER: Final = re.compile(
    rb"(?:[^;'\"`\-/#]++|%b|%b|`[^`]*+`|%b|[-/#])*+;" % (_STRING, _DOUBLE, _COMMENT), re.DOTALL
)
_COLUMN: Final = re.compile(
    rb"(?:^|,)\s*(?:`([^`]+)`|\"([^\"]+)\"|([A-Za-z_][0-9A-Za-z_$]*))\s+[A-Za-z]", re.MULTILINE
)
_KEYS: Final = frozenset(
    {"primary", "unique", "key", "index", "fulltext", "spatial", "constraint", "check", "foreign"}
)
_TAIL: Final = re.compile(rb";|ON\s+DUPLICATE|AS\s|RETURNING\s|--|#|/\*", re.IGNORECASE)
_NEXT_ROW: Final = re.compile(
    rb"\)\s*+(?=,\s*+\([-+0-9'\"NnXx_b])|;\s*+\n(?=INSERT|REPLACE|CREATE|/\*|--|UNLOCK|DROP)"
)
_STATEMENT: Final = re.compile(rb";[ \t\r]*+\n(?=[A-Z/\-#])")
_VALUE: Final = re.compile(
    rb"\s*+(?:(?:_[0-9A-Za-z]+\s*+)?(?P<text>%b|%b)|(?:_[0-9A-Za-z]+\s*+)?0[xX](?P<hex>[0-9A-Fa-f]*+)"
    rb"|(?:_[0-9A-Za-z]+\s*+)?[xX]'(?P<quoted>[0-9A-Fa-f]*+)'|[bB]'(?P<bits>[01]*+)'"
    rb"|(?P<plain>[^,()'\"]*+(?:\((?:%b|%b|%b)*+\))?))\s*+([,)])"
    % (_STRING, _DOUBLE, _PLAIN, _STRING, _DOUBLE),
    re.DOTALL,
)
_ESCAPE: Final = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED: Final = {
    b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a",
    b"%": b"\\%", b"_": b"\\_",
}  # fmt: skip
_INTEGER: Final = re.compile(rb"-?[0-9]{1,40}")
_SHOWN_TABLES: Final = 8
_BROKEN_ROW: Final = "the row is broken SQL; restore the dump"
_ENDS_EARLY: Final = "the dump ends within an INSERT; restore it"


@dataclass(slots=True)
class _Dump:
    """Where the cutter stands in a dump."""

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seen: dict[str, None] = field(default_factory=dict)
    wanted: bool = False
    context: tuple[str, tuple[str, ...]] | None = None
    in_rows: bool = False
    restarts: int = 0
    horizon: int = 0


@dataclass(slots=True)
class _Waiting:
    """Rows of one table that do not fill a shard yet."""

    number: int = 1
    rows: list[bytes] = field(default_factory=list)
    context: tuple[str, tuple[str, ...]] | None = None
    size_bytes: int = 0
    n_rows: int = 0
    done_bytes: int = 0

    def add(self, rows: bytes, context: tuple[str, tuple[str, ...]]) -> None:
        self.rows.append(rows)
        self.context = context
        self.size_bytes += len(rows)
        self.n_rows += sum(1 for _ in _ROW.finditer(rows))

    def is_full(self, plan: Plan) -> bool:
        return self.n_rows >= plan.shard_posts or self.size_bytes >= plan.shard_bytes

    def chunk(self, source: Source, *, fault: str | None = None) -> Chunk:
        rows, context = b"".join(self.rows), self.context or ()
        after = self.number + self.n_rows
        faults = () if fault is None else (Reject(source.name, after, fault),)
        taken, self.done_bytes = source.position - self.done_bytes, source.position
        made = Chunk(
            source.name, "sql", "utf-8", self.number, rows, context, faults, taken,
            source.member,
        )  # fmt: skip
        self.number = after + len(faults)
        self.rows.clear()
        self.size_bytes = self.n_rows = 0
        return made


def cut_dump(source: Source, plan: Plan) -> Iterator[Chunk]:
    """Cut a dump in UTF-8 between rows of the tables that hold posts; others are passed over.

    `line` is the number of a row among those, from 1. Columns come from the INSERT or from the
    CREATE TABLE before it.

    Raises
    ------
    InputError
        No table of the dump holds posts.
    """
    dump = _Dump()
    waiting = _Waiting()
    data, at, final = b"", 0, False
    while True:
        # Many dumps have an INSERT a row; their rows are gathered into shards too.
        if waiting.is_full(plan) or (waiting.rows and waiting.context != dump.context):
            yield waiting.chunk(source)
        was_in_rows = dump.in_rows
        end = _step(dump, data, at, plan, final=final)
        if end == at:
            if final and at >= len(data):
                break
            more = not final and len(data) - at <= MAX_RECORD_BYTES
            is_row = dump.in_rows and dump.context is not None
            if not more or _broken(dump, data, at):
                # What cannot be read ends where the next row or statement seems to begin.
                end = _after_damage(dump, data, at, final=not more)
            if end == at:
                block = source.read(max(plan.shard_bytes, len(data) - at))
                data, at, final = data[at:] + block, 0, not block
                dump.horizon = 0
                continue
            dump.restarts += 1
            if is_row:
                yield waiting.chunk(source, fault=_BROKEN_ROW)
            at = end
            continue
        if at >= dump.horizon:
            dump.restarts = 0
        if was_in_rows and dump.in_rows and dump.context:
            waiting.add(data[at:end], dump.context)
        at = end
    if waiting.rows:
        yield waiting.chunk(source)
    if source.damage is not None:
        yield waiting.chunk(source, fault=source.damage)
    elif dump.in_rows and dump.context:
        yield waiting.chunk(source, fault=_ENDS_EARLY)
    if not dump.wanted:
        tables = ", ".join(list(dump.seen)[:_SHOWN_TABLES]) or "none"
        raise InputError(
            f"{source.name} has no table that is known to hold posts (its tables: {tables}); name "
            "it with --table and its columns with --text-field and --id-field"
        )


def _step(dump: _Dump, data: bytes, at: int, plan: Plan, *, final: bool) -> int:
    """Go over the next rows or statement; gives `at` where more must be read."""
    if dump.in_rows:
        return _step_rows(dump, data, at, plan, final=final)
    gap = _BETWEEN.match(data, at)
    start = gap.end() if gap else at
    if start > at:
        return start
    if insert := _INSERT.match(data, at):
        if insert.end() == len(data) and not final:
            return at
        table = _name(insert[1])
        columns = _listed(insert[2]) if insert[2] else dump.columns.get(table, ())
        dump.seen[table] = None
        dump.context = None
        if names_in_table(table, columns, plan) is not None:
            dump.context, dump.wanted = (table, columns), True
        dump.in_rows = True
        return insert.end()
    other = _OTHER.match(data, at)
    if other is None or (_INSERT_HEAD.match(data, at) and len(data) - at < 1000 and not final):
        return len(data) if final and not data[at:].strip() else at
    if create := _CREATE.match(data, at):
        table = _name(create[1])
        dump.seen[table] = None
        dump.columns[table] = _created(other[0][create.end() - at :])
    return other.end()


def _step_rows(dump: _Dump, data: bytes, at: int, plan: Plan, *, final: bool) -> int:
    limit = min(len(data), at + plan.shard_bytes)
    found = _ROWS.match(data, at, limit)
    end = found.end() if found else at
    if end == at and limit < len(data):
        row = _ROW.match(data, at)
        end = row.end() if row else at
    if end > at:
        return _first_rows(data, at, end, plan.shard_posts)
    rest = data[at : at + 1000].lstrip()
    if rest and _TAIL.match(rest):
        dump.in_rows = False
        return _step(dump, data, at, plan, final=final)
    return at


def _first_rows(data: bytes, at: int, end: int, n_rows: int) -> int:
    """Give where the first `n_rows` rows end, at most `end`."""
    if data.count(b"(", at, end) <= n_rows:
        return end
    for _ in range(n_rows):
        row = _ROW.match(data, at, end)
        if row is None:
            return at if at else end
        at = row.end()
    return at


def _broken(dump: _Dump, data: bytes, at: int) -> bool:
    """Tell whether what begins at `at` can be no row, however it goes on."""
    if not dump.in_rows:
        return False
    start = _ROW_START.match(data, at)
    if start is None:
        return data[at : at + 100].strip() not in (b"", b",")
    end = start.end()
    return end < len(data) and data[end : end + 1] not in (b"'", b'"', b"(")


def _after_damage(dump: _Dump, data: bytes, at: int, *, final: bool) -> int:
    """Give where to go on behind damage; `at` where that is not yet in sight."""
    reached = _ROW_START.match(data, at) if dump.in_rows else None
    dump.horizon = max(dump.horizon, reached.end() if reached else at)
    # While reading comes no further, the places to go on from are taken ever more sparsely:
    # linear time.
    start = at + 1 + (1 << min(dump.restarts, 30)) // 64
    found = _NEXT_ROW.search(data, start) if dump.in_rows else _STATEMENT.search(data, start)
    if found is None:
        return len(data) if final else at
    if found[0].startswith(b";"):
        dump.in_rows = False
    return found.end()


def _name(raw: bytes) -> str:
    return raw.strip(b'`"').decode("utf-8", "replace")


def _listed(raw: bytes) -> tuple[str, ...]:
    return tuple(_name(one.strip()) for one in raw.strip(b"() \r\n\t").split(b","))


def _created(body: bytes) -> tuple[str, ...]:
    """Give the columns of a CREATE TABLE, in order."""
    bare = re.sub(_STRING, b"''", body, flags=re.DOTALL)
    bare = re.sub(rb"\([^()]*+\)", b"", bare)
    found = (_name(one[0] or one[1] or one[2]) for one in _COLUMN.findall(bare))
    return tuple(name for name in found if name.lower() not in _KEYS)


def rows_of(chunk: Chunk) -> Iterator[tuple[int, dict[str, object] | None]]:
    """Yield the rows of a chunk with their numbers; None where values and columns differ."""
    data = chunk.read()
    _, columns = chunk.context if chunk.context else ("", ())
    assert isinstance(columns, tuple)
    for number, row in enumerate(_ROW.finditer(data), chunk.line):
        values = _values(data, data.index(b"(", row.start()) + 1)
        fits = len(values) == len(columns)
        yield number, dict(zip(columns, values, strict=True)) if fits else None


def _values(data: bytes, at: int) -> Sequence[object]:
    values: list[object] = []
    while found := _VALUE.match(data, at):
        values.append(_value(found))
        at = found.end()
        if found[found.re.groups] == b")":
            break
    return values


def _value(found: re.Match[bytes]) -> object:
    text = found["text"]
    if text is not None:
        mark, text = text[:1], text[1:-1]
        if b"\\" in text:
            parts = _ESCAPE.split(text) if mark + mark not in text else None
            if parts is None:
                return re.sub(
                    rb"\\(.)|" + mark + mark,
                    lambda one: _ESCAPED.get(one[1], one[1]) if one[1] is not None else mark,
                    text,
                    flags=re.DOTALL,
                )
            parts[1::2] = [_ESCAPED.get(sign, sign) for sign in parts[1::2]]
            return b"".join(parts)
        return text.replace(mark + mark, mark)
    if (digits := found["hex"] if found["hex"] is not None else found["quoted"]) is not None:
        return bytes.fromhex(digits.decode("ascii").zfill(len(digits) + len(digits) % 2))
    plain = found["plain"]
    if plain is None:
        return int(found["bits"] or b"0", 2)
    plain = plain.strip()
    if _INTEGER.fullmatch(plain):
        return int(plain)
    return None if plain.upper() == b"NULL" else plain.decode("utf-8", "replace")
