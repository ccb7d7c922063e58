"""The boards' policies in force, each as a detector that obeys it."""

from __future__ import annotations

import csv
import logging
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from fanzha.board_detector import BoardDetector
from fanzha.errors import DataError, FanzhaError
from fanzha.lists import ListEntry, Lists
from fanzha.numbering import Numbering
from fanzha.policy import Policy
from fanzha.registry import Registry
from fanzha.registry_lint import lint
from fanzha.registry_table import COLUMNS
from fanzha_api.logs import frames
from fanzha_api.problems import Problem
from fanzha_api.readiness import Detecting, Judging
from fanzha_api.schemas import AllowEntry, BoardPolicy, DenyEntry
from fanzha_api.store.policies import PolicyVersion

__all__ = ["DEFAULT_BOARD", "Board", "Boards", "build"]

DEFAULT_BOARD: Final = "default"
"""The board whose policy holds for every board without one of its own."""

_TABLE_KINDS: Final = frozenset({"400", "800", "landline", "mobile", "voip"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Board:
    """A board's policy in force: the detector that obeys it, and what is recorded.

    `base` is the detector from which this one was made.
    """

    name: str
    version: int
    policy: BoardPolicy
    base: Detecting
    detector: Judging


class Boards:
    """Every board's policy in force; read from many threads, replaced as a whole.

    Parameters
    ----------
    registry
        The operator's own registry table, over which a board's numbers are laid.
    """

    def __init__(self, registry: Path | None = None) -> None:
        self._registry = registry
        self._boards: Mapping[str, Board] = {}
        self._versions: Mapping[str, PolicyVersion] = {}
        self._lock = threading.Lock()
        self._followed: Mapping[str, PolicyVersion] | None = None
        self._base: Detecting | None = None
        self.refused: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self._boards)

    @property
    def names(self) -> tuple[str, ...]:
        """The boards that have a policy of their own, in order."""
        return tuple(sorted(self._boards))

    def of(self, name: str | None, detector: Detecting) -> tuple[Judging, BoardPolicy | None]:
        """Give the detector and the policy by which a board is judged.

        Without a policy of its own and one of `default`, the given detector and None.
        """
        board = self._boards.get(name or DEFAULT_BOARD) or self._boards.get(DEFAULT_BOARD)
        return (detector, None) if board is None else (board.detector, board.policy)

    def name_of(self, name: str | None) -> str:
        """Give the board whose policy judges a board's posts; `default` where none of its own."""
        return name if name is not None and name in self._boards else DEFAULT_BOARD

    def written(self, name: str | None) -> PolicyVersion | None:
        """Give the policy by which a board is judged as it was written, or None."""
        board = self._boards.get(name or DEFAULT_BOARD) or self._boards.get(DEFAULT_BOARD)
        if board is None:
            return None
        found = self._versions[board.name]
        return replace(found, version=board.version, document=board.policy.to_document())

    def follow(self, detector: Detecting, other: Boards) -> None:
        """Obey what another `Boards` obeys, with this detector; blocks, quick without a change."""
        versions = other._versions
        if versions is not self._followed or detector is not self._base:
            self.use(detector, versions.values())
            self._followed, self._base = versions, detector

    def use(self, detector: Detecting, versions: Iterable[PolicyVersion] | None = None) -> None:
        """Obey these versions, or those from before with another detector; blocks.

        A board whose policy cannot be used keeps the one that it had.
        """
        with self._lock:
            if versions is not None:
                self._versions = {one.board: one for one in versions}
            boards: dict[str, Board] = {}
            refused: list[str] = []
            for name, version in self._versions.items():
                before = self._boards.get(name)
                if before and before.version == version.version and before.base is detector:
                    boards[name] = before
                    continue
                try:
                    policy = BoardPolicy.model_validate(version.document)
                    label = f"{name}@{version.version}"
                    built = build(detector, policy, label, self._registry)
                    boards[name] = Board(name, version.version, policy, detector, built)
                except (FanzhaError, Problem, ValueError) as error:
                    fields = {"board": name, "version": version.version, "frames": frames(error)}
                    _log.error("policy refused", extra={"fields": fields})
                    refused.append(name)
                    if before is not None:
                        boards[name] = before
            self._boards, self.refused = boards, tuple(refused)


def build(
    detector: Detecting, policy: BoardPolicy, name: str, registry: Path | None = None
) -> Judging:
    """Make the detector that obeys a board's policy; quick, the model is shared.

    Raises
    ------
    Problem
        422 with a pointer to each part of the policy that cannot be used.
    """
    if policy.hotlines:
        detector = detector.with_registry(_lay(policy, registry))
    judging = detector.with_policy(_thresholds(detector.policy, policy, name))
    entries = [
        *_entries("allow", policy),
        *_entries("deny", policy),
    ]
    return BoardDetector(judging, Lists(entries)) if entries else judging


def _entries(side: str, policy: BoardPolicy) -> list[ListEntry]:
    given: Sequence[AllowEntry | DenyEntry] = policy.allow if side == "allow" else policy.deny
    entries: list[ListEntry] = []
    for place, one in enumerate(given):
        try:
            entries.append(
                ListEntry(one.kind, one.value, one.effect, one.owner, one.reason, one.expires)
            )
        except DataError as error:
            raise _refused(f"#/policy/{side}/{place}/value", str(error)) from error
    return entries


def _thresholds(default: Policy, policy: BoardPolicy, name: str) -> Policy:
    review, block = dict(default.review), dict(default.block)
    for label, own in policy.labels.items():
        if not own.on:
            review.pop(label, None)
            block.pop(label, None)
            continue
        if own.review is not None:
            review[label] = own.review
        elif label not in review:
            raise _refused(
                f"#/policy/labels/{label}",
                "is off in the default policy; give it a review threshold",
            )
        if own.block is not None:
            block[label] = own.block
        elif "block" in own.model_fields_set:
            block.pop(label, None)
        elif label in block:
            block[label] = max(block[label], review[label])
        if block.get(label, 1.0) < review[label]:
            raise _refused(
                f"#/policy/labels/{label}/block",
                "is below the review threshold; raise it or leave it out",
            )
    return Policy(name, review, block)


def _lay(policy: BoardPolicy, registry: Path | None) -> Registry:
    plan = Numbering.load()
    rows = [
        # The table's kind is the plan's, of which it calls all short codes one.
        row.model_dump() | {"kind": kind if kind in _TABLE_KINDS else "short_code"}
        for row in policy.hotlines
        for kind in (plan.read(row.number).kind,)
    ]
    with tempfile.TemporaryDirectory(prefix="fanzha-board-") as folder:
        path = Path(folder) / "hotlines.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer: csv.DictWriter[str] = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        try:
            return Registry.load(*([registry] if registry else []), path)
        except DataError as error:
            refused = [one for one in lint(path).problems if one.refused]
            if not refused:
                raise _refused("#/policy/hotlines", "cannot be laid over the registry") from error
            first = refused[0]
            place = f"#/policy/hotlines/{max(first.line - 2, 0)}/{first.field}".rstrip("/")
            raise _refused(
                place, f"is refused by the registry ({first.code}); see the guide to it"
            ) from error


def _refused(pointer: str, says: str) -> Problem:
    return Problem(
        422,
        "invalid-policy",
        f"{pointer} {says}",
        errors=[{"detail": says, "pointer": pointer}],
    )
