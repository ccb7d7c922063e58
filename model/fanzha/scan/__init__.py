"""Scan forum dumps: read records, check them on all cores, write one verdict a line."""

from __future__ import annotations

from fanzha.scan.plan import Plan
from fanzha.scan.run import scan
from fanzha.scan.shard import DetectorLoader
from fanzha.scan.summary import Summary

__all__ = ["DetectorLoader", "Plan", "Summary", "scan"]
