"""A stretch of an input, cut between records; all that a worker needs to read them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from fanzha.errors import ScanError
from fanzha.scan.plan import Plan
from fanzha.scan.source import MAX_RECORD_BYTES, TOO_LONG, Source

__all__ = ["Chunk", "Reject", "Stretch", "cut_lines", "end_of_line"]

_BOM: Final = b"\xef\xbb\xbf"
_LINE_FEED: Final = 0x0A
_LEAST_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be read, and why; it never quotes the record."""

    file: str
    line: int
    reason: str

    def to_json(self) -> dict[str, str | int]:
        """Give the reject as it stands in the rejects file."""
        return {"file": self.file, "line": self.line, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes `[start, end)` of a file, read by whoever needs them."""

    path: str
    start: int
    end: int

    def read(self) -> bytes:
        """Read the bytes.

        Raises
        ------
        ScanError
            The file cannot be read any more or has become shorter.
        """
        try:
            with Path(self.path).open("rb") as file:
                file.seek(self.start)
                data = file.read(self.end - self.start)
        except OSError as error:
            raise ScanError(
                f"cannot read {self.path} any more: {error.strerror}; bring it back"
            ) from error
        if len(data) != self.end - self.start:
            raise ScanError(f"{self.path} became shorter while it was being scanned; restore it")
        return data


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring records of one input.

    Parameters
    ----------
    file
        The input's name.
    format, encoding
        How `data` is to be read.
    line
        Line of the first record, from 1; its number where records have no lines.
    data
        The records' bytes, or where they are.
    context
        What the format needs besides, e.g. a table's columns; empty where nothing.
    faults
        What could not be cut into records; comes after them.
    read_bytes
        How much of the file they took, before unpacking.
    member
        Whether it is one of several files of an archive.
    """

    file: str
    format: str
    encoding: str
    line: int
    data: bytes | Stretch
    context: tuple[object, ...] = ()
    faults: tuple[Reject, ...] = ()
    read_bytes: int = 0
    member: bool = False

    def read(self) -> bytes:
        """Give the bytes of the records."""
        return self.data.read() if isinstance(self.data, Stretch) else self.data

    def loaded(self) -> Chunk:
        """Give the chunk with its bytes in it, for who needs them more than once."""
        return replace(self, data=self.read()) if isinstance(self.data, Stretch) else self

    @property
    def digest(self) -> str:
        """The hash that stands for the bytes, hexadecimal; computed when it is asked for."""
        return hashlib.sha256(self.read()).hexdigest()[:32]


def cut_lines(source: Source, plan: Plan) -> Iterator[Chunk]:
    """Cut an input at line ends; a line over `MAX_RECORD_BYTES` becomes a fault."""
    line, offset, done_bytes = 1, 0, 0
    carry = source.read(len(_BOM))
    if carry == _BOM:
        carry, offset = b"", len(_BOM)

    def chunk(data: bytes, faults: tuple[Reject, ...] = ()) -> Chunk:
        nonlocal done_bytes
        taken, done_bytes = source.position - done_bytes, source.position
        kept: bytes | Stretch = data
        if source.plain and source.name != "-":
            kept = Stretch(source.path, offset, offset + len(data))
        return Chunk(
            source.name,
            source.format,
            source.encoding,
            line,
            kept,
            faults=faults,
            read_bytes=taken,
            member=source.member,
        )

    while True:
        block = source.read(max(plan.shard_bytes - len(carry), len(carry), _LEAST_BYTES))
        if not block:
            break
        carry = carry + block if carry else block
        while len(carry) >= plan.shard_bytes and (found := end_of_line(carry, plan))[0]:
            end, n_lines = found
            yield chunk(carry[:end])
            line, offset, carry = line + n_lines, offset + end, carry[end:]
        if len(carry) > MAX_RECORD_BYTES and b"\n" not in carry:
            skipped, rest = _skip_line(source)
            yield chunk(b"", (Reject(source.name, line, TOO_LONG),))
            line, offset, carry = line + 1, offset + len(carry) + skipped, rest
    while (found := end_of_line(carry, plan))[0]:
        end, n_lines = found
        if source.damage is None and n_lines < plan.shard_posts and len(carry) <= plan.shard_bytes:
            # A last line without an end is no shard of its own.
            end = len(carry) if b"\n" not in carry[end:] else end
        yield chunk(carry[:end])
        line, offset, carry = line + n_lines, offset + end, carry[end:]
    if source.damage is not None:
        yield chunk(b"", (Reject(source.name, line, source.damage),))
    elif carry:
        yield chunk(carry)


def end_of_line(data: bytes, plan: Plan) -> tuple[int, int]:
    """Give where the last whole line ends that a shard may hold, and how many lines that are.

    Zeros if there is none.
    """
    end = data.rfind(b"\n", 0, plan.shard_bytes) + 1 or data.find(b"\n") + 1
    if not end:
        return 0, 0
    is_end = np.frombuffer(data, dtype=np.uint8, count=end) == _LINE_FEED
    n_lines = int(np.count_nonzero(is_end))
    if n_lines > plan.shard_posts:
        return int(np.flatnonzero(is_end)[plan.shard_posts - 1]) + 1, plan.shard_posts
    return end, n_lines


def _skip_line(source: Source) -> tuple[int, bytes]:
    """Read to the end of a line; give how many bytes that took and what follows."""
    skipped = 0
    while block := source.read(1 << 20):
        end = block.find(b"\n") + 1
        if end:
            return skipped + end, block[end:]
        skipped += len(block)
    return skipped, b""
