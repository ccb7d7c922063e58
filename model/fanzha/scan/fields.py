"""Title, body, signature and author of a record as one post, whose spans find their way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from fanzha.errors import InputError
from fanzha.post import Post
from fanzha.scan.markup import Stripped, strip
from fanzha.scan.plan import Plan

__all__ = ["ROLES", "FieldNames", "Layout", "Row", "compose", "overlap", "places_of", "role_of"]

ROLES: Final = ("title", "text", "signature", "author")
"""What a field that is checked is to its post, in the order of the joined post."""

_SPANNED: Final = ("evidence", "hotlines", "contacts", "normalizations", "lists")
_BETWEEN: Final = "\n"


@dataclass(frozen=True, slots=True)
class FieldNames:
    """What a record calls its id and what is checked of it; empty where it has no such field.

    `id_prefix` stands before the ids of a table whose numbers are others than those of posts.
    `lenient` holds for a database: a null text is an empty one, an id may be of any kind.
    """

    text: str
    id: str
    title: str = ""
    signature: str = ""
    author: str = ""
    id_prefix: str = ""
    lenient: bool = False
    others: tuple[tuple[str, str], ...] = field(init=False)
    """What is checked besides the text: role and name, in the order of the joined post."""

    def __post_init__(self) -> None:
        roles = (("title", self.title), ("signature", self.signature), ("author", self.author))
        object.__setattr__(self, "others", tuple(pair for pair in roles if pair[1]))

    @classmethod
    def of(cls, plan: Plan) -> FieldNames:
        """Give the names that the plan says."""
        return cls(
            text=plan.text_field,
            id=plan.id_field,
            title=plan.title_field,
            signature=plan.signature_field,
            author=plan.author_field,
        )

    @property
    def used(self) -> tuple[str, ...]:
        """The names of all fields that make the post."""
        return tuple(filter(None, (self.text, self.id, *(name for _, name in self.others))))


@dataclass(frozen=True, slots=True)
class Row:
    """A record as read: its place, and its fields by name; `names` says which are which."""

    file: str
    line: int
    fields: Mapping[str, object]
    names: FieldNames
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    role: str
    start: int
    original: str
    stripped: Stripped | None

    @property
    def shown(self) -> str:
        return self.original if self.stripped is None else self.stripped.text

    def pieces(self, start: int, end: int) -> Iterator[dict[str, Any]]:
        """Yield what of the field `start` to `end` of the joined text covers, as written."""
        first = max(start - self.start, 0)
        last = min(end - self.start, len(self.shown))
        if first >= last:
            return
        stands = [(first, last)] if self.stripped is None else self.stripped.pieces(first, last)
        for one, other in stands:
            yield self.piece(one, other)

    def piece(self, start: int, end: int) -> dict[str, Any]:
        text = _valid(self.original[start:end])
        return {"field": self.role, "start": start, "end": end, "text": text}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields of a record stand in the text that was checked."""

    places: tuple[_Place, ...]

    def restore(self, verdict: dict[str, Any]) -> dict[str, Any]:
        """Let the spans of a verdict point into the fields as they were written.

        A span outside the text field gets `field`: `title`, `signature` or `author`. What reaches
        over into further fields, or over a quotation that is left out, has its further parts in
        `continues`. No part is blank while another is not.
        """
        for kind in _SPANNED:
            if kind in verdict:
                verdict[kind] = [self._restored(found) for found in verdict[kind]]
        return verdict

    def _restored(self, found: dict[str, Any]) -> dict[str, Any]:
        start, end = found["start"], found["end"]
        pieces = [one for place in self.places for one in place.pieces(start, end)]
        pieces = [one for one in pieces if one["text"].strip()] or pieces[:1]
        first, *rest = pieces or [self._nothing_at(start)]
        written = "from" if "from" in found else "text"
        found = {**found, "start": first["start"], "end": first["end"], written: first["text"]}
        if rest:
            found["continues"] = rest
        return found if first["field"] == "text" else {"field": first["field"], **found}

    def _nothing_at(self, at: int) -> dict[str, Any]:
        """Give the empty stretch where a line end is read that stands in no field."""
        place = next(one for one in reversed(self.places) if one.start <= at)
        at = min(at - place.start, len(place.shown))
        if at == len(place.shown):
            at = len(place.original)
        elif place.stripped is not None:
            at = place.stripped.span(at, at)[0]
        return place.piece(at, at)


def role_of(found: Mapping[str, Any]) -> str:
    """Give the field, one of `ROLES`, into which the span of a verdict line's entry points."""
    return str(found["field"]) if "field" in found else "text"


def places_of(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the parts of a verdict line's entry, each with its `start`, `end` and `text`."""
    yield found
    if "continues" in found:
        yield from found["continues"]


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether the spans of two entries of a verdict line overlap, in the same field."""
    return any(
        role_of(mine) == role_of(its) and mine["start"] < its["end"] and its["start"] < mine["end"]
        for mine in places_of(one)
        for its in places_of(other)
    )


def compose(row: Row, plan: Plan) -> tuple[Post, Layout | None]:
    """Make a record's fields one post: title, text, signature, author, each on a line of its own.

    Returns
    -------
    The post, and how to lead its spans back; None where the post is the text field itself.

    Raises
    ------
    InputError
        The text is missing or no string, the id is of another kind, or the post is too long.
    """
    names, fields = row.names, row.fields
    text = _text(fields, names)
    identity = _identity(fields.get(names.id), names) if names.id else None
    stripped = strip(text) if plan.markup == "auto" else None
    if stripped is None and not any(fields.get(name) for _, name in names.others):
        return Post(text, identity), None
    places = [_Place("text", 0, text, stripped)]
    for role, name in names.others:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            place = _Place(role, 0, value, strip(value) if plan.markup == "auto" else None)
            places.insert(0 if role == "title" else len(places), place)
    if len(places) == 1:
        if stripped is None:
            return Post(text, identity), None
        return Post(stripped.text, identity), Layout(tuple(places))
    return _joined(places, identity)


def _joined(places: Sequence[_Place], identity: str | int | None) -> tuple[Post, Layout]:
    pieces: list[str] = []
    moved: list[_Place] = []
    at = 0
    for place in places:
        moved.append(_Place(place.role, at, place.original, place.stripped))
        pieces.append(place.shown)
        at += len(place.shown) + len(_BETWEEN)
    return Post(_BETWEEN.join(pieces), identity), Layout(tuple(moved))


def _text(fields: Mapping[str, object], names: FieldNames) -> str:
    if not names.text:
        return ""
    try:
        text = fields[names.text]
    except KeyError:
        raise InputError(
            f"the field {names.text!r} is missing; name it with --text-field"
        ) from None
    if isinstance(text, str):
        return text
    if text is None and names.lenient:
        return ""
    raise InputError(
        f"the field {names.text!r} is {_kind_of(text)}, not a string; write the post's text there"
    )


def _identity(value: object, names: FieldNames) -> str | int | None:
    if value is None:
        return None
    if not names.id_prefix and type(value) in (str, int):
        return cast(str | int, value)
    if names.lenient:
        return f"{names.id_prefix}{value}"
    raise InputError(
        f"the field {names.id!r} is {_kind_of(value)}; an id is a string or an integer"
    )


def _kind_of(value: object) -> str:
    names = {
        dict: "an object", list: "an array", str: "a string", bool: "a boolean", bytes: "binary",
    }  # fmt: skip
    return "null" if value is None else names.get(type(value), "a number")


def _valid(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in text)
