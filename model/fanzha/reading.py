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
from fanzha.triggers import may_hold_contacts, may_hold_masked_values, may_hold_numbers
from fanzha.variants import Restoration, Restorer

__all__ = ["Glance", "Reader", "Reading"]

_BATCH_POSTS: Final = 256
_CHATS: Final = frozenset({"wechat", "qq", "telegram"})


@dataclass(frozen=True, slots=True)
class Glance:
    """What a verdict lists of a post, before anything is asked about its wording.

    Fields as in `Reading`; `masked_values` are the places where a platform blanked out a contact.
    """

    post: Post
    text: NormalizedText
    contacts: tuple[Contact, ...]
    numbers: tuple[Number, ...]
    hotlines: tuple[Hotline, ...]
    masked_values: tuple[Span, ...]
    restored: tuple[Restoration, ...]

    @property
    def telling(self) -> bool:
        """Tell whether what was found speaks for a label, whatever the wording."""
        return _is_telling(self.contacts, self.hotlines, self.restored)

    @property
    def wording(self) -> str:
        """The text without values; digits and long runs may stand in it as they were written."""
        plain = not (self.contacts or self.numbers or self.masked_values)
        return self.text.text if plain else self.mask().text

    def mask(self) -> MaskedText:
        """Give the text without values, as the model reads it."""
        return mask(self.text.text, self.contacts, self.numbers, self.masked_values)


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

    @property
    def telling(self) -> bool:
        """Tell whether contacts, numbers or disguises speak for a label, whatever the wording."""
        return _is_telling(self.contacts, self.hotlines, self.restored)


def _is_telling(
    contacts: Sequence[Contact], hotlines: Sequence[Hotline], restored: Sequence[Restoration]
) -> bool:
    """Tell whether there is a chat id, a number that can be dialled, or a term in disguise.

    A mark put into a term is none: the verdict is that of the plain post.
    """
    return (
        bool(hotlines)
        or any(contact.kind in _CHATS for contact in contacts)
        or any(one.kinds != ("marks",) for one in restored)
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

    def glance(self, posts: Sequence[Post]) -> list[Glance]:
        """Find what a verdict lists in each post; O(their length together).

        What is the same for all posts is done once for many of them.
        """
        glances: list[Glance] = []
        for first in range(0, len(posts), _BATCH_POSTS):
            glances += self._glance(posts[first : first + _BATCH_POSTS])
        return glances

    def _glance(self, posts: Sequence[Post]) -> Iterator[Glance]:
        texts = self._restorer.restore_many(normalize_many([post.text for post in posts]))
        sheet = Sheet.of([text.text for text, _ in texts])
        triggers = (may_hold_contacts, may_hold_numbers, may_hold_masked_values)
        held = zip(*(trigger(sheet).tolist() for trigger in triggers), strict=True)
        for post, (text, restored), (contacts, numbers, masked) in zip(
            posts, texts, held, strict=True
        ):
            found = find_numbers(text) if numbers else ()
            yield Glance(
                post=post,
                text=text,
                contacts=find_contacts(text) if contacts else (),
                numbers=found,
                hotlines=judge(text, found, self.registry, self.numbering, self._organisations),
                masked_values=find_masked_values(text.text) if masked else (),
                restored=restored,
            )

    def complete(self, glance: Glance) -> Reading:
        """Find what else the tables say of a post; O(its length)."""
        text = glance.text.text
        terms = self.lexicon.find(text)
        ghosts = self._restorer.ghosts(text, terms)
        matches = (
            *(match for match in terms if match.at not in ghosts),
            *self.rules.find_patterns(text),
            *_values(glance),
        )
        return Reading(
            post=glance.post,
            text=glance.text,
            masked=glance.mask(),
            contacts=glance.contacts,
            hotlines=glance.hotlines,
            matches=matches,
            firings=self.rules.fire(matches),
            restored=glance.restored,
        )


def _values(glance: Glance) -> Iterator[Match]:
    """Give contacts, numbers and hotlines as matches, so that rules can ask for them."""
    for contact in glance.contacts:
        yield Match(contact.at, contact.value, "contact")
        if contact.kind == "link":
            yield Match(contact.at, contact.value, "link")
    for number in glance.numbers:
        yield Match(number.at, number.number, "number")
        yield Match(number.at, number.number, "contact")
    for span in glance.masked_values:
        yield Match(span, span.of(glance.text.text), MASKED_VALUE)
    for hotline in glance.hotlines:
        if hotline.suspicious and hotline.status == "unknown_brand":
            yield Match(hotline.at, hotline.number, "hotline_pretext")
        elif hotline.suspicious:
            yield Match(hotline.at, hotline.number, "hotline_suspicious")
        elif hotline.status == "official":
            yield Match(hotline.at, hotline.number, "hotline_official")
