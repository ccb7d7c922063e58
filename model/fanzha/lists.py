"""A board's own lists: what it allows and what it denies, by term, number, contact or domain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from daachorse import CharwiseDoubleArrayAhoCorasick

from fanzha.contacts import Contact, find_numbers
from fanzha.errors import DataError
from fanzha.hosts import host_of, names_of
from fanzha.hotlines import Hotline
from fanzha.normalize import NormalizedText, normalize
from fanzha.post import Span

__all__ = ["EFFECTS", "LIST_KINDS", "ListEntry", "ListHit", "Lists"]

LIST_KINDS: Final = ("term", "number", "contact", "domain")
"""What an entry of a list names."""

EFFECTS: Final = {"ignore": "allow", "pass": "allow", "review": "deny", "block": "deny"}
"""Effect of an entry to the list on which it stands."""

_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of a board's list.

    Parameters
    ----------
    kind
        One of `LIST_KINDS`.
    value
        The term, number, chat id or domain, in any writing; a domain stands for its subdomains.
    effect
        `ignore`: the post is judged as though the value did not stand in it. `pass`: the post
        passes. `review`, `block`: the post gets at least that.
    owner, reason
        Who answers for the entry, and why it is there.
    expires
        When it ends, with a time zone; None: never.

    Raises
    ------
    DataError
        The kind or effect is unknown, or the value has nothing by which to find it.
    """

    kind: str
    value: str
    effect: str
    owner: str = ""
    reason: str = ""
    expires: datetime | None = None
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in LIST_KINDS:
            raise DataError(f"{self.kind!r} is no kind of entry; use {', '.join(LIST_KINDS)}")
        if self.effect not in EFFECTS:
            raise DataError(f"{self.effect!r} is no effect; use {', '.join(EFFECTS)}")
        if self.expires is not None and self.expires.tzinfo is None:
            raise DataError("the entry's end has no time zone; write it like 2027-01-31T00:00:00Z")
        object.__setattr__(self, "key", _canonical(self.kind, self.value))

    @property
    def side(self) -> str:
        """The list on which the entry stands: `allow` or `deny`."""
        return EFFECTS[self.effect]

    def holds(self, now: datetime) -> bool:
        """Tell whether the entry has not ended."""
        return self.expires is None or now < self.expires


@dataclass(frozen=True, slots=True)
class ListHit:
    """An entry that was found in a post; `span` lies in the post, `text` is what stands there."""

    entry: ListEntry
    span: Span
    text: str

    def to_json(self) -> dict[str, Any]:
        """Give the hit as JSON values, as verdicts show it."""
        return {
            "list": self.entry.side,
            "kind": self.entry.kind,
            "value": self.entry.value,
            "effect": self.entry.effect,
            "start": self.span.start,
            "end": self.span.end,
            "text": self.text,
            "reason": self.entry.reason,
        }


class Lists:
    """A board's entries with a search over all of them at once.

    Terms are sought in the normalized text (width, case, 繁简 aside); a denied term also where
    signs stand between its characters (花.呗-代还). Numbers, contacts and domains are sought among
    those that the detector found; contacts and domains also by their letters, standing alone.

    Examples
    --------
    >>> lists = Lists([ListEntry("term", "花呗代还", "block")])
    >>> from datetime import UTC, datetime
    >>> [hit.text for hit in lists.find("花.唄-代還", (), (), datetime.now(UTC))]
    ['花.唄-代還']
    """

    def __init__(self, entries: Sequence[ListEntry]) -> None:
        self.entries = tuple(entries)
        self._values: dict[tuple[str, str], list[ListEntry]] = {}
        written: dict[str, list[ListEntry]] = {}
        for entry in self.entries:
            self._values.setdefault((entry.kind, entry.key), []).append(entry)
            if entry.kind != "number":
                written.setdefault(entry.key, []).append(entry)
        squeezed: dict[str, list[ListEntry]] = {}
        for entry in self.entries:
            if entry.kind == "term" and entry.side == "deny" and _squeeze(entry.key)[0]:
                squeezed.setdefault(_squeeze(entry.key)[0], []).append(entry)
        self._written = _Automaton(written)
        self._squeezed = _Automaton(squeezed)

    def find(
        self,
        post: str,
        contacts: Sequence[Contact],
        hotlines: Sequence[Hotline],
        now: datetime,
    ) -> tuple[ListHit, ...]:
        """Find every entry that has not ended, in the order of the post; linear in its length."""
        text = normalize(post)
        found = {
            (entry, span): None
            for entry, span in (
                *self._in_text(text),
                *self._in_values(contacts, hotlines),
            )
            if entry.holds(now)
        }
        hits = [ListHit(entry, span, span.of(post)) for entry, span in found]
        return tuple(sorted(hits, key=lambda hit: (hit.span, hit.entry.kind, hit.entry.value)))

    def _in_text(self, text: NormalizedText) -> Iterator[tuple[ListEntry, Span]]:
        for at, entry in self._written.find(text.text):
            if _stands_alone(text.text, at, entry.kind):
                yield entry, text.span(at.start, at.end)
        if self._squeezed:
            squeezed, origin = _squeeze(text.text)
            for at, entry in self._squeezed.find(squeezed):
                if _stands_alone(squeezed, at, entry.kind):
                    yield entry, text.span(origin[at.start], origin[at.end - 1] + 1)

    def _in_values(
        self, contacts: Sequence[Contact], hotlines: Sequence[Hotline]
    ) -> Iterator[tuple[ListEntry, Span]]:
        for hotline in hotlines:
            for entry in self._values.get(("number", hotline.number), ()):
                yield entry, hotline.span
        for contact in contacts:
            keys = [("contact", contact.value), ("number", contact.value)]
            keys += [("domain", host) for host in _hosts(contact)]
            for key in keys:
                for entry in self._values.get(key, ()):
                    yield entry, contact.span


class _Automaton:
    """Finds the strings of a table, each with the entries that it stands for."""

    def __init__(self, strings: dict[str, list[ListEntry]]) -> None:
        self._entries = tuple(strings.values())
        self._search = CharwiseDoubleArrayAhoCorasick(list(strings)) if strings else None

    def __bool__(self) -> bool:
        return self._search is not None

    def find(self, text: str) -> Iterator[tuple[Span, ListEntry]]:
        if self._search is not None:
            for start, end, number in self._search.find_overlapping(text):
                for entry in self._entries[number]:
                    yield Span(start, end), entry


def _canonical(kind: str, value: str) -> str:
    text = normalize(value.strip())
    key = text.text.strip()
    if kind == "number":
        numbers = find_numbers(text)
        key = numbers[0].number if len(numbers) == 1 else "".join(
            sign for sign in key if "0" <= sign <= "9"
        )  # fmt: skip
    elif kind == "contact":
        key = key.removeprefix("@").replace(" ", "")
    elif kind == "domain":
        key = key.partition("://")[2] or key
        key = key.partition("/")[0].removeprefix("www.").strip(".")
    if not key or (kind == "domain" and "." not in key):
        wanted = {"number": "its digits", "domain": "it like example.com"}.get(kind, "it in full")
        raise DataError(
            f"the {kind} {value[:40]!r} names nothing that can be found; write {wanted}"
        )
    return key


def _hosts(contact: Contact) -> Iterator[str]:
    """Give the domain of a link or address and each domain above it."""
    if contact.kind not in {"link", "email", "telegram"}:
        return
    yield from names_of(host_of(contact.value))


def _stands_alone(text: str, at: Span, kind: str) -> bool:
    """Tell whether no letter touches a match of Latin letters.

    A domain may follow a dot, but not stand in another's path or before its rest.
    """
    before = text[at.start - 1] if at.start else " "
    after = text[at.end] if at.end < len(text) else " "
    if kind == "domain" and (
        (before in "/=?&#" and text[max(0, at.start - 2) : at.start] != "//")
        or after == "@"
        or (after == "." and text[at.end + 1 : at.end + 2] in _LETTERS)
    ):
        return False
    joins = _LETTERS | {"."} if kind == "contact" else _LETTERS
    return not (before in joins and text[at.start] in joins) and not (
        after in joins and text[at.end - 1] in joins
    )


def _squeeze(text: str) -> tuple[str, list[int]]:
    """Give the letters, digits and Han of a text, and where each of them stands."""
    places = [at for at, sign in enumerate(text) if sign.isalnum()]
    return "".join(text[at] for at in places), places
