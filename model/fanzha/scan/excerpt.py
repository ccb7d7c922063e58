"""What is shown of a flagged post: its text, shortened, with the evidence marked in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fanzha.post import Span
from fanzha.render import Piece, mark
from fanzha.scan.fields import ROLES, places_of, role_of
from fanzha.scan.scanned import Scanned

__all__ = ["Excerpt", "evidence_of"]

_WHOLE_CHARS: Final = 400
_AROUND_CHARS: Final = 60
_SHOWN_CHARS: Final = 1200
_GAP: Final = " … "
_BETWEEN: Final = "\n"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A post's text in pieces, marked as evidence or not; `whole` tells whether all of it is there.

    A title, signature or author is shown, on a line of its own, where it holds evidence. Where a
    field is not known its pieces are the evidence alone.
    """

    pieces: tuple[Piece, ...]
    whole: bool = True

    @classmethod
    def of(cls, scanned: Scanned) -> Excerpt:
        """Cut the text of a post around the evidence of its verdict line.

        Raises
        ------
        KeyError, TypeError
            The line is no verdict as a scan writes it.
        """
        found = [place for one in evidence_of(scanned.verdict) for place in places_of(one)]
        pieces: list[Piece] = []
        whole = True
        for role in ROLES:
            mine = [one for one in found if role_of(one) == role]
            if not mine and role != "text":
                continue
            shown, complete = _shown(scanned.written(role), mine)
            if pieces and shown:
                pieces.append(Piece(_BETWEEN, False))
            pieces += shown
            whole = whole and complete
        return cls(tuple(pieces), whole)

    @property
    def text(self) -> str:
        """The text as it is shown, without marks."""
        return "".join(piece.text for piece in self.pieces)


def evidence_of(verdict: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what speaks against a post: evidence and numbers falsely claimed, as JSON has them.

    The model's wording counts only for a label that no named rule and no number speaks for, as
    in `fanzha.render.evidence_spans`.
    """
    for given in verdict["labels"]:
        found = [one for one in verdict["evidence"] if one["label"] == given["label"]]
        yield from [one for one in found if one["kind"] != "model"] or found
    for one in verdict["hotlines"]:
        if one["claimed"] and one["status"] in {"other_brand", "unlisted", "malformed"}:
            yield one


def _shown(
    written: str | None, found: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Piece, ...], bool]:
    """Give a field with its evidence marked, and whether that is all of it."""
    if written is None:
        return tuple(_quotes(found)), False
    spans = [Span(one["start"], one["end"]) for one in found]
    if len(written) <= _WHOLE_CHARS:
        return mark(written, spans), True
    return tuple(_limited(mark(written, spans, around=_AROUND_CHARS))), False


def _quotes(found: Iterable[Mapping[str, Any]]) -> Iterator[Piece]:
    texts = {(one["start"], one["end"]): one["text"] for one in found}
    for index, place in enumerate(sorted(texts)):
        if index:
            yield Piece(_GAP, False)
        yield Piece(texts[place], True)


def _limited(pieces: Iterable[Piece]) -> Iterator[Piece]:
    room = _SHOWN_CHARS
    for piece in pieces:
        if room <= 0:
            yield Piece(_GAP, False)
            return
        yield Piece(piece.text[:room], piece.marked)
        room -= len(piece.text)
