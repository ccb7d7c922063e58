"""What a scan found, counted and told to a reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from fanzha.labels import LABELS
from fanzha.render import Piece, draw, evidence_spans, label_name, mark, reasons, visible
from fanzha.scan.batch import Batch, Record
from fanzha.scan.chunk import Reject
from fanzha.scan.plan import STANDARD_STREAM, Plan
from fanzha.verdict import Verdict

__all__ = ["Finding", "GivenNumber", "Summary"]

_WORST_PER_LABEL: Final = 3
_SHOWN_WORST: Final = 12
_SHOWN_NUMBERS: Final = 15
_SHOWN_REJECTS: Final = 5
_AROUND_CHARS: Final = 16
_RANKS: Final = {"unknown_brand": 1, "official": 2}
_SUGGESTIONS: Final = ("block", "review", "pass")


@dataclass(frozen=True, slots=True)
class GivenNumber:
    """A number that posts give as a service line, and whose it is."""

    number: str
    brand: str | None
    status: str
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A flagged post as the summary shows it."""

    score: float
    suggestion: str
    labels: tuple[str, ...]
    where: str
    pieces: tuple[Piece, ...]
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Summary:
    """Counts over the posts of a scan, with the worst posts of each label.

    Summaries of shards merge in order into that of the scan; the result does not depend on how
    many workers there were. `worst` is keyed by a post's highest label.
    """

    posts: int = 0
    chars: int = 0
    written: int = 0
    seconds: float = 0.0
    suggestions: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    numbers: Counter[GivenNumber] = field(default_factory=Counter)
    worst: dict[str, list[Finding]] = field(default_factory=dict)
    rejected: int = 0
    repaired: int = 0
    rejects: list[Reject] = field(default_factory=list)

    @property
    def flagged(self) -> int:
        """Number of posts to block or review."""
        return self.suggestions["block"] + self.suggestions["review"]

    def add(self, record: Record, verdict: Verdict) -> None:
        """Count one post."""
        self.posts += 1
        self.chars += len(record.post.text)
        self.repaired += record.repaired
        self.suggestions[verdict.suggestion] += 1
        for given in verdict.labels:
            self.labels[given.label] += 1
        for hotline in verdict.hotlines:
            if hotline.claimed:
                number = GivenNumber(hotline.number, hotline.brand, hotline.status, hotline.why)
                self.numbers[number] += 1
        if verdict.labels:
            self._keep(verdict.labels[0].label, record, verdict)

    def add_rest(self, batch: Batch) -> None:
        """Count the posts of a batch that merely pass, when its others have been added."""
        if n_rest := len(batch) - self.posts:
            self.suggestions["pass"] += n_rest
        self.posts = len(batch)
        self.chars = sum(map(len, batch.texts))
        self.repaired = len(batch.repaired)

    def add_reject(self, reject: Reject) -> None:
        """Count one rejected record and keep it if it is among the first."""
        self.rejected += 1
        if len(self.rejects) < _SHOWN_REJECTS:
            self.rejects.append(reject)

    def merge(self, later: Summary) -> None:
        """Add the counts of the posts that come next."""
        self.posts += later.posts
        self.chars += later.chars
        self.written += later.written
        self.rejected += later.rejected
        self.repaired += later.repaired
        self.suggestions += later.suggestions
        self.labels += later.labels
        self.numbers += later.numbers
        self.rejects = (self.rejects + later.rejects)[:_SHOWN_REJECTS]
        for label, findings in later.worst.items():
            self.worst[label] = _worst(self.worst.get(label, []) + findings)

    def _keep(self, label: str, record: Record, verdict: Verdict) -> None:
        kept = self.worst.setdefault(label, [])
        score = verdict.labels[0].score
        if len(kept) == _WORST_PER_LABEL and score <= kept[-1].score:
            return
        place = f"{record.file}:{record.line}"
        finding = Finding(
            score=score,
            suggestion=verdict.suggestion,
            labels=tuple(given.label for given in verdict.labels),
            where=place if verdict.id is None else f"{verdict.id}  {place}",
            pieces=mark(record.post.text, evidence_spans(verdict), around=_AROUND_CHARS),
            reasons=reasons(verdict, label)[:2],
        )
        self.worst[label] = _worst([*kept, finding])

    def lines(self, plan: Plan, *, colour: bool) -> Iterator[str]:
        """Yield the summary line by line, with evidence in colour or between 【 and 】."""
        rate = ""
        if self.seconds:
            rate = f" in {self.seconds:.1f} s ({self.posts / self.seconds:,.0f} posts/s)"
        yield f"{self.posts:,} posts{rate}, {self.flagged:,} flagged, {self.rejected:,} rejected"
        yield "  " + "   ".join(f"{name} {self.suggestions[name]:,}" for name in _SUGGESTIONS)
        if self.labels:
            yield ""
            yield "labels"
            order = sorted(self.labels, key=lambda label: (-self.labels[label], label))
            for label in order:
                yield f"  {self.labels[label]:>7,}  {label_name(label)}"
        yield from self._number_lines()
        yield from self._worst_lines(colour=colour)
        yield from self._reject_lines(plan)
        if plan.output != STANDARD_STREAM:
            yield ""
            yield f"the full result: {plan.output} ({self.written:,} lines)"

    def _number_lines(self) -> Iterator[str]:
        if not self.numbers:
            return
        yield ""
        yield "numbers given as a service line"
        order = sorted(
            self.numbers.items(),
            key=lambda item: (_RANKS.get(item[0].status, 0), -item[1], item[0].number),
        )
        for number, times in order[:_SHOWN_NUMBERS]:
            brand = number.brand or "-"
            yield f"  {times:>7,}  {number.number}  {brand}  {number.status}: {number.why}"
        if len(order) > _SHOWN_NUMBERS:
            yield f"           and {len(order) - _SHOWN_NUMBERS:,} more in the full result"

    def _worst_lines(self, *, colour: bool) -> Iterator[str]:
        if not self.worst:
            return
        yield ""
        yield "worst posts"
        ranked = [
            (rank, LABELS.index(label), finding)
            for label, findings in self.worst.items()
            for rank, finding in enumerate(findings)
        ]
        shown = sorted(ranked, key=lambda item: item[:2])[:_SHOWN_WORST]
        for _, _, finding in sorted(shown, key=lambda item: (item[1], item[0])):
            labels = ", ".join(label_name(label) for label in finding.labels)
            yield (
                f"  {finding.suggestion}  {finding.score:.3f}  {labels}  ({visible(finding.where)})"
            )
            yield f"    {draw(finding.pieces, colour=colour)}"
            yield from (f"    - {reason}" for reason in finding.reasons)

    def _reject_lines(self, plan: Plan) -> Iterator[str]:
        if self.repaired:
            yield ""
            yield f"posts with broken bytes, read as \ufffd: {self.repaired:,}"
        if not self.rejected or plan.rejects is None:
            return
        yield ""
        yield f"rejected records: {self.rejected:,}, all in {plan.rejects}"
        for reject in self.rejects:
            yield f"  {visible(reject.file)}:{reject.line}: {visible(reject.reason)}"


def _worst(findings: list[Finding]) -> list[Finding]:
    """Keep the highest scores; of posts that say the same the first one only."""
    distinct: dict[tuple[Piece, ...], Finding] = {}
    for finding in findings:
        if finding.pieces not in distinct or finding.score > distinct[finding.pieces].score:
            distinct[finding.pieces] = finding
    return sorted(distinct.values(), key=lambda finding: -finding.score)[:_WORST_PER_LABEL]
