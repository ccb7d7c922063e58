"""All that is found in a post before anything is scored."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.contacts import Contact, Number, find_contacts
from fanzha.handles import ROW, Lead, SieveHandle
from fanzha.hotlines import Hotline, judge
from fanzha.lexicon import Lexicon, Match
from fanzha.look import ALL, ALOUD, CHANGED, CONTACTS, LEAD, MASKED, NUMBERS, NUMERALS, TRACE
from fanzha.masking import MASKED_VALUE, MaskedText, Values, find_masked_values, mask_many
from fanzha.normalize import NormalizedText, normalize_many, reads_numerals
from fanzha.numbering import Numbering
from fanzha.organisations import Organisations
from fanzha.phones import find_numbers
from fanzha.post import Post, Span
from fanzha.quick import quick
from fanzha.registry import Registry
from fanzha.results import Sights
from fanzha.rules import Firing, RuleSet
from fanzha.variants import Restoration, Restorer

__all__ = ["VALUE_GROUPS", "Glance", "Reader", "Reading", "mask_glances", "values_of"]

VALUE_GROUPS: Final = (
    "contact", "link", "number", MASKED_VALUE, "hotline_pretext", "hotline_suspicious",
    "hotline_official",
)  # fmt: skip
"""Kinds of contacts, numbers and hotlines that rules can ask for."""
_NO_VALUES: Final = Values((), (), ())


@quick
@dataclass(frozen=True, slots=True)
class Glance:
    """What a verdict lists of a post, before anything is asked about its wording.

    Fields as in `Reading`; `masked_values` are the places where a platform blanked out a contact,
    `mended` says that terms were restored or marks taken out of words.
    """

    post: Post
    text: NormalizedText
    contacts: tuple[Contact, ...]
    numbers: tuple[Number, ...]
    hotlines: tuple[Hotline, ...]
    masked_values: tuple[Span, ...]
    restored: tuple[Restoration, ...]
    mended: bool

    @property
    def empty(self) -> bool:
        """Tell whether there is no contact, number or blanked-out value."""
        return not (self.contacts or self.numbers or self.masked_values)

    @property
    def plain(self) -> bool:
        """Tell whether nothing was found."""
        return self.empty and not self.mended

    def mask(self) -> MaskedText:
        """Give the text without values, as the model reads it."""
        return mask_glances([self])[0]


@quick
@dataclass(frozen=True, slots=True)
class Reading:
    """A post with its normalized text and what every table says of it.

    In `text` the terms that were written in disguise stand plainly, and marks that tore words are
    left out; `restored` lists the terms, `mended` tells whether there was either.
    `matches` holds the lexicon's terms, the patterns' matches and, under the group of their kind,
    the contacts and numbers; all of them lie in the normalized text.
    """

    post: Post
    text: NormalizedText
    masked: MaskedText
    contacts: tuple[Contact, ...]
    hotlines: tuple[Hotline, ...]
    matches: tuple[Match, ...]
    firings: tuple[Firing, ...]
    restored: tuple[Restoration, ...] = ()
    mended: bool = False

    @property
    def plain(self) -> bool:
        """Tell whether there is no contact, number or blanked-out value, and nothing was mended."""
        values = any(match.group in {"number", MASKED_VALUE} for match in self.matches)
        return not (values or self.contacts or self.mended)


def mask_glances(glances: Sequence[Glance]) -> list[MaskedText]:
    """Give what `Glance.mask` gives of each, several times as fast."""
    return mask_many(
        [one.text.text for one in glances],
        [
            _NO_VALUES if one.empty else Values(one.contacts, one.numbers, one.masked_values)
            for one in glances
        ],
    )


class Reader:
    """Reads posts with one lexicon, one set of rules, one registry and one numbering plan."""

    def __init__(
        self, lexicon: Lexicon, rules: RuleSet, registry: Registry, numbering: Numbering
    ) -> None:
        self.lexicon = lexicon
        self.rules = rules
        self.registry = registry
        self.numbering = numbering
        self._organisations = Organisations.load(registry)
        self._restorer = Restorer(lexicon)

    @classmethod
    def load(cls, registry: Registry | None = None) -> Reader:
        """Load the shipped tables; a registry of the caller's replaces the shipped one.

        Raises
        ------
        DataError
            A table is malformed; the message gives its file, line and column.
        """
        return cls(Lexicon.load(), RuleSet.load(), registry or Registry.load(), Numbering.load())

    def with_registry(self, registry: Registry) -> Reader:
        """Give a reader with another registry that shares all else."""
        other = copy.copy(self)
        other.registry = registry
        other._organisations = Organisations.load(registry)
        return other

    def read(self, post: Post) -> Reading:
        """Find everything in one post; O(length of the post)."""
        return self.read_many([post])[0]

    def read_many(self, posts: Sequence[Post]) -> list[Reading]:
        """Find everything in each post; O(their length together)."""
        return [self.complete(glance) for glance in self.glance(posts)]

    def look(
        self,
        posts: Sequence[str],
        sieve: SieveHandle | None = None,
        cuts: NDArray[np.float64] | None = None,
    ) -> Sights | None:
        """See what may be found in posts, and what a screen makes of them.

        With `cuts`, shape (n_labels,), also where it is not below them. None where there is no
        kernel. O(their length together).
        """
        return self._restorer.look.see(posts, sieve, cuts)

    def columns(
        self, posts: Sequence[str], sieve: SieveHandle
    ) -> tuple[list[NDArray[np.int32]], NDArray[np.int64]]:
        """Give the numbers of a screen's n-grams in each post, and how many signs each has."""
        return self._restorer.look.columns(posts, sieve)

    def glance(self, posts: Sequence[Post], sights: Sights | None = None) -> list[Glance]:
        """Find what a verdict lists in each post; O(their length together).

        What `look` has not seen is not searched for; without `sights` the posts are looked at here.
        """
        if not posts:
            return []
        if sights is None:
            sights = self.look([post.text for post in posts])
        leads: dict[int, list[Lead]] = {}
        for lead in () if sights is None else sights.leads:
            leads.setdefault(lead.post, []).append(lead)
        seen = bytes([ALL]) * len(posts) if sights is None else sights.seen
        texts = None
        if sights is not None:
            texts = self._restorer.look.normalize([post.text for post in posts], seen)
        if texts is None:
            texts = normalize_many([post.text for post in posts])
        return [
            self._glance(post, text, may_hold, leads.get(number, ()))
            if may_hold & ~CHANGED
            else Glance(post, text, (), (), (), (), (), False)
            for number, (post, text, may_hold) in enumerate(zip(posts, texts, seen, strict=True))
        ]

    def _glance(self, post: Post, text: NormalizedText, seen: int, leads: Sequence[Lead]) -> Glance:
        restored: tuple[Restoration, ...] = ()
        folded = text
        # Numerals that were read as digits lead elsewhere.
        if seen & TRACE or (seen & LEAD and seen & NUMERALS and reads_numerals(text)):
            # The look notes a row before all else; without leads, it may have had no room for any.
            rows = not leads or leads[0].number == ROW
            text, restored = self._restorer.restore(text, rows=rows)
        elif seen & LEAD:
            text, restored = self._restorer.restore(text, leads)
        # What was hidden may lead to an id or be part of a number.
        may_hold = seen if text is folded else ALL
        numbers = find_numbers(text, aloud=bool(may_hold & ALOUD)) if may_hold & NUMBERS else ()
        return Glance(
            post=post,
            text=text,
            contacts=find_contacts(text) if may_hold & CONTACTS else (),
            numbers=numbers,
            hotlines=judge(text, numbers, self.registry, self.numbering, self._organisations),
            masked_values=find_masked_values(text.text) if may_hold & MASKED else (),
            restored=restored,
            mended=text is not folded,
        )

    def has_ghosts(self, text: str) -> bool:
        """Tell whether what seems a term in a normalized text is part of honest words."""
        terms = self.lexicon.find(text)
        return self._restorer.without_ghosts(text, terms) is not terms

    def complete(self, glance: Glance, masked: MaskedText | None = None) -> Reading:
        """Find what else the tables say of a post; O(its length).

        `masked` is what `glance.mask` gives, where the caller has it.
        """
        text = glance.text.text
        terms = self.lexicon.find(text)
        matches = (
            *self._restorer.without_ghosts(text, terms),
            *self.rules.find_patterns(text),
            *(() if glance.empty else values_of(glance)),
        )
        return Reading(
            post=glance.post,
            text=glance.text,
            masked=glance.mask() if masked is None else masked,
            contacts=glance.contacts,
            hotlines=glance.hotlines,
            matches=matches,
            firings=self.rules.fire(matches),
            restored=glance.restored,
            mended=glance.mended,
        )


def values_of(glance: Glance) -> Iterator[Match]:
    """Give contacts, numbers and hotlines as matches of `VALUE_GROUPS`, so that rules can ask for
    them.
    """
    for contact in glance.contacts:
        yield _match(contact.at, "contact", contact.value)
        if contact.kind == "link":
            yield _match(contact.at, "link", contact.value)
    for number in glance.numbers:
        yield _match(number.at, "number", number.number)
        yield _match(number.at, "contact", number.number)
    for span in glance.masked_values:
        yield _match(span, MASKED_VALUE, span.of(glance.text.text))
    for hotline in glance.hotlines:
        if hotline.suspicious and hotline.status == "unknown_brand":
            yield _match(hotline.at, "hotline_pretext", hotline.number)
        elif hotline.suspicious:
            yield _match(hotline.at, "hotline_suspicious", hotline.number)
        elif hotline.status == "official":
            yield _match(hotline.at, "hotline_official", hotline.number)


def _match(at: Span, group: str, value: str) -> Match:
    return Match(at.start, at.end, group, value)
