"""What fanzha says of one post: labels, scores, and the characters that prove them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fanzha.contacts import Contact
from fanzha.hotlines import Hotline
from fanzha.late_pattern import late_pattern
from fanzha.lists import ListHit
from fanzha.normalize import Change, Run, runs_of
from fanzha.post import Span
from fanzha.quick import quick

__all__ = ["Evidence", "GivenLabel", "Verdict"]

_SURROGATE: Final = late_pattern("[\ud800-\udfff]")
_NO_CHANGES: Final = ()


@quick
@dataclass(frozen=True, slots=True)
class GivenLabel:
    """A label that the post bears: its calibrated score and the threshold that it reached."""

    label: str
    score: float
    threshold: float


@quick
@dataclass(frozen=True, slots=True)
class Evidence:
    """Characters of the post that speak for a label.

    `kind` is `term` (a named rule fired on terms), `hotline` (the registry speaks against a
    number) or `model` (the classifier's strongest characters). `text` is what stands at `span` in
    the post, `normalized` how it was read. `weight` is what it adds on the log-odds scale of
    `label`.
    """

    label: str
    kind: str
    rule: str
    span: Span
    text: str
    normalized: str
    weight: float
    why: str


@quick
@dataclass(frozen=True, slots=True)
class Verdict:
    """What the detector says of one post under one policy; see `to_json` for the fields.

    `suggestion` is `block`, `review` or `pass`. `scores` has every label, each in [0, 1].
    `screened` tells whether a first look, or the wording without facts, sufficed: the scores are
    then its estimates.
    `lists` holds the entries of the board's own lists that were found in the post.
    """

    id: str | int | None
    suggestion: str
    labels: tuple[GivenLabel, ...]
    scores: Mapping[str, float]
    evidence: tuple[Evidence, ...]
    hotlines: tuple[Hotline, ...]
    contacts: tuple[Contact, ...]
    normalizations: Sequence[Change]
    bundle: str
    policy: str
    screened: bool = False
    lists: tuple[ListHit, ...] = ()

    @property
    def flagged(self) -> bool:
        """Tell whether the suggestion is `review` or `block`."""
        return self.suggestion != "pass"

    def to_json(self) -> dict[str, Any]:
        """Give the verdict as JSON values, the same for library, command line and service.

        Offsets are code points of the post as given; `id` is left out when the post had none,
        `lists` where no entry of a board's list was found.
        A lone surrogate, which JSON cannot carry, is written as U+FFFD.
        """
        out: dict[str, Any] = {} if self.id is None else {"id": _valid(self.id)}
        out["suggestion"] = self.suggestion
        out["labels"] = [
            {"label": given.label, "score": given.score, "threshold": given.threshold}
            for given in self.labels
        ]
        out["scores"] = dict(self.scores)
        out["evidence"] = [
            {
                "label": evidence.label,
                "kind": evidence.kind,
                "rule": evidence.rule,
                "start": evidence.span.start,
                "end": evidence.span.end,
                "text": _valid(evidence.text),
                "normalized": evidence.normalized,
                "weight": evidence.weight,
                "why": evidence.why,
            }
            for evidence in self.evidence
        ]
        out["hotlines"] = [
            {
                "start": hotline.span.start,
                "end": hotline.span.end,
                "text": _valid(hotline.text),
                "number": hotline.number,
                "kind": hotline.kind,
                "brand": hotline.brand,
                "claimed": hotline.claimed,
                "status": hotline.status,
                "official_numbers": list(hotline.official_numbers),
                "source": hotline.source,
            }
            for hotline in self.hotlines
        ]
        out["contacts"] = [
            {
                "kind": contact.kind,
                "start": contact.span.start,
                "end": contact.span.end,
                "text": _valid(contact.text),
                "value": contact.value,
            }
            for contact in self.contacts
        ]
        out["normalizations"] = [
            {"step": step, "start": start, "end": end, "from": before, "to": after}
            for step, start, end, before, after in _runs(self.normalizations)
        ]
        if self.lists:
            out["lists"] = [hit.to_json() | {"text": _valid(hit.text)} for hit in self.lists]
        model: dict[str, Any] = {"bundle": self.bundle, "policy": self.policy}
        if self.screened:
            model["screened"] = True
        out["model"] = model
        return out


def _valid(value: str | int) -> str | int:
    """Replace each lone surrogate of a string; JSON in UTF-8 cannot carry one."""
    if isinstance(value, int):
        return value
    try:
        # Several times as fast as a search for surrogates.
        value.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", value)
    return value


def _runs(changes: Sequence[Change]) -> Iterable[Run]:
    """Give changes without their objects, and without lone surrogates."""
    # What a sequence is takes long to tell.
    if changes is _NO_CHANGES:
        return ()
    runs = runs_of(changes)
    before = "".join([run[3] for run in runs])
    if _valid(before) is not before:
        return [(*run[:3], str(_valid(run[3])), run[4]) for run in runs]
    return runs
