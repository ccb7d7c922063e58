"""Posts with their verdicts: the lines that a scan wrote, read beside the dump."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from fanzha.errors import InputError, reason_of
from fanzha.post import Span
from fanzha.scan.fields import Row, places_of, role_of
from fanzha.scan.origins import Fields, Origin, name_of, origins
from fanzha.scan.plan import Plan
from fanzha.scan.read import Reject, cut
from fanzha.scan.rows import rows
from fanzha.scan.source import sources
from fanzha.scan.tabular import verdict_of
from fanzha.scan.wording import restorations, wording_of

__all__ = ["Scanned", "read_scanned"]

_NO_TABLES: Final = frozenset({"jsonl", "json"})


@dataclass(frozen=True, slots=True)
class Scanned:
    """A verdict line and the record of the dump that it is on, if the dump is at hand.

    `where` is the line's file and number, for errors. What the line itself says of the post
    (`text`, `title`, `account`, `board`, `posted_at`) counts before what the record says.
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

    def written(self, role: str) -> str | None:
        """Give a field of the post, one of `ROLES`, as written; None where it is not known."""
        if role == "text":
            return self.text
        told = self.verdict.get(role)
        if isinstance(told, str):
            return told
        return self.origin.others.get(role) if self.origin is not None else None

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
        """Give the post's wording, or its title's where it has no text; None where it is too short
        or not known.

        Raises
        ------
        KeyError, TypeError
            The line is no verdict as a scan writes it.
        """
        role = "text"
        if not self.text and self.written("title"):
            role = "title"
        found = [
            place
            for one in (*self.verdict["hotlines"], *self.verdict["contacts"])
            for place in places_of(one)
        ]
        cuts = [Span(one["start"], one["end"]) for one in found if role_of(one) == role]
        written = self.written(role)
        return (
            None if written is None else wording_of(written, cuts, restorations(self.verdict, role))
        )

    def unlike(self, error: Exception) -> InputError:
        """Give the error that the line is not as a scan writes it."""
        return InputError(
            f"{self.where} is no verdict as a scan writes it ({reason_of(error)}); "
            "give the output of fanzha scan"
        )


def read_scanned(
    verdicts: Plan, posts: Plan | None = None, fields: Fields | None = None
) -> Iterator[Scanned]:
    """Yield the verdict lines of a scan in order, each with its post where `posts` are given.

    Parameters
    ----------
    verdicts
        A plan whose inputs are the output of `fanzha scan` in any format that it writes, complete
        or only the flagged posts; of its fields' names none counts.
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
    plan = replace(verdicts, text_field="suggestion", id_field="id", title_field="", tables=())
    for path in plan.inputs:
        for source in sources(path, plan):
            for chunk in cut(source, plan):
                from_table = chunk.format not in _NO_TABLES
                for row in rows(chunk, plan):
                    where = f"{row.file}:{row.line}"
                    verdict = _verdict(row, where, from_table=from_table)
                    origin = None
                    if records is not None:
                        origin = _advanced(records, verdict, where, from_table=from_table)
                    yield Scanned(verdict, where, row.line, origin)


def _verdict(row: Row | Reject, where: str, *, from_table: bool) -> Mapping[str, Any]:
    if isinstance(row, Reject):
        what = row.reason.partition("; ")[0]
        what = what if what.startswith("broken") else f"no verdict ({what})"
        raise InputError(f"{where} is {what}; give the output of fanzha scan")
    if from_table:
        try:
            return verdict_of(row.fields)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"{where} is no verdict as a scan writes it ({reason_of(error)}); "
                "give the output of fanzha scan"
            ) from error
    if "suggestion" not in row.fields:
        raise InputError(f"{where} is no verdict; give the output of fanzha scan")
    return row.fields


def _advanced(
    records: Iterator[Origin], verdict: Mapping[str, Any], where: str, *, from_table: bool
) -> Origin:
    for origin in records:
        if origin.owns(verdict, from_table=from_table):
            return origin
    raise InputError(
        f"the post of the verdict in {where} does not come next in the posts; give --posts the "
        "files that were scanned, in the same order, and the same --text-field and --id-field"
    )
