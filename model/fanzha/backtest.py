"""What another bundle would have said of posts that were judged and kept."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from fanzha.errors import DataError, InputError
from fanzha.labels import LABELS
from fanzha.post import Post
from fanzha.verdict import Verdict

__all__ = ["Backtest", "Difference", "Kept", "backtest", "read_kept", "read_since"]

_SINCE: Final = re.compile("([0-9]{1,5})([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SUGGESTIONS: Final = ("block", "review", "pass")
_MOST_DIFFERENCES: Final = 10_000


class Judging(Protocol):
    """What judges posts: a `Detector`, or one that obeys a board."""

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        """Give the verdicts of many posts, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A post with the verdict that it was given; `settled` are the labels that people gave it.

    `settled` is None where nobody has said anything of it.
    """

    id: str
    text: str
    board: str
    at: datetime
    suggestion: str
    labels: tuple[str, ...]
    settled: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A post of which the two say different things; without its text."""

    id: str
    board: str
    before: str
    after: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    settled: tuple[str, ...] | None

    def to_json(self) -> dict[str, Any]:
        """Give the difference as JSON values."""
        return {
            "id": self.id,
            "board": self.board,
            "suggestion": [self.before, self.after],
            "gained": list(self.gained),
            "lost": list(self.lost),
            "settled": None if self.settled is None else list(self.settled),
        }


@dataclass(slots=True)
class _Tally:
    """Of one label: how many bore it, and how many did by those who settled it."""

    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0
    settled: int = 0
    right_before: int = 0
    right_after: int = 0
    judged_before: int = 0
    judged_after: int = 0


@dataclass(slots=True)
class Backtest:
    """Both sides counted; `differences` are the first ten thousand."""

    n_posts: int = 0
    n_settled: int = 0
    n_different: int = 0
    suggestions: Counter[tuple[str, str]] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    _labels: dict[str, _Tally] = field(default_factory=dict)

    def add(self, kept: Kept, verdict: Verdict) -> None:
        """Count one post."""
        before, after = set(kept.labels), {given.label for given in verdict.labels}
        self.n_posts += 1
        self.n_settled += kept.settled is not None
        self.suggestions[kept.suggestion, verdict.suggestion] += 1
        for label in before | after | set(kept.settled or ()):
            self._count(self._labels.setdefault(label, _Tally()), label, before, after, kept)
        if before != after or kept.suggestion != verdict.suggestion:
            self.n_different += 1
            if len(self.differences) < _MOST_DIFFERENCES:
                self.differences.append(
                    Difference(
                        kept.id, kept.board, kept.suggestion, verdict.suggestion,
                        _in_order(after - before), _in_order(before - after), kept.settled,
                    )
                )  # fmt: skip

    @staticmethod
    def _count(tally: _Tally, label: str, before: set[str], after: set[str], kept: Kept) -> None:
        tally.before += label in before
        tally.after += label in after
        tally.gained += label in after - before
        tally.lost += label in before - after
        if kept.settled is not None:
            truly = label in kept.settled
            tally.settled += truly
            tally.judged_before += label in before
            tally.judged_after += label in after
            tally.right_before += truly and label in before
            tally.right_after += truly and label in after

    def to_json(self) -> dict[str, Any]:
        """Give the counts as JSON values, without the differences."""
        return {
            "posts": self.n_posts,
            "settled": self.n_settled,
            "different": self.n_different,
            "suggestions": {
                f"{before}>{after}": count
                for (before, after), count in sorted(self.suggestions.items())
            },
            "labels": {
                label: {
                    "before": one.before, "after": one.after, "gained": one.gained,
                    "lost": one.lost, "settled": one.settled,
                    "precision": [
                        _share(one.right_before, one.judged_before),
                        _share(one.right_after, one.judged_after),
                    ],
                    "recall": [
                        _share(one.right_before, one.settled), _share(one.right_after, one.settled)
                    ],
                }
                for label, one in self._ordered()
            },
        }  # fmt: skip

    def to_table(self) -> str:
        """Give the counts as Markdown; precision and recall are those of the settled posts."""
        if not self.n_posts:
            return "No post is kept from that time; boards keep texts where their policy says so."
        lines = [
            f"{self.n_posts} posts, of which the verdicts on {self.n_different} differ; people "
            f"settled {self.n_settled}.",
            "",
            "| before \\ after | " + " | ".join(_SUGGESTIONS) + " |",
            "|---|" + "---:|" * len(_SUGGESTIONS),
        ]
        for before in _SUGGESTIONS:
            counts = (f"{self.suggestions[before, after]}" for after in _SUGGESTIONS)
            lines.append(f"| {before} | {' | '.join(counts)} |")
        lines += [
            "",
            "| label | before | after | gained | lost | settled | precision | recall |",
            "|---|---:|---:|---:|---:|---:|---|---|",
        ]
        for label, one in self._ordered():
            precision = _moved(
                _share(one.right_before, one.judged_before),
                _share(one.right_after, one.judged_after),
            )
            recall = _moved(
                _share(one.right_before, one.settled), _share(one.right_after, one.settled)
            )
            lines.append(
                f"| `{label}` | {one.before} | {one.after} | {one.gained} | {one.lost} | "
                f"{one.settled} | {precision} | {recall} |"
            )
        return "\n".join(lines)

    def _ordered(self) -> Iterator[tuple[str, _Tally]]:
        for label in LABELS:
            if label in self._labels:
                yield label, self._labels[label]


def backtest(kept: Iterable[Kept], judging: Callable[[str], Judging]) -> Backtest:
    """Judge kept posts anew and count what changes; reads once, holds one batch.

    Parameters
    ----------
    kept
        Posts with the verdicts that they were given; quickest where a board's follow one another.
    judging
        Gives by a board's name what judges now.
    """
    found = Backtest()
    for board, group in groupby(kept, key=lambda one: one.board):
        behind: deque[Kept] = deque()
        for verdict in judging(board).check_many(_texts(group, behind)):
            found.add(behind.popleft(), verdict)
    return found


def _texts(group: Iterable[Kept], behind: deque[Kept]) -> Iterator[str]:
    """Give the texts, and keep in `behind` whose verdict is still to come."""
    for one in group:
        behind.append(one)
        yield one.text


def read_kept(paths: Iterable[Path], since: datetime | None = None) -> Iterator[Kept]:
    """Read what `fanzha-serve export records` wrote, from `since` on.

    Raises
    ------
    DataError
        A file cannot be read, or a row is malformed; the message gives file:line.
    """
    for path in paths:
        try:
            with path.open("rb") as stream:
                for number, line in enumerate(stream, 1):
                    if line.strip():
                        one = _row(path, number, line)
                        if since is None or one.at >= since:
                            yield one
        except OSError as error:
            raise DataError(f"cannot read the kept posts {path}: {error.strerror}") from error


def read_since(text: str, now: datetime | None = None) -> datetime:
    """Read a time: a stretch before now like 30d, 12h, 90m, 2w, or a date.

    Raises
    ------
    InputError
        It is neither.

    Examples
    --------
    >>> read_since("30d", datetime(2027, 1, 31, tzinfo=UTC)).date().isoformat()
    '2027-01-01'
    """
    found = _SINCE.fullmatch(text)
    if found is not None:
        before = now or datetime.now(UTC)
        return before - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text[:40]!r} is no time; write it like 30d, 12h, 2027-06-30 or "
            "2027-06-30T12:00:00+08:00"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _row(path: Path, number: int, line: bytes) -> Kept:
    try:
        row: Mapping[str, Any] = orjson.loads(line)
        settled = row.get("settled")
        if row["suggestion"] not in _SUGGESTIONS:
            raise ValueError
        return Kept(
            id=str(row["id"]),
            text=row["text"] + "",
            board=row["board"] + "",
            at=datetime.fromisoformat(row["at"]),
            suggestion=row["suggestion"],
            labels=_labels(row["labels"]),
            settled=None if settled is None else _labels(settled),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DataError(
            f"{path}:{number}: is no kept post; a row has id, text, board, at, suggestion, labels "
            "and settled, as `fanzha-serve export records` writes them"
        ) from None


def _labels(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not set(value) <= set(LABELS):
        raise ValueError
    return tuple(value)


def _in_order(labels: set[str]) -> tuple[str, ...]:
    return tuple(label for label in LABELS if label in labels)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _moved(before: float | None, after: float | None) -> str:
    shown = ["–" if one is None else f"{one:.3f}" for one in (before, after)]
    return " → ".join(shown)
