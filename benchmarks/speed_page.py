"""The page and the plot of what benchmarks/speed.py measured."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from markdown_tables import table
from speed_rivals import REFERENCE

__all__ = ["draw", "page"]

_ROW_PX = 22
_LEFT_PX = 250
_BAR_PX = 430


def page(result: dict[str, Any]) -> str:
    """Give the page as Markdown."""
    machine = result["machine"]
    lines = [
        "# Speed",
        "",
        f"`python benchmarks/speed.py`, bundle `{result['bundle']}`"
        f"{'' if result['screen'] else ' (without a screen)'}, one core of {machine['processor']}, "
        f"Python {machine['python']}; medians of {result['n_rounds']} rounds in which all systems "
        "take turns. Ratios to the reference pipeline are what counts; the machine may be shared.",
        "",
        "![Characters a second on the realistic mix](speed.svg)",
    ]
    for name, mix in result["mixes"].items():
        systems = mix["systems"]
        reference = systems[REFERENCE]["chars_per_s"]
        rows = [
            (
                system,
                f"{row['chars_per_s'] / 1e6:.3f}",
                f"{row['posts_per_s']:,.0f}",
                f"{row['chars_per_s'] / reference:.2f}",
            )
            for system, row in systems.items()
        ]
        heads = ("system", "million characters a second", "posts a second", "× reference")
        about = f"{mix['n_posts']} posts, {mix['n_chars'] / mix['n_posts']:,.0f} characters each"
        lines += ["", f"## {name.capitalize()}", "", f"{about}.", "", *table(heads, rows)]
    stages = [(name, f"{value:g}") for name, value in result["stages"].items()]
    growth, late, begin = result["growth"], result["latency"], result["start_up"]
    by_posts = [(f"{n}×", f"{value:.3f}") for n, value in growth["posts"].items()]
    by_chars = [(f"{int(n):,}", f"{value * 1e3:.2f}") for n, value in growth["chars"].items()]
    limits = [(name, f"{value / 1e6:,.0f}") for name, value in result["limits"].items()]
    lines += [
        "",
        "## Stages",
        "",
        "Microseconds a post of the realistic mix; what the model does not see is left out of the "
        "rest. `what may be found` is the first look without estimates.",
        "",
        *table(("stage", "µs a post"), stages),
        "",
        "## Growth",
        "",
        f"Eight times the posts take {growth['eight_times_the_posts']} times as long, eight times "
        f"the characters, 100,000 instead of 12,500, {growth['eight_times_the_chars']} times.",
        "",
        *table(("posts", "seconds"), by_posts),
        "",
        *table(("characters of one post", "milliseconds"), by_chars),
        "",
        "## One post at a time",
        "",
        f"`check` of a post of 100 characters, {late['n_calls']} calls: p50 {late['p50_ms']} ms, "
        f"p99 {late['p99_ms']} ms.",
        "",
        "## Start and memory",
        "",
        f"Seconds of a whole process; a process with a loaded detector holds "
        f"{begin['memory_mb']} MB at most.",
        "",
        *table(
            ("process", "seconds"),
            [(name, f"{value:.2f}") for name, value in begin.items() if name != "memory_mb"],
        ),
        "",
        "## What the machine does with the same characters",
        "",
        *table(("work", "million characters a second"), limits),
        "",
    ]
    return "\n".join(lines)


def draw(result: dict[str, Any]) -> str:
    """Give the characters a second on the realistic mix as bars, in SVG."""
    systems = result["mixes"]["realistic"]["systems"]
    rates = sorted(
        ((name, row["chars_per_s"]) for name, row in systems.items()), key=lambda one: -one[1]
    )
    most = rates[0][1]
    height = _ROW_PX * len(rates) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT_PX + _BAR_PX + 90}" '
        f'height="{height}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        '<text x="8" y="16">million characters a second, realistic mix</text>',
    ]
    for number, (name, rate) in enumerate(rates):
        y = 26 + number * _ROW_PX
        colour = "#b03030" if name.startswith("fanzha") else "#7a8a99"
        width = max(1.0, _BAR_PX * rate / most)
        parts += [
            f'<text x="{_LEFT_PX - 6}" y="{y + 13}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_LEFT_PX}" y="{y}" width="{width:.1f}" height="16" fill="{colour}"/>',
            f'<text x="{_LEFT_PX + width + 5:.1f}" y="{y + 13}">{rate / 1e6:.2f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
