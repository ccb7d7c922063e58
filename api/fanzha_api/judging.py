"""The work of moderation requests, done in a thread: from their bodies to the answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fanzha.counterfactual import explain_verdict
from fanzha.post import Post
from fanzha.verdict import Verdict
from fanzha_api import schemas
from fanzha_api.boards import DEFAULT_BOARD, Boards
from fanzha_api.bodies import read_post
from fanzha_api.fields import FieldedPost
from fanzha_api.readiness import Detecting, Judging
from fanzha_api.schemas import BoardPolicy
from fanzha_api.store.records import Record, make_record

__all__ = ["Asked", "Bench", "Case", "Given", "Judged", "judge_together"]


@dataclass(frozen=True, slots=True)
class Given:
    """A post with the verdict that was given on it; `request_id` is None where nothing is kept."""

    post: Post
    board: str | None
    request_id: str | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """What a thread gives back: the answer's bytes, what is counted, and what is recorded.

    `began_s` is the `time.perf_counter()` at which the thread took the posts.
    """

    answer: bytes
    given: tuple[Given, ...]
    records: tuple[Record, ...]
    began_s: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for the verdict of one post: its body, and with what it is judged."""

    bench: Bench
    raw: bytes
    max_chars: int


@dataclass(frozen=True, slots=True)
class Bench:
    """What a request's posts are judged with.

    `request_id` is None where nothing is kept; else each verdict bears it.
    """

    detector: Detecting
    boards: Boards
    request_id: str | None
    key_id: str | None

    def lay(self, sent: schemas.Post) -> Case:
        """Say who judges a post."""
        return Case(self, sent, FieldedPost.of(sent), *self.boards.of(sent.board, self.detector))

    def judge_many(self, sent: Sequence[schemas.Post]) -> Judged:
        """Judge posts of any boards; each verdict equals that of a request of its own."""
        began_s = time.perf_counter()
        cases = [self.lay(one) for one in sent]
        verdicts = _check(cases)
        given: list[Given] = []
        answers: list[dict[str, Any]] = []
        records: list[Record] = []
        for place, (case, verdict) in enumerate(zip(cases, verdicts, strict=True)):
            own_id = None if self.request_id is None else f"{self.request_id}.{place}"
            out, kept = self.tell(case, verdict, own_id)
            answers.append(out)
            records.extend(kept)
            given.append(Given(case.fielded.post, case.sent.board, own_id, verdict))
        return Judged(orjson.dumps({"verdicts": answers}), tuple(given), tuple(records), began_s)

    def tell(
        self, case: Case, verdict: Verdict, request_id: str | None
    ) -> tuple[dict[str, Any], tuple[Record, ...]]:
        """Give the answer as JSON values, and what the board's policy records."""
        out = verdict.to_json()
        if case.sent.explain:
            out["explanation"] = explain_verdict(case.judging, case.fielded.post, verdict)
        case.fielded.place(out)
        if request_id is None:
            return out, ()
        out["request_id"] = request_id
        return out, self._records(case, verdict, request_id)

    def _records(self, case: Case, verdict: Verdict, request_id: str) -> tuple[Record, ...]:
        policy = case.policy or BoardPolicy()
        if policy.record == "none" or (policy.record == "flagged" and not verdict.flagged):
            return ()
        record = make_record(
            verdict,
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


@dataclass(frozen=True, slots=True)
class Case:
    """A post with who judges it, and how."""

    bench: Bench
    sent: schemas.Post
    fielded: FieldedPost
    judging: Judging
    policy: BoardPolicy | None


def judge_together(asked: Sequence[Asked]) -> list[Judged | Exception]:
    """Judge the posts of several requests in one call; each gets what it would get alone.

    What is wrong with one request is its own result and no other's.
    """
    began_s = time.perf_counter()
    results: list[Judged | Exception | None] = [None] * len(asked)
    cases: dict[int, Case] = {}
    for place, one in enumerate(asked):
        try:
            cases[place] = one.bench.lay(read_post(one.raw, one.max_chars))
        except Exception as error:
            results[place] = error
    verdicts = dict(zip(cases, _check_each(list(cases.values())), strict=True))
    for place, case in cases.items():
        verdict = verdicts[place]
        if isinstance(verdict, Exception):
            results[place] = verdict
        else:
            results[place] = _judged(case, verdict, began_s)
    return [one for one in results if one is not None]


def _judged(case: Case, verdict: Verdict, began_s: float) -> Judged | Exception:
    request_id = case.bench.request_id
    try:
        out, records = case.bench.tell(case, verdict, request_id)
        given = Given(case.fielded.post, case.sent.board, request_id, verdict)
        return Judged(orjson.dumps(out), (given,), records, began_s)
    except Exception as error:
        return error


def _check(cases: Sequence[Case]) -> list[Verdict]:
    """Judge cases, those of one detector together."""
    by_detector: dict[int, list[int]] = {}
    for place, case in enumerate(cases):
        by_detector.setdefault(id(case.judging), []).append(place)
    found: dict[int, Verdict] = {}
    for places in by_detector.values():
        judging = cases[places[0]].judging
        posts = [cases[place].fielded.post for place in places]
        # A detector judges one post a little quicker when it is not asked for many.
        verdicts = [judging.check(posts[0])] if len(posts) == 1 else judging.check_many(posts)
        found.update(zip(places, verdicts, strict=True))
    return [found[place] for place in range(len(cases))]


def _check_each(cases: Sequence[Case]) -> Sequence[Verdict | Exception]:
    try:
        return _check(cases)
    except Exception as error:
        if len(cases) == 1:
            return [error]
    # One post that cannot be judged must not cost the others their verdicts.
    return [verdict for case in cases for verdict in _check_each([case])]
