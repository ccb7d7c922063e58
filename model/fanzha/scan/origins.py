"""Who wrote a scanned post and to which campaign it belongs, from the dump."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from fanzha.errors import InputError
from fanzha.normalize import normalize
from fanzha.post import Span
from fanzha.scan.fields import Row, compose
from fanzha.scan.plan import Plan
from fanzha.scan.read import cut, rows
from fanzha.scan.source import sources

__all__ = ["Fields", "Origin", "exact_campaign", "name_of", "origins"]

_LEAST_CAMPAIGN_CHARS: Final = 16
_CONTACT: Final = "\ue000"
_DIGITS_OR_SPACES: Final = re.compile(r"[0-9\s]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the dump's fields that tell a post's account and, if it has one, its campaign."""

    account: str = "author"
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """A record of the dump; `line` is the first of it, from 1, in `file`."""

    file: str
    line: int
    id: str | int | None
    text: str
    account: str | None
    campaign: str | None

    def key(self, spans: Iterable[Span]) -> str | None:
        """Give the campaign that the dump names, else that of the exact wording."""
        return self.campaign or exact_campaign(self.text, spans)

    def owns(self, verdict: Mapping[str, Any]) -> bool:
        """Tell whether a verdict line is that on this record."""
        if "id" in verdict:
            return bool(self.id == verdict["id"])
        place = (verdict.get("file", self.file), verdict.get("line"))
        return self.id is None and place == (self.file, self.line)


def exact_campaign(text: str, spans: Iterable[Span]) -> str | None:
    """Give the key of a post's wording: equal where only contacts, digits and spaces differ.

    Parameters
    ----------
    spans
        Where the post's contacts stand, as its verdict says.

    Returns
    -------
    Sixteen hexadecimal digits, or None where the wording has fewer than 16 characters, since
    电话 with a number is nobody's own. Width, case and traditional script are undone, but no
    wording that was changed: what finds near duplicates will replace this function.

    Examples
    --------
    >>> one = exact_campaign("抖音月付官方客服电话 400-000-0001，退款找人工", [Span(11, 23)])
    >>> one == exact_campaign("抖音月付官方客服电话4000000002，退款找人工", [Span(10, 20)])
    True
    """
    pieces, done = [], 0
    for span in sorted(spans):
        if span.start >= done:
            pieces += [text[done : span.start], _CONTACT]
            done = span.end
    pieces.append(text[done:])
    wording = _DIGITS_OR_SPACES.sub("", normalize("".join(pieces)).text)
    if len(wording) < _LEAST_CAMPAIGN_CHARS:
        return None
    return hashlib.blake2b(wording.encode("utf-8", "replace"), digest_size=8).hexdigest()


def origins(plan: Plan, fields: Fields) -> Iterator[Origin]:
    """Yield the records of the plan's inputs that a scan can read, in order.

    A field that is absent, empty or neither a string nor an integer tells nothing.

    Raises
    ------
    InputError
        An input cannot be opened or is damaged at its beginning.
    """
    # Their spans are led back into the texts as written, so nothing is taken out of these.
    plain = replace(plan, markup="none")
    for path in plan.inputs:
        for source in sources(path, plain):
            for chunk in cut(source, plain):
                for row in rows(chunk, plain):
                    if isinstance(row, Row) and (origin := _origin(row, fields, plain)) is not None:
                        yield origin


def _origin(row: Row, fields: Fields, plan: Plan) -> Origin | None:
    """Give a record's origin; None for one that a scan rejects."""
    try:
        post, _ = compose(row, plan)
    except InputError:
        return None
    text = row.fields.get(row.names.text)
    name = name_of(row.fields.get(fields.campaign)) if fields.campaign else None
    return Origin(
        file=row.file.encode("utf-8", "replace").decode(),
        line=row.line,
        id=_SURROGATE.sub("\ufffd", post.id) if isinstance(post.id, str) else post.id,
        text=text if isinstance(text, str) else "",
        account=name_of(row.fields.get(fields.account)),
        campaign=name and f"{fields.campaign}:{name}",
    )


def name_of(value: object) -> str | None:
    """Give a field's value as a name; None unless it is an integer or a string with something."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None
