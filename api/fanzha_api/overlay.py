"""The operator's own registry table, read again whenever the file changes."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from fanzha.errors import DataError
from fanzha.registry import Registry
from fanzha.registry_lint import lint

__all__ = ["LOOK_S", "Overlay", "OverlayState"]

LOOK_S: Final = 0.25
"""Seconds between two looks at the file; with the time to lay it, less than one second."""

_TRIES: Final = 3
# A file system may give two writes that follow one another the same time.
_YOUNG_NS: Final = 2_000_000_000
_DIGEST_DIGITS: Final = 12

_Stamp: TypeAlias = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class OverlayState:
    """Which content of the table is in use, and why not the file's own if that is another.

    `file` is the file's name without its folders; `digest` the first digits of the SHA-256 of
    the content in use; `problem` gives file:line:column and the kind of what is wrong, never a
    number of the table.
    """

    file: str
    digest: str
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the state as JSON values, as `/readyz` shows it."""
        return {
            "overlay": self.file,
            "digest": self.digest,
            "status": "current" if self.problem is None else "stale",
            "problem": self.problem,
        }


class Overlay:
    """A table to be laid over the shipped registry.

    Parameters
    ----------
    path
        The table; a link is followed, so that a folder mounted anew is noticed too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digest = ""
        self._stamp: _Stamp | None = None
        self._looked = False

    def look(self) -> Registry | None:
        """Give the registry with the table laid over it, or None if that is as it was.

        Raises
        ------
        DataError
            The table cannot be used; raised once for each content of the file. The message
            gives file:line:column of the first problem and no value of the table.
        """
        stamp = _stamp(self.path)
        if self._looked and stamp == self._stamp and not _is_young(stamp):
            return None
        digest = self._read_digest()
        if self._looked and digest == self.digest:
            self._stamp = stamp
            return None
        found = self._load()
        for _ in range(_TRIES):
            now = _stamp(self.path)
            if now == stamp:
                break
            # Somebody wrote meanwhile, and what was read may be half of it.
            stamp, digest, found = now, self._read_digest(), self._load()
        self._stamp, self.digest, self._looked = stamp, digest, True
        if isinstance(found, DataError):
            raise DataError(self._said()) from found
        return found

    def _load(self) -> Registry | DataError:
        try:
            return Registry.load(self.path)
        except DataError as error:
            return error

    def _read_digest(self) -> str:
        try:
            raw = self.path.read_bytes()
        except OSError:
            return ""  # Loading says why it cannot be read.
        return hashlib.sha256(raw).hexdigest()[:_DIGEST_DIGITS]

    def _said(self) -> str:
        """Say what is wrong in places and kinds, since a value of the table may be a number."""
        advice = f"correct it, see `fanzha lint {self.path.name}`"
        try:
            refused = [one for one in lint(self.path).problems if one.refused]
        except DataError:
            return f"the registry overlay {self.path.name} cannot be read; restore the file"
        if not refused:
            return f"the registry overlay {self.path.name} cannot be used; {advice}"
        first = refused[0]
        place = f"{Path(first.file).name}:{first.line}:{first.column}"
        what = f"{first.field}, {first.code}" if first.field else first.code
        more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        return f"{place}: the registry overlay cannot be used ({what}{more}); {advice}"


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev


def _is_young(stamp: _Stamp | None) -> bool:
    return stamp is not None and time.time_ns() - stamp[0] < _YOUNG_NS
