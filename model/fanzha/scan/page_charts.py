"""The charts of the report as figures: bars by kind and board, columns over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fanzha.render import visible
from fanzha.scan.report import Report
from fanzha.scan.report_words import Words
from fanzha.scan.timeline import columns

__all__ = ["Palette", "board_bars", "kind_bars", "time_chart"]

_COLOURS: Final = 5
_OTHER: Final = "c6"
_SHOWN_KINDS: Final = 7
_SHOWN_BOARDS: Final = 15
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of the most frequent labels; all others share the last one."""

    labels: tuple[str, ...]
    others: bool

    @classmethod
    def of(cls, labels: Counter[str]) -> Palette:
        """Give colours to the labels that occur."""
        order = [label for label, _ in labels.most_common()]
        return cls(tuple(order[:_COLOURS]), len(order) > _COLOURS)

    def colour(self, label: str) -> str:
        """Give the style class of a label's colour."""
        return f"c{self.labels.index(label) + 1}" if label in self.labels else _OTHER

    def legend(self, words: Words) -> list[dict[str, str]]:
        """Give the entries of a legend."""
        entries = [
            {"colour": self.colour(label), "name": words.label(label)} for label in self.labels
        ]
        return [*entries, {"colour": _OTHER, "name": words("other_kinds")}][
            : len(entries) + self.others
        ]

    def parts(self, labels: Mapping[str, int], words: Words) -> list[dict[str, Any]]:
        """Give the parts of a bar or column, one for each colour."""
        others = sum(n for label, n in labels.items() if label not in self.labels)
        found = [
            {
                "name": words.label(label),
                "n": labels.get(label, 0),
                "shown": f"{labels.get(label, 0):,}",
                "colour": self.colour(label),
            }
            for label in self.labels
        ]
        found.append(
            {"name": words("other_kinds"), "n": others, "shown": f"{others:,}", "colour": _OTHER}
        )
        return [part for part in found if part["n"]]


def kind_bars(report: Report, words: Words, palette: Palette) -> list[dict[str, Any]]:
    """Give a bar for each of the most frequent labels and one for the rest together."""
    order = report.labels.most_common()
    # One more is shown itself rather than as a rest of one.
    n_shown = len(order) if len(order) <= _SHOWN_KINDS + 1 else _SHOWN_KINDS
    rows = [(words.label(label), n, palette.colour(label)) for label, n in order[:n_shown]]
    if rest := order[n_shown:]:
        rows.append((words("kinds_rest", n=len(rest)), sum(n for _, n in rest), _OTHER))
    most = max((n for _, n, _ in rows), default=0)
    return [
        {
            "name": name,
            "parts": [{"name": name, "n": n, "shown": f"{n:,}", "colour": colour}],
            "whole": most,
            "shown": f"{n:,}",
            "share": words.share(n, report.flagged),
        }
        for name, n, colour in rows
    ]


def board_bars(report: Report, words: Words, palette: Palette) -> tuple[list[dict[str, Any]], str]:
    """Give a bar for each board with flagged posts, the most first, and what is left out."""
    order = sorted(
        (name for name, board in report.boards.items() if board.flagged),
        key=lambda name: (-report.boards[name].flagged, name),
    )
    shown = order[:_SHOWN_BOARDS]
    most = max((sum(report.boards[name].labels.values()) for name in shown), default=0)
    rows = []
    for name in shown:
        board = report.boards[name]
        # With only the flagged posts at hand all of a board's would be flagged.
        share = words.share(board.flagged, board.posts) if report.suggestions["pass"] else ""
        rows.append(
            {
                "name": visible(name),
                "parts": palette.parts(board.labels, words),
                "whole": most,
                "shown": f"{board.flagged:,}",
                "share": share,
            }
        )
    rest = order[_SHOWN_BOARDS:]
    more = ""
    if rest:
        posts = sum(report.boards[name].flagged for name in rest)
        more = words("boards_more", n=len(rest), posts=posts)
    return rows, more


def time_chart(report: Report, words: Words, palette: Palette) -> dict[str, Any] | None:
    """Give the columns of flagged posts over time by label; None where no time is known."""
    unit, found = columns(report.days)
    if not found:
        return None
    whole = max(sum(column.labels.values()) for column in found) or 1
    note = words("time_note", unit=words(f"unit_{unit}"))
    step = max(1, -(-len(found) // _TICKS))
    return {
        "title": note,
        "note": note,
        "top": f"{whole:,}",
        "whole": whole,
        "columns": [
            {
                "index": index,
                "name": _name(column.begin, unit),
                "parts": palette.parts(column.labels, words),
            }
            for index, column in enumerate(found)
        ],
        "ticks": [_name(found[at].begin, unit) for at in _ticks(len(found), step)],
    }


def _ticks(n: int, step: int) -> list[int]:
    """Give the columns that are named: the first, the last, and some between."""
    if n == 1:
        return [0]
    return [at for at in range(0, n - 1, step) if n - 1 - at >= step / 2] + [n - 1]


def _name(begin: date, unit: str) -> str:
    if unit == "year":
        return f"{begin:%Y}"
    return f"{begin:%Y-%m}" if unit == "month" else f"{begin:%Y-%m-%d}"
