"""Say which company a text names for a number of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fanzha.late_pattern import late_pattern
from fanzha.numbering import Reading
from fanzha.post import Span
from fanzha.registry import Entry, Registry
from fanzha.scope import Scope
from fanzha.voices import (
    gives_line,
    is_branch,
    is_equated,
    is_others,
    is_own_contact,
    is_personal,
    is_service,
    is_voiced,
)

__all__ = ["FIRM_KINDS", "brand_of_owned", "brand_of_unowned"]

FIRM_KINDS: Final = frozenset({"400", "800", "service_1010", "short_code"})
"""Kinds of numbers that only firms and authorities hold."""
_OWN_KINDS: Final = frozenset({"mobile", "landline"})
_CONTACT_CHARS: Final = 40
_BRIEF_CHARS: Final = 120
_TITLE_CHARS: Final = 40
_MANY_MENTIONS: Final = 3
_SHORT_FORM: Final = 2
_COMMON: Final = frozenset({"public_service", "telecom"})
_TITLE: Final = late_pattern(r"[【\[]?([\u4e00-\u9fff]{2,8}?)(?:[】\],，:：—\- (（]|是)")
# What ends a sentence, or the list of a page's own contacts that needs no punctuation.
_FURNITURE: Final = late_pattern(
    "[。!?;]|联系我们|联系方式|官方网站|官网|公众号|官方微|官方qq|qq群|贴吧|https?|www"
)


def brand_of_owned(which: int, scope: Scope, owners: Sequence[Entry], registry: Registry) -> str:
    """Give the brand that the text names for a number of the registry, read charitably.

    Only a tie, the whole text's topic or a line said to be shared makes another company the one
    that is claimed.
    """
    own = [entry.brand for entry in owners]
    naming = scope.naming(which)
    if naming is None:
        return own[0]
    brand = naming.mention.brand
    at = scope.numbers[which]

    def is_own(name: str) -> bool:
        return any(registry.same_group(name, owner) for owner in own)

    if is_equated(scope.text, at):
        others = (found.brand for found in scope.in_sentence(at) if not is_own(found.brand))
        return next(others, brand)
    if is_own(brand):
        return brand
    # A public or operator's line in a company's post is named for what it is: 投诉拼多多打12315.
    kinds = {registry.brands[own[0]].category, registry.brands[brand].category}
    common = kinds == {"public_service"} or (len(kinds) > 1 and bool(kinds & _COMMON))
    if kinds == {"public_service"} and naming.mention.at.start > at.start:
        return own[0]
    if naming.tie == "tied" and not (common and not gives_line(scope.text, naming.mention.at, at)):
        return brand
    if common:
        return own[0]
    topical = scope.topic is not None and registry.same_group(scope.topic.brand, brand)
    for found in scope.in_sentence(at) if topical else scope.near(at):
        if is_own(found.brand):
            return found.brand
    return brand if topical else own[0]


def brand_of_unowned(
    which: int, scope: Scope, reading: Reading, registry: Registry, *, quoted: bool
) -> str | None:
    """Give the brand that the text names for a number nobody of the registry publishes."""
    at = scope.numbers[which]
    naming = scope.naming(which)
    if naming is None:
        return None
    text, brand = scope.text, naming.mention.brand
    if is_personal(text, at) and reading.kind not in FIRM_KINDS:
        # A clerk's mobile is a person's; his desk's number is the company's, though not its line.
        near = naming.tie in {"tied", "near", "signature"}
        return brand if near and reading.kind == "landline" else None
    if is_others(text, naming.mention.at, at):
        return None
    if reading.kind in _OWN_KINDS and not (quoted or is_voiced(text, at)):
        # A cash-out broker's mobile stands beside 花呗 too, and a shop's beside 医保.
        far = naming.tie == "post" or (naming.tie == "near" and naming.mention.at.start > at.start)
        if reading.kind != "landline" or far:
            return None
    if naming.tie == "tied" or quoted or (is_branch(text, at) and naming.tie == "near"):
        return brand
    # A page names partners and channels; its own line stands beside none of them.
    apart = naming.tie == "post" or (
        naming.tie == "near" and _FURNITURE.search(text, naming.mention.at.end, at.start)
    )
    if naming.tie in {"near", "post"} and _is_of_title(text, naming.mention.at, at):
        return None
    if (
        len(text) > _BRIEF_CHARS
        and apart
        and not _is_subject(scope, brand, registry, sure=naming.tie == "post")
    ):
        return None
    around = text[max(0, at.start - _CONTACT_CHARS) : at.start]
    # In a short post about one company even a bare 400 number or landline is given as its line.
    if registry.brands[brand].category == "public_service" and naming.tie != "signature":
        first, last = sorted((naming.mention.at, at))
        if naming.tie != "near" or re.search("[,，。]", text[first.end : last.start]):
            return None
    brief = len(text) <= _BRIEF_CHARS and scope.topic is not None
    if naming.tie == "far" or not (brief or is_service(text, at)):
        return None
    if naming.tie != "signature" and is_own_contact(around):
        return None
    return brand


def _is_of_title(text: str, name: Span, at: Span) -> bool:
    """Tell whether the name that a page opens with stands nearer to a number than a company's."""
    title = _TITLE.match(text)
    if not title or title.end() > name.start:
        return False
    return text.rfind(title[1], 0, at.start) > name.end


def _is_subject(scope: Scope, brand: str, registry: Registry, *, sure: bool) -> bool:
    """Tell whether a page speaks of one company, rather than of its partners and its channels.

    To be `sure` the title must name it, or the page several times, and not only by a short form
    that is an everyday word, as 移动 or 平安.
    """
    topic = scope.topic
    if topic is None or not registry.same_group(topic.brand, brand):
        return False
    if not sure:
        return True
    own = [found for found in scope.mentions if registry.same_group(found.brand, brand)]
    named = any(len(found.alias) > _SHORT_FORM or found.alias == found.brand for found in own)
    return named and (topic.at.start < _TITLE_CHARS or len(own) >= _MANY_MENTIONS)
