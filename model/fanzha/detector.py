"""The whole way from post to verdict."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.bundle import Bundle
from fanzha.classify import probabilities
from fanzha.evidence import EvidenceFinder
from fanzha.hotlines import Hotline, look_up
from fanzha.kernel import Decisions, Sights
from fanzha.labels import LABELS
from fanzha.look import CHANGED
from fanzha.normalize import Change, Changes
from fanzha.policy import Policy
from fanzha.post import MAX_POST_CHARS, Post
from fanzha.reading import Glance, Reader, Reading
from fanzha.registry import Entry, Registry
from fanzha.screen import Screen
from fanzha.standing import owners_of
from fanzha.verdict import GivenLabel, Verdict
from fanzha.verdicts import Verdicts

__all__ = ["Detector"]

_BATCH_POSTS: Final = 256
_BATCH_CHARS: Final = 200_000
_SCORE_DIGITS: Final = 6


class Detector:
    """Says of posts which labels they bear, and why.

    Parameters
    ----------
    bundle
        The trained model.
    reader
        The tables that find terms, contacts and hotlines.
    policy
        Thresholds; by default those of the bundle.
    screen
        Whether posts in which a first look finds nothing pass without the model, where the bundle
        has a screen.

    Examples
    --------
    >>> detector = Detector.load()
    >>> detector.check("花呗套现秒到，扣5个点，加V：hb_9527").suggestion
    'block'
    >>> detector.check("花呗可以提现吗？").suggestion
    'pass'
    """

    def __init__(
        self,
        bundle: Bundle,
        reader: Reader,
        policy: Policy | None = None,
        *,
        screen: bool = True,
    ) -> None:
        self._bundle = bundle
        self._reader = reader
        self.policy = policy or bundle.policy
        self._screen = bundle.screen if screen else None
        self._evidence = EvidenceFinder(bundle.classifier, reader.rules.rules)

    @classmethod
    def load(
        cls,
        bundle: str | Path | None = None,
        policy: Policy | None = None,
        registry: Registry | None = None,
        *,
        screen: bool = True,
    ) -> Detector:
        """Load a bundle and the shipped tables; takes a third of a second, do it once.

        Without `screen` the model scores every post.

        Raises
        ------
        BundleError
            The bundle is absent, damaged or of another format.
        DataError
            A table is malformed.
        """
        return cls(Bundle.load(bundle), Reader.load(registry), policy, screen=screen)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the model scores, in order."""
        return LABELS

    @property
    def bundle_id(self) -> str:
        """Name of the loaded bundle."""
        return self._bundle.id

    @property
    def registry(self) -> Registry:
        """The hotline registry in use."""
        return self._reader.registry

    def with_registry(self, registry: Registry) -> Detector:
        """Give a detector with another registry that shares the model: quick.

        Examples
        --------
        >>> detector = Detector.load()
        >>> detector.with_registry(Registry.load()).bundle_id == detector.bundle_id
        True
        """
        other = copy.copy(self)
        other._reader = self._reader.with_registry(registry)
        return other

    def without_screen(self) -> Detector:
        """Give a detector that lets the model score every post and shares all else: quick."""
        other = copy.copy(self)
        other._screen = None
        return other

    def with_policy(self, policy: Policy) -> Detector:
        """Give a detector with other thresholds that shares all else: at once.

        Examples
        --------
        >>> detector = Detector.load()
        >>> strict = Policy("strict", {"cash_out": 0.05}, {})
        >>> detector.with_policy(strict).check("花呗怎么套出来").policy
        'strict'
        """
        other = copy.copy(self)
        other.policy = policy
        return other

    def owners(self, number: str) -> tuple[Entry, ...]:
        """Give the registry's entries of a number in digits, an area code before it aside."""
        return owners_of(number, self._reader.registry, self._reader.numbering)

    def look_up(self, number: str, brand: str | None = None) -> Hotline:
        """Say whose number this is, and whether `brand` publishes it.

        Raises
        ------
        InputError
            `number` has no digits.
        """
        return look_up(number, brand, self._reader.registry, self._reader.numbering)

    def check(self, post: str | Post) -> Verdict:
        """Give the verdict on one post.

        Raises
        ------
        InputError
            The post is not a string or longer than `MAX_POST_CHARS`.
        """
        return self._check_batch([Post.of(post)])[0]

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        """Give the verdicts one by one in the order of `posts`, reading ahead one small batch.

        The same verdicts as `check` gives, several times as fast.
        """
        iterator = iter(posts)
        while batch := self._take(iterator):
            yield from self._check_batch(batch)

    def check_all(self, texts: Sequence[str], ids: Sequence[str | int | None]) -> Verdicts:
        """Give the verdicts on many posts together; of those that merely pass only the scores.

        The same verdicts as `check_many` gives, for callers that look at few of them.

        Parameters
        ----------
        texts, ids
            The posts; of equal length, which is theirs to bound.

        Raises
        ------
        InputError
            As `check`.
        """
        if max(map(len, texts), default=0) > MAX_POST_CHARS:
            for text, post_id in zip(texts, ids, strict=True):
                Post(text, post_id)
        screen = self._screen
        sights = None if screen is None else self._reader.look(texts, screen.handle)
        if sights is None or screen is None:
            return Verdicts.of(texts, ids, self.check_many(map(Post, texts, ids)))
        seen = np.frombuffer(sights.seen, dtype=np.uint8)
        passes = self._below_cuts(sights, screen) & (seen & ~np.uint8(CHANGED) == 0)
        rest = np.flatnonzero(~passes).tolist()
        told = self.check_many([Post(texts[at], ids[at]) for at in rest])
        scores = probabilities(sights.log_odds.astype(np.float64)).round(_SCORE_DIGITS)
        changed = (seen & CHANGED != 0).tolist()
        return Verdicts(
            texts,
            ids,
            dict(zip(rest, told, strict=True)),
            scores,
            changed,
            self.bundle_id,
            self.policy.name,
        )

    def _below_cuts(self, sights: Sights, screen: Screen) -> NDArray[np.bool_]:
        cuts = screen.cuts(self.policy.review)
        return np.asarray(np.all(sights.log_odds < cuts, axis=1))

    @staticmethod
    def _take(posts: Iterator[str | Post]) -> list[Post]:
        batch: list[Post] = []
        n_chars = 0
        for post in islice(posts, _BATCH_POSTS):
            batch.append(Post.of(post))
            n_chars += len(batch[-1].text)
            if n_chars >= _BATCH_CHARS:
                break
        return batch

    def _check_batch(self, posts: Sequence[Post]) -> list[Verdict]:
        screen = self._screen
        sieve = None if screen is None else screen.handle
        sights = self._reader.look([post.text for post in posts], sieve)
        if sights is None or screen is None:
            readings = [self._reader.complete(one) for one in self._reader.glance(posts, sights)]
            return self._verdicts(readings, self._bundle.classifier.decide(readings))
        passes = self._below_cuts(sights, screen).tolist()
        scores = probabilities(sights.log_odds.astype(np.float64)).round(_SCORE_DIGITS).tolist()
        verdicts: dict[int, Verdict] = {}
        rest = []
        for at, (passing, seen) in enumerate(zip(passes, sights.seen, strict=True)):
            if passing and not seen & ~CHANGED:
                changes = Changes(posts[at].text) if seen else ()
                verdicts[at] = self._passing(posts[at], scores[at], changes)
            else:
                rest.append(at)
        left = {}
        glances = self._reader.glance([posts[at] for at in rest], sights.of(rest))
        for at, glance in zip(rest, glances, strict=True):
            if passes[at] and glance.plain:
                verdicts[at] = self._passing(posts[at], scores[at], glance.text.changes)
            else:
                left[at] = glance
        verdicts.update(zip(left, self._judge(list(left.values()), screen), strict=True))
        return [verdicts[at] for at in range(len(posts))]

    def _judge(self, glances: Sequence[Glance], screen: Screen) -> list[Verdict]:
        """Judge posts by their wording, and those by facts too that it does not let pass."""
        if not glances:
            return []
        masked = [glance.mask() for glance in glances]
        wording = self._bundle.classifier.decide_wording([one.text for one in masked])
        below = np.all(wording.log_odds < screen.wording_cuts(self.policy.review), axis=1).tolist()
        passes = [low and glance.plain for low, glance in zip(below, glances, strict=True)]
        rows = probabilities(wording.log_odds).round(_SCORE_DIGITS).tolist()
        verdicts = {
            at: self._passing(glance.post, rows[at], glance.text.changes)
            for at, glance in enumerate(glances)
            if passes[at]
        }
        rest = [at for at, passing in enumerate(passes) if not passing]
        readings = [self._reader.complete(glances[at], masked[at]) for at in rest]
        decisions = self._bundle.classifier.add_facts(wording.of(rest), readings)
        verdicts.update(zip(rest, self._verdicts(readings, decisions), strict=True))
        return [verdicts[at] for at in range(len(glances))]

    def _verdicts(self, readings: Sequence[Reading], decisions: Decisions) -> list[Verdict]:
        rows = probabilities(decisions.log_odds).round(_SCORE_DIGITS).tolist()
        columns = (readings, rows, decisions.starts, decisions.ends)
        return [self._verdict(*one) for one in zip(*columns, strict=True)]

    def _passing(self, post: Post, row: Sequence[float], changes: Sequence[Change]) -> Verdict:
        return Verdict(
            id=post.id,
            suggestion="pass",
            labels=(),
            scores=dict(zip(LABELS, row, strict=True)),
            evidence=(),
            hotlines=(),
            contacts=(),
            normalizations=changes,
            bundle=self.bundle_id,
            policy=self.policy.name,
            screened=True,
        )

    def _verdict(
        self,
        reading: Reading,
        row: Sequence[float],
        starts: NDArray[np.int32],
        ends: NDArray[np.int32],
    ) -> Verdict:
        scores = dict(zip(LABELS, row, strict=True))
        given = self.policy.given(scores)
        return Verdict(
            id=reading.post.id,
            suggestion=self.policy.suggestion(scores),
            labels=tuple(
                GivenLabel(label, scores[label], self.policy.review[label]) for label in given
            ),
            scores=scores,
            evidence=self._evidence.find(reading, given, starts, ends),
            hotlines=reading.hotlines,
            contacts=reading.contacts,
            normalizations=reading.text.changes,
            bundle=self.bundle_id,
            policy=self.policy.name,
        )
