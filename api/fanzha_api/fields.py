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
        # A span that covers a joint alone belongs to the field before it.
        touched = [
            part for part in self.parts if start < part[2] and part[1] < end and part[1] < part[2]
        ] or [max((part for part in self.parts if part[1] <= start), key=lambda part: part[1])]
        spans = [
            (name, min(max(start, first), last), max(min(end, last), first))
            for name, first, last in touched
        ]
        (name, begin, stop), *rest = spans
        first = next(part[1] for part in self.parts if part[0] == name)
        one["field"] = name
        one["start"], one["end"] = begin - first, max(begin, stop) - first
        if not rest:
            return
        if "text" in one:
            one["text"] = _valid(self.post.text[begin:stop])
        starts = {part[0]: part[1] for part in self.parts}
        one["continues"] = [
            {
                "field": name,
                "start": begin - starts[name],
                "end": stop - starts[name],
                "text": _valid(self.post.text[begin:stop]),
            }
            for name, begin, stop in rest
        ]


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
