"""The numbers and chat ids that posts give, counted, with whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fanzha.scan.fields import overlap

__all__ = ["FALSE_STATUSES", "ScannedNumber", "joining_contacts", "scanned_numbers"]

FALSE_STATUSES: Final = frozenset({"other_brand", "unlisted", "malformed"})
"""What the registry says of a number that is falsely claimed for a brand."""

_PUBLISHED: Final = frozenset({"official", "other_brand"})
_PRETEXT_RULE: Final = "HOTLINE_WITH_PRETEXT"
_MOBILE_DIGITS: Final = 11


@dataclass(frozen=True, slots=True)
class ScannedNumber:
    """A number as posts give it; `fake` where it is claimed for somebody whose it is not.

    `brand` is the company named for it, `status` what the registry says of that,
    `official_numbers` are that company's and `source` where they, or the number's owner, stand.
    """

    number: str
    kind: str
    brand: str | None
    status: str
    claimed: bool
    fake: bool
    official_numbers: tuple[str, ...] = ()
    source: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "number": self.number,
            "kind": self.kind,
            "brand": self.brand,
            "status": self.status,
            "claimed": self.claimed,
            "fake": self.fake,
            "official_numbers": list(self.official_numbers),
            "source": self.source,
        }


def scanned_numbers(verdict: Mapping[str, Any]) -> Iterator[ScannedNumber]:
    """Yield the numbers of a verdict line, in order, each as often as it stands there.

    Raises
    ------
    KeyError, TypeError
        It is no verdict: a field is missing or of another kind.
    """
    pretexts = [one for one in verdict["evidence"] if one["rule"] == _PRETEXT_RULE]
    for one in verdict["hotlines"]:
        beside = any(overlap(one, pretext) for pretext in pretexts)
        yield ScannedNumber(
            str(one["number"]),
            one["kind"],
            one["brand"],
            one["status"],
            one["claimed"],
            one["claimed"]
            and (one["status"] in FALSE_STATUSES or (beside and one["status"] == "unknown_brand")),
            tuple(one["official_numbers"]),
            one["source"],
        )


def joining_contacts(verdict: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the contacts by which posts of one campaign know each other, in order.

    Each in its canonical form, the digits of a number and `wechat:…`, `link:…` and so on of others,
    and whether it is a published line, of the company named or of another. A mobile given as a
    WeChat id is the number.

    Raises
    ------
    KeyError, TypeError
        It is no verdict.
    """
    for one in verdict["hotlines"]:
        yield str(one["number"]), one["status"] in _PUBLISHED
    for one in verdict["contacts"]:
        kind, value = one["kind"], str(one["value"])
        mobile = kind == "wechat" and value.isdecimal() and len(value) == _MOBILE_DIGITS
        yield value if mobile else f"{kind}:{value}", False
