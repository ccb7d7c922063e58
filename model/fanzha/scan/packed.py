"""Compressed inputs: layers told by their first bytes, unpacked as a stream, bounded in size."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import math
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any, Final

from fanzha.errors import InputError

__all__ = [
    "DAMAGE", "MAX_UNPACK_RATIO", "Packed", "cause", "layer_of", "open_member", "zip_members",
]  # fmt: skip

MAX_UNPACK_RATIO: Final = 500
"""A file that unpacks to more than this many times its size is taken for a bomb."""

_FREE_BYTES: Final = 64 << 20
_BLOCK_BYTES: Final = 1 << 17
# One RLE block of four bytes holds 128 KiB, so that this much never unpacks to more than 32 MiB.
_ZSTD_BLOCK_BYTES: Final = 1 << 10
_ZSTD_WINDOW_BYTES: Final = 1 << 27
_XZ_MEMORY_BYTES: Final = 512 << 20
_MAGICS: Final = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
DAMAGE: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
"""What a damaged disk, packed stream or network file raises while it is being read."""


class _BombError(OSError):
    """The file unpacks to far more than any text does."""


class _DamagedZstdError(OSError):
    """The zstd data is damaged."""


def layer_of(head: bytes) -> str | None:
    """Give the compression whose first bytes these are; six bytes are enough."""
    return next((name for magic, name in _MAGICS.items() if head.startswith(magic)), None)


class Packed(io.RawIOBase):
    """A compressed stream, read unpacked.

    Parameters
    ----------
    stream
        The packed bytes.
    layer
        `gzip`, `bzip2`, `xz` or `zstd`.

    Raises
    ------
    InputError
        The library for `zstd` is not installed.
    """

    def __init__(self, stream: IO[bytes], layer: str) -> None:
        self._layer = layer
        self._packed = _Counted(stream)
        self._unpacked_bytes = 0
        reader: Any = io.BufferedReader(self._packed, _BLOCK_BYTES)
        self._open: Callable[[int], bytes]
        if layer == "gzip":
            self._open = gzip.GzipFile(fileobj=reader).read1
        elif layer == "bzip2":
            self._open = bz2.BZ2File(reader).read1
        elif layer == "xz":
            self._open = _Xz(reader).read1
        else:
            self._open = _Zstd(reader).read1

    def readable(self) -> bool:
        """Tell that it is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with unpacked bytes.

        Raises
        ------
        OSError, EOFError, zlib.error, lzma.LZMAError
            The packed data is damaged, ends early or unpacks to more than `MAX_UNPACK_RATIO`
            times its size.
        """
        view = memoryview(buffer).cast("B")
        try:
            block = self._open(len(view))
        except EOFError as error:
            raise EOFError(f"the {self._layer} data ends early") from error
        view[: len(block)] = block
        self._unpacked_bytes += len(block)
        limit = max(_FREE_BYTES, MAX_UNPACK_RATIO * self._packed.read_bytes)
        if self._unpacked_bytes > limit:
            raise _BombError
        return len(block)


class _Counted(io.RawIOBase):
    """Counts what is taken from a stream, and refuses more than a limit."""

    def __init__(self, stream: IO[bytes], limit_bytes: float = math.inf) -> None:
        self._stream = stream
        self._limit_bytes = limit_bytes
        self.read_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        block = self._stream.read1(len(view))  # type: ignore[attr-defined]
        view[: len(block)] = block
        self.read_bytes += len(block)
        if self.read_bytes > self._limit_bytes:
            raise _BombError
        return len(block)


class _Xz:
    """xz streams one after another, with a bound on the memory that a file may ask for."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._inflater: lzma.LZMADecompressor | None = None
        self._left = b""

    def read1(self, size: int) -> bytes:
        while True:
            if self._inflater is None or self._inflater.eof:
                self._left = (self._inflater.unused_data if self._inflater else b"") or (
                    self._stream.read1()
                )
                # Streams may be padded with zeros up to a multiple of four bytes.
                self._left = self._left.lstrip(b"\0") if self._inflater else self._left
                if not self._left:
                    return b""
                self._inflater = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES)
            if not self._left and self._inflater.needs_input:
                self._left = self._stream.read1()
                if not self._left:
                    raise EOFError
            block = self._inflater.decompress(self._left, size)
            self._left = b""
            if block:
                return block


class _Zstd:
    """zstd frames one after another; unlike the library's reader it tells an early end."""

    def __init__(self, stream: io.BufferedReader) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise InputError(
                "the input is zstd, which needs the library zstandard; pip install "
                "'fanzha[formats]', or unpack it with zstd -d"
            ) from error
        self._error = zstandard.ZstdError
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
        self._stream = stream
        self._inflater: Any = None
        self._block = b""
        self._at = 0

    def read1(self, size: int) -> bytes:
        while self._at == len(self._block):
            if not self._refill():
                return b""
        taken = self._block[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def _refill(self) -> bool:
        self._block, self._at = b"", 0
        packed = self._inflater.unused_data if self._inflater and self._inflater.eof else b""
        if self._inflater is None or self._inflater.eof:
            packed = packed or self._stream.read(_ZSTD_BLOCK_BYTES)
            if not packed:
                return False
            self._inflater = self._decompressor.decompressobj()
        else:
            packed = self._stream.read(_ZSTD_BLOCK_BYTES)
            if not packed:
                raise EOFError
        try:
            self._block = self._inflater.decompress(packed)
        except self._error as error:
            raise _DamagedZstdError from error
        return True


def zip_members(stream: IO[bytes], name: str) -> list[zipfile.ZipInfo]:
    """List the files of a zip archive in order, without folders and a Mac's own notes.

    Raises
    ------
    InputError
        It is no whole archive, empty, or its files are encrypted.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            found = archive.infolist()
    except (*DAMAGE, NotImplementedError, ValueError) as error:
        raise InputError(
            f"cannot read {name} ({cause(error)}); repair it, e.g. zip -FF {name} --out whole.zip"
        ) from error
    members = [
        one
        for one in found
        if not one.is_dir() and not one.filename.startswith(("__MACOSX/", ".DS_Store"))
    ]
    if not members:
        raise InputError(f"{name} is a zip archive without files; check it")
    if any(one.flag_bits & 1 for one in members):
        raise InputError(f"{name} is encrypted; unpack it first, e.g. unzip {name}")
    return members


def open_member(stream: IO[bytes], member: zipfile.ZipInfo, name: str) -> io.RawIOBase:
    """Open one file of a zip archive, read unpacked and bounded as `Packed` is."""
    try:
        # The archive's own end closes nothing: the stream belongs to the caller.
        archive = zipfile.ZipFile(stream)
        opened = archive.open(member)
    except (*DAMAGE, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(
            f"cannot read {member.filename} in {name} ({cause(error)}); unpack it first"
        ) from error
    return _Counted(opened, max(_FREE_BYTES, MAX_UNPACK_RATIO * member.compress_size))


def cause(error: Exception) -> str:
    """Say in a few words what is wrong with a damaged input."""
    if isinstance(error, _BombError):
        return f"it unpacks to more than {MAX_UNPACK_RATIO} times its size"
    if isinstance(error, EOFError):
        return str(error) or "the packed data ends early"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "damaged packed data"
