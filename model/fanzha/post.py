"""A post as its author wrote it, and spans in it."""

from __future__ import annotations

from dataclasses import dataclass

from fanzha.errors import InputError
from fanzha.quick import quick

__all__ = ["MAX_POST_CHARS", "Post", "Span"]

MAX_POST_CHARS = 2_000_000
"""Longest post in code points; every stage is linear, this bounds one call's time and memory."""


@quick
@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range `[start, end)` of code points.

    Examples
    --------
    >>> Span(2, 4).of("花呗套现")
    '套现'
    """

    start: int
    end: int

    def of(self, text: str) -> str:
        """Give the characters of `text` that the span covers."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two spans share a character."""
        return self.start < other.end and other.start < self.end


@quick
@dataclass(frozen=True, slots=True)
class Post:
    """One piece of user text as written, with the caller's id for it.

    Raises
    ------
    InputError
        `text` is not a string or longer than `MAX_POST_CHARS`, or `id` is neither a string,
        an integer nor None.
    """

    text: str
    id: str | int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError(
                f"a post's text must be a string, not {type(self.text).__name__}; "
                "decode bytes first, e.g. raw.decode('gb18030')"
            )
        if len(self.text) > MAX_POST_CHARS:
            raise InputError(
                f"the post has {len(self.text)} characters, more than the limit of "
                f"{MAX_POST_CHARS}; split it or cut it"
            )
        if self.id is None:
            return
        if isinstance(self.id, bool) or not isinstance(self.id, str | int):
            raise InputError(
                f"a post's id must be a string or an integer, not {type(self.id).__name__}"
            )

    @classmethod
    def of(cls, post: str | Post) -> Post:
        """Wrap a bare string; a `Post` is given back as it is."""
        return post if isinstance(post, Post) else cls(post)
