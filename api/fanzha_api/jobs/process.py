"""The process of one job: `python -m fanzha_api.jobs.process FOLDER`.

It reads `plan.json` in the folder, scans `input` into `result.jsonl`, and writes a line of JSON to
standard output for its progress and one for its end. It ends itself when its standard input
ends, which tells that the service is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fanzha.errors import FanzhaError
from fanzha.scan import Plan, scan
from fanzha.scan.shard import Checker, Part
from fanzha_api.boards import build
from fanzha_api.overlay import Overlay
from fanzha_api.problems import Problem
from fanzha_api.readiness import Detecting, load_detector
from fanzha_api.schemas import BoardPolicy
from fanzha_api.settings import Settings

__all__ = ["BoardLoader", "main"]


@dataclass(frozen=True, slots=True)
class BoardLoader:
    """Loads the detector that the service's settings and a board's policy make.

    `policy` is the board's as JSON values, None without one; `name` is `board@version`.
    """

    bundle: str | None
    thresholds: str | None
    registry: str | None
    policy: dict[str, Any] | None
    name: str

    def __call__(self) -> Checker:
        """Load the detector; takes about a second."""
        settings = Settings(
            bundle=None if self.bundle is None else Path(self.bundle),
            policy=None if self.thresholds is None else Path(self.thresholds),
            registry=None if self.registry is None else Path(self.registry),
        )
        detector: Detecting = load_detector(settings)
        if settings.registry is not None:
            laid = Overlay(settings.registry).look()
            if laid is not None:
                detector = detector.with_registry(laid)
        if self.policy is None:
            return detector
        policy = BoardPolicy.model_validate(self.policy)
        return build(detector, policy, self.name, settings.registry)


def main(folder: Path) -> int:
    """Run the job in a folder; 0 done, 1 not."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    wanted = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    done_bytes = 0

    def progress(part: Part) -> None:
        nonlocal done_bytes
        done_bytes += part.read_bytes
        _tell(done_bytes=done_bytes)

    try:
        plan = Plan(
            (str(folder / "input"),), str(folder / "result.jsonl"), workers=1, **wanted["plan"]
        )
        # What a process that died has left: the job runs from its beginning, by the policy of now.
        shutil.rmtree(plan.parts, ignore_errors=True)
        total = scan(plan, BoardLoader(**wanted["loader"]), progress)
    except (FanzhaError, Problem) as error:
        _tell(problem=str(error).replace(str(folder / "input"), "the file"))
        return 1
    _tell(
        summary={
            "posts": total.posts,
            "rejected": total.rejected,
            "suggestions": dict(total.suggestions),
            "labels": dict(total.labels),
            "seconds": round(total.seconds, 3),
        }
    )
    return 0


def _tell(**values: Any) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    # Not sys.stdin: a thread that waits in it makes the interpreter abort at its end.
    while os.read(0, 4096):
        continue
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
