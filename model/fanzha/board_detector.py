"""A detector that obeys one board: its thresholds, its lists, its registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import tee
from typing import Final, Protocol, Self

from fanzha.lists import ListHit, Lists
from fanzha.policy import Policy
from fanzha.post import Post, Span
from fanzha.verdict import Verdict

__all__ = ["BoardDetector"]

_SEVERITY: Final = ("pass", "review", "block")
# A line break: no number, contact or term is read across one.
_BLANK: Final = "\n"


class _Checking(Protocol):
    @property
    def policy(self) -> Policy: ...
    def with_policy(self, policy: Policy) -> Self: ...
    def check(self, post: str | Post) -> Verdict: ...
    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]: ...


def _now() -> datetime:
    return datetime.now(UTC)


class BoardDetector:
    """Judges posts as the detector does, and then by a board's lists.

    An entry `pass` found in a post lets it pass. Else what an entry `ignore` names is taken out,
    blank by blank so that no offset moves, and the post is judged anew. Then denied entries raise
    the suggestion, except those that stand wholly inside something allowed: allowing wins.
    The numbers and contacts of the verdict are those of the post as written, and its `lists` says
    which entries were found.

    Parameters
    ----------
    detector
        A detector that already has the board's thresholds and registry.
    lists
        The board's entries.
    clock
        Gives the time by which entries end.
    """

    def __init__(
        self, detector: _Checking, lists: Lists, clock: Callable[[], datetime] = _now
    ) -> None:
        self._detector = detector
        self._lists = lists
        self._clock = clock

    @property
    def policy(self) -> Policy:
        """The board's thresholds."""
        return self._detector.policy

    def with_policy(self, policy: Policy) -> BoardDetector:
        """Give the same lists with other thresholds."""
        return BoardDetector(self._detector.with_policy(policy), self._lists, self._clock)

    def check(self, post: str | Post) -> Verdict:
        """Give the verdict on one post; a post with ignored values is judged twice.

        Raises
        ------
        InputError
            As the detector's own `check`.
        """
        post = Post.of(post)
        return self._rule(post, self._detector.check(post))

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        """Give the verdicts one by one in the order of `posts`, the same as `check` gives."""
        given, judged = tee(map(Post.of, posts))
        for post, verdict in zip(given, self._detector.check_many(judged), strict=True):
            yield self._rule(post, verdict)

    def _rule(self, post: Post, verdict: Verdict) -> Verdict:
        hits = self._lists.find(post.text, verdict.contacts, verdict.hotlines, self._clock())
        if not hits:
            return verdict
        allowed = [hit for hit in hits if hit.entry.side == "allow"]
        if passing := [hit for hit in allowed if hit.entry.effect == "pass"]:
            return replace(verdict, suggestion="pass", labels=(), evidence=(), lists=tuple(passing))
        if allowed:
            verdict = self._without(post, verdict, [hit.span for hit in allowed])
        denied = [hit for hit in hits if hit.entry.side == "deny" and not _inside(hit, allowed)]
        suggestions = [verdict.suggestion, *(hit.entry.effect for hit in denied)]
        return replace(
            verdict,
            suggestion=max(suggestions, key=_SEVERITY.index),
            lists=tuple(hit for hit in hits if hit in allowed or hit in denied),
        )

    def _without(self, post: Post, verdict: Verdict, spans: Iterable[Span]) -> Verdict:
        """Judge the post with the spans blanked, and show it as it was written."""
        left = list(post.text)
        for span in spans:
            left[span.start : span.end] = _BLANK * (span.end - span.start)
        judged = self._detector.check(Post("".join(left), post.id))
        labels, evidence = judged.labels, judged.evidence
        if not judged.hotlines:
            # Without a number there is no false line, however the rest reads.
            labels = tuple(given for given in labels if given.label != "fake_hotline")
            evidence = tuple(one for one in evidence if one.label != "fake_hotline")
        return replace(
            verdict,
            suggestion=self.policy.suggestion_of([one.label for one in labels], judged.scores),
            labels=labels,
            scores=judged.scores,
            evidence=tuple(replace(one, text=one.span.of(post.text)) for one in evidence),
        )


def _inside(hit: ListHit, allowed: Iterable[ListHit]) -> bool:
    return any(one.span.start <= hit.span.start and hit.span.end <= one.span.end for one in allowed)
