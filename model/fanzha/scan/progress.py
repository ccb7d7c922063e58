"""Show on a terminal how far a scan is and how fast it goes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fanzha.scan.plan import Plan
from fanzha.scan.shard import Part

__all__ = ["shown_progress"]


@contextmanager
def shown_progress(plan: Plan) -> Iterator[Callable[[Part], None] | None]:
    """Give the callback for `scan` that moves a bar on standard error; None off a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    paths = [Path(path) for path in plan.inputs]
    known = all(path.is_file() for path in paths)
    progress = Progress(
        TextColumn("scanning"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    total_bytes = sum(path.stat().st_size for path in paths) if known else None
    posts = 0
    with progress:
        task = progress.add_task("scanning", total=total_bytes, rate="")

        def advance(part: Part) -> None:
            nonlocal posts
            posts += part.summary.posts
            elapsed_s = progress.tasks[0].elapsed or 0.0
            rate = f"{posts / elapsed_s:,.0f} posts/s" if elapsed_s else ""
            progress.update(task, advance=part.read_bytes, rate=f"{posts:,} posts  {rate}")

        yield advance
