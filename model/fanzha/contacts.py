"""Find the chat ids, links and addresses in a text, each with its span and value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fanzha.late_pattern import late_pattern
from fanzha.normalize import NormalizedText
from fanzha.phones import Number, find_numbers
from fanzha.post import Span
from fanzha.quick import quick

__all__ = ["Contact", "Number", "find_contacts", "find_numbers"]


@quick
@dataclass(frozen=True, slots=True)
class Contact:
    """A chat id, link or address that a reader could use.

    `kind` is one of `wechat`, `qq`, `telegram`, `link`, `email`; `span` lies in the post, `at` in
    the normalized text; `value` is the canonical form (lower case, no separators).
    """

    kind: str
    span: Span
    at: Span
    text: str
    value: str


_END = r"(?![a-z0-9_\-@.])"
_IS = (
    r"[ \t]{0,2}(?:[:：=＝是为号→➡️❤♥·|,，()（）\[\]【】]|"
    r"id|号码|同号|联系|搜索?|咨询|私聊|看){0,4}[ \t]{0,2}"
)
# Words that lead to a WeChat id, plain and disguised; one-letter leads need a sign beside them.
_WECHAT_LEAD = (
    "加?(?:微信|威信|薇信|徽信|v信|w信|维信|危信|微伩|(?<![a-z0-9])(?:wechat|weixin|weixln|vx|"
    "wx)|v❤|薇❤|微❤)|"
    "(?:加|十|\\+|➕|找|联系)(?:个)?(?:微|薇|威|徽|卫|[vw](?![a-z]))|(?:薇|威|徽|"
    "微)(?=[ :：❤♥号+])|"
    "(?<![a-z0-9])[vw](?=[ ]?[:：❤+➕]|[ ][a-z])|卫星"
)
_QQ_LEAD = "(?:加)?(?:qq群?号?|q群|扣扣|叩叩|企鹅|🐧|抠抠|球球|秋秋|(?<![a-z0-9])q(?=[:：]))"
_TELEGRAM_LEAD = "(?:telegram|电报|飞机|纸飞机|✈|tg|蝙蝠|土豆)"
_DIGITS = r"[1-9](?:[ \-.·]{0,2}[0-9]){4,10}(?![0-9])"
_TLD = (
    "com|cn|net|org|top|xyz|vip|club|site|shop|store|online|live|info|biz|cc|tv|me|io|app|fun|"
    "icu|ltd|wang|link|ink|work|pro|group|win|bid|mobi|red|asia|hk|tw|tech|space|website|example|"
    "us|co|la|im|cm|ws|pw|uk|jp|kr|ru|eu|tk|ph|ga|cf|gq|dev|lol|bet|sbs|cyou|cfd|bar|fit|ren|world|"
    "today|cloud|buzz|rest|bond|games|chat|fans|pub|wiki"
)
# Endings that are read even where the dot before them is spelt out or drawn as another sign.
_SPELT: Final = "com|cn|net|top|xyz|vip|cc|co|club|icu|me"
# With which any of them begins: nearly all characters of a post are told by this alone.
_FIRST_SIGNS = "a-z0-9+➕✈🐧加十找联微威薇徽维危卫扣叩抠球秋企电飞纸蝙土"
_KINDS: Final = late_pattern(
    rf"""(?=[{_FIRST_SIGNS}])(?:
      (?P<email>(?<![a-z0-9._+\-])[a-z0-9][a-z0-9._+\-]{{0,63}}@(?:[a-z0-9\-]{{1,63}}\.){{1,4}}[a-z]{{2,12}})
    | (?P<telegram>(?:{_TELEGRAM_LEAD}{_IS}@?(?P<telegram_id>[a-z][a-z0-9_]{{4,31}})
        |t\.me/\+?[a-z0-9_]{{4,40}})
        (?![a-z0-9_]))
    | (?P<link>(?:https?://|www\.)[a-z0-9\-._~:/?\#@!$&'()*+,;=%]{{3,500}}
        |(?<![a-z0-9._\-@])(?:[a-z0-9][a-z0-9\-]{{0,62}}\.){{1,4}}(?:{_TLD})(?![a-z0-9\-])
          (?:/[a-z0-9\-._~:/?\#@!$&'()*+,;=%]{{0,400}})?
        |(?<![a-z0-9._\-@])(?=[0-9\-]{{0,12}}[a-z]|[0-9]{{4}})[a-z0-9][a-z0-9\-]{{1,40}}
          [ ]?[点。·丶][ ]?(?:{_SPELT})(?![a-z0-9\-]))
    | (?P<qq>{_QQ_LEAD}{_IS}(?P<qq_id>{_DIGITS}))
    | (?P<wechat>(?:{_WECHAT_LEAD}){_IS}(?P<wechat_id>1[3-9](?:[ \-]{{0,1}}[0-9]){{9}}(?![0-9])
        |[a-z][a-z0-9_\-]{{5,19}}{_END}
        |(?=[a-z][a-z_ ·.\-]{{0,12}}[0-9])[a-z](?:[ ·.]?[a-z0-9_\-]){{5,19}}{_END})))
    """,
    re.VERBOSE,
)
_HINTS: Final = late_pattern(r"[a-z0-9]")


def find_contacts(text: NormalizedText) -> tuple[Contact, ...]:
    """Find chat ids, links and e-mail addresses, in order, without overlap.

    The span covers the lead word (`薇:`, `扣扣`, `tg`) with the id; `value` is the id alone.
    Telephone numbers are `find_numbers`'s, but a mobile given as a WeChat id is both.

    Notes
    -----
    O(len(text)).

    Examples
    --------
    >>> from fanzha.normalize import normalize
    >>> [
    ...     (found.kind, found.value)
    ...     for found in find_contacts(normalize("加薇❤：tx_8888，Q群 7841 0039"))
    ... ]
    [('wechat', 'tx_8888'), ('qq', '78410039')]
    """
    if not _HINTS.search(text.text):
        return ()
    return tuple(_contacts(text))


def _contacts(text: NormalizedText) -> Iterator[Contact]:
    for match in _KINDS.finditer(text.text):
        kind = match.lastgroup or ""
        kind = kind.removesuffix("_id")
        start, end = match.span(kind)
        if kind == "link":
            end -= len(match.group()) - len(match.group().rstrip(".,;:!?)'"))
        span = text.span(start, end)
        yield Contact(kind, span, Span(start, end), span.of(text.post), _value(kind, match, end))


def _value(kind: str, match: re.Match[str], end: int) -> str:
    if kind == "email":
        return match.group(kind)
    if kind == "link":
        bare = re.sub("^https?://", "", match.string[match.start(kind) : end])
        return re.sub(" ?[点。·丶] ?", ".", bare).rstrip("/")
    if kind == "qq":
        return re.sub("[^0-9]", "", match.group("qq_id"))
    if kind == "telegram":
        return match.group("telegram_id") or match.group(kind)
    written = match.group("wechat_id")
    return re.sub("[^0-9]", "", written) if written[0] == "1" else re.sub("[ ·.]", "", written)
