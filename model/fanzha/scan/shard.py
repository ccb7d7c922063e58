"""A shard of a scan: neighbouring records, read and checked together in one process."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from fanzha.errors import FanzhaError, ScanError
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.scan.batch import Batch
from fanzha.scan.chunk import Chunk, Reject
from fanzha.scan.plan import Plan
from fanzha.scan.read import read_batch
from fanzha.scan.summary import Summary
from fanzha.scan.verdict_lines import all_lines, verdict_line
from fanzha.verdict import Verdict
from fanzha.verdicts import Verdicts

__all__ = [
    "Checker", "DetectorLoader", "Part", "Shard", "Stored", "WholesaleChecker", "check_shard",
    "check_texts",
]  # fmt: skip

_LOGGER: Final = logging.getLogger(__name__)


class Checker(Protocol):
    """What a scan needs of a detector."""

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        """Give the verdicts in the order of `posts`."""
        ...


@runtime_checkable
class WholesaleChecker(Checker, Protocol):
    """A detector that takes posts by the thousand, and says little of those that merely pass."""

    def check_all(self, texts: Sequence[str], ids: Sequence[str | int | None]) -> Verdicts:
        """Give the verdicts that `check_many` gives on the same posts."""
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
    chunk = shard.chunk
    batch = read_batch(chunk, plan)
    verdicts = _checked(batch, shard, checker)
    several = plan.several or chunk.member
    summary = Summary()
    lines: list[bytes] = []
    for at in sorted(verdicts.told):
        verdict = verdicts.told[at]
        summary.add(batch.record(at), verdict)
        if plan.only_flagged and verdict.flagged:
            lines.append(verdict_line(verdict, batch, at, several=several))
    summary.add_rest(batch)
    if not plan.only_flagged:
        lines = all_lines(verdicts, batch, several=several)
    summary.written = len(lines)
    for reject in batch.rejects:
        summary.add_reject(reject)
    return Part(b"".join(lines), tuple(batch.rejects), summary, chunk.read_bytes)


def check_texts(
    checker: Checker, texts: Sequence[str], ids: Sequence[str | int | None]
) -> Verdicts:
    """Check posts all at once where the detector can do that, else one by one."""
    if isinstance(checker, WholesaleChecker):
        return checker.check_all(texts, ids)
    return Verdicts.of(texts, ids, checker.check_many(map(Post, texts, ids)))


def _checked(batch: Batch, shard: Shard, checker: Checker) -> Verdicts:
    """Check the posts of a batch, at once where the detector can do that."""
    if isinstance(checker, WholesaleChecker):
        try:
            return checker.check_all(batch.texts, batch.ids)
        except FanzhaError:
            raise
        except Exception as error:
            # One by one it fails again, and tells at which post.
            _LOGGER.warning(
                "shard %d failed as a whole (%s); its posts are checked one by one",
                shard.number, type(error).__name__,
            )  # fmt: skip
    found: list[Verdict] = []
    try:
        found.extend(checker.check_many(map(Post, batch.texts, batch.ids)))
        return Verdicts.of(batch.texts, batch.ids, found)
    except FanzhaError:
        raise
    except Exception as error:
        chunk = shard.chunk
        line = batch.lines[min(len(found), len(batch) - 1)]
        # The exception's own text may quote a post; the traceback stays chained for a caller.
        raise ScanError(
            f"shard {shard.number} failed at or after {chunk.file}:{line} "
            f"({type(error).__name__}); leave that post out and report it as a bug",
            shard=shard.number,
            line=line,
        ) from error
