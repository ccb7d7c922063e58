"""The work of one moderation request, done in a thread: from its posts to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fanzha.counterfactual import explain_verdict
from fanzha.verdict import Verdict
from fanzha_api import schemas
from fanzha_api.boards import DEFAULT_BOARD, Boards
from fanzha_api.fields import FieldedPost
from fanzha_api.readiness import Detecting, Judging
from fanzha_api.schemas import BoardPolicy
from fanzha_api.store.records import Record, make_record

__all__ = ["Bench", "Judged"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a thread gives back: the answer's bytes, what is counted, and what is recorded."""

    answer: bytes
    verdicts: tuple[Verdict, ...]
    n_chars: int
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """A post with who judged it, by what, and how."""

    sent: schemas.Post
    fielded: FieldedPost
    judging: Judging
    policy: BoardPolicy | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Bench:
    """What a request's posts are judged with.

    `request_id` is None where nothing is kept; else each verdict bears it.
    """

    detector: Detecting
    boards: Boards
    request_id: str | None
    key_id: str | None

    def judge(self, sent: schemas.Post) -> Judged:
        """Judge one post."""
        fielded = FieldedPost.of(sent)
        judging, policy = self.boards.of(sent.board, self.detector)
        case = _Case(sent, fielded, judging, policy, judging.check(fielded.post))
        out, records = self._tell(case, self.request_id)
        return Judged(orjson.dumps(out), (case.verdict,), len(fielded.post.text), records)

    def judge_many(self, sent: Sequence[schemas.Post]) -> Judged:
        """Judge posts of any boards; each verdict equals that of a request of its own."""
        posts = [FieldedPost.of(one) for one in sent]
        by_board: dict[str | None, list[int]] = {}
        for place, one in enumerate(sent):
            by_board.setdefault(one.board, []).append(place)
        cases: dict[int, _Case] = {}
        for board, places in by_board.items():
            judging, policy = self.boards.of(board, self.detector)
            found = judging.check_many([posts[place].post for place in places])
            for place, verdict in zip(places, found, strict=True):
                cases[place] = _Case(sent[place], posts[place], judging, policy, verdict)
        answers: list[dict[str, Any]] = []
        records: list[Record] = []
        for place in range(len(sent)):
            own_id = None if self.request_id is None else f"{self.request_id}.{place}"
            out, kept = self._tell(cases[place], own_id)
            answers.append(out)
            records.extend(kept)
        return Judged(
            orjson.dumps({"verdicts": answers}),
            tuple(cases[place].verdict for place in range(len(sent))),
            sum(len(one.post.text) for one in posts),
            tuple(records),
        )

    def _tell(
        self, case: _Case, request_id: str | None
    ) -> tuple[dict[str, Any], tuple[Record, ...]]:
        out = case.verdict.to_json()
        if case.sent.explain:
            out["explanation"] = explain_verdict(case.judging, case.fielded.post, case.verdict)
        case.fielded.place(out)
        if request_id is None:
            return out, ()
        out["request_id"] = request_id
        return out, self._records(case, request_id)

    def _records(self, case: _Case, request_id: str) -> tuple[Record, ...]:
        policy = case.policy or BoardPolicy()
        if policy.record == "none" or (policy.record == "flagged" and not case.verdict.flagged):
            return ()
        record = make_record(
            case.verdict,
            case.fielded.post.text,
            case.fielded.to_json() if policy.keep_texts else None,
            case.judging.policy,
            request_id=request_id,
            board=case.sent.board or DEFAULT_BOARD,
            author_id=case.sent.author_id,
            reach=case.sent.reach,
            key_id=self.key_id,
            retention_days=policy.retention_days,
        )
        return (record,)
