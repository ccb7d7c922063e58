"""Prometheus metrics: requests, stages, verdicts, queues, storage, drift and the bundle."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from fanzha.verdict import Verdict
from fanzha_api.score_counts import LabelDrift

__all__ = ["CONTENT_TYPE", "MULTIPROCESS_DIR", "Metrics"]

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

MULTIPROCESS_DIR: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable by which prometheus_client finds the counts of all worker processes."""

_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS: Final = frozenset({"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The counts of one application; each has its own registry."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "fanzha_requests",
            "Answered requests.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._latency = Histogram(
            "fanzha_request_seconds",
            "Time from the request's head to the answer's end.",
            ["route"],
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._verdicts = Counter(
            "fanzha_verdicts", "Verdicts by suggestion.", ["suggestion"], registry=self._registry
        )
        self._labels = Counter(
            "fanzha_labels", "Labels given to posts.", ["label"], registry=self._registry
        )
        self._bundle = Gauge(
            "fanzha_bundle_info",
            "1 for the bundle and the policy in use.",
            ["bundle", "policy"],
            registry=self._registry,
            multiprocess_mode="max",
        )

        self._stages = Histogram(
            "fanzha_stage_seconds",
            "Time of a moderation's stages: wait for a thread, judge, store.",
            ["stage"],
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._by_stage = {one: self._stages.labels(one) for one in ("wait", "judge", "store")}
        self._board_verdicts = Counter(
            "fanzha_board_verdicts",
            "Verdicts by the board whose policy gave them.",
            ["board", "suggestion"],
            registry=self._registry,
        )
        self._board_labels = Counter(
            "fanzha_board_labels",
            "Labels given by the board whose policy gave them.",
            ["board", "label"],
            registry=self._registry,
        )
        self._waiting = Gauge(
            "fanzha_waiting",
            "What waits in the workers: requests, records, shadow posts.",
            ["queue"],
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._work = Gauge(
            "fanzha_work",
            "What lies in the database: reviews, appeals, jobs, deliveries.",
            ["kind", "state"],
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        self._shown_work: set[tuple[str, str]] = set()
        self._dropped = Gauge(
            "fanzha_dropped",
            "Records that were given up since the workers' start.",
            registry=self._registry,
            multiprocess_mode="sum",
        )
        self._storage = Gauge(
            "fanzha_storage_available",
            "1 where the database answered last time, in every worker.",
            registry=self._registry,
            multiprocess_mode="livemin",
        )
        self._drift = Gauge(
            "fanzha_drift_psi",
            "Population stability index of the last day against the baseline.",
            ["board", "label", "of"],
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is the route's template, never the path."""
        known = method if method in _METHODS else "other"
        counted = self._counted.get((known, route, status))
        if counted is None:
            # Looking a counter up by its labels costs more than counting.
            counted = self._requests.labels(known, route, str(status)), self._latency.labels(route)
            self._counted[known, route, status] = counted
        counted[0].inc()
        counted[1].observe(seconds)

    def count_refused(self, method: str, route: str, status: int, count: int) -> None:
        """Count requests refused from their heads, which are not timed."""
        self._requests.labels(method, route, str(status)).inc(count)

    def count_verdicts(self, verdicts: Iterable[tuple[str, Verdict]]) -> None:
        """Count verdicts, each with the board whose policy gave it, and the labels they give."""
        for board, verdict in verdicts:
            self._verdicts.labels(verdict.suggestion).inc()
            self._board_verdicts.labels(board, verdict.suggestion).inc()
            for given in verdict.labels:
                self._labels.labels(given.label).inc()
                self._board_labels.labels(board, given.label).inc()

    def time_stage(self, stage: str, seconds: float) -> None:
        """Count how long a stage of a moderation took: `wait`, `judge` or `store`."""
        self._by_stage[stage].observe(seconds)

    def show_drift(self, board: str, labels: Iterable[LabelDrift]) -> None:
        """Show how far a board's scores and rates lie from their baseline."""
        for one in labels:
            self._drift.labels(board, one.label, "scores").set(one.scores)
            self._drift.labels(board, one.label, "rate").set(one.labels)

    def show_waiting(self, waiting: Mapping[str, int]) -> None:
        """Show by queue what waits in this worker."""
        for queue, count in waiting.items():
            self._waiting.labels(queue).set(count)

    def show_work(self, work: Mapping[tuple[str, str], int]) -> None:
        """Show by kind and state what lies in the database; a state that is gone shows 0."""
        self._shown_work |= work.keys()
        for kind, state in self._shown_work:
            self._work.labels(kind, state).set(work.get((kind, state), 0))

    def show_storage(self, *, available: bool, dropped: int) -> None:
        """Show whether the database answers, and how many records were given up."""
        self._storage.set(available)
        self._dropped.set(dropped)

    def show_bundle(self, bundle: str, policy: str) -> None:
        """Name the bundle and the policy in use."""
        self._bundle.labels(bundle, policy).set(1)

    def render(self) -> bytes:
        """Give the text exposition; with several workers, the sum over all of them."""
        if MULTIPROCESS_DIR not in os.environ:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)
