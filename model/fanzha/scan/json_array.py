"""Cut a JSON array into its elements without reading it whole; damage costs what it touches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fanzha.scan.chunk import Chunk, Reject, digest_of
from fanzha.scan.plan import Plan
from fanzha.scan.source import MAX_RECORD_BYTES, Source

__all__ = ["cut_array", "elements_of"]

# Everything that may stand between brackets: numbers, literals (NaN too) and whole strings.
_BETWEEN: Final = re.compile(
    rb'(?:[ \t\r\n0-9+\-.,:truefalsnNIiyE]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL
)
_GAP: Final = re.compile(rb"[ \t\r\n,]*+")
_NEXT: Final = re.compile(rb"\}[ \t\r\n]*+,?[ \t\r\n]*+(?=\{)")
_START: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*"[^"\\]{1,40}"\s*:\s*)?\[')
_SHOWN_BYTES: Final = 1 << 10
_MOST_RESTARTS: Final = 16


@dataclass(slots=True)
class _Found:
    """What begins at a place: `end` is where it ends, or -1 if more must be read to tell."""

    end: int
    whole: bool = True
    closed: bool = False


def cut_array(source: Source, plan: Plan) -> Iterator[Chunk]:
    """Cut an array in UTF-8 between its elements; `line` is the number of an element, from 1.

    An element that is no JSON is cut where the next object seems to begin, and rejected by who
    parses it.
    """
    data = source.read(max(plan.shard_bytes, 1 << 12))
    start = _START.match(data)
    at = start.end() if start else 0
    number, done_bytes, final, closed = 1, 0, False, False
    waiting: list[bytes] = []
    n_waiting_bytes = 0

    def chunk(faults: tuple[Reject, ...] = ()) -> Chunk:
        nonlocal number, done_bytes, n_waiting_bytes
        taken, done_bytes = source.position - done_bytes, source.position
        joined = b"".join(waiting)
        lengths = tuple(map(len, waiting))
        made = Chunk(
            source.name,
            "json",
            "utf-8",
            number,
            joined,
            digest_of(joined),
            (lengths,),
            faults,
            taken,
            source.member,
        )
        number += len(waiting)
        waiting.clear()
        n_waiting_bytes = 0
        return made

    while not closed:
        gap = _GAP.match(data, at)
        at = gap.end() if gap else at
        found = _element(data, at, final=final) if at < len(data) else _Found(-1)
        if found.end < 0:
            if final:
                break
            block = source.read(max(plan.shard_bytes, len(data) - at))
            data, at, final = data[at:] + block, 0, not block
            continue
        closed = found.closed
        if not closed:
            element = data[at : found.end] if found.whole else data[at : found.end][:_SHOWN_BYTES]
            waiting.append(element if found.whole else _marked(element))
            n_waiting_bytes += len(element)
        at = found.end
        if len(waiting) >= plan.shard_posts or n_waiting_bytes >= plan.shard_bytes:
            yield chunk()
    if waiting:
        yield chunk()
    reason = source.damage
    if reason is None and not closed:
        reason = "the array is not closed; its last element may be missing, restore the file"
    if reason is not None:
        yield chunk((Reject(source.name, number, reason),))


def elements_of(chunk: Chunk) -> Iterator[tuple[int, bytes]]:
    """Yield the elements of a chunk with their numbers."""
    data, at = chunk.read(), 0
    (lengths,) = chunk.context
    assert isinstance(lengths, tuple)
    for number, length in enumerate(lengths, chunk.line):
        yield number, data[at : at + length]
        at += length


def _marked(element: bytes) -> bytes:
    """Make sure that a broken element is not taken for a whole one."""
    return element + b"\n<broken>"


def _element(data: bytes, start: int, *, final: bool) -> _Found:
    """Find the element that begins at `start`, or the bracket that closes the array."""
    if data[start] == 0x5D:  # ]
        return _Found(start + 1, closed=True)
    at, depth = start, 0
    while True:
        between = _BETWEEN.match(data, at)
        at = between.end() if between else at
        if at == len(data) or (data[at] == 0x22 and len(data) - start <= MAX_RECORD_BYTES):
            if final:
                return _broken(data, start, len(data))
            if len(data) - start <= MAX_RECORD_BYTES:
                return _Found(-1)
        if at == len(data):
            return _broken(data, start, at)
        sign = data[at]
        if sign in b"{[":
            if depth == 0 and at > start:
                return _Found(at, whole=False)
            depth += 1
        elif sign in b"}]" and depth:
            depth -= 1
            if depth == 0:
                return _Found(at + 1)
        elif sign == 0x5D:
            return _Found(at, whole=False)
        else:
            return _broken(data, start, at)
        at += 1


def _broken(data: bytes, start: int, at: int) -> _Found:
    """Give where to go on after damage that was met at `at`."""
    found = _NEXT.search(data, start)
    # Where the damage lies far behind many of these, going back to each would take forever.
    tries = 0
    while found and found.end() < at and tries < _MOST_RESTARTS and at - found.end() > 1 << 20:
        found, tries = _NEXT.search(data, found.end()), tries + 1
    return _Found(found.end() if found else len(data), whole=False)
