"""Take a forum's markup off a post: BBCode, HTML, entities and what is quoted from others."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

__all__ = ["Stripped", "may_have_markup", "strip"]

_BBCODE: Final = (
    "b|i|u|s|p|hr|br|tr|td|th|table|list|li|ul|ol|font|size|color|backcolor|align|float|indent|"
    "left|center|right|justify|quote|code|url|email|img|attach|attachimg|attachment|media|flash|"
    "audio|video|hide|free|postbg|password|index|page|qq|sub|sup|spoiler|highlight|youtube|strike"
)
_HTML: Final = (
    "a|abbr|address|article|aside|b|big|blockquote|body|br|center|cite|code|dd|del|div|dl|dt|em|"
    "font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|li|link|main|mark|"
    "meta|nav|object|ol|option|p|param|pre|q|r|s|section|select|small|span|strike|strong|style|"
    "sub|sup|script|t|table|tbody|td|textarea|tfoot|th|thead|time|title|tr|tt|u|ul|url|video|e|"
    "quote|color|size|attachment|email|list|hide"
)
# A tag is short: what is not closed within this many characters is text.
_TOKEN: Final = re.compile(
    rf"\[(?P<b_end>/)?(?P<bb>{_BBCODE}|\*)(?::[0-9a-z]{{4,12}})?"
    r"(?P<b_value>=[^\[\]\n]{0,2000}|[ ][^\[\]\n]{0,500})?\]"
    rf"|<(?P<h_end>/)?(?P<tag>{_HTML})(?P<h_value>(?=[\s/])[^<>]{{0,4000}})?>"
    r"|<!--[^<]{0,4000}?-->|<!DOCTYPE[^<>]{0,500}>"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}[0-9]{0,2});",
    re.IGNORECASE | re.DOTALL,
)
_QUICK: Final = re.compile(r"[\[<&]")
_ADDRESS: Final = re.compile(
    r"(?:href|url)\s*=\s*[\"']?([^\"'\s>]+)|^=[\"']?([^\"'\]]+)", re.IGNORECASE
)
# What these hold is another's word, or nothing that is read.
_DROPPED: Final = frozenset(
    {"quote", "blockquote", "script", "style", "img", "attach", "attachimg", "attachment", "media",
     "flash", "postbg", "head"}
)  # fmt: skip
_QUOTED: Final = frozenset({"quote", "blockquote"})
_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "param", "*", "attachment"})
_BREAKS: Final = frozenset(
    {"br", "hr", "p", "div", "li", "tr", "td", "th", "table", "list", "*", "blockquote", "quote",
     "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dd", "dt", "section", "article", "code",
     "hide"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stripped:
    """A text without markup, and where each stretch of it stands in the text as written.

    `starts`, `froms` and `ends` are of equal length: from `starts[i]` on the text is that which
    stands from `froms[i]` to `ends[i]` in the original, character by character if the two are as
    long, else one sign that stands for all of it. `left_out` are the stretches of the original
    that are not read: quotations, pictures, scripts.
    """

    text: str
    starts: tuple[int, ...]
    froms: tuple[int, ...]
    ends: tuple[int, ...]
    left_out: tuple[tuple[int, int], ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give where `text[start:end]` stands in the original."""
        return self._at(start)[0], self._at(max(end - 1, start))[1]

    def pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        """Give where `text[start:end]` stands in the original, without what is left out there."""
        begin, stop = self.span(start, end)
        found = []
        for index in range(bisect_right(self.left_out, begin, key=_end), len(self.left_out)):
            first, last = self.left_out[index]
            if first >= stop:
                break
            found.append((begin, first))
            begin = last
        found.append((begin, stop))
        return [(one, other) for one, other in found if one < other]

    def _at(self, place: int) -> tuple[int, int]:
        if not self.starts:
            return 0, 0
        index = max(bisect_right(self.starts, place) - 1, 0)
        after = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.text)
        begin, end = self.froms[index], self.ends[index]
        if after - self.starts[index] != end - begin:
            return begin, end
        at = min(begin + place - self.starts[index], end)
        return at, min(at + 1, end)


def _end(stretch: tuple[int, int]) -> int:
    return stretch[1]


class _Builder:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.starts: list[int] = []
        self.froms: list[int] = []
        self.ends: list[int] = []
        self.length = 0

    def add(self, piece: str, begin: int, end: int) -> None:
        if piece:
            self.pieces.append(piece)
            self.starts.append(self.length)
            self.froms.append(begin)
            self.ends.append(end)
            self.length += len(piece)


def may_have_markup(text: str) -> bool:
    """Tell whether a text has a sign with which markup begins; quick."""
    return _QUICK.search(text) is not None


def strip(text: str) -> Stripped | None:
    """Take the markup out of a post; None where it has none.

    Gone are tags, quotations, pictures' addresses, scripts and comments; what a link points to
    stays beside its words, hidden text stays, a block's end becomes a line end, an entity the
    character it stands for. Brackets that are no tag of a forum stay as they are. A quotation
    that is never closed counts as written by the author, and so does a post that is nothing but
    quotations: nobody answers with silence, but advertisers hide there.

    Examples
    --------
    >>> strip("[quote]花呗套现[/quote]别信[b]套[/b]现").text
    '\\n别信套现'
    >>> strip("[求助] 1 < 2") is None
    True

    Notes
    -----
    Linear in the length of the text.
    """
    if not may_have_markup(text):
        return None
    tokens = list(_TOKEN.finditer(text))
    if not tokens:
        return None
    stripped = _without(text, tokens, _DROPPED)
    if not _says_something(stripped.text):
        return _without(text, tokens, _DROPPED - _QUOTED)
    return stripped


def _says_something(text: str) -> bool:
    return any(sign.isalnum() for sign in text)


def _without(text: str, tokens: list[re.Match[str]], dropped: frozenset[str]) -> Stripped:
    closed = _closed(tokens, dropped)
    built = _Builder()
    left_out = []
    done = hidden_until = 0
    for index, token in enumerate(tokens):
        if token.start() < hidden_until:
            continue
        built.add(text[done : token.start()], done, token.start())
        done = token.end()
        name = _name(token)
        last = closed.get(index)
        if last is not None:
            built.add("\n" if name in _BREAKS else "", token.start(), tokens[last].end())
            done = hidden_until = tokens[last].end()
            left_out.append((token.start(), done))
        else:
            _replace(built, token, name)
    built.add(text[done:], done, len(text))
    return Stripped(
        "".join(built.pieces), tuple(built.starts), tuple(built.froms), tuple(built.ends),
        tuple(left_out),
    )  # fmt: skip


def _name(token: re.Match[str]) -> str:
    return (token["bb"] or token["tag"] or "").lower()


def _replace(built: _Builder, token: re.Match[str], name: str) -> None:
    """Write what stands for a tag or an entity."""
    written = token[0]
    if written.startswith("&"):
        # An entity that HTML does not know stays as it is.
        built.add(html.unescape(written).replace("\xa0", " "), token.start(), token.end())
        return
    if name in {"a", "url", "email"} and not (token["b_end"] or token["h_end"]):
        value = token["b_value"] or token["h_value"] or ""
        address = _ADDRESS.search(value)
        if address is not None:
            group = 1 if address[1] else 2
            at = token.start("b_value" if token["bb"] else "h_value") + address.start(group)
            built.add(address[group], at, at + len(address[group]))
            built.add(" ", token.end() - 1, token.end())
        return
    if name in _BREAKS:
        built.add("\n", token.start(), token.end())


def _closed(tokens: list[re.Match[str]], dropped: frozenset[str]) -> dict[int, int]:
    """Give for each outermost dropped element the index of the tag that closes it."""
    open_tags: dict[str, list[int]] = {}
    found: dict[int, int] = {}
    for index, token in enumerate(tokens):
        name = _name(token)
        if name not in dropped or (name in _VOID and token["tag"]):
            continue
        if not (token["b_end"] or token["h_end"]):
            open_tags.setdefault(name, []).append(index)
        elif open_tags.get(name):
            found[open_tags[name].pop()] = index
    return found
