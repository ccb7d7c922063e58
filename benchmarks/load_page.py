"""The page of `benchmarks/load.py`."""

from __future__ import annotations

from statistics import median
from typing import Any

from markdown_tables import table

__all__ = ["page"]

BUSY_SHARE = 0.1


def page(result: dict[str, Any]) -> str:
    """Give benchmarks/load.md."""
    systems: dict[str, Any] = result["systems"]
    taken = sorted(result["changes_s"])
    others = [step["others"] for one in systems.values() for step in one.values()]
    lines = [
        "# Load",
        "",
        f"`make bench-load`: bundle `{result['bundle']}`, {result['machine']}, 2 workers, single "
        f"moderations of 100 characters over loopback, one post in twenty bad; "
        f"{_rounds(result['n_rounds'])} of {result['seconds']:g} seconds in which all systems take "
        "turns. The client is a process on the same cores, and other work ran on the machine: it "
        f"took {min(others):.0%} to {max(others):.0%} of its time, {median(others):.0%} in the "
        "middle. Latencies count from when a request was due.",
        *_warning(median(others)),
        "",
        "## As many as it takes",
        "",
        "32 connections, each with one request under way; only verdicts count.",
        "",
        *table(
            ("system", "verdicts a second", "lowest and highest round", "p50", "p99", "others"),
            [
                (
                    name,
                    f"{one['most']['accepted_per_s']:,.0f}",
                    f"{one['most']['range'][0]:,.0f}–{one['most']['range'][1]:,.0f}",
                    _ms(one["most"]["accepted_p50"]),
                    _ms(one["most"]["accepted_p99"]),
                    f"{one['most']['others']:.0%}",
                )
                for name, one in systems.items()
            ],
        ),
        "",
        "## 500 a second",
        "",
        *table(
            ("system", "verdicts a second", "p50", "p99", "refused", "others"),
            [
                (
                    name,
                    f"{one['steady']['accepted_per_s']:,.0f}",
                    _ms(one["steady"]["accepted_p50"]),
                    _ms(one["steady"]["accepted_p99"]),
                    f"{one['steady']['refused_share']:.1%}",
                    f"{one['steady']['others']:.0%}",
                )
                for name, one in systems.items()
            ],
        ),
        "",
        "## Four times as many as it takes",
        "",
        "512 connections. What the client could not send, since every connection waited for an "
        "answer, is unsent.",
        "",
        *table(
            (
                "system", "offered a second", "accepted a second", "p99 of accepted", "503",
                "p50 of 503", "p99 of 503", "unsent", "others",
            ),
            [
                (
                    name,
                    f"{one['overload']['offered_per_s']:,.0f}",
                    f"{one['overload']['accepted_per_s']:,.0f}",
                    _ms(one["overload"]["accepted_p99"]),
                    f"{one['overload']['refused_share']:.0%}",
                    _ms(one["overload"]["refused_p50"]),
                    _ms(one["overload"]["refused_p99"]),
                    f"{one['overload']['unsent_share']:.0%}",
                    f"{one['overload']['others']:.0%}",
                )
                for name, one in systems.items()
            ],
        ),
        "",
        "## From a policy's change to its effect",
        "",
        f"{len(taken)} changes of a board's policy, each timed from the request until connections "
        f"to both workers were judged by it: median {median(taken):.3f} s, longest "
        f"{taken[-1]:.3f} s.",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _rounds(count: int) -> str:
    return "one round" if count == 1 else f"medians of {count} rounds"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f} ms"


def _warning(others: float) -> list[str]:
    """Say so where others had so much of the machine that the figures are theirs too."""
    if others < BUSY_SHARE:
        return []
    return [
        "",
        "**The machine was not calm.** The rows may be held against one another, not against a "
        "goal: measure again on a machine of your own.",
    ]
