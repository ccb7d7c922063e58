"""Say of each number whether the company that the text names for it publishes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fanzha.arguments import refuse_no_text
from fanzha.attribution import FIRM_KINDS, brand_of_owned, brand_of_unowned
from fanzha.claims import has_pretext, is_amount, is_presented, is_report
from fanzha.contacts import Number, find_numbers
from fanzha.digits import without_counters
from fanzha.errors import InputError
from fanzha.normalize import NormalizedText, normalize
from fanzha.numbering import Numbering, Reading
from fanzha.organisations import Organisations
from fanzha.post import Span
from fanzha.quick import quick
from fanzha.registry import Registry
from fanzha.scope import Scope
from fanzha.standing import owners_of, public_owner, source_of, status_of, why_of
from fanzha.voices import is_bait, is_branch, is_firm, is_personal

__all__ = ["Hotline", "judge", "look_up"]


@quick
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
        brand: str | None = public_owner(owners, registry) or brand_of_owned(
            which, scope, owners, registry
        )
    else:
        # A number that is only quoted is named for whom the text speaks of.
        quoted = not is_presented(scope.text, number.at, official=False, reporting=reporting)
        brand = brand_of_unowned(which, scope, reading, registry, quoted=quoted)
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
    if status == "official":
        return True
    if is_amount(text, at):
        return False
    if status == "other_brand":
        return True
    if brand is not None:
        own = is_personal(text, at) and reading.kind not in FIRM_KINDS
        return not (own or (reading.kind not in FIRM_KINDS and is_branch(text, at)))
    if status == "malformed":
        return False
    if reading.kind in FIRM_KINDS or is_firm(text, at):
        return reading.kind in FIRM_KINDS or not is_personal(text, at)
    return pretext and is_bait(text, at)


def look_up(number: str, brand: str | None, registry: Registry, numbering: Numbering) -> Hotline:
    """Say whose number this is, and whether `brand` publishes it.

    Parameters
    ----------
    number
        The number in any writing, with or without separators and country code.
    brand
        A brand's name or alias, or None to ask for the owner. A public line (110, 12345) needs no
        company: it is its owner's whatever is asked.

    Raises
    ------
    InputError
        `number` has no digits, or it or `brand` is no string.
    """
    refuse_no_text(number, "a number")
    if brand is not None:
        refuse_no_text(brand, "a brand")
    text = normalize(number)
    found = find_numbers(text)
    local = re.sub(r"^[^0-9+]*(?:\+|00) ?86", "", text.text)
    digits = found[0].number if len(found) == 1 else re.sub("[^0-9]", "", local)
    if not digits:
        raise InputError(
            f"the number {number[:20]!r} has no digits; write it like 95188 or 400-123-4567"
        )
    reading = numbering.read(digits)
    owners = owners_of(digits, registry, numbering)
    known = registry.brand(brand) or registry.brand(normalize(brand).text) if brand else None
    name = public_owner(owners, registry) or (known.name if known else brand)
    if name is None and owners:
        name = owners[0].brand
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
