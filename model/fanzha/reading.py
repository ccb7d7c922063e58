"""All that is found in a post before anything is scored."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fanzha.contacts import Contact, Number, find_contacts
from fanzha.hotlines import Hotline, judge
from fanzha.lexicon import Lexicon, Match
from fanzha.masking import MASKED_VALUE, MaskedText, find_masked_values, mask
from fanzha.normalize import NormalizedText, normalize_many
from fanzha.numbering import Numbering
from fanzha.organisations import Organisations
from fanzha.phones import find_numbers
from fanzha.post import Post, Span
from fanzha.registry import Registry
from fanzha.rules import Firing, RuleSet
from fanzha.sheet import Sheet
from fanzha.triggers import may_hold_contacts, may_hold_numbers
from fanzha.variants import Restoration, Restorer

__all__ = ["Reader", "Reading"]

_BATCH_POSTS: Final = 256


@dataclass(frozen=True, slots=True)
class Reading:
    """A post with its normalized text and what every table says of it.

    In `text` the terms that were written in disguise stand plainly; `restored` lists them.
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
        """Find everything in each post; O(their length together).

        What is the same for all posts is done once for many of them.
        """
        readings: list[Reading] = []
        for first in range(0, len(posts), _BATCH_POSTS):
            readings += self._read_batch(posts[first : first + _BATCH_POSTS])
        return readings

    def _read_batch(self, posts: Sequence[Post]) -> Iterator[Reading]:
        texts = self._restorer.restore_many(normalize_many([post.text for post in posts]))
        sheet = Sheet.of([text.text for text, _ in texts])
        contacting, numbered = may_hold_contacts(sheet).tolist(), may_hold_numbers(sheet).tolist()
        for post, (text, restored), contacts, numbers in zip(
            posts, texts, contacting, numbered, strict=True
        ):
            found = find_contacts(text) if contacts else ()
            yield self._read(post, text, restored, found, find_numbers(text) if numbers else ())

    def _read(
        self,
        post: Post,
        text: NormalizedText,
        restored: tuple[Restoration, ...],
        contacts: tuple[Contact, ...],
        numbers: tuple[Number, ...],
    ) -> Reading:
        hotlines = judge(text, numbers, self.registry, self.numbering, self._organisations)
        terms = self.lexicon.find(text.text)
        ghosts = self._restorer.ghosts(text.text, terms)
        blanked = find_masked_values(text.text)
        matches = (
            *(match for match in terms if match.at not in ghosts),
            *self.rules.find_patterns(text.text),
            *_values(contacts, numbers, blanked, text.text, hotlines),
        )
        return Reading(
            post=post,
            text=text,
            masked=mask(text.text, contacts, numbers, blanked),
            contacts=contacts,
            hotlines=hotlines,
            matches=matches,
            firings=self.rules.fire(matches),
            restored=restored,
        )


def _values(
    contacts: tuple[Contact, ...],
    numbers: tuple[Number, ...],
    blanked: tuple[Span, ...],
    text: str,
    hotlines: tuple[Hotline, ...],
) -> Iterator[Match]:
    """Give contacts, numbers and hotlines as matches, so that rules can ask for them."""
    for contact in contacts:
        yield Match(contact.at, contact.value, "contact")
        if contact.kind == "link":
            yield Match(contact.at, contact.value, "link")
    for number in numbers:
        yield Match(number.at, number.number, "number")
        yield Match(number.at, number.number, "contact")
    for span in blanked:
        yield Match(span, span.of(text), MASKED_VALUE)
    for hotline in hotlines:
        if hotline.suspicious and hotline.status == "unknown_brand":
            yield Match(hotline.at, hotline.number, "hotline_pretext")
        elif hotline.suspicious:
            yield Match(hotline.at, hotline.number, "hotline_suspicious")
        elif hotline.status == "official":
            yield Match(hotline.at, hotline.number, "hotline_official")
