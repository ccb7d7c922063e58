"""Refuse arguments of another kind before any work, in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fanzha.errors import InputError
from fanzha.post import Post

__all__ = ["refuse_no_text", "refuse_one_text", "refuse_unequal"]


def refuse_no_text(value: object, what: str) -> None:
    """Refuse what is no string.

    Raises
    ------
    InputError
        `value` is of another kind; the message names it by `what`.
    """
    if not isinstance(value, str):
        raise InputError(f"{what} must be a string, not {type(value).__name__}; write it in quotes")


def refuse_one_text(posts: Iterable[object]) -> None:
    """Refuse one text where many are meant: its characters would be judged one by one.

    Raises
    ------
    InputError
        `posts` is a string, a post, or nothing that holds several.
    """
    if isinstance(posts, str | bytes | Post) or not isinstance(posts, Iterable):
        raise InputError(
            f"posts are several, not one {type(posts).__name__}; give a list, or use check"
        )


def refuse_unequal(texts: Sequence[object], ids: Sequence[object]) -> None:
    """Refuse texts and ids that do not belong together.

    Raises
    ------
    InputError
        There is one text and no list of them, or there are more of one than of the other.
    """
    refuse_one_text(texts)
    if len(texts) != len(ids):
        raise InputError(
            f"there are {len(texts)} texts and {len(ids)} ids; give each text one id, or None"
        )
