"""A candidate bundle that judges beside the live one, off the way of requests."""

from __future__ import annotations

import logging
import random
import secrets
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from fanzha.errors import FanzhaError
from fanzha.registry import Registry
from fanzha.verdict import Verdict
from fanzha_api.boards import Boards
from fanzha_api.judging import Given
from fanzha_api.logs import frames
from fanzha_api.problems import Problem
from fanzha_api.readiness import Detecting
from fanzha_api.store import Storage
from fanzha_api.store.shadow import write_shadow

__all__ = ["Shadow", "difference"]

_MOST_WAITING: Final = 256
_MOST_CHARS: Final = 200_000
_MOST_UNWRITTEN: Final = 1000
_TOGETHER: Final = 16
_PAUSE_S: Final = 0.02
_WRITE_S: Final = 1.0

_log = logging.getLogger(__name__)


class Shadow:
    """Has the candidate judge a share of the posts while no request waits.

    What is judged by neither time nor room is left out and counted as `skipped`; a request never
    waits for the candidate, and its verdicts are never given.

    Parameters
    ----------
    load
        Loads the candidate; run once, in the shadow's own thread.
    share
        Share of the posts that are sampled.
    idle
        Tells whether no request is being worked on.
    registry
        Gives the registry that the live bundle uses now; the candidate uses the same.
    overlay
        The operator's own table, over which the boards' numbers are laid.
    """

    def __init__(
        self,
        storage: Storage,
        live: Boards,
        load: Callable[[], Detecting],
        *,
        share: float,
        idle: Callable[[], bool],
        registry: Callable[[], Registry],
        overlay: Path | None = None,
    ) -> None:
        self._storage = storage
        self._live = live
        self._load = load
        self._share = share
        self._idle = idle
        self._registry = registry
        self._boards = Boards(overlay)
        self._worker = secrets.token_hex(8)
        self._waiting: deque[Given] = deque()
        self._chars = 0
        self._changed = threading.Condition()
        self._unwritten = False
        self._ending = False
        self._draw = random.Random()
        self._counts: dict[tuple[str, str], Counter[str]] = {}
        self._differences: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._skipped = 0
        self.candidate: str | None = None
        self.problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="fanzha-shadow", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Posts that wait for the candidate."""
        return len(self._waiting)

    def offer(self, shown: Sequence[Given]) -> None:
        """Sample posts that were just judged; never blocks for long."""
        chosen = [one for one in shown if self._draw.random() < self._share]
        if not chosen or self.problem is not None:
            return
        with self._changed:
            for one in chosen:
                n_chars = len(one.post.text)
                if len(self._waiting) >= _MOST_WAITING or self._chars + n_chars > _MOST_CHARS:
                    self._skipped += 1
                    continue
                self._waiting.append(one)
                self._chars += n_chars
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was sampled is compared and written; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._waiting and not self._unwritten, timeout_s
            )

    def close(self) -> None:
        """End; what waits is given up."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join(30)

    def _run(self) -> None:
        with self._changed:
            # Not before there is something to judge: the live bundle is loaded first.
            self._changed.wait_for(lambda: self._waiting or self._ending)
        candidate = None if self._ending else self._loaded()
        if candidate is None:
            return
        while not self._ending:
            taken = self._take()
            try:
                if candidate.registry is not self._registry():
                    candidate = candidate.with_registry(self._registry())
                self._compare(candidate, taken)
                self._write()
            except Problem:
                pass  # The database is away; counts and the newest differences wait.
            except Exception as error:
                fields = {"error": type(error).__name__, "frames": frames(error)}
                _log.error("the shadow failed", extra={"fields": fields})
            with self._changed:
                self._changed.notify_all()

    def _loaded(self) -> Detecting | None:
        try:
            candidate = self._load()
        except FanzhaError as error:
            self.problem = str(error)
            _log.error("no shadow", extra={"fields": {"why": self.problem}})
            return None
        except Exception as error:
            self.problem = f"unexpected {type(error).__name__} while loading; report it"
            _log.error("no shadow", extra={"fields": {"frames": frames(error)}})
            return None
        self.candidate = candidate.bundle_id
        _log.info("shadow ready", extra={"fields": {"bundle": candidate.bundle_id}})
        return candidate

    def _take(self) -> list[Given]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ending, _WRITE_S)
            # Requests come first: the interpreter runs one thread at a time.
            while self._waiting and not self._idle() and not self._ending:
                self._changed.wait(_PAUSE_S)
            taken = [self._waiting.popleft() for _ in range(min(_TOGETHER, len(self._waiting)))]
            self._chars -= sum(len(one.post.text) for one in taken)
            self._unwritten |= bool(taken)
            return taken

    def _compare(self, candidate: Detecting, taken: Sequence[Given]) -> None:
        self._boards.follow(candidate, self._live)
        for one in taken:
            pair = one.verdict.bundle, candidate.bundle_id
            counts = self._counts.setdefault(pair, Counter())
            judging, _ = self._boards.of(one.board, candidate)
            try:
                other = judging.check(one.post)
            except Exception as error:
                fields = {"error": type(error).__name__, "frames": frames(error)}
                _log.error("the shadow failed on a post", extra={"fields": fields})
                continue
            counts["compared"] += 1
            counts[f"{one.verdict.suggestion}>{other.suggestion}"] += 1
            found = difference(one.verdict, other)
            if found is not None:
                counts["different"] += 1
                board = self._live.name_of(one.board)
                rows = self._differences.setdefault(pair, [])
                rows.append(
                    {"request_id": one.request_id or "", "board": board, "difference": found}
                )
                del rows[:-_MOST_UNWRITTEN]

    def _write(self) -> None:
        if not self._unwritten:
            return
        with self._storage.transaction() as connection:
            for pair, counts in self._counts.items():
                counts["skipped"] = self._skipped
                rows = self._differences.get(pair, [])
                write_shadow(connection, pair, self._worker, counts, rows)
        self._differences.clear()
        with self._changed:
            self._unwritten = False


def difference(live: Verdict, candidate: Verdict) -> dict[str, Any] | None:
    """Give what a candidate says otherwise, as JSON values; None where it says the same."""
    before, after = (
        sorted(given.label for given in verdict.labels) for verdict in (live, candidate)
    )
    if before == after and live.suggestion == candidate.suggestion:
        return None
    return {
        "suggestion": [live.suggestion, candidate.suggestion],
        "labels": [before, after],
        "scores": {
            label: [live.scores[label], candidate.scores[label]]
            for label in sorted({*before, *after})
        },
    }
