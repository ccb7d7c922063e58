"""The whole way from post to verdict."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.arguments import refuse_no_text, refuse_one_text, refuse_unequal
from fanzha.bundle import Bundle
from fanzha.classify import probabilities
from fanzha.evidence import EvidenceFinder
from fanzha.findings import FactFinder
from fanzha.hotlines import Hotline, look_up
from fanzha.kernel import load_kernel
from fanzha.labels import LABELS
from fanzha.look import CHANGED
from fanzha.masking import MaskedText
from fanzha.normalize import Changes
from fanzha.policy import Policy
from fanzha.post import MAX_POST_CHARS, Post
from fanzha.reading import Glance, Reader, mask_glances
from fanzha.registry import Entry, Registry
from fanzha.results import Decisions, Sights
from fanzha.rules import Firing
from fanzha.screen import Screen, with_estimate
from fanzha.spots import decide_stretches, find_stretches
from fanzha.standing import owners_of
from fanzha.verdict import Evidence, GivenLabel, Verdict
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
        self.policy = bundle.policy if policy is None else Policy.of(policy)
        self._screen = bundle.screen if screen else None
        self._evidence = EvidenceFinder(bundle.classifier, reader.rules.rules)
        self._facts = FactFinder(bundle.classifier, reader.lexicon, reader.rules)

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
        other.policy = Policy.of(policy)
        return other

    def owners(self, number: str) -> tuple[Entry, ...]:
        """Give the registry's entries of a number in digits, an area code before it aside."""
        refuse_no_text(number, "a number")
        return owners_of(number, self._reader.registry, self._reader.numbering)

    def look_up(self, number: str, brand: str | None = None) -> Hotline:
        """Say whose number this is, and whether `brand` publishes it.

        Raises
        ------
        InputError
            `number` has no digits, or it or `brand` is no string.
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

        Raises
        ------
        InputError
            `posts` is one text; or, as the verdicts are taken, as `check`.
        """
        refuse_one_text(posts)
        return self._check_each(iter(posts))

    def _check_each(self, iterator: Iterator[str | Post]) -> Iterator[Verdict]:
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
            As `check`, or `texts` is one text, or `ids` are not as many.
        """
        refuse_unequal(texts, ids)
        if max(map(len, texts), default=0) > MAX_POST_CHARS:
            for text, post_id in zip(texts, ids, strict=True):
                Post(text, post_id)
        screen = self._screen
        sights = None if screen is None else self._see(texts, screen)
        if sights is None or screen is None:
            return Verdicts.of(texts, ids, self.check_many(map(Post, texts, ids)))
        return self._check_seen(texts, ids, sights, screen)

    def _see(self, texts: Sequence[str], screen: Screen | None) -> Sights | None:
        if screen is None:
            return self._reader.look(texts)
        return self._reader.look(texts, screen.handle, screen.cuts(self.policy.review))

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

    def _check_batch(self, posts: Sequence[Post]) -> Sequence[Verdict]:
        screen = self._screen
        texts = [post.text for post in posts]
        sights = self._see(texts, screen)
        if sights is None or screen is None:
            return self._check_all_of(self._reader.glance(posts, sights))
        return self._check_seen(texts, [post.id for post in posts], sights, screen, posts)

    def _check_all_of(self, glances: Sequence[Glance]) -> list[Verdict]:
        """Let the model and all tables see each post."""
        masked = mask_glances(glances)
        classifier = self._bundle.classifier
        if load_kernel() is None:
            readings = [self._reader.complete(*one) for one in zip(glances, masked, strict=True)]
            firings = [reading.firings for reading in readings]
            return self._verdicts(glances, masked, firings, classifier.decide(readings))
        wording = classifier.decide_wording([one.text for one in masked])
        return self._add_facts(glances, masked, wording)

    def _add_facts(
        self, glances: Sequence[Glance], masked: Sequence[MaskedText], wording: Decisions
    ) -> list[Verdict]:
        added, firings = self._facts.find(self._reader, glances, masked)
        decisions = wording._replace(log_odds=wording.log_odds + added)
        return self._verdicts(glances, masked, firings, decisions)

    def _check_seen(
        self,
        texts: Sequence[str],
        ids: Sequence[str | int | None],
        sights: Sights,
        screen: Screen,
        given: Sequence[Post] | None = None,
    ) -> Verdicts:
        """Judge posts that were looked at: one by one only where there may be something.

        `given` has the same as `texts` and `ids`, where the caller has them so.
        """
        below = self._below_cuts(sights, screen).tolist()
        scores = probabilities(sights.log_odds.astype(np.float64)).round(_SCORE_DIGITS)
        changed = [bool(seen & CHANGED) for seen in sights.seen]
        places = [
            at
            for at, (seen, passes) in enumerate(zip(sights.seen, below, strict=True))
            if seen & ~CHANGED or not passes
        ]
        posts = [Post(texts[at], ids[at]) if given is None else given[at] for at in places]
        part = sights.of(places)
        glances = self._reader.glance(posts, part)
        left: dict[int, int] = {}
        for number, (at, glance) in enumerate(zip(places, glances, strict=True)):
            changed[at] = isinstance(glance.text.changes, Changes)
            if not (below[at] and glance.plain):
                left[at] = number
        told: dict[int, Verdict] = {}
        if left:
            stretches = find_stretches(part, [glance.text.text for glance in glances])
            scores[list(left)], verdicts = self._judge(
                [glances[number] for number in left.values()],
                {
                    at: stretches[number]
                    for at, number in enumerate(left.values())
                    if number in stretches and glances[number].plain
                },
                sights.log_odds[list(left)],
                screen,
            )
            told = {at: one for at, one in zip(left, verdicts, strict=True) if one is not None}
        return Verdicts(texts, ids, told, scores, changed, self.bundle_id, self.policy.name)

    def _judge(
        self,
        glances: Sequence[Glance],
        stretches: Mapping[int, Sequence[str]],
        estimates: NDArray[np.float32],
        screen: Screen,
    ) -> tuple[NDArray[np.float64], list[Verdict | None]]:
        """Judge posts by their wording, and those by facts too that it does not let pass.

        `stretches` has the spots of posts that may pass by these alone, and `estimates` a row a
        post. Gives the scores by wording, shape (n_posts, n_labels), and no verdict where these let
        a post pass.
        """
        log_odds = np.empty((len(glances), len(LABELS)))
        around = decide_stretches(self._bundle.classifier, stretches)
        log_odds[list(stretches)] = around
        held = with_estimate(around, estimates[list(stretches)])
        quiet = np.all(held < screen.wording_cuts(self.policy.review), axis=1).tolist()
        passing = {at for at, low in zip(stretches, quiet, strict=True) if low}
        rest = [at for at in range(len(glances)) if at not in passing]
        verdicts: list[Verdict | None] = [None] * len(glances)
        log_odds[rest], told = self._judge_whole(
            [glances[at] for at in rest], estimates[rest], screen
        )
        for at, verdict in zip(rest, told, strict=True):
            verdicts[at] = verdict
        return probabilities(log_odds).round(_SCORE_DIGITS), verdicts

    def _judge_whole(
        self, glances: Sequence[Glance], estimates: NDArray[np.float32], screen: Screen
    ) -> tuple[NDArray[np.float64], list[Verdict | None]]:
        """Give the log-odds of the whole wording of posts, and the verdicts of those that it does
        not let pass.
        """
        masked = mask_glances(glances)
        wording = self._bundle.classifier.decide_wording([one.text for one in masked])
        held = with_estimate(wording.log_odds, estimates)
        below = np.all(held < screen.wording_cuts(self.policy.review), axis=1).tolist()
        rest = [
            at
            for at, (low, glance) in enumerate(zip(below, glances, strict=True))
            if not (low and glance.plain)
        ]
        verdicts: list[Verdict | None] = [None] * len(glances)
        told = self._add_facts(
            [glances[at] for at in rest], [masked[at] for at in rest], wording.of(rest)
        )
        for at, verdict in zip(rest, told, strict=True):
            verdicts[at] = verdict
        return wording.log_odds, verdicts

    def _verdicts(
        self,
        glances: Sequence[Glance],
        masked: Sequence[MaskedText],
        firings: Sequence[Sequence[Firing]],
        decisions: Decisions,
    ) -> list[Verdict]:
        table = probabilities(decisions.log_odds).round(_SCORE_DIGITS)
        scores = [dict(zip(LABELS, row, strict=True)) for row in table.tolist()]
        given: list[Sequence[str]] = [()] * len(scores)
        # Of most posts that are asked about, few reach a threshold, and of those most one.
        for row in np.any(table >= self.policy.review_thresholds(), axis=1).nonzero()[0].tolist():
            given[row] = self.policy.given(scores[row])
        evidence = self._evidence.find(glances, masked, firings, given, decisions)
        columns = (glances, scores, given, evidence)
        return [self._verdict(*one) for one in zip(*columns, strict=True)]

    def _verdict(
        self,
        glance: Glance,
        scores: Mapping[str, float],
        given: Sequence[str],
        evidence: tuple[Evidence, ...],
    ) -> Verdict:
        policy = self.policy
        review = policy.review
        # By place: names take as long again.
        return Verdict(
            glance.post.id,
            policy.suggestion_of(given, scores) if given else "pass",
            tuple([GivenLabel(label, scores[label], review[label]) for label in given]),
            scores,
            evidence,
            glance.hotlines,
            glance.contacts,
            glance.text.changes,
            self._bundle.id,
            policy.name,
        )
