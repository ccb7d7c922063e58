"""Run a scan: shards in, verdict lines out, in order, on as many cores as the plan says."""

from __future__ import annotations

import gc
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from fanzha.errors import ScanError
from fanzha.scan.manifest import manifest_of
from fanzha.scan.parent import end_with
from fanzha.scan.part_folder import PartFolder, opened_parts, store
from fanzha.scan.plan import STANDARD_STREAM, Plan
from fanzha.scan.read import cut, read
from fanzha.scan.shard import Checker, DetectorLoader, Part, Shard, check_shard
from fanzha.scan.source import sources
from fanzha.scan.summary import Summary
from fanzha.scan.write import open_output

__all__ = ["scan"]

_HANDED_OVER_SECONDS = 5.0
_FEWEST_SHARDS = 32
_MOST_A_CORE = 4
_LEAST_SHARD_BYTES = 1 << 16


@dataclass(slots=True)
class _Worker:
    """What a worker process keeps from shard to shard."""

    load: Callable[[], Checker]
    plan: Plan
    folder: Path | None
    checker: Checker | None = None


_WORKERS: list[_Worker] = []
"""In a worker process, itself."""


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
        An input cannot be read at all, the output cannot be written, or the scan cannot go on.
    BundleError, DataError
        The detector cannot be loaded.
    ScanError
        A post could not be checked or a worker died. There is no output then, but what is
        finished stays in `plan.parts` if the plan can be resumed.

    Notes
    -----
    Workers read and check; this process only cuts the inputs and puts the parts together. Memory
    does not grow with the input: at most two shards a worker, and one, are under way.
    """
    load = load or DetectorLoader()
    cutting = _fitted(plan)
    began = time.monotonic()
    for path in plan.inputs:
        _check_readable(path, plan)
    total = Summary()
    with ExitStack() as stack:
        folder: PartFolder | None = None
        checker: Checker | None = None
        if plan.resumable:
            checker = load()
            folder = stack.enter_context(opened_parts(plan, manifest_of(plan, load, checker)))
        output = stack.enter_context(open_output(plan, folder.result if folder else None))
        # Also where workers load their own: a damaged bundle is told here, and once.
        checker = checker or load()
        for part in _parts(cutting, load, checker, folder):
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
        for source in sources(path, plan):
            next(read(source, plan), None)


def _fitted(plan: Plan) -> Plan:
    """Give the plan with smaller shards where the inputs are too small for many whole ones."""
    if not all(path != STANDARD_STREAM and Path(path).is_file() for path in plan.inputs):
        return plan
    size_bytes = sum(Path(path).stat().st_size for path in plan.inputs)
    # Not by the number of workers, which another run may choose otherwise and go on with the parts.
    fair = max(_LEAST_SHARD_BYTES, size_bytes // _FEWEST_SHARDS)
    return replace(plan, shard_bytes=min(plan.shard_bytes, fair))


def _shards(plan: Plan) -> Iterator[Shard]:
    number = 0
    for path in plan.inputs:
        for source in sources(path, plan):
            for chunk in cut(source, plan, posts_only=True):
                yield Shard(number, chunk)
                number += 1


def _parts(
    plan: Plan, load: Callable[[], Checker], checker: Checker, folder: PartFolder | None
) -> Iterator[Part]:
    import joblib

    kept = folder.path if folder else None
    found = ((shard, folder.find(shard) if folder else None) for shard in _shards(plan))
    # Each worker loads a detector of its own; more than some a core only slow each other down.
    cores = joblib.cpu_count()
    most = min(plan.workers or cores, _MOST_A_CORE * cores)
    first = list(islice(found, most))
    workers = len(first)
    if workers < 2:
        for shard, part in chain(first, found):
            yield part or _checked(shard, checker, plan, kept)
    else:
        yield from _parallel_parts(first, found, load, plan, workers=workers, kept=kept)


def _parallel_parts(
    first: Sequence[tuple[Shard, Part | None]],
    rest: Iterator[tuple[Shard, Part | None]],
    load: Callable[[], Checker],
    plan: Plan,
    *,
    workers: int,
    kept: Path | None,
) -> Iterator[Part]:
    # joblib.Parallel reads its tasks ahead of a slow consumer without bound, and in another
    # thread; its executor under our own window does neither.
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    executor = ProcessPoolExecutor(
        max_workers=workers,
        initializer=_begin_work,
        initargs=(load, plan, kept, os.getpid()),
        env=dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    )
    waiting: deque[tuple[Shard, Future[Part] | Part]] = deque()

    def submit(shard: Shard, part: Part | None) -> None:
        waiting.append((shard, part or executor.submit(_check_in_worker, shard)))

    finished = False
    try:
        with _interrupt_held():
            for shard, part in first:
                submit(shard, part)
        # As many as the executor passes on to its workers at once; see _hand_over.
        for shard, part in islice(rest, 2 * workers + 1 - len(first)):
            submit(shard, part)
        while waiting:
            done = waiting[0][1]
            part = done if isinstance(done, Part) else done.result()
            waiting.popleft()
            for later in islice(rest, 1):
                submit(*later)
            yield part
        finished = True
    except BrokenProcessPool as error:
        # Submitting raises it too; the oldest shard under way is where to look.
        shard = waiting[0][0] if waiting else first[0][0]
        raise ScanError(
            f"a worker died while shard {shard.number} ({shard.chunk.file}, from line "
            f"{shard.chunk.line}) or one after it was being checked; it may have run out of "
            "memory, so scan again with fewer --workers",
            shard=shard.number,
            line=shard.chunk.line,
        ) from error
    finally:
        if not finished:
            _hand_over([done for _, done in waiting if not isinstance(done, Part)])
        executor.shutdown(wait=True, kill_workers=not finished)


def _hand_over(futures: Sequence[Future[Part]]) -> None:
    """Wait until the executor has passed every task on to its workers.

    Its thread dies of a KeyError if it is shut down with `kill_workers` before that: it forgets
    the tasks and then looks for those whose number it has still to pass on.
    """
    latest = time.monotonic() + _HANDED_OVER_SECONDS
    while time.monotonic() < latest and not all(it.running() or it.done() for it in futures):
        time.sleep(0.001)


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


def _begin_work(load: Callable[[], Checker], plan: Plan, folder: Path | None, parent: int) -> None:
    end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _WORKERS[:] = [_Worker(load, plan, folder)]


def _check_in_worker(shard: Shard) -> Part:
    worker = _WORKERS[0]
    if worker.checker is None:
        worker.checker = worker.load()
        # What a detector holds is never garbage; not to look at it again saves a twentieth.
        gc.freeze()
    return _checked(shard, worker.checker, worker.plan, worker.folder)


def _checked(shard: Shard, checker: Checker, plan: Plan, folder: Path | None) -> Part:
    shard = Shard(shard.number, shard.chunk.loaded())
    part = check_shard(shard, checker, plan)
    return part if folder is None else store(folder, shard, part)
