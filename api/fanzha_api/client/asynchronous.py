"""The client for asyncio and trio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from fanzha_api import schemas
from fanzha_api.client.calls import TIMEOUT_S, Calls, httpx

__all__ = ["AsyncClient"]


class AsyncClient(Calls):
    """The same for asyncio and trio; use it as an asynchronous context manager.

    The parameters are those of `Client`.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            transport=transport, **self.options(base_url, key, timeout_s)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def moderate(
        self,
        post: str | Mapping[str, Any] | schemas.Post,
        *,
        board: str | None = None,
        explain: bool | None = None,
        idempotency_key: str | None = None,
    ) -> schemas.Verdict:
        """Judge one post, given as its text or by fields; errors as of `Client.moderate`."""
        body = self.body_of(post, board=board, explain=explain)
        headers = self.once(idempotency_key)
        answer = await self._http.post("/v1/moderations", json=body, headers=headers)
        return self.read(answer, schemas.Verdict)

    async def moderate_many(
        self, posts: Sequence[str | Mapping[str, Any] | schemas.Post], *, board: str | None = None
    ) -> list[schemas.Verdict]:
        """Judge any number of posts in batches of 256; the verdicts are in their order."""
        verdicts: list[schemas.Verdict] = []
        for start in range(0, len(posts), schemas.MAX_BATCH):
            batch = [
                self.body_of(one, board=board) for one in posts[start : start + schemas.MAX_BATCH]
            ]
            answer = await self._http.post("/v1/moderations:batch", json={"posts": batch})
            verdicts += self.read(answer, schemas.Verdicts).verdicts
        return verdicts

    async def look_up(self, number: str, brand: str | None = None) -> schemas.HotlineAnswer:
        """Say whose a number is, and whether `brand` publishes it."""
        query = {} if brand is None else {"brand": brand}
        answer = await self._http.get(f"/v1/hotlines/{self.quoted(number)}", params=query)
        return self.read(answer, schemas.HotlineAnswer)

    async def give_feedback(self, feedback: schemas.FeedbackRequest) -> schemas.Said:
        """Say whether a verdict was right."""
        body = feedback.model_dump(mode="json", exclude_unset=True)
        return self.read(await self._http.post("/v1/feedback", json=body), schemas.Said)
