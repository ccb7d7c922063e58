"""Run a scan: shards in, verdict lines out, in order, on as many cores as the plan says."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from fanzha.errors import ScanError
from fanzha.scan.plan import STANDARD_STREAM, Plan
from fanzha.scan.read import Record, Reject, read
from fanzha.scan.shard import Checker, DetectorLoader, Part, Shard, check_shard
from fanzha.scan.source import Source
from fanzha.scan.summary import Summary
from fanzha.scan.write import open_output

__all__ = ["scan"]

_SHARDS_AHEAD = 3


@dataclass(slots=True)
class _Worker:
    """What a worker process keeps from shard to shard."""

    checker: Checker | None = None


_WORKER = _Worker()


def scan(
    plan: Plan,
    load: Callable[[], Checker] | None = None,
    progress: Callable[[Part], None] | None = None,
) -> Summary:
    """Check every post of the plan's inputs and write the verdicts.

    Parameters
    ----------
    load
        Makes the detector, once in each process; must pickle.
        By default the shipped bundle with its own policy.
    progress
        Called with each part once it is written.

    Returns
    -------
    Counts and the worst posts; the verdicts are in `plan.output`.

    Raises
    ------
    InputError
        An input cannot be read at all, or the output cannot be written.
    BundleError, DataError
        The detector cannot be loaded.
    ScanError
        A post could not be checked or a worker died. No output is left behind.

    Notes
    -----
    Memory does not grow with the input: at most three shards a worker are under way.
    """
    load = load or DetectorLoader()
    began = time.monotonic()
    for path in plan.inputs:
        _check_readable(path, plan)
    total = Summary()
    with open_output(plan) as output:
        # Also where workers load their own: a damaged bundle is told here, and once.
        checker = load()
        for part in _parts(plan, load, checker):
            output.write(part.lines)
            for reject in part.rejects:
                output.reject(reject)
            total.merge(part.summary)
            if progress is not None:
                progress(part)
    total.seconds = time.monotonic() - began
    return total


def _check_readable(path: str, plan: Plan) -> None:
    """Read the first record of a file, so that a wrong one is told before hours of work."""
    if path != STANDARD_STREAM and Path(path).is_file():
        with Source(path, plan) as source:
            next(read(source, plan), None)


def _shards(plan: Plan) -> Iterator[Shard]:
    number = 0
    for path in plan.inputs:
        with Source(path, plan) as source:
            done_bytes = 0
            items = read(source, plan)
            while taken := _take(items, plan):
                position = source.position
                yield Shard(
                    number,
                    path,
                    tuple(item for item in taken if isinstance(item, Record)),
                    tuple(item for item in taken if isinstance(item, Reject)),
                    position - done_bytes,
                )
                number += 1
                done_bytes = position


def _take(items: Iterator[Record | Reject], plan: Plan) -> list[Record | Reject]:
    taken: list[Record | Reject] = []
    chars = 0
    for item in islice(items, plan.shard_posts):
        taken.append(item)
        chars += len(item.post.text) if isinstance(item, Record) else 0
        if chars >= plan.shard_chars:
            break
    return taken


def _parts(plan: Plan, load: Callable[[], Checker], checker: Checker) -> Iterator[Part]:
    import joblib

    shards = _shards(plan)
    first = list(islice(shards, 2))
    workers = plan.workers or joblib.cpu_count()
    if workers == 1 or len(first) < 2:
        for shard in chain(first, shards):
            yield check_shard(shard, checker, plan)
    else:
        yield from _parallel_parts(first, shards, load, plan, workers)


def _parallel_parts(
    first: Sequence[Shard],
    rest: Iterator[Shard],
    load: Callable[[], Checker],
    plan: Plan,
    workers: int,
) -> Iterator[Part]:
    # joblib.Parallel reads its tasks ahead of a slow consumer without bound, and in another
    # thread; its executor under our own window does neither.
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    executor = ProcessPoolExecutor(
        max_workers=workers,
        initializer=_ignore_interrupt,
        env=dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    )
    waiting: deque[tuple[Shard, Future[Part]]] = deque()

    def submit(shard: Shard) -> None:
        waiting.append((shard, executor.submit(_check_in_worker, shard, load, plan)))

    finished = False
    try:
        with _interrupt_held():
            for shard in first:
                submit(shard)
        for shard in islice(rest, max(0, _SHARDS_AHEAD * workers - len(first))):
            submit(shard)
        while waiting:
            part = waiting[0][1].result()
            waiting.popleft()
            for shard in islice(rest, 1):
                submit(shard)
            yield part
        finished = True
    except BrokenProcessPool as error:
        # Submitting raises it too; the oldest shard under way is where to look.
        shard = waiting[0][0] if waiting else first[0]
        raise ScanError(
            f"a worker died while shard {shard.number} ({shard.file}, from line {shard.line}) or "
            "one after it was being checked; it may have run out of memory, so scan again with "
            "fewer --workers",
            shard=shard.number,
            line=shard.line,
        ) from error
    finally:
        executor.shutdown(wait=True, kill_workers=not finished)


@contextmanager
def _interrupt_held() -> Iterator[None]:
    """Hold Ctrl-C back while workers start, who inherit that; it is delivered afterwards.

    The terminal sends it to all processes; the parent ends the workers and says so once.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check_in_worker(shard: Shard, load: Callable[[], Checker], plan: Plan) -> Part:
    # A worker lives for one scan, so its first loader is its only one.
    if _WORKER.checker is None:
        _WORKER.checker = load()
    return check_shard(shard, _WORKER.checker, plan)
