"""A post that is sent in fields: judged as one text, with each span in its own field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from fanzha.post import Post
from fanzha_api import schemas

__all__ = ["FieldedPost"]

_JOINT: Final = "\n"


@dataclass(frozen=True, slots=True)
class FieldedPost:
    """A post and where each of its fields lies in it; no `parts`: it came as one text.

    `parts` holds the field's name, its first code point in the text and the end.
    """

    post: Post
    parts: tuple[tuple[str, int, int], ...] = ()

    @classmethod
    def of(cls, sent: schemas.Post) -> FieldedPost:
        """Join the fields, one to a line; a contact in the signature then counts for the body.

        Examples
        --------
        >>> FieldedPost.of(schemas.Post(title="花呗", signature="加薇")).parts
        (('title', 0, 2), ('signature', 3, 5))
        """
        if sent.text is not None:
            return cls(Post(sent.text, sent.id))
        parts: list[tuple[str, int, int]] = []
        texts: list[str] = []
        start = 0
        for name in schemas.FIELDS:
            text = getattr(sent, name)
            if text is not None:
                parts.append((name, start, start + len(text)))
                texts.append(text)
                start += len(text) + len(_JOINT)
        return cls(Post(_JOINT.join(texts), sent.id), tuple(parts))

    def place(self, verdict: dict[str, Any]) -> dict[str, Any]:
        """Write the spans of a verdict's JSON as spans of the fields, in place."""
        if self.parts:
            for one in _found(verdict):
                self._place(one)
        return verdict

    def to_json(self) -> dict[str, str]:
        """Give the texts by field; `text` where the post came as one."""
        if not self.parts:
            return {"text": self.post.text}
        return {name: self.post.text[start:end] for name, start, end in self.parts}

    def _place(self, one: dict[str, Any]) -> None:
        start, end = one["start"], one["end"]
        touched = [
            self._piece(name, first, max(start, first), min(end, last))
            for name, first, last in self.parts
            if start < last and first < end and first < last
        ]
        # A blank part proves nothing, and a line end between two fields stands in neither.
        first, *rest = [one for one in touched if one["text"].strip()] or touched[:1] or [
            self._nothing_at(start)
        ]  # fmt: skip
        one |= {name: first[name] for name in ("field", "start", "end")}
        for written in ("text", "from"):
            if written in one:
                one[written] = first["text"]
        if rest:
            one["continues"] = rest

    def _piece(self, name: str, first: int, start: int, end: int) -> dict[str, Any]:
        text = _valid(self.post.text[start:end])
        return {"field": name, "start": start - first, "end": end - first, "text": text}

    def _nothing_at(self, at: int) -> dict[str, Any]:
        """Give the empty stretch beside a line end that stands in no field."""
        name, first, last = next(part for part in reversed(self.parts) if part[1] <= at)
        return self._piece(name, first, min(at, last), min(at, last))


def _found(verdict: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give everything of a verdict's JSON that has a span."""
    for name in ("evidence", "hotlines", "contacts", "normalizations", "lists"):
        yield from verdict.get(name, ())
    explanation = verdict.get("explanation")
    if explanation is not None:
        for near in explanation["near"]:
            yield from near["evidence"]
        if explanation["flip"] is not None:
            yield from explanation["flip"]["without"]


def _valid(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in text)
