"""The words of the report in Chinese and English, with numbers and times written out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from fanzha.errors import InputError
from fanzha.labels import LABEL_NAMES_ZH

__all__ = ["LANGUAGES", "Words"]

LANGUAGES = ("zh", "en")
"""Languages that a report can be written in."""

_SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.

    Examples
    --------
    >>> Words.of("en")("n_posts", n=1234)
    '1,234 posts'
    """

    language: str
    texts: Mapping[str, str]

    @classmethod
    def of(cls, language: str) -> Words:
        """Give the words of a language.

        Raises
        ------
        InputError
            There is no report in that language.
        """
        if language not in LANGUAGES:
            raise InputError(
                f"there is no report in the language {language!r}; use one of "
                f"{', '.join(LANGUAGES)}"
            )
        return cls(language, _tables()[language])

    def __call__(self, name: str, **values: object) -> str:
        """Give a text; whole numbers among the values get thousands separators."""
        shown = {
            key: f"{value:,}" if isinstance(value, int) else value for key, value in values.items()
        }
        text = self.texts[name]
        return text.format(**shown) if shown else text

    def label(self, label: str) -> str:
        """Give a label's name."""
        return LABEL_NAMES_ZH[label] if self.language == "zh" else label.replace("_", " ")

    def share(self, part: float, whole: float) -> str:
        """Give a share as a percentage; what is there is never told as 0 %, nor a part as all."""
        if not whole:
            return "–"
        percent = 100 * part / whole
        if part and percent < 0.05:
            return "< 0.1%"
        if part < whole and percent > 99.9:
            return "99.9%"
        return f"{percent:.1f}".removesuffix(".0") + "%"

    def duration(self, seconds: float) -> str:
        """Give a duration."""
        if seconds < _SECONDS_PER_MINUTE:
            return f"{seconds:.1f} s"
        minutes, rest = divmod(round(seconds), _SECONDS_PER_MINUTE)
        hours, minutes = divmod(minutes, _SECONDS_PER_MINUTE)
        return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"

    def period(self, first: datetime | None, last: datetime | None) -> str:
        """Give the days from the first to the last."""
        if first is None or last is None:
            return "–"
        if first.date() == last.date():
            return f"{first:%Y-%m-%d}"
        return f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"


@lru_cache(1)
def _tables() -> dict[str, dict[str, str]]:
    text = files("fanzha.scan").joinpath("templates", "words.toml").read_text("utf-8")
    return tomllib.loads(text)
