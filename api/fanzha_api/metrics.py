"""Prometheus metrics: requests, their latency, verdicts, and the bundle that gave them."""

from __future__ import annotations

import os
from collections.abc import Iterable
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

    def count_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Count verdicts by suggestion, and each label that they give."""
        for verdict in verdicts:
            self._verdicts.labels(verdict.suggestion).inc()
            for given in verdict.labels:
                self._labels.labels(given.label).inc()

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
