"""Charts as figures for SVG: columns by day, bars by board and label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from fanzha_api.console.phrases import Phrases
from fanzha_api.store.statistics import Tally

__all__ = ["board_bars", "columns", "label_columns", "last_days", "suggestion_columns"]

_COLOURS: Final = 5
_OTHER: Final = "other"
_SHOWN_BOARDS: Final = 12
_TICKS: Final = 5
_SUGGESTIONS: Final = (("block", "block-fill"), ("review", "review-fill"), ("pass", "pass-fill"))


def suggestion_columns(
    tallies: Sequence[Tally], days: Sequence[date], say: Phrases
) -> dict[str, Any]:
    """Give a column for each day, in parts by suggestion; those that pass only if recorded."""
    counts: dict[date, Counter[str]] = {day: Counter() for day in days}
    for one in tallies:
        if one.day in counts:
            counts[one.day][one.suggestion] += one.n
    seen = {one.suggestion for one in tallies}
    legend = [
        (name, say(f"suggestion_{name}"), colour)
        for name, colour in _SUGGESTIONS
        if name in seen or name != "pass"
    ]
    return columns(say("chart_suggestions"), days, counts, legend)


def label_columns(tallies: Sequence[Tally], days: Sequence[date], say: Phrases) -> dict[str, Any]:
    """Give a column for each day, in parts by label; the rarer labels share one part."""
    total: Counter[str] = Counter()
    for one in tallies:
        for label in one.labels:
            total[label] += one.n
    order = [label for label, _ in total.most_common()]
    own = order if len(order) <= _COLOURS + 1 else order[:_COLOURS]
    counts: dict[date, Counter[str]] = {day: Counter() for day in days}
    for one in tallies:
        for label in one.labels:
            if one.day in counts:
                counts[one.day][label if label in own else _OTHER] += one.n
    legend = [(label, say.label(label), f"c{place}") for place, label in enumerate(own, start=1)]
    if len(own) < len(order):
        legend.append((_OTHER, say("other_labels"), "c6"))
    return columns(say("chart_labels"), days, counts, legend)


def columns(
    title: str,
    days: Sequence[date],
    counts: Mapping[date, Mapping[str, int]],
    legend: Iterable[tuple[str, str, str]],
) -> dict[str, Any]:
    """Give the rectangles of a chart of columns, and its numbers as a table.

    Parameters
    ----------
    counts
        For each day the height of each part.
    legend
        The parts from the bottom up: key, name, style class.
    """
    parts = list(legend)
    whole = max((sum(counts[day].values()) for day in days), default=0) or 1
    drawn = []
    for place, day in enumerate(days):
        top = 100.0
        rects = []
        for key, name, colour in parts:
            n = counts[day].get(key, 0)
            if n:
                height = 100 * n / whole
                top -= height
                rects.append(
                    {
                        "name": name, "n": f"{n:,}", "colour": colour,
                        "y": f"{top:.2f}", "height": f"{height:.2f}",
                    }
                )  # fmt: skip
        drawn.append({"x": place * 10 + 1, "name": f"{day:%m-%d}", "parts": rects})
    step = max(1, -(-len(days) // _TICKS))
    ticks = [day for place, day in enumerate(days) if place % step == 0 and len(days) - place > 2]
    return {
        "title": title,
        "top": f"{whole:,}",
        "columns": drawn,
        "ticks": [f"{day:%m-%d}" for day in (*ticks, days[-1])],
        "legend": [{"name": name, "colour": colour} for _, name, colour in parts],
        "rows": [
            {
                "name": f"{day:%Y-%m-%d}",
                "numbers": [f"{counts[day].get(key, 0):,}" for key, _, _ in parts],
            }
            for day in reversed(days)
        ],
    }


def board_bars(tallies: Sequence[Tally], say: Phrases) -> list[dict[str, Any]]:
    """Give a bar for each board with flagged posts, in parts by suggestion, the most first."""
    boards: dict[str, Counter[str]] = {}
    for one in tallies:
        if one.suggestion != "pass":
            boards.setdefault(one.board, Counter())[one.suggestion] += one.n
    order = sorted(boards, key=lambda name: (-boards[name].total(), name))
    most = max((boards[name].total() for name in order), default=1)
    bars = []
    for name in order[:_SHOWN_BOARDS]:
        start = 0.0
        parts = []
        for suggestion, colour in _SUGGESTIONS[:2]:
            n = boards[name][suggestion]
            width = 1000 * n / most
            told = f"{say(f'suggestion_{suggestion}')}: {n:,}"
            parts.append(
                {"x": f"{start:.1f}", "width": f"{width:.1f}", "colour": colour, "name": told}
            )
            start += width
        bars.append(
            {
                "name": name, "parts": parts, "n": f"{boards[name].total():,}",
                "block": f"{boards[name]['block']:,}", "review": f"{boards[name]['review']:,}",
            }
        )  # fmt: skip
    return bars


def last_days(n: int, today: date) -> list[date]:
    """Give the last days, this one included, in order."""
    return [today - timedelta(days=before) for before in range(n - 1, -1, -1)]
