"""Draw a post with its evidence marked in place, safely for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from fanzha.hotlines import Hotline
from fanzha.labels import LABEL_NAMES_ZH
from fanzha.post import Span
from fanzha.verdict import Evidence, Verdict

__all__ = [
    "Piece", "counted", "draw", "draw_verdict", "evidence_spans", "label_name", "mark", "reasons",
    "visible",
]  # fmt: skip

_MARKED, _BLOCK, _REVIEW, _PASS, _PLAIN = (
    "\x1b[1;31m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[32m", "\x1b[0m"
)  # fmt: skip
_COLOURS: Final = {"block": _BLOCK, "review": _REVIEW, "pass": _PASS}
_GAP: Final = "…"
_MAX_REASONS: Final = 4
_QUOTED_CHARS: Final = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a post, marked as evidence or not."""

    text: str
    marked: bool


def counted(n: int, what: str) -> str:
    """Give a count with what is counted.

    Examples
    --------
    >>> counted(1, "post"), counted(1200, "post")
    ('1 post', '1,200 posts')
    """
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def visible(text: str) -> str:
    """Give `text` on one line and without characters that steer a terminal.

    Line ends become `⏎`; controls, direction marks, lone surrogates and unassigned code points
    become `�`; zero-width signs go.

    Examples
    --------
    >>> visible("花呗\\x1b[2J\\n套\\u200b现")
    '花呗�[2J⏎套现'
    """
    return "".join(_visible_signs(text.replace("\r\n", "\n")))


def _visible_signs(text: str) -> Iterator[str]:
    for sign in text:
        category = unicodedata.category(sign)
        if sign == "\n":
            yield "⏎"
        elif sign == "\t":
            yield " "
        elif category == "Cf" and unicodedata.bidirectional(sign) == "BN":
            continue
        elif category[0] == "C" or category in {"Zl", "Zp"}:
            yield "\ufffd"
        else:
            yield sign


def mark(post: str, spans: Iterable[Span], *, around: int | None = None) -> tuple[Piece, ...]:
    """Cut a post into marked and unmarked pieces.

    Parameters
    ----------
    spans
        What to mark, in any order; overlapping spans join.
    around
        Keep only this many code points before and after each mark and put `…` for the rest;
        None keeps all.

    Examples
    --------
    >>> [piece.text for piece in mark("今天花呗套现秒到账的来", [Span(4, 6)], around=2)]
    ['…花呗', '套现', '秒到…']
    """
    joined: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    pieces: list[Piece] = []
    done = 0
    for span in joined:
        pieces.append(Piece(_shorten(post[done : span.start], around, after=bool(done)), False))
        pieces.append(Piece(span.of(post), True))
        done = span.end
    rest = post[done:]
    if around is not None and len(rest) > around + 1:
        rest = (rest[:around] if joined else rest[: 4 * around]) + _GAP
    pieces.append(Piece(rest, False))
    return tuple(piece for piece in pieces if piece.text)


def _shorten(text: str, around: int | None, *, after: bool) -> str:
    """Keep the ends of the text between two marks, or the end of what stands before the first."""
    if around is None or len(text) <= (2 * around if after else around) + 1:
        return text
    return (text[:around] if after else "") + _GAP + text[len(text) - around :]


def draw(pieces: Iterable[Piece], *, colour: bool) -> str:
    """Draw pieces on one line, the marked ones in red or between 【 and 】."""
    before, after = (_MARKED, _PLAIN) if colour else ("【", "】")
    return "".join(
        before + visible(piece.text) + after if piece.marked else visible(piece.text)
        for piece in pieces
    )


def label_name(label: str) -> str:
    """Give a label with its Chinese name."""
    return f"{label} {LABEL_NAMES_ZH[label]}"


def evidence_spans(verdict: Verdict) -> tuple[Span, ...]:
    """Give the spans that speak against the post: evidence and numbers falsely claimed.

    The model's wording counts only for a label that no named rule and no number speaks for.
    """
    shown = [one for given in verdict.labels for one in _telling(verdict, given.label)]
    return (
        *(evidence.span for evidence in shown),
        *(hotline.span for hotline in verdict.hotlines if hotline.suspicious),
    )


def _telling(verdict: Verdict, label: str) -> list[Evidence]:
    found = [evidence for evidence in verdict.evidence if evidence.label == label]
    return [evidence for evidence in found if evidence.kind != "model"] or found


def reasons(verdict: Verdict, label: str) -> tuple[str, ...]:
    """Say in up to four lines what speaks for `label`: rules and numbers first, then wording."""
    found = [evidence for evidence in verdict.evidence if evidence.label == label]
    found.sort(key=lambda evidence: (evidence.kind == "model", -evidence.weight))
    lines = dict.fromkeys(_reason(evidence) for evidence in found)
    return tuple(lines)[:_MAX_REASONS]


def _reason(evidence: Evidence) -> str:
    text = visible(evidence.text)
    if len(text) > _QUOTED_CHARS:
        return f"{evidence.rule}  {text[:_QUOTED_CHARS]}{_GAP}: {evidence.why}"
    read = visible(evidence.normalized)
    quoted = text if read == text else f"{text} (read as {read})"
    return f"{evidence.rule}  {quoted}: {evidence.why}"


def draw_verdict(post: str, verdict: Verdict, *, colour: bool) -> str:
    """Draw a post and its verdict for a reader, in several lines without a final line end."""
    labels = ", ".join(
        f"{label_name(given.label)} {given.score:.3f} (from {given.threshold:.3f})"
        for given in verdict.labels
    )
    suggestion = verdict.suggestion
    if colour:
        suggestion = f"{_COLOURS[suggestion]}{suggestion}{_PLAIN}"
    lines = [f"{suggestion}  {labels or 'no label'}"]
    lines.append("  " + draw(mark(post, evidence_spans(verdict)), colour=colour))
    for given in verdict.labels:
        lines += [f"  {given.label}  {reason}" for reason in reasons(verdict, given.label)]
    lines += [f"  number {visible(one.text)}  {hotline_line(one)}" for one in verdict.hotlines]
    lines += [f"  {one.kind} {visible(one.value)}" for one in verdict.contacts]
    return "\n".join(lines)


def hotline_line(hotline: Hotline) -> str:
    """Say in one line what the registry knows of a number."""
    claim = f", given for {hotline.brand}" if hotline.brand else ""
    return f"{hotline.status}{claim}: {hotline.why}"
