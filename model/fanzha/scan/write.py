"""Write a scan's result so that a reader sees all of it or nothing."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from fanzha.errors import InputError
from fanzha.json_lines import json_line
from fanzha.render import visible
from fanzha.scan.plan import STANDARD_STREAM, Plan
from fanzha.scan.read import Reject

__all__ = ["Output", "open_output"]


class Output:
    """The open result of a scan: verdict lines, and rejects if there are any."""

    def __init__(self, plan: Plan, results: IO[bytes], rejects: IO[bytes] | None) -> None:
        self._plan = plan
        self._results = results
        self._rejects = rejects
        self.n_rejects = 0

    def write(self, lines: bytes) -> None:
        """Add finished verdict lines.

        Raises
        ------
        InputError
            There is no room for them, or the device refuses them.
        """
        with _naming(self._plan):
            self._results.write(lines)

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
        with _naming(self._plan):
            self._rejects.write(json_line(_carried(reject)))


def _carried(reject: Reject) -> dict[str, Any]:
    """Give the reject with a file name that JSON can carry, whatever bytes the system gave."""
    file = reject.file.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return {**reject.to_json(), "file": file}


@contextmanager
def open_output(plan: Plan) -> Iterator[Output]:
    """Open the output and its rejects file; they get their names when the block ends well.

    Until then they are hidden files beside them, removed if the block fails. A rejects file of
    an earlier scan is removed if nothing was rejected. Standard output, devices and pipes are
    written at once.

    Raises
    ------
    InputError
        The output cannot be opened or written.
    """
    if plan.rejects is None:
        with _stream(plan) as stream:
            yield Output(plan, stream, None)
            with _naming(plan):
                stream.flush()
        return
    target = Path(plan.output).resolve()
    rejects_target = target.with_name(plan.rejects.name)
    _check_replaceable(target, plan)
    part, rejects_part = (
        path.with_name(f".{path.name}.{os.getpid()}.part") for path in (target, rejects_target)
    )
    try:
        results = _opened(part, plan)
        with _closing(results, plan):
            rejects = _opened(rejects_part, plan)
            with _closing(rejects, plan):
                output = Output(plan, results, rejects)
                yield output
        with _naming(plan):
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
def _closing(stream: IO[bytes], plan: Plan) -> Iterator[None]:
    """Close a stream; what it still held may not fit, and that is told unless worse has passed."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            stream.close()
        raise
    with _naming(plan):
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
    with _naming(plan):
        return path.open("wb")


def _check_replaceable(target: Path, plan: Plan) -> None:
    if target.exists() and not os.access(target, os.W_OK):
        raise InputError(f"cannot write {plan.output}: it is read-only; give another name")


@contextmanager
def _naming(plan: Plan) -> Iterator[None]:
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
