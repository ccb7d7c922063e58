"""Who wrote a scanned post and to which campaign it belongs, from the dump."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from fanzha.normalize import normalize
from fanzha.post import Span
from fanzha.scan.plan import Plan
from fanzha.scan.source import Line, Source
from fanzha.scan.table import table_rows

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
    for path in plan.inputs:
        with Source(path, plan) as source:
            for line, record in _records(source, plan):
                text = record.get(plan.text_field)
                if isinstance(text, str):
                    name = name_of(record.get(fields.campaign)) if fields.campaign else None
                    yield Origin(
                        file=source.name.encode("utf-8", "replace").decode(),
                        line=line,
                        id=_identity(record.get(plan.id_field)),
                        text=text,
                        account=name_of(record.get(fields.account)),
                        campaign=name and f"{fields.campaign}:{name}",
                    )


def _records(source: Source, plan: Plan) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if source.format == "csv":
        heads: list[str] | None = None
        for row in table_rows(source.lines(), source.encoding):
            if heads is None:
                heads = row.fields
            elif row.fault is None and len(row.fields) == len(heads):
                yield row.line, dict(zip(heads, row.fields, strict=True))
        return
    for line in source.lines():
        if line.fault is None:
            record = _record(line, source, plan)
            if isinstance(record, dict):
                yield line.number, record


def _record(line: Line, source: Source, plan: Plan) -> object:
    """Read a line as the scan does; what the scan rejected has no verdict and is None."""
    try:
        text = line.decode(source.encoding)
        if source.format == "text":
            return {plan.text_field: text.removesuffix("\n").removesuffix("\r")}
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            found: object = json.loads(text, strict=False)
            return found
    except (ValueError, RecursionError):
        return None


def name_of(value: object) -> str | None:
    """Give a field's value as a name; None unless it is an integer or a string with something."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def _identity(value: object) -> str | int | None:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
