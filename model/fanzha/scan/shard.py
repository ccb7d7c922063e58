"""A shard of a scan: neighbouring posts, checked together in one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from fanzha.errors import FanzhaError, ScanError
from fanzha.json_lines import json_line
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.scan.plan import Plan
from fanzha.scan.read import Record, Reject
from fanzha.scan.summary import Summary
from fanzha.verdict import Verdict

__all__ = ["Checker", "DetectorLoader", "Part", "Shard", "check_shard"]


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
    """Neighbouring records of one input; `read_bytes` is how much of the file they took."""

    number: int
    file: str
    records: tuple[Record, ...]
    rejects: tuple[Reject, ...]
    read_bytes: int

    @property
    def line(self) -> int:
        """Input line of the first record, from 1; 0 if there is none."""
        return self.records[0].line if self.records else 0


@dataclass(frozen=True, slots=True)
class Part:
    """A checked shard: its verdict lines, its rejects and what they add to the summary."""

    lines: bytes
    rejects: tuple[Reject, ...]
    summary: Summary
    read_bytes: int


def check_shard(shard: Shard, checker: Checker, plan: Plan) -> Part:
    """Check the posts of one shard.

    Raises
    ------
    ScanError
        The detector failed on a post; names the shard and the post's line.
    """
    summary = Summary()
    lines: list[bytes] = []
    done = 0
    try:
        verdicts = checker.check_many(record.post for record in shard.records)
        for record, verdict in zip(shard.records, verdicts, strict=True):
            done += 1
            summary.add(record, verdict)
            if verdict.flagged or not plan.only_flagged:
                lines.append(_line(record, verdict, several=plan.several))
    except FanzhaError:
        raise
    except Exception as error:
        line = shard.records[min(done, len(shard.records) - 1)].line
        # The exception's own text may quote a post; the traceback stays chained for a caller.
        raise ScanError(
            f"shard {shard.number} failed at or after {shard.file}:{line} "
            f"({type(error).__name__}); leave that post out and report it as a bug",
            shard=shard.number,
            line=line,
        ) from error
    summary.written = len(lines)
    for reject in shard.rejects:
        summary.add_reject(reject)
    return Part(b"".join(lines), shard.rejects, summary, shard.read_bytes)


def _line(record: Record, verdict: Verdict, *, several: bool) -> bytes:
    value = verdict.to_json()
    if verdict.id is None:
        place: dict[str, str | int] = {"line": record.line}
        if several:
            place = {"file": record.file.encode("utf-8", "replace").decode(), **place}
        value = {**place, **value}
    return json_line(value)
