"""A form with a file, read as it comes: the fields first, then the file, never all at once."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Final

import anyio
from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from fanzha_api.console.forms import Form
from fanzha_api.problems import Problem

__all__ = ["Upload"]

_MOST_FIELD_BYTES: Final = 64 * 1024
_MOST_HEADER_BYTES: Final = 8 * 1024
_CHUNK_S: Final = 60
# What the browser still sends must not be taken for the next request.
_CLOSE: Final = {"Connection": "close"}


class Upload:
    """The body of a form with one file, which comes after all fields.

    Parameters
    ----------
    request
        Its body must not have been read.

    Raises
    ------
    Problem
        415: it is no such form.
    """

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if (
            kind != b"multipart/form-data"
            or not 1 <= len(boundary) <= 70
            or "content-encoding" in request.headers
        ):
            raise Problem(
                415,
                "unsupported-media-type",
                "a file comes in a form of multipart/form-data; send it from the console's page",
            )
        self.file_name = ""
        self._stream = aiter(request.stream())
        self._fields: dict[str, bytearray] = {}
        self._file: deque[bytes] = deque()
        self._field = ""
        self._in_file = self._file_over = False
        self._size_bytes = 0
        self._name, self._value = bytearray(), bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add_name,
                "on_header_value": self._add_value,
                "on_header_end": self._end_header,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
            },
        )

    async def fields(self) -> Form:
        """Read until the file begins, and give the fields before it.

        Raises
        ------
        Problem
            The form is broken, ends early, or has no file.
        """
        while not self._in_file:
            await self._read()
        told = {name: [bytes(value).decode("utf-8", "replace")] for name, value in
                self._fields.items()}  # fmt: skip
        return Form(told)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the file as it comes.

        Raises
        ------
        Problem
            The form is broken or ends early.
        """
        while True:
            while self._file:
                yield self._file.popleft()
            if self._file_over:
                return
            await self._read()

    async def _read(self) -> None:
        try:
            with anyio.fail_after(_CHUNK_S):
                chunk = await anext(self._stream, b"")
            if not chunk:
                # An empty chunk stands at the end only.
                raise Problem(
                    400, "incomplete-body", "the form ended before its file; send it again"
                )
            self._parser.write(chunk)
        except TimeoutError:
            raise Problem(
                408, "slow-body", f"nothing came for {_CHUNK_S} seconds; send it again",
                headers=_CLOSE,
            ) from None  # fmt: skip
        except ClientDisconnect:
            raise Problem(
                400, "incomplete-body", "the connection ended before the body; send it again"
            ) from None
        except MultipartParseError:
            raise Problem(
                422, "invalid-field", "the form cannot be read; send it from the console's page",
                headers=_CLOSE,
            ) from None  # fmt: skip

    def _begin(self) -> None:
        self._field = ""

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]
        self._bound(len(self._name), _MOST_HEADER_BYTES)

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bound(len(self._value), _MOST_HEADER_BYTES)

    def _end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._field = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                self._in_file = True
                self.file_name = options[b"filename"].decode("utf-8", "replace")
        self._name, self._value = bytearray(), bytearray()

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            if not self._file_over:
                self._file.append(data[start:end])
            return
        self._size_bytes += end - start
        self._bound(self._size_bytes, _MOST_FIELD_BYTES)
        self._fields.setdefault(self._field, bytearray()).extend(data[start:end])

    def _end_part(self) -> None:
        if self._in_file:
            self._file_over = True
        else:
            self._fields.setdefault(self._field, bytearray())

    def _bound(self, size_bytes: int, most: int) -> None:
        if size_bytes > most:
            raise Problem(
                413, "body-too-large", f"the form's fields are larger than {most} bytes",
                headers=_CLOSE,
            )  # fmt: skip
