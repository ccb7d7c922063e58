"""Posts with their verdicts: the lines that a scan wrote, read beside the dump."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fanzha.errors import InputError
from fanzha.post import Span
from fanzha.scan.origins import Fields, Origin, name_of, origins
from fanzha.scan.plan import Plan
from fanzha.scan.source import Line, Source
from fanzha.scan.wording import restorations, wording_of

__all__ = ["Scanned", "read_scanned"]


@dataclass(frozen=True, slots=True)
class Scanned:
    """A verdict line and the record of the dump that it is on, if the dump is at hand.

    `where` is the line's file and number, for errors. What the line itself says of the post
    (`text`, `account`, `board`, `posted_at`) counts before what the record says.
    """

    verdict: Mapping[str, Any]
    where: str
    line: int
    origin: Origin | None = None

    @property
    def name(self) -> str:
        """The post's id, else its file and line."""
        if "id" in self.verdict:
            return str(self.verdict["id"])
        file = f"{self.verdict['file']}:" if "file" in self.verdict else "line "
        return f"{file}{self.verdict.get('line', self.line)}"

    @property
    def flagged(self) -> bool:
        """Tell whether the suggestion is `review` or `block`."""
        return bool(self.verdict["suggestion"] != "pass")

    @property
    def text(self) -> str | None:
        """The post as written; None where neither line nor record tells it."""
        text = self.verdict.get("text")
        return text if isinstance(text, str) else self._record("text")

    @property
    def account(self) -> str | None:
        """Who posted it."""
        return name_of(self.verdict.get("account")) or self._record("account")

    @property
    def board(self) -> str | None:
        """Where it was posted."""
        return name_of(self.verdict.get("board")) or self._record("board")

    @property
    def posted_at(self) -> str | None:
        """When it was posted, as the dump says it."""
        return name_of(self.verdict.get("posted_at")) or self._record("posted_at")

    @property
    def campaign(self) -> str | None:
        """The campaign that the line or the record names."""
        return name_of(self.verdict.get("campaign")) or self._record("campaign")

    def _record(self, field: str) -> str | None:
        value: str | None = getattr(self.origin, field, None)
        return value

    def wording(self) -> str | None:
        """Give the post's wording; None where the text is not known or too short.

        Raises
        ------
        KeyError, TypeError
            The line is no verdict as a scan writes it.
        """
        found = (*self.verdict["hotlines"], *self.verdict["contacts"])
        cuts = [Span(one["start"], one["end"]) for one in found]
        text = self.text
        return None if text is None else wording_of(text, cuts, restorations(self.verdict))

    def unlike(self, error: Exception) -> InputError:
        """Give the error that the line is not as a scan writes it."""
        return InputError(
            f"{self.where} is no verdict as a scan writes it ({type(error).__name__}: {error}); "
            "give the output of fanzha scan"
        )


def read_scanned(
    verdicts: Plan, posts: Plan | None = None, fields: Fields | None = None
) -> Iterator[Scanned]:
    """Yield the verdict lines of a scan in order, each with its post where `posts` are given.

    Parameters
    ----------
    verdicts
        A plan whose inputs are the output of `fanzha scan`, complete or only the flagged posts.
    posts
        A plan whose inputs are the dump, in the order in which it was scanned.

    Raises
    ------
    InputError
        A line is no verdict, a verdict's post is not in the dump in its place, or an input cannot
        be opened.

    Notes
    -----
    Both are read once, side by side.
    """
    records = origins(posts, fields or Fields()) if posts is not None else None
    for path in verdicts.inputs:
        with Source(path, verdicts) as source:
            for line in source.lines():
                if line.fault is None and not line.raw.strip():
                    continue
                where = f"{path}:{line.number}"
                verdict = _verdict(line, where)
                origin = None if records is None else _advanced(records, verdict, where)
                yield Scanned(verdict, where, line.number, origin)


def _verdict(line: Line, where: str) -> Mapping[str, Any]:
    if line.fault is not None:
        raise InputError(f"{where}: {line.fault}")
    try:
        verdict = orjson.loads(line.raw)
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"{where} is broken JSON at column {error.colno}; give the output of fanzha scan"
        ) from error
    if not isinstance(verdict, dict) or "suggestion" not in verdict:
        raise InputError(f"{where} is no verdict; give the output of fanzha scan")
    return verdict


def _advanced(records: Iterator[Origin], verdict: Mapping[str, Any], where: str) -> Origin:
    for origin in records:
        if origin.owns(verdict):
            return origin
    raise InputError(
        f"the post of the verdict in {where} does not come next in the posts; give --posts the "
        "files that were scanned, in the same order, and the same --text-field and --id-field"
    )
