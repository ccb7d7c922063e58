"""One opened input of a scan: its lines, its format, its encoding, how far it has been read."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from fanzha.errors import InputError
from fanzha.scan.plan import STANDARD_STREAM, Plan

__all__ = ["MAX_RECORD_BYTES", "Line", "Source"]

MAX_RECORD_BYTES: Final = 64 << 20
"""Longest line that is kept; the longest post fits four times, escaped as JSON."""

_HEAD_BYTES: Final = 1 << 18
_BLOCK_BYTES: Final = 1 << 16
_GZIP_MAGIC: Final = b"\x1f\x8b"
_SUFFIXES: Final = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".txt": "text",
}
# What a damaged disk, gzip stream or network file raises while it is being read.
_DAMAGE: Final = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its number from 1; `fault` says why it could not be read, `raw` is then empty."""

    number: int
    raw: bytes
    fault: str | None = None

    def decode(self, encoding: str) -> str:
        """Give the line as text, line end included.

        Raises
        ------
        InputError
            The bytes are not of that encoding; the message gives the first wrong one.
        """
        try:
            return self.raw.decode(encoding)
        except UnicodeDecodeError as error:
            raise InputError(
                f"invalid {encoding.upper()} at byte {error.start + 1} of the line; "
                "convert it or name the file's --encoding"
            ) from error


class Source:
    """An input opened for reading; gzip, format and encoding are found out from its beginning.

    Use it as a context manager. `name` is the path as given, `format` one of `jsonl`, `csv`,
    `text`, `encoding` a codec name.

    Raises
    ------
    InputError
        The input cannot be opened, is damaged from its first byte on, or is UTF-16 or a JSON
        array.
    """

    def __init__(self, path: str, plan: Plan) -> None:
        self.name = path
        self._counted = path != STANDARD_STREAM and Path(path).is_file()
        self._file = _opened(path)
        try:
            head, self._stream = _rewound(self._file, len(_GZIP_MAGIC), path)
            if head == _GZIP_MAGIC:
                _, self._stream = _rewound(self._stream, 0, path)
                # GzipFile reads like a file, but is not typed as one.
                unpacked: IO[bytes] = gzip.GzipFile(fileobj=self._stream)  # type: ignore[assignment]
                head, self._stream = _rewound(unpacked, _HEAD_BYTES, path)
            else:
                head, self._stream = _rewound(self._stream, _HEAD_BYTES, path)
            self.encoding = plan.encoding if plan.encoding != "auto" else _encoding(head, path)
            self.format = plan.format if plan.format != "auto" else _format(head, path, plan)
            if self.format == "jsonl" and head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"[":
                raise InputError(
                    f"{path} is a JSON array, not JSON lines; convert it, e.g. jq -c '.[]' {path}"
                )
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.name != STANDARD_STREAM:
            self._file.close()

    @property
    def position(self) -> int:
        """Bytes of the file read so far, before decompression; 0 for a pipe."""
        return self._file.tell() if self._counted else 0

    def lines(self) -> Iterator[Line]:
        """Yield each line once, in order, without the byte order mark.

        A line over `MAX_RECORD_BYTES` is skipped with a fault; damage ends the lines with one.
        """
        number = 0
        while True:
            number += 1
            try:
                raw = self._stream.readline(MAX_RECORD_BYTES)
                too_long = len(raw) == MAX_RECORD_BYTES and not raw.endswith(b"\n")
                rest = raw
                while too_long and rest and not rest.endswith(b"\n"):
                    rest = self._stream.readline(MAX_RECORD_BYTES)
            except _DAMAGE as error:
                yield Line(
                    number,
                    b"",
                    f"the rest of the file cannot be read ({_cause(error)}); "
                    "restore it from its source",
                )
                return
            if too_long:
                yield Line(
                    number,
                    b"",
                    f"the line is longer than {MAX_RECORD_BYTES} bytes; split it or cut it",
                )
                continue
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
                if not raw and not (raw := self._stream.readline(MAX_RECORD_BYTES)):
                    return
            elif not raw:
                return
            yield Line(number, raw)


def _opened(path: str) -> IO[bytes]:
    if path == STANDARD_STREAM:
        if sys.stdin is None:
            raise InputError("standard input (-) is closed; name a file, or pipe posts in")
        return sys.stdin.buffer
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise InputError(f"cannot open {path}: {error.strerror}; check it") from error


class _Replayed(io.RawIOBase):
    """Gives the bytes already taken from a stream once more, then the rest of it."""

    def __init__(self, head: bytes, rest: IO[bytes], damage: Exception | None) -> None:
        self._head = memoryview(head)
        self._rest = rest
        self._damage = damage

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._head[: len(buffer)]
        if block:
            self._head = self._head[len(block) :]
        elif self._damage is not None:
            raise self._damage
        else:
            block = memoryview(self._rest.read1(len(buffer)))  # type: ignore[attr-defined]
        buffer[: len(block)] = block
        return len(block)


def _rewound(stream: IO[bytes], size: int, name: str) -> tuple[bytes, io.BufferedReader]:
    """Give the first `size` bytes of a stream and a stream that begins with them again."""
    head, damage = b"", None
    try:
        while len(head) < size:
            block = stream.read1(min(size - len(head), _BLOCK_BYTES))  # type: ignore[attr-defined]
            if not block:
                break
            head += block
    except _DAMAGE as error:
        if not head:
            raise InputError(
                f"cannot read {name} ({_cause(error)}); check the file, or restore it"
            ) from error
        damage = error
    return head, io.BufferedReader(_Replayed(head, stream, damage), _BLOCK_BYTES)


def _cause(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "the gzip data ends early" if isinstance(error, EOFError) else "damaged gzip data"


def _encoding(head: bytes, name: str) -> str:
    """Tell UTF-8 from GB18030 by which of them more lines of the head are valid in."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and b"\0" in head:
        raise InputError(f"{name} is UTF-16; convert it, e.g. iconv -f utf-16 -t utf-8 {name}")
    utf_8 = gb18030 = 0
    lines = head.split(b"\n")
    for index, line in enumerate(lines):
        if line.isascii():
            continue
        last = index == len(lines) - 1
        if _valid(line, "utf-8", cut=last):
            utf_8 += 1
        elif _valid(line, "gb18030", cut=last):
            gb18030 += 1
    return "gb18030" if gb18030 > utf_8 else "utf-8"


def _valid(line: bytes, encoding: str, *, cut: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(line, final=not cut)
    except UnicodeDecodeError:
        return False
    return True


def _format(head: bytes, name: str, plan: Plan) -> str:
    path = Path(name)
    suffix = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    if suffix.lower() in _SUFFIXES:
        return _SUFFIXES[suffix.lower()]
    lines = [line for line in head.removeprefix(codecs.BOM_UTF8).splitlines() if line.strip()]
    objects = sum(line.lstrip().startswith(b"{") for line in lines)
    if lines and 2 * objects >= len(lines):
        return "jsonl"
    titles = lines[0].decode("utf-8", "replace").split(",") if lines else []
    named = plan.text_field in {title.strip().strip('"') for title in titles}
    return "csv" if named and len(titles) > 1 else "text"
