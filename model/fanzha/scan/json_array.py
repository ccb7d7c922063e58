"""Cut a JSON array into its elements without reading it whole; damage costs what it touches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fanzha.scan.chunk import Chunk, Reject
from fanzha.scan.plan import Plan
from fanzha.scan.source import MAX_RECORD_BYTES, Source

__all__ = ["cut_array", "elements_of"]

# Everything that may stand between brackets: numbers, literals (NaN too) and whole strings.
_BETWEEN: Final = re.compile(
    rb'(?:[ \t\r\n0-9+\-.,:eE]++|true|false|null|NaN|Infinity|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL
)
_GAP: Final = re.compile(rb"[ \t\r\n,]*+")
_NEXT: Final = re.compile(rb'\}[^{}"]{0,8}(?=\{)')
_START: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*"[^"\\]{1,40}"\s*:\s*)?\[')
_END: Final = re.compile(rb"\][ \t\r\n]*+\}?[ \t\r\n]*+")
_SHOWN_BYTES: Final = 1 << 10


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
    damage = _Damage()
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
        if data[at : at + 1] == b"]" and _END.fullmatch(data, at) is None:
            # Not the array's own bracket: damage has torn an element apart.
            at += 1
            continue
        found = _next(data, at, damage, final=final) if at < len(data) else _Found(-1)
        if found.end < 0:
            if final:
                break
            block = source.read(max(plan.shard_bytes, len(data) - at))
            data, at, final, damage = data[at:] + block, 0, not block, _Damage()
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


def _next(data: bytes, at: int, damage: _Damage, *, final: bool) -> _Found:
    """Find the next element, or what stands in its place."""
    found = _element(data, at, final=final)
    if found.whole:
        return found
    # Junk ends before the next object; an element torn apart where one seems to begin.
    torn = data[at] in b"{["
    end = damage.after(data, at, found) if torn else data.find(b"{", at + 1)
    if end < 0 and (final or len(data) - at > MAX_RECORD_BYTES):
        end = len(data)
    return _Found(end, whole=False)


def _element(data: bytes, start: int, *, final: bool) -> _Found:
    """Find the element that begins at `start`, or the bracket that closes the array."""
    if data[start] == 0x5D:  # ]
        return _Found(start + 1 if final else -1, closed=final)
    at = start
    opened: list[int] = []
    while True:
        between = _BETWEEN.match(data, at)
        at = between.end() if between else at
        if at == len(data) or (data[at] == 0x22 and len(data) - start <= MAX_RECORD_BYTES):
            if final:
                return _broken(len(data))
            if len(data) - start <= MAX_RECORD_BYTES:
                return _Found(-1)
        if at == len(data):
            return _broken(at)
        sign = data[at]
        if sign in b"{[":
            if not opened and at > start:
                return _broken(at)
            opened.append(sign)
        elif opened and sign == opened[-1] + 2:  # } and ] stand two behind { and [
            opened.pop()
            if not opened:
                return _Found(at + 1)
        else:
            return _broken(at)
        at += 1


def _broken(at: int) -> _Found:
    return _Found(at, whole=False)


@dataclass(slots=True)
class _Damage:
    """How far reading came behind a damaged place, and how often it began again before that."""

    horizon: int = 0
    restarts: int = 0

    def after(self, data: bytes, start: int, found: _Found) -> int:
        """Give where to go on after an element that is none, from `start` to where it was told.

        -1 if that is not in sight. While reading comes no further, places to go on from are taken
        ever more sparsely: linear time.
        """
        if start >= self.horizon:
            self.restarts = 0
        self.horizon = max(self.horizon, found.end)
        self.restarts += 1
        after = _NEXT.search(data, start + (1 << min(self.restarts, 30)) // 64)
        return after.end() if after else -1
