"""The client that waits for its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fanzha_api import schemas
from fanzha_api.client.calls import TIMEOUT_S, Calls, httpx

__all__ = ["Client"]


class Client(Calls):
    """Asks the service and waits; use it as a context manager, from one thread or several.

    Parameters
    ----------
    base_url
        Where the service is, `http://host:port`.
    key
        API key; None where the service needs none.
    timeout_s
        Longest wait for an answer in seconds.
    transport
        Of httpx, for tests or a proxy.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(transport=transport, **self.options(base_url, key, timeout_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def moderate(
        self,
        post: str | Mapping[str, Any] | schemas.Post,
        *,
        board: str | None = None,
        explain: bool | None = None,
        idempotency_key: str | None = None,
    ) -> schemas.Verdict:
        """Judge one post, given as its text or by fields.

        Raises
        ------
        ServiceError
            The service answered with a problem.
        httpx.TransportError
            It could not be reached.
        """
        body = self.body_of(post, board=board, explain=explain)
        headers = self.once(idempotency_key)
        answer = self._http.post("/v1/moderations", json=body, headers=headers)
        return self.read(answer, schemas.Verdict)

    def moderate_many(
        self, posts: Sequence[str | Mapping[str, Any] | schemas.Post], *, board: str | None = None
    ) -> list[schemas.Verdict]:
        """Judge any number of posts in batches of 256; the verdicts are in their order."""
        verdicts: list[schemas.Verdict] = []
        for start in range(0, len(posts), schemas.MAX_BATCH):
            batch = [
                self.body_of(one, board=board) for one in posts[start : start + schemas.MAX_BATCH]
            ]
            answer = self._http.post("/v1/moderations:batch", json={"posts": batch})
            verdicts += self.read(answer, schemas.Verdicts).verdicts
        return verdicts

    def look_up(self, number: str, brand: str | None = None) -> schemas.HotlineAnswer:
        """Say whose a number is, and whether `brand` publishes it."""
        query = {} if brand is None else {"brand": brand}
        answer = self._http.get(f"/v1/hotlines/{self.quoted(number)}", params=query)
        return self.read(answer, schemas.HotlineAnswer)

    def give_feedback(self, feedback: schemas.FeedbackRequest) -> schemas.Said:
        """Say whether a verdict was right."""
        body = feedback.model_dump(mode="json", exclude_unset=True)
        return self.read(self._http.post("/v1/feedback", json=body), schemas.Said)

    def read_policy(self, board: str) -> schemas.PolicyVersion:
        """Give the policy in force of a board."""
        return self.read(
            self._http.get(f"/v1/policies/{self.quoted(board)}"), schemas.PolicyVersion
        )

    def write_policy(
        self,
        board: str,
        policy: schemas.BoardPolicy,
        *,
        note: str = "",
        based_on: int | None = None,
    ) -> schemas.PolicyVersion:
        """Put a policy in force; refused (412) if `based_on` is no longer the version."""
        headers = {} if based_on is None else {"If-Match": f'"{based_on}"'}
        body = {"policy": policy.to_document(), "note": note}
        answer = self._http.put(f"/v1/policies/{self.quoted(board)}", json=body, headers=headers)
        return self.read(answer, schemas.PolicyVersion)

    def add_job(self, path: Path, *, media_type: str, board: str | None = None) -> schemas.Job:
        """Send a file to be judged in the background; it is read as it is sent."""
        query = {} if board is None else {"board": board}
        with path.open("rb") as file:
            answer = self._http.post(
                "/v1/jobs", content=file, params=query, headers={"Content-Type": media_type}
            )
        return self.read(answer, schemas.Job)

    def read_job(self, job: str) -> schemas.Job:
        """Say how far a job is."""
        return self.read(self._http.get(f"/v1/jobs/{self.quoted(job)}"), schemas.Job)
