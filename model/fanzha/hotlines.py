"""Say of each number whether the company that the text names for it publishes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fanzha.claims import (
    gives_line,
    has_pretext,
    is_bait,
    is_branch,
    is_equated,
    is_firm,
    is_others,
    is_own_contact,
    is_personal,
    is_presented,
    is_report,
    is_service,
    is_voiced,
)
from fanzha.contacts import Number, find_numbers
from fanzha.digits import without_counters
from fanzha.errors import InputError
from fanzha.normalize import NormalizedText, normalize
from fanzha.numbering import Numbering, Reading
from fanzha.organisations import Organisations
from fanzha.post import Span
from fanzha.registry import Entry, Registry
from fanzha.scope import Scope
from fanzha.standing import owners_of, source_of, status_of, why_of

__all__ = ["Hotline", "judge", "look_up"]


_CONTACT_CHARS = 40
_BRIEF_CHARS = 120
_COMMON = frozenset({"public_service", "telecom"})
_OWN_KINDS = frozenset({"mobile", "landline"})
_FIRM_KINDS = frozenset({"400", "800", "service_1010", "short_code"})


@dataclass(frozen=True, slots=True)
class Hotline:
    """One dialable number of a post and what the registry says of it.

    `span` lies in the post, `at` in the normalized text. `brand` is the company the text names
    for the number, or None; `claimed` says whether the text presents the number as that
    company's service line; `status` is one of `official`, `other_brand`, `unlisted`,
    `malformed`, `unknown_brand`; `source` names where the official numbers, or the number's real
    owner, come from; `why` says it in one sentence. `pretext` tells whether a pretext typical of
    hotline fraud (注销校园贷, 解冻, 百万保障 …) stands beside the number.
    """

    span: Span
    at: Span
    text: str
    number: str
    kind: str
    brand: str | None
    claimed: bool
    status: str
    official_numbers: tuple[str, ...]
    source: str | None
    why: str
    pretext: bool = False

    @property
    def suspicious(self) -> bool:
        """Tell whether the number is claimed for a brand that does not publish it.

        A line of nobody the registry knows is suspicious only beside a pretext.
        """
        if self.status == "unknown_brand":
            return self.claimed and self.pretext
        return self.claimed and self.status in {"other_brand", "unlisted", "malformed"}


def judge(
    text: NormalizedText,
    numbers: Sequence[Number],
    registry: Registry,
    numbering: Numbering,
    organisations: Organisations | None = None,
) -> tuple[Hotline, ...]:
    """Judge each of `numbers`, which `find_numbers(text)` gave, in order.

    Parameters
    ----------
    organisations
        The names of the registry's brands; built anew (about 20 ms) when left out, so a caller
        with many posts loads them once.

    Notes
    -----
    O(len(text) + numbers · mentions near them).
    """
    if not numbers:
        return ()
    names = organisations if organisations is not None else Organisations.load(registry)
    view = without_counters(text)
    scope = Scope(view, [number.at for number in numbers], names.mentions(text), registry)
    reporting = is_report(view)
    return tuple(
        _judge_one(number, which, scope, registry, numbering, reporting=reporting)
        for which, number in enumerate(numbers)
    )


def _judge_one(
    number: Number,
    which: int,
    scope: Scope,
    registry: Registry,
    numbering: Numbering,
    *,
    reporting: bool,
) -> Hotline:
    reading = numbering.read(number.number)
    owners = owners_of(number.number, registry, numbering)
    if owners:
        brand: str | None = _owned_brand(which, scope, owners, registry)
    else:
        # A number that is only quoted is named for whom the text speaks of.
        quoted = not is_presented(scope.text, number.at, official=False, reporting=reporting)
        brand = _brand(which, scope, reading, registry, quoted=quoted)
    status = status_of(brand, owners, reading, registry)
    pretext = has_pretext(scope.text, number.at)
    claimed = _claimed(
        scope.text, number.at, brand, status, reading, pretext=pretext, reporting=reporting
    )
    official = registry.official_numbers(brand) if brand else ()
    return Hotline(
        number.span, number.at, number.text, number.number, reading.kind, brand, claimed, status,
        official, source_of(status, brand, owners, reading, registry),
        why_of(status, brand, owners, reading, official), pretext,
    )  # fmt: skip


def _claimed(
    text: str,
    at: Span,
    brand: str | None,
    status: str,
    reading: Reading,
    *,
    pretext: bool,
    reporting: bool,
) -> bool:
    if not is_presented(text, at, official=status == "official", reporting=reporting):
        return False
    if status in {"official", "other_brand"}:
        return True
    if brand is not None:
        own = is_personal(text, at) and reading.kind not in _FIRM_KINDS
        return not (own or (reading.kind not in _FIRM_KINDS and is_branch(text, at)))
    if status == "malformed":
        return False
    if reading.kind in _FIRM_KINDS or is_firm(text, at):
        return reading.kind in _FIRM_KINDS or not is_personal(text, at)
    return pretext and is_bait(text, at)


def _owned_brand(which: int, scope: Scope, owners: Sequence[Entry], registry: Registry) -> str:
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


def _brand(
    which: int, scope: Scope, reading: Reading, registry: Registry, *, quoted: bool
) -> str | None:
    """Give the brand that the text names for a number nobody of the registry publishes."""
    at = scope.numbers[which]
    naming = scope.naming(which)
    if naming is None:
        return None
    text, brand = scope.text, naming.mention.brand
    if is_personal(text, at) and reading.kind not in _FIRM_KINDS:
        # A clerk's mobile is a person's; his desk's number is the company's, though not its line.
        near = naming.tie in {"tied", "near", "signature"}
        return brand if near and reading.kind == "landline" else None
    if is_others(text, at):
        return None
    if reading.kind in _OWN_KINDS and not (quoted or is_voiced(text, at)):
        # A cash-out broker's mobile stands beside 花呗 too, and a shop's beside 医保.
        far = naming.tie == "post" or (naming.tie == "near" and naming.mention.at.start > at.start)
        if reading.kind != "landline" or far:
            return None
    if naming.tie == "tied" or quoted or (is_branch(text, at) and naming.tie == "near"):
        return brand
    around = text[max(0, at.start - _CONTACT_CHARS) : at.start]
    # In a short post about one company even a bare 400 number or landline is given as its line.
    if registry.brands[brand].category == "public_service" and naming.tie != "signature":
        gap = text[naming.mention.at.end : at.start]
        if naming.tie != "near" or re.search("[,，。]", gap):
            return None
    brief = len(text) <= _BRIEF_CHARS and scope.topic is not None
    if naming.tie == "far" or not (brief or is_service(text, at)):
        return None
    if naming.tie != "signature" and is_own_contact(around):
        return None
    return brand


def look_up(number: str, brand: str | None, registry: Registry, numbering: Numbering) -> Hotline:
    """Say whose number this is, and whether `brand` publishes it.

    Parameters
    ----------
    number
        The number in any writing, with or without separators and country code.
    brand
        A brand's name or alias, or None to ask for the owner.

    Raises
    ------
    InputError
        `number` has no digits.
    """
    text = normalize(number)
    found = find_numbers(text)
    digits = found[0].number if len(found) == 1 else re.sub("[^0-9]", "", text.text)
    if not digits:
        raise InputError(
            f"the number {number[:20]!r} has no digits; write it like 95188 or 400-123-4567"
        )
    reading = numbering.read(digits)
    owners = owners_of(digits, registry, numbering)
    known = registry.brand(brand) or registry.brand(normalize(brand).text) if brand else None
    name = known.name if known else brand or (owners[0].brand if owners else None)
    status = status_of(name, owners, reading, registry)
    if status == "unlisted" and known is None:
        status = "unknown_brand"
    official = registry.official_numbers(name) if name else ()
    span = Span(0, len(number))
    return Hotline(
        span, Span(0, len(text.text)), number, digits, reading.kind, name, brand is not None,
        status, official, source_of(status, name, owners, reading, registry),
        why_of(status, name, owners, reading, official),
    )  # fmt: skip
