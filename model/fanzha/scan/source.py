"""One opened input of a scan: its bytes unpacked, its format, its encoding, how far it is read."""

from __future__ import annotations

import codecs
import io
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from fanzha.errors import InputError
from fanzha.scan.encoding import CODECS, declared_codec, detect
from fanzha.scan.format import format_of, is_random_access
from fanzha.scan.packed import DAMAGE, Packed, cause, layer_of, open_member, zip_members
from fanzha.scan.plan import STANDARD_STREAM, Plan

__all__ = ["MAX_RECORD_BYTES", "TOO_LONG", "Line", "Source", "sources"]

MAX_RECORD_BYTES: Final = 64 << 20
"""Longest line that is kept; the longest post fits four times, escaped as JSON."""

TOO_LONG: Final = f"the line is longer than {MAX_RECORD_BYTES} bytes; split it or cut it"
"""Why a longer line is rejected."""

_HEAD_BYTES: Final = 1 << 18
_BLOCK_BYTES: Final = 1 << 16
_MAGIC_BYTES: Final = 16
_MOST_LAYERS: Final = 3


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
    """An input opened for reading; packing, format and encoding are found out from its beginning.

    Use it as a context manager. `name` is the path as given, and for a file of a zip archive that
    with the file's own after it; `format` is one of `FORMATS`, `encoding` the codec of what
    `read` gives: UTF-16 is given as UTF-8.

    Parameters
    ----------
    member
        The file to read of a zip archive; None is its first.

    Raises
    ------
    InputError
        The input cannot be opened or is damaged from its first byte on.
    """

    def __init__(self, path: str, plan: Plan, member: zipfile.ZipInfo | None = None) -> None:
        self.name = path
        self.path = path
        self.plan = plan
        self.damage: str | None = None
        """Why the rest cannot be read, once `read` has met it."""
        self.member = member is not None
        self._counted = path != STANDARD_STREAM and Path(path).is_file()
        self._file = _opened(path)
        try:
            stream, self.plain = self._unpacked(member)
            head, self._stream = _rewound(stream, _HEAD_BYTES, self.name)
            self.format = plan.format if plan.format != "auto" else format_of(head, self.name, plan)
            self.encoding = "utf-8"
            if not is_random_access(self.format):
                self._decode(head)
        except BaseException:
            self.close()
            raise

    def _unpacked(self, member: zipfile.ZipInfo | None) -> tuple[IO[bytes], bool]:
        """Take off the layers of packing; tell whether there were none."""
        stream: IO[bytes] = self._file
        for depth in range(_MOST_LAYERS):
            head, stream = _rewound(stream, _MAGIC_BYTES, self.name)
            layer = layer_of(head)
            if layer is None:
                return stream, depth == 0
            if layer == "zip":
                if depth or not self._counted:
                    raise InputError(
                        f"{self.name} is a zip archive in a stream or in another archive; "
                        "save it as a file of its own first"
                    )
                member = member or zip_members(self._file, self.path)[0]
                self.name = f"{self.path}/{_shown(member)}"
                unpacked = open_member(self._file, member, self.path)
            else:
                unpacked = Packed(stream, layer)
            stream = io.BufferedReader(unpacked, _BLOCK_BYTES)
        raise InputError(f"{self.name} is packed more than twice; unpack it first")

    def _decode(self, head: bytes) -> None:
        codec = CODECS.get(self.plan.encoding) or _found_codec(head, self.format)
        if codec.startswith("utf-16") or (self.format in {"json", "sql"} and codec != "utf-8"):
            # Their syntax is told byte by byte, and in these codecs half a character may look
            # like a quote, a backslash or a line end.
            self._stream = io.BufferedReader(_Transcoded(self._stream, codec), _BLOCK_BYTES)
            self.plain = False
            codec = "utf-8"
        self.encoding = codec

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
        """Bytes of the file read so far, before unpacking; 0 for a pipe."""
        return self._file.tell() if self._counted else 0

    def read(self, size: int) -> bytes:
        """Give the next `size` bytes; fewer at the end, or before `damage`."""
        blocks: list[bytes] = []
        while size > 0 and self.damage is None:
            try:
                block = self._stream.read1(size)
            except DAMAGE as error:
                self.damage = (
                    f"the rest of the file cannot be read ({cause(error)}); "
                    "restore it from its source"
                )
                break
            if not block:
                break
            blocks.append(block)
            size -= len(block)
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)

    def lines(self) -> Iterator[Line]:
        """Yield each line once, in order, without the byte order mark.

        A line over `MAX_RECORD_BYTES` is skipped with a fault; damage ends the lines with one.
        """
        number, carry, too_long, at_start = 1, b"", False, True
        while block := self.read(_BLOCK_BYTES):
            if at_start:
                block, at_start = block.removeprefix(codecs.BOM_UTF8), False
            *whole, carry = (carry + block).split(b"\n")
            for raw in whole:
                yield Line(number, b"", TOO_LONG) if too_long else Line(number, raw + b"\n")
                number, too_long = number + 1, False
            if len(carry) > MAX_RECORD_BYTES:
                carry, too_long = b"", True
        if too_long:
            yield Line(number, b"", TOO_LONG)
        elif carry and self.damage is None:
            yield Line(number, carry)
        if self.damage is not None:
            yield Line(number, b"", self.damage)

    @contextmanager
    def as_file(self) -> Iterator[str]:
        """Give the path of a file with the unpacked bytes, for what reads here and there.

        Raises
        ------
        InputError
            The input is damaged; a file of this kind cannot be read in part.
        """
        if self.plain and self._counted:
            yield self.path
            return
        with ExitStack() as stack:
            copy = stack.enter_context(tempfile.NamedTemporaryFile(prefix="fanzha-"))
            try:
                shutil.copyfileobj(self._stream, copy, 1 << 20)
                copy.flush()
            except DAMAGE as error:
                raise InputError(
                    f"cannot read {self.name} ({cause(error)}); restore it from its source"
                ) from error
            yield copy.name


def sources(path: str, plan: Plan) -> Iterator[Source]:
    """Open an input, or one after another the files of a zip archive; each is closed after use."""
    if path == STANDARD_STREAM or not Path(path).is_file():
        with Source(path, plan) as source:
            yield source
        return
    with _opened(path) as file:
        zipped = layer_of(file.read(_MAGIC_BYTES)) == "zip"
        members = zip_members(file, path) if zipped else [None]
    for member in members:
        with Source(path, plan, member) as source:
            source.member = len(members) > 1
            yield source


def _found_codec(head: bytes, format_name: str) -> str:
    """Detect the codec; what a dump says of itself counts where its bytes leave it open."""
    found = detect(head)
    declared = declared_codec(head) if format_name == "sql" else None
    if declared is not None and (head.isascii() or found.startswith(("gb", "big5"))):
        return found if declared == "utf-8" and not head.isascii() else declared
    return found


def _shown(member: zipfile.ZipInfo) -> str:
    """Give a member's name; archives made on Chinese systems write it in GBK."""
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


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

    def readinto(self, buffer: Any) -> int:
        block = self._head[: len(buffer)]
        if block:
            self._head = self._head[len(block) :]
        elif self._damage is not None:
            raise self._damage
        else:
            return int(self._rest.readinto1(buffer))  # type: ignore[attr-defined]
        buffer[: len(block)] = block
        return len(block)


class _Transcoded(io.RawIOBase):
    """Gives a stream as UTF-8; a byte that is not of its codec becomes a surrogate escape."""

    def __init__(self, stream: IO[bytes], codec: str) -> None:
        errors = "surrogatepass" if codec.startswith("utf-16") else "surrogateescape"
        self._decoder = codecs.getincrementaldecoder(codec)(errors)
        self._stream = stream
        self._block = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._block and not self._ended:
            raw = self._stream.read1(_BLOCK_BYTES)  # type: ignore[attr-defined]
            try:
                text = self._decoder.decode(raw, final=not raw)
            except UnicodeDecodeError:  # half a character of UTF-16 at the end
                text = "\udcff"
            self._block = text.encode("utf-8", "surrogatepass")
            self._ended = not raw
        taken = self._block[: len(buffer)]
        self._block = self._block[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _rewound(stream: IO[bytes], size: int, name: str) -> tuple[bytes, io.BufferedReader]:
    """Give the first `size` bytes of a stream and a stream that begins with them again."""
    head, damage = b"", None
    try:
        while len(head) < size:
            block = stream.read1(min(size - len(head), _BLOCK_BYTES))  # type: ignore[attr-defined]
            if not block:
                break
            head += block
    except DAMAGE as error:
        if not head:
            raise InputError(
                f"cannot read {name} ({cause(error)}); check the file, or restore it"
            ) from error
        damage = error
    return head, io.BufferedReader(_Replayed(head, stream, damage), _BLOCK_BYTES)
