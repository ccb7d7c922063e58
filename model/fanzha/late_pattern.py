"""Regular expressions that are compiled when they are first used."""

from __future__ import annotations

import re
from typing import Any, Final, cast

__all__ = ["late_pattern"]

_METHODS: Final = ("search", "match", "fullmatch", "finditer", "findall", "sub", "split")


def late_pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """Give what `re.compile` gives, but compile only when it is first used.

    A hundred patterns take a fifth of a second, and few posts need most of them. After its first
    use one is as quick as any. What is wrong with `source` is told then, too.

    Examples
    --------
    >>> late_pattern("[0-9]+").findall("扣5个点，12小时")
    ['5', '12']
    """
    return cast("re.Pattern[str]", _LatePattern(source, flags))


class _LatePattern:
    def __init__(self, source: str, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        made = re.compile(self._source, self._flags)
        # From now on they are found without coming here.
        self.__dict__.update({method: getattr(made, method) for method in _METHODS})
        return getattr(made, name)

    def __reduce__(self) -> tuple[type[_LatePattern], tuple[str, int]]:
        return (_LatePattern, (self._source, self._flags))
