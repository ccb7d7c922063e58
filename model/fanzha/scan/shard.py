"""A shard of a scan: neighbouring records, read and checked together in one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fanzha.errors import FanzhaError, ScanError
from fanzha.json_lines import json_line
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.scan.chunk import Chunk
from fanzha.scan.plan import Plan
from fanzha.scan.read import Record, Reject, records
from fanzha.scan.summary import Summary
from fanzha.verdict import Verdict

__all__ = ["Checker", "DetectorLoader", "Part", "Shard", "Stored", "check_shard"]


class Checker(Protocol):
    """What a scan needs of a detector."""

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        """Give the verdicts in the order of `posts`."""
        ...


@dataclass(frozen=True, slots=True)
class DetectorLoader:
    """Loads a detector in the process that needs it; itself small and quick to send there.

    Parameters
    ----------
    bundle
        Folder of the trained bundle; None is the shipped one.
    policy
        Thresholds; None is the bundle's own policy.
    overlays
        Tables laid over the shipped registry, in order.
    screen
        Whether posts in which a first look finds nothing pass without the model.
    """

    bundle: str | None = None
    policy: Policy | None = None
    overlays: tuple[str, ...] = ()
    screen: bool = True

    def __call__(self) -> Checker:
        """Load the detector; takes about a second.

        Raises
        ------
        BundleError, DataError
            As `Detector.load`.
        """
        from fanzha.detector import Detector
        from fanzha.registry import Registry

        registry = Registry.load(*self.overlays)
        return Detector.load(self.bundle, self.policy, registry, screen=self.screen)


@dataclass(frozen=True, slots=True)
class Shard:
    """A chunk of one input with its number in the scan, from 0."""

    number: int
    chunk: Chunk

    @property
    def key(self) -> str:
        """What the shard holds and where it stands: equal for equal records in equal places."""
        chunk = self.chunk
        place = f"{chunk.file}:{chunk.line}:{chunk.format}:{chunk.encoding}:{chunk.digest}"
        faults = "".join(fault.reason for fault in chunk.faults)
        return f"{place}:{chunk.context!r}:{faults}"


@dataclass(frozen=True, slots=True)
class Stored:
    """Verdict lines that lie in a part's file, from `offset` on."""

    path: Path
    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """A checked shard: its verdict lines, its rejects and what they add to the summary."""

    lines: bytes | Stored
    rejects: tuple[Reject, ...]
    summary: Summary
    read_bytes: int


def check_shard(shard: Shard, checker: Checker, plan: Plan) -> Part:
    """Read the records of one shard and check their posts.

    Raises
    ------
    ScanError
        The input cannot be read any more, or the detector failed on a post; names the shard and
        the post's line.
    """
    summary = Summary()
    lines: list[bytes] = []
    done = 0
    chunk = shard.chunk
    found: list[Record] = []
    rejects: list[Reject] = []
    for item in records(chunk, plan):
        if isinstance(item, Record):
            found.append(item)
        else:
            rejects.append(item)
    try:
        verdicts = checker.check_many(record.post for record in found)
        for record, verdict in zip(found, verdicts, strict=True):
            done += 1
            summary.add(record, verdict)
            if verdict.flagged or not plan.only_flagged:
                lines.append(_line(record, verdict, several=plan.several or chunk.member))
    except FanzhaError:
        raise
    except Exception as error:
        line = found[min(done, len(found) - 1)].line
        # The exception's own text may quote a post; the traceback stays chained for a caller.
        raise ScanError(
            f"shard {shard.number} failed at or after {chunk.file}:{line} "
            f"({type(error).__name__}); leave that post out and report it as a bug",
            shard=shard.number,
            line=line,
        ) from error
    summary.written = len(lines)
    for reject in rejects:
        summary.add_reject(reject)
    return Part(b"".join(lines), tuple(rejects), summary, chunk.read_bytes)


def _line(record: Record, verdict: Verdict, *, several: bool) -> bytes:
    value = verdict.to_json()
    if record.layout is not None:
        value = record.layout.restore(value)
    if verdict.id is None:
        place: dict[str, str | int] = {"line": record.line}
        if several:
            place = {"file": record.file.encode("utf-8", "replace").decode(), **place}
        value = {**place, **value}
    return json_line(value)
