"""What kind of site a link leads to, told by the form of its host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

from fanzha.late_pattern import late_pattern
from fanzha.tables import read_table

__all__ = ["HOST_KINDS", "host_kind", "host_of", "names_of", "read_hosts"]

HOST_KINDS: Final = ("known", "short", "mixed", "cheap", "plain")
_COLUMNS: Final = ("host", "kind")
_LISTED: Final = frozenset({"known", "short"})
# Whoever registers below these has been looked at.
_KEPT_ENDINGS: Final = frozenset({"gov.cn", "edu.cn", "ac.cn", "mil.cn", "org.cn", "edu", "gov"})
# Registered for a few yuan, without papers: named by lists of abuse year after year.
_CHEAP_ENDINGS: Final = frozenset(
    {
        *("bar", "bet", "bond", "buzz", "cc", "cf", "cfd", "club", "cyou", "fit", "fun", "ga"),
        *("games", "gq", "icu", "info", "ink", "la", "link", "live", "lol", "ltd", "mobi"),
        *("online", "pro", "pub", "pw", "red", "ren", "rest", "sbs", "shop", "site", "space"),
        *("store", "tk", "today", "top", "vip", "wang", "website", "win", "work", "world", "ws"),
        "xyz",
    }
)
_ADDRESS: Final = late_pattern(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_OWN_NETWORK: Final = late_pattern(r"(?:10|127|192\.168|172\.(?:1[6-9]|2[0-9]|3[01]))\.")
_PLAIN_WORDS: Final = frozenset({"example"})
"""Reserved for texts that want to name no one."""


def host_kind(link: str) -> str:
    """Tell of which of `HOST_KINDS` the host of a link is; `link` is a contact's value.

    `known` stands in `hosts.csv`, below a host there or below an ending such as gov.cn; `short` is
    a service that hides another link; `mixed` has digits in its names or is a bare address;
    `cheap` has an ending that costs nearly nothing; `plain` is any other. A model may learn from
    this what a link looks like, but no link. O(len(link)).

    Raises
    ------
    DataError
        `hosts.csv` is malformed.

    Examples
    --------
    >>> [host_kind(one) for one in ("m.tb.cn/h.5x", "qus14.top", "jf-duihuan.cc/a", "abc.com")]
    ['known', 'mixed', 'cheap', 'plain']
    """
    host = host_of(link)
    if _ADDRESS.fullmatch(host):
        return "plain" if _OWN_NETWORK.match(host) else "mixed"
    listed = _hosts()
    for above in (*names_of(host), host.rpartition(".")[2]):
        if above in listed:
            return listed[above]
        if above in _KEPT_ENDINGS:
            return "known"
    parts = host.split(".")
    if not _PLAIN_WORDS.isdisjoint(parts):
        return "plain"
    if any(sign.isdigit() for sign in host):
        return "mixed"
    return "cheap" if parts[-1] in _CHEAP_ENDINGS else "plain"


def host_of(link: str) -> str:
    """Give the host of a link without scheme or of an address: no user, port or path.

    Examples
    --------
    >>> [host_of(one) for one in ("b23.tv/@abc", "qq.com:1@qus14.top:80/a", "kefu@abc.com")]
    ['b23.tv', 'qus14.top', 'abc.com']
    """
    return re.split("[/?#]", link, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]


def names_of(host: str) -> Iterator[str]:
    """Give a host and each one above it that has a dot, the longest first."""
    while "." in host:
        yield host
        host = host.partition(".")[2]


@lru_cache(maxsize=1)
def _hosts() -> Mapping[str, str]:
    return read_hosts()


def read_hosts() -> Mapping[str, str]:
    """Read the kinds of the listed hosts from `fanzha_data/hosts.csv`.

    Raises
    ------
    DataError
        The table is malformed, has another kind or the same host twice.
    """
    kinds: dict[str, str] = {}
    for row in read_table(files("fanzha_data") / "hosts.csv", _COLUMNS):
        host, kind = row["host"], row["kind"]
        if kind not in _LISTED:
            raise row.error("kind", "is none of known and short; write one of these")
        if host in kinds:
            raise row.error("host", "stands there twice; remove one line")
        kinds[host] = kind
    return kinds
