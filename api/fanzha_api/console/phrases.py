"""What the console says, in Chinese and English."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from markupsafe import Markup

from fanzha.labels import LABEL_NAMES_ZH

__all__ = ["LANGUAGES", "Phrases", "choose_language"]

LANGUAGES: Final = ("zh", "en")
"""Languages of the console, in the order of the table's columns."""

_CHINA: Final = timezone(timedelta(hours=8))  # no summer time since 1991: IANA tz, Asia/Shanghai
_OFFERED: Final = re.compile(r"\s*([a-zA-Z]{1,8})[a-zA-Z0-9-]*\s*(?:;\s*q=([0-9.]{1,5}))?\s*")
_DISGUISED: Final = re.compile("(.+ → [^,]+), (.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of one language.

    Examples
    --------
    >>> Phrases("en")("n_posts", n=1234)
    '1,234 posts'
    """

    language: str

    def __call__(self, name: str, /, **values: object) -> str:
        """Give a phrase; whole numbers among the values get thousands separators."""
        text: str = _table()["phrases"][name][LANGUAGES.index(self.language)]
        shown = {
            key: f"{value:,}" if isinstance(value, int) else value for key, value in values.items()
        }
        return text.format(**shown) if shown else text

    def has(self, name: str) -> bool:
        """Tell whether there is such a phrase."""
        return name in _table()["phrases"]

    def label(self, label: str) -> str:
        """Give a label's name."""
        if self.language == "zh":
            return LABEL_NAMES_ZH.get(label, label)
        return label.replace("_", " ")

    def labels(self, labels: Any) -> str:
        """Give the names of labels, or that there is none."""
        if labels is None:
            return "–"
        joint = "、" if self.language == "zh" else ", "
        return joint.join(map(self.label, labels)) or self("no_label")

    def why(self, rule: str, why: str) -> str:
        """Say why a rule spoke: its own words, in Chinese those of the table.

        What a rule says of disguises (`; 套.現 → 套现, inserted mark + traditional`) is kept.
        """
        if self.language == "en":
            return why
        told = _table()["rules"].get(rule)
        if told is None:
            return why
        _, *disguises = why.split("; ")
        shown = [self._disguise(one) for one in disguises if " → " in one]
        return "；".join([str(told), *shown])

    def _disguise(self, told: str) -> str:
        found = _DISGUISED.fullmatch(told)
        if found is None:
            return told
        ways = _table()["ways"]
        return f"{found[1]}（{'、'.join(ways.get(way, way) for way in found[2].split(' + '))}）"

    def time(self, at: datetime | str | None) -> Markup:
        """Give a time on a clock in China, as an element that knows it exactly."""
        if at is None:
            return Markup("–")
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return Markup('<time datetime="{}">{}</time>').format(
            moment.astimezone(UTC).isoformat(timespec="seconds"),
            f"{moment.astimezone(_CHINA):%Y-%m-%d %H:%M}",
        )

    def size(self, size_bytes: int) -> str:
        """Give a size in the unit that suits it."""
        for unit, least in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
            if size_bytes >= least:
                return f"{size_bytes / least:.1f} {unit}"
        return f"{size_bytes} B"

    def share(self, part: float, whole: float) -> str:
        """Give a share as a percentage."""
        return f"{100 * part / whole:.0f}%" if whole else "–"


def choose_language(*wishes: str | None, offered: str | None) -> str:
    """Choose the language: the first wish that there is, else by Accept-Language, else Chinese.

    Examples
    --------
    >>> choose_language(None, "xx", offered="fr;q=0.9, en-GB;q=0.8, zh;q=0.1")
    'en'
    """
    for wish in wishes:
        if wish in LANGUAGES:
            return wish
    ranked: list[tuple[float, str]] = []
    for part in (offered or "")[:500].split(","):
        found = _OFFERED.fullmatch(part)
        if found and found[1].lower() in LANGUAGES:
            try:
                ranked.append((float(found[2] or 1), found[1].lower()))
            except ValueError:
                continue
    return max(ranked, key=lambda one: one[0])[1] if ranked else "zh"


@lru_cache(1)
def _table() -> Mapping[str, Mapping[str, Any]]:
    text = files("fanzha_api.console").joinpath("phrases.toml").read_text("utf-8")
    return tomllib.loads(text)
