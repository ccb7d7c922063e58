"""The finished parts of a scan, kept beside its output until that is whole."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

from fanzha.errors import InputError
from fanzha.render import Piece
from fanzha.scan.chunk import Reject
from fanzha.scan.manifest import changed, read_manifest, write_manifest
from fanzha.scan.plan import Plan
from fanzha.scan.shard import Part, Shard, Stored
from fanzha.scan.summary import Finding, GivenNumber, Summary

__all__ = ["PartFolder", "opened_parts", "store"]

_MANIFEST: Final = "manifest.json"
_LOCK: Final = "lock"
_RESULT: Final = "result"


class PartFolder:
    """The folder of a scan's finished parts; each file is a whole part or is not there.

    A part's first line tells what it was made of and what it adds to the summary; behind it are
    its verdict lines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def result(self) -> Path:
        """Where the output is put together before it gets its name."""
        return self.path / _RESULT

    @property
    def n_parts(self) -> int:
        """Number of finished parts."""
        return sum(1 for _ in self.path.glob("*.part"))

    def find(self, shard: Shard) -> Part | None:
        """Give the finished part of a shard, if its records are still the same and it is whole."""
        path = _part_path(self.path, shard)
        try:
            with path.open("rb") as file:
                header = file.readline()
                told = json.loads(header)
                if told["key"] != shard.key or _checksum(file) != told["checksum"]:
                    return None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        stored = Stored(path, len(header), path.stat().st_size - len(header))
        rejects = tuple(Reject(**one) for one in told["rejects"])
        return Part(stored, rejects, _read_summary(told["summary"]), shard.chunk.read_bytes)

    def remove(self) -> None:
        """Take the folder away, once its output has its name."""
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def opened_parts(plan: Plan, manifest: dict[str, Any]) -> Iterator[PartFolder]:
    """Make or reopen the folder of a scan's parts; it stays when the block fails.

    Raises
    ------
    InputError
        Another scan is using it, it holds finished parts and the plan does not say to go on, or
        they were made from something else.
    """
    folder = PartFolder(plan.parts)
    try:
        folder.path.mkdir(exist_ok=True)
        lock = (folder.path / _LOCK).open("wb")
    except OSError as error:
        raise InputError(
            f"cannot write {plan.parts}: {error.strerror}; give an output in a place that exists, "
            "may be written and has room"
        ) from error
    with lock:
        _lock(lock, plan)
        before = read_manifest(folder.path / _MANIFEST)
        if before is not None and folder.n_parts:
            _check(before, manifest, plan)
        else:
            for leftover in folder.path.glob("*.part"):
                leftover.unlink()
            with _naming(folder.path):
                write_manifest(folder.path / _MANIFEST, manifest)
        for leftover in folder.path.glob("*.tmp"):
            leftover.unlink(missing_ok=True)
        try:
            yield folder
        except BaseException:
            with contextlib.suppress(OSError):
                folder.result.unlink(missing_ok=True)
            if not folder.n_parts:
                folder.remove()
            raise
        folder.remove()


def _check(before: dict[str, Any], now: dict[str, Any], plan: Plan) -> None:
    if not plan.resume:
        raise InputError(
            f"{plan.parts} holds the finished parts of a scan that was cut off; go on with "
            "--resume, or remove that folder to scan anew"
        )
    if differences := changed(before, now):
        raise InputError(
            f"the scan in {plan.parts} cannot go on: changed since it began: "
            f"{', '.join(differences)}; give what was given before, or remove that folder to scan "
            "anew"
        )


def _lock(file: IO[bytes], plan: Plan) -> None:
    """Keep a second scan out; the system takes the lock back from a process that dies."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InputError(
            f"another scan is writing to {plan.parts}; wait for it, or give another output"
        ) from error


def store(folder: Path, shard: Shard, part: Part) -> Part:
    """Write a part into its folder, whole or not at all; gives the part without its lines.

    Raises
    ------
    InputError
        There is no room for it.
    """
    assert isinstance(part.lines, bytes)
    header = json.dumps(
        {
            "key": shard.key,
            "checksum": zlib.crc32(part.lines),
            "rejects": [asdict(reject) for reject in part.rejects],
            "summary": _written_summary(part.summary),
        }
    ).encode()
    path = _part_path(folder, shard)
    beside = path.with_name(f"{path.stem}.{os.getpid()}.tmp")
    with _naming(path):
        try:
            with beside.open("wb") as file:
                file.writelines((header, b"\n", part.lines))
            beside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
    stored = Stored(path, len(header) + 1, len(part.lines))
    return Part(stored, part.rejects, part.summary, part.read_bytes)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}; make room, and go on with the same command "
            "and --resume"
        ) from error


def _part_path(folder: Path, shard: Shard) -> Path:
    return folder / f"{shard.number:08d}.part"


def _checksum(file: IO[bytes]) -> int:
    checksum = 0
    while block := file.read(1 << 20):
        checksum = zlib.crc32(block, checksum)
    return checksum


def _written_summary(summary: Summary) -> dict[str, Any]:
    return {
        **{name: getattr(summary, name) for name in _COUNTS},
        "suggestions": summary.suggestions,
        "labels": summary.labels,
        "numbers": [[asdict(number), times] for number, times in summary.numbers.items()],
        "worst": {label: [asdict(one) for one in found] for label, found in summary.worst.items()},
        "rejects": [asdict(reject) for reject in summary.rejects],
    }


_COUNTS: Final = ("posts", "chars", "written", "rejected", "repaired")


def _read_summary(told: dict[str, Any]) -> Summary:
    return Summary(
        **{name: told[name] for name in _COUNTS},
        suggestions=Counter(told["suggestions"]),
        labels=Counter(told["labels"]),
        numbers=Counter({GivenNumber(**number): times for number, times in told["numbers"]}),
        worst={
            label: [_read_finding(one) for one in found] for label, found in told["worst"].items()
        },
        rejects=[Reject(**one) for one in told["rejects"]],
    )


def _read_finding(told: dict[str, Any]) -> Finding:
    return Finding(
        **{
            **told,
            "labels": tuple(told["labels"]),
            "pieces": tuple(Piece(**piece) for piece in told["pieces"]),
            "reasons": tuple(told["reasons"]),
        }
    )
