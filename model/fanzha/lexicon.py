"""The terms of the trade, by group, found in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from daachorse import CharwiseDoubleArrayAhoCorasick

import fanzha_data
from fanzha.normalize import normalize_many
from fanzha.post import Span
from fanzha.tables import read_table

__all__ = ["MAX_TERM_CHARS", "Lexicon", "Match", "Term"]

MAX_TERM_CHARS = 24
"""Longest term of a table in characters."""


@dataclass(frozen=True, slots=True)
class Term:
    """One listed term in its normalized form, its group and what it means."""

    term: str
    group: str
    gloss: str


class Match(NamedTuple):
    """A term found at `[start, end)` of the normalized text; sorted by place, then group."""

    start: int
    end: int
    group: str
    term: str

    @property
    def at(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)


class Lexicon:
    """A list of terms with a search over all of them at once.

    Parameters
    ----------
    terms
        Normalized terms; one string may stand in several groups.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(terms)
        self.groups = tuple(sorted({term.group for term in self.terms}))
        by_string: dict[str, list[str]] = {}
        for term in self.terms:
            by_string.setdefault(term.term, []).append(term.group)
        # A term's groups, and whether it must stand alone.
        self._rows = tuple(
            (string, tuple(groups), string.isascii()) for string, groups in by_string.items()
        )
        self._automaton = CharwiseDoubleArrayAhoCorasick(list(by_string))

    @classmethod
    def load(cls, path: Path | None = None) -> Lexicon:
        """Read a lexicon table with the columns term, group and gloss; the shipped one by default.

        Raises
        ------
        DataError
            The table is malformed: an empty cell, a term that is listed twice in a group, is too
            long, or is not in its normalized form; the message gives file:line:column.
        """
        path = path or fanzha_data.path("lexicon.csv")
        terms: list[Term] = []
        seen: dict[tuple[str, str], int] = {}
        rows = read_table(path, ("term", "group", "gloss"))
        plain = normalize_many([row["term"] for row in rows])
        for row, folded in zip(rows, plain, strict=True):
            term = Term(row["term"], row["group"], row["gloss"])
            for column in ("term", "group", "gloss"):
                if not row[column]:
                    raise row.error(column, "is empty; fill it or drop the line")
            if len(term.term) > MAX_TERM_CHARS:
                raise row.error("term", f"is longer than {MAX_TERM_CHARS} characters; shorten it")
            if folded.text != term.term:
                raise row.error("term", f"can never match; write it as {folded.text!r}")
            if (first := seen.setdefault((term.term, term.group), row.line)) != row.line:
                raise row.error("term", f"stands in this group on line {first} too; drop one")
            terms.append(term)
        return cls(terms)

    def find(self, text: str) -> tuple[Match, ...]:
        """Find every term of every group in a normalized text, in the order of their ends.

        A term of Latin letters counts only where no other letter touches it.
        """
        rows = self._rows
        return tuple(
            [
                Match(start, end, group, rows[number][0])
                for start, end, number in self._automaton.find_overlapping(text)
                if not rows[number][2] or _stands_alone(text, start, end)
                for group in rows[number][1]
            ]
        )


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (_is_letter(before) and _is_letter(text[start])) and not (
        _is_letter(after) and _is_letter(text[end - 1])
    )


def _is_letter(sign: str) -> bool:
    return "a" <= sign <= "z"
