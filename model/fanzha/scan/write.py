"""Write a scan's result so that a reader sees all of it or nothing."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from fanzha.errors import InputError
from fanzha.json_lines import json_line
from fanzha.render import visible
from fanzha.scan.chunk import Reject
from fanzha.scan.plan import STANDARD_STREAM, Plan
from fanzha.scan.shard import Stored
from fanzha.scan.tabular import (
    CsvWriter,
    LinesWriter,
    ParquetWriter,
    Writer,
    writing_database,
)

__all__ = ["Output", "naming", "open_output"]

_BLOCK_BYTES = 1 << 22


class Output:
    """The open result of a scan: verdict lines, and rejects if there are any."""

    def __init__(self, plan: Plan, results: Writer, rejects: IO[bytes] | None) -> None:
        self._plan = plan
        self._results = results
        self._rejects = rejects
        self.n_rejects = 0

    def write(self, lines: bytes | Stored) -> None:
        """Add finished verdict lines.

        Raises
        ------
        InputError
            There is no room for them, or the device refuses them.
        """
        with naming(self._plan):
            if isinstance(lines, bytes):
                self._results.write(lines)
            else:
                self._copy(lines)

    def _copy(self, stored: Stored) -> None:
        with stored.path.open("rb") as file:
            file.seek(stored.offset)
            # A table is written line by line.
            whole_lines = not isinstance(self._results, LinesWriter)
            while block := file.read(_BLOCK_BYTES):
                self._results.write(block + file.readline() if whole_lines else block)

    def reject(self, reject: Reject) -> None:
        """Add a rejected record to the rejects file, or say it on standard error without one.

        Raises
        ------
        InputError
            There is no room for it.
        """
        self.n_rejects += 1
        if self._rejects is None:
            place = f"{reject.file}:{reject.line}"
            print(f"fanzha: rejected {visible(f'{place}: {reject.reason}')}", file=sys.stderr)
            return
        with naming(self._plan):
            self._rejects.write(json_line(_carried(reject)))


def _carried(reject: Reject) -> dict[str, Any]:
    """Give the reject with a file name that JSON can carry, whatever bytes the system gave."""
    file = reject.file.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return {**reject.to_json(), "file": file}


@contextmanager
def open_output(plan: Plan, result: Path | None = None) -> Iterator[Output]:
    """Open the output and its rejects file; they get their names when the block ends well.

    Until then they are hidden files beside them, or `result` and one beside that; they are
    removed if the block fails. A rejects file of an earlier scan is removed if nothing was
    rejected. Standard output, devices and pipes are written at once.

    Raises
    ------
    InputError
        The output cannot be opened or written.
    """
    if plan.rejects is None:
        with _stream(plan) as stream:
            writer = _writer(stream, plan)
            yield Output(plan, writer, None)
            with naming(plan):
                writer.finish()
                stream.flush()
        return
    target = Path(plan.output).resolve()
    rejects_target = target.with_name(plan.rejects.name)
    _check_replaceable(target, plan)
    part, rejects_part = (
        path.with_name(f".{path.name}.{os.getpid()}.part") for path in (target, rejects_target)
    )
    if result is not None:
        part, rejects_part = result, result.with_name(f"{result.name}.rejects")
    try:
        with _file(part, plan) as writer:
            rejects = _opened(rejects_part, plan)
            with _closing(rejects, plan):
                output = Output(plan, writer, rejects)
                yield output
        with naming(plan):
            if output.n_rejects:
                rejects_part.replace(rejects_target)
            else:
                rejects_target.unlink(missing_ok=True)
            part.replace(target)
    finally:
        for leftover in (part, rejects_part):
            with contextlib.suppress(OSError):
                leftover.unlink()


@contextmanager
def _file(path: Path, plan: Plan) -> Iterator[Writer]:
    """Open a file that is written as the plan's format; what it holds reaches the disk."""
    if plan.written_format == "sqlite":
        with ExitStack() as stack:
            with naming(plan):
                writer = stack.enter_context(writing_database(path))
            yield writer
            with naming(plan):
                writer.finish()
        return
    stream = _opened(path, plan)
    with _closing(stream, plan):
        writer = _writer(stream, plan)
        yield writer
        with naming(plan):
            writer.finish()
            stream.flush()
            os.fsync(stream.fileno())


def _writer(stream: IO[bytes], plan: Plan) -> Writer:
    with naming(plan):
        if plan.written_format == "csv":
            return CsvWriter(stream)
        if plan.written_format == "parquet":
            return ParquetWriter(stream)
    return LinesWriter(stream)


@contextmanager
def _closing(stream: IO[bytes], plan: Plan) -> Iterator[None]:
    """Close a stream; what it still held may not fit, and that is told unless worse has passed."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            stream.close()
        raise
    with naming(plan):
        stream.close()


@contextmanager
def _stream(plan: Plan) -> Iterator[IO[bytes]]:
    if plan.output == STANDARD_STREAM:
        yield sys.stdout.buffer
        return
    stream = _opened(Path(plan.output), plan)
    with _closing(stream, plan):
        yield stream


def _opened(path: Path, plan: Plan) -> IO[bytes]:
    with naming(plan):
        return path.open("wb")


def _check_replaceable(target: Path, plan: Plan) -> None:
    if target.exists() and not os.access(target, os.W_OK):
        raise InputError(f"cannot write {plan.output}: it is read-only; give another name")


@contextmanager
def naming(plan: Plan) -> Iterator[None]:
    """Turn the system's refusal to write into an error that names the output."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(
            f"cannot write {plan.output}: {error.strerror}; give a place that exists, may be "
            "written and has room"
        ) from error
