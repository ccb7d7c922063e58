"""Whether the service may answer: the detector is loaded and judged known posts rightly."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, Protocol, Self

import anyio
from anyio import to_thread

from fanzha.errors import BundleError, FanzhaError
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.registry import Entry, Registry
from fanzha.verdict import Verdict
from fanzha_api.logs import frames
from fanzha_api.overlay import LOOK_S, Overlay, OverlayState
from fanzha_api.problems import Problem
from fanzha_api.settings import Settings

__all__ = ["KNOWN_POSTS", "Detecting", "Judging", "LookedUp", "Readiness", "load_detector"]

KNOWN_POSTS: Final[Mapping[str, str | None]] = {
    "花呗套现秒到账，95回，扣5个点，需要的加薇信 hb_888": "cash_out",
    "今天下班去公园走了走，桂花开了，很香。": None,
}
"""Posts with the label that any usable bundle gives them, or None for a clean one."""

_log = logging.getLogger(__name__)


class LookedUp(Protocol):
    """What the registry says of one number; the fields are those of `fanzha.hotlines`."""

    @property
    def number(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def brand(self) -> str | None: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def official_numbers(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def source(self) -> str | None: ...  # noqa: D102
    @property
    def why(self) -> str: ...  # noqa: D102


class Judging(Protocol):
    """What judges posts under one policy; called from several threads."""

    @property
    def policy(self) -> Policy:
        """The thresholds in use."""
        ...

    def check(self, post: str | Post) -> Verdict:
        """Give the verdict of one post."""
        ...

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        """Give the verdicts of many posts, in order."""
        ...

    def with_policy(self, policy: Policy) -> Self:
        """Give the same detector with other thresholds."""
        ...


class Detecting(Judging, Protocol):
    """The part of `fanzha.Detector` that the service uses; called from several threads."""

    @property
    def bundle_id(self) -> str:
        """Name of the loaded bundle."""
        ...

    def look_up(self, number: str, brand: str | None) -> LookedUp:
        """Say of one number whether the brand publishes it."""
        ...

    @property
    def registry(self) -> Registry:
        """The hotline registry in use."""
        ...

    def owners(self, number: str) -> tuple[Entry, ...]:
        """Give the registry's entries of a number in digits."""
        ...

    def with_registry(self, registry: Registry) -> Self:
        """Give the same detector with another registry."""
        ...


def load_detector(settings: Settings) -> Detecting:
    """Load the detector that the settings name.

    Raises
    ------
    BundleError, DataError
        The bundle or the policy cannot be used.
    """
    from fanzha import Detector
    from fanzha.policy import Policy

    policy = None if settings.policy is None else Policy.read(settings.policy)
    return Detector.load(settings.bundle, policy)


class Readiness:
    """Holds the detector from the moment when it may be used.

    Parameters
    ----------
    load
        Loads the detector; run once, in a thread.
    on_failure
        Called when the detector cannot be had, for a server that should then end.
    overlay
        The operator's own registry table, if there is one.
    """

    def __init__(
        self,
        load: Callable[[], Detecting],
        on_failure: Callable[[], None] | None = None,
        overlay: Overlay | None = None,
    ) -> None:
        self._load = load
        self._on_failure = on_failure
        self._overlay = overlay
        self._detector: Detecting | None = None
        self._settled = anyio.Event()
        self._refreshing = anyio.Lock()
        self.policy = ""
        self.failure: str | None = None
        self.overlay: OverlayState | None = None

    async def load(self) -> None:
        """Load the detector and try it on the known posts; a failure is kept, not raised."""
        began = time.perf_counter()
        fields: dict[str, object] = {}
        try:
            detector, self.policy = await to_thread.run_sync(self._load_and_try)
        except FanzhaError as error:
            self.failure = str(error)
        except Exception as error:
            # Anything else is a defect; it must leave a trace and a service that says no,
            # not one that is "loading" for ever.
            self.failure = f"unexpected {type(error).__name__} while loading; report it"
            fields["frames"] = frames(error)
        else:
            self._detector = detector
            fields["bundle"] = detector.bundle_id
            if self._overlay is not None:
                self.overlay = OverlayState(self._overlay.path.name, self._overlay.digest)
                fields["registry"] = self.overlay.digest
        fields["seconds"] = round(time.perf_counter() - began, 3)
        if self.failure is None:
            _log.info("ready", extra={"fields": fields})
        else:
            _log.error("not ready", extra={"fields": fields | {"why": self.failure}})
            if self._on_failure is not None:
                self._on_failure()
        self._settled.set()

    async def follow(self) -> None:
        """Look at the overlay again and again until cancelled; returns at once without one."""
        while self._overlay is not None:
            await anyio.sleep(LOOK_S)
            await self.refresh()

    async def refresh(self) -> None:
        """Use the overlay as it is now, or keep the last good one and say why.

        Requests that have begun end with the registry with which they began.
        """
        if self._overlay is None or self.overlay is None:
            return
        async with self._refreshing:
            self.overlay = await self._laid(self._overlay, self.overlay)

    async def _laid(self, overlay: Overlay, before: OverlayState) -> OverlayState:
        began = time.perf_counter()
        fields: dict[str, object] = {"file": str(overlay.path)}
        try:
            detector = await to_thread.run_sync(self._relay, overlay)
        except Exception as error:
            why = str(error)
            if not isinstance(error, FanzhaError):
                why = f"unexpected {type(error).__name__} while reading it; report it"
                fields["frames"] = frames(error)
            fields |= {"why": why, "kept": before.digest}
            _log.error("registry overlay refused", extra={"fields": fields})
            return replace(before, problem=why)
        if detector is None:
            return before
        self._detector = detector
        fields |= {
            "digest": overlay.digest,
            "numbers": len(detector.registry.numbers),
            "seconds": round(time.perf_counter() - began, 3),
        }
        _log.info("registry overlay laid", extra={"fields": fields})
        return OverlayState(overlay.path.name, overlay.digest)

    async def settled(self) -> None:
        """Wait until the detector is loaded or has failed to load."""
        await self._settled.wait()

    @property
    def detector(self) -> Detecting:
        """The loaded detector.

        Raises
        ------
        Problem
            503: it is still being loaded, or cannot be.
        """
        if self._detector is not None:
            return self._detector
        if self.failure is not None:
            raise Problem(
                503, "not-loaded", "the detector could not be loaded; the service's log says why"
            )
        raise Problem(
            503,
            "loading",
            "the detector is being loaded; try again after Retry-After",
            headers={"Retry-After": "1"},
        )

    def _load_and_try(self) -> tuple[Detecting, str]:
        detector = self._load()
        registry = None if self._overlay is None else self._overlay.look()
        if registry is not None:
            detector = detector.with_registry(registry)
        return detector, _try(detector)

    def _relay(self, overlay: Overlay) -> Detecting | None:
        registry = overlay.look()
        if registry is None:
            return None
        detector = self.detector.with_registry(registry)
        _try(detector)
        return detector


def _try(detector: Detecting) -> str:
    """Check the known posts, and give the name of the policy by which they were judged."""
    policy = ""
    for number, (post, label) in enumerate(KNOWN_POSTS.items(), start=1):
        verdict = detector.check(post)
        policy = verdict.policy
        # By the scores, since a board's policy may switch a label off.
        likely = {name for name, score in verdict.scores.items() if score >= 0.5}
        if bool(likely) if label is None else label not in likely:
            raise BundleError(
                f"the bundle {detector.bundle_id!r} gives known post {number} the labels "
                f"{sorted(likely)} instead of {label or 'none'}; train it again or install "
                "the shipped one"
            )
    return policy
