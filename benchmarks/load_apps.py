"""Applications that are put under load beside the service: its own ceiling, and a plain one.

`ceiling` is the service itself with a detector that looks for one word, so that what is measured is
the service's own work. `plain` is what a user would write: FastAPI, a pydantic body, a scikit-learn
pipeline in the handler; `LOAD_PIPELINE` names the file with the trained pipeline.
"""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.registry import Entry, Registry
from fanzha.verdict import GivenLabel, Verdict
from fanzha_api.app import create_app
from fanzha_api.logs import UVICORN_LOGGING
from fanzha_api.metrics import MULTIPROCESS_DIR
from fanzha_api.protocol import Protocol

PIPELINE = "LOAD_PIPELINE"


class OneWord:
    """Flags what says 套现, at once."""

    bundle_id = "one-word"

    def __init__(self) -> None:
        self.registry = Registry.load()
        self.policy = Policy("default", dict.fromkeys(LABELS, 0.6), dict.fromkeys(LABELS, 0.9))

    def check(self, post: str | Post) -> Verdict:
        """Give the verdict of one post."""
        post = Post.of(post)
        start = post.text.find("套现")
        score = 0.97 if start >= 0 else 0.01
        return Verdict(
            id=post.id,
            suggestion="block" if start >= 0 else "pass",
            labels=(GivenLabel("cash_out", score, 0.6),) if start >= 0 else (),
            scores=dict.fromkeys(LABELS, 0.01) | {"cash_out": score},
            evidence=(),
            hotlines=(),
            contacts=(),
            normalizations=(),
            bundle=self.bundle_id,
            policy=self.policy.name,
        )

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        """Give the verdicts of many."""
        return map(self.check, posts)

    def owners(self, number: str) -> tuple[Entry, ...]:
        """Give who publishes a number."""
        return self.registry.entries(number)

    def look_up(self, number: str, brand: str | None) -> Any:
        """Refuse; no number is looked up under load."""
        raise NotImplementedError(number)

    def with_registry(self, registry: Registry) -> OneWord:
        """Give the same detector."""
        return self

    def with_policy(self, policy: Policy) -> OneWord:
        """Give the same detector."""
        return self


def ceiling() -> FastAPI:
    """Make the service with a detector that costs next to nothing."""
    return create_app(load=lambda settings: OneWord())


class PlainPost(BaseModel):
    """The body that the plain application takes."""

    text: str = Field(max_length=100_000)


def plain() -> FastAPI:
    """Make the application that a user would write; its handler runs in FastAPI's threads."""
    app = FastAPI()
    pipeline = pickle.loads(Path(os.environ[PIPELINE]).read_bytes())

    @app.get("/readyz")
    def readyz() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/v1/moderations")
    def moderate(post: PlainPost) -> dict[str, float]:
        return {"bad": float(pipeline.predict_proba([post.text])[0, 1])}

    return app


def serve(name: str, port: int, workers: int) -> None:
    """Serve one of the applications as `fanzha-serve` serves its own."""
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    )
    with tempfile.TemporaryDirectory(prefix="fanzha-load-") as folder:
        os.environ[MULTIPROCESS_DIR] = folder
        uvicorn.run(
            f"load_apps:{name}", factory=True, host="127.0.0.1", port=port, workers=workers,
            access_log=False, log_config=UVICORN_LOGGING, backlog=2048,
            http="auto" if name == "plain" else Protocol,
        )  # fmt: skip


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
