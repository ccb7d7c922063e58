"""Which tables of a forum's database hold posts, and what their columns are called."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from fanzha.scan.fields import FieldNames
from fanzha.scan.plan import Plan

__all__ = ["names_in_table"]

# Discuz! X (pre_forum_post, pre_forum_post_1 …) and its older line (cdb_posts), phpBB 2 and 3.
_KINDS: Final = (
    (
        re.compile(r"(?i)(?:^|_)(?:forum_post(?:_[0-9]+)?|posts)$"),
        FieldNames(text="message", id="pid", title="subject", lenient=True),
    ),
    (
        re.compile(r"(?i)(?:^|_)(?:forum_thread(?:_[0-9]+)?|threads)$"),
        FieldNames(text="", id="tid", title="subject", id_prefix="thread ", lenient=True),
    ),
    (
        re.compile(r"(?i)(?:^|_)posts$"),
        FieldNames(text="post_text", id="post_id", title="post_subject", lenient=True),
    ),
    (
        re.compile(r"(?i)(?:^|_)topics$"),
        FieldNames(text="", id="topic_id", title="topic_title", id_prefix="topic ", lenient=True),
    ),
)


def names_in_table(table: str, columns: Collection[str], plan: Plan) -> FieldNames | None:
    """Give what a table calls a post's fields; None where it holds no posts that are wanted.

    A table that the plan names, and one with the plan's text column, is read by the plan's names;
    else one of Discuz! or phpBB by its own. Titles of threads and topics are posts without text,
    with `thread` or `topic` before their ids.
    """
    if plan.tables and table not in plan.tables:
        return None
    if plan.text_field in columns:
        return FieldNames(
            plan.text_field,
            plan.id_field if plan.id_field in columns else "",
            plan.title_field if plan.title_field in columns else "",
            plan.signature_field,
            plan.author_field,
            lenient=True,
        )
    for pattern, names in _KINDS:
        needed = {name for name in (names.text, names.id, names.title) if name}
        if pattern.search(table) and needed <= set(columns):
            return FieldNames(
                names.text, names.id, names.title, plan.signature_field, plan.author_field,
                names.id_prefix, names.lenient,
            )  # fmt: skip
    return None
