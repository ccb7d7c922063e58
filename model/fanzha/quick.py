"""Frozen values that are made quickly."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

__all__ = ["quick"]

_Value = TypeVar("_Value")


def quick(made: type[_Value]) -> type[_Value]:
    """Let a frozen dataclass with slots set its fields by these: twice as fast, all else the same.

    As it is written by `dataclass`, its `__init__` looks each field up by its name, and a flagged
    post is told in dozens of fields.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @quick
    ... @dataclass(frozen=True, slots=True)
    ... class Place:
    ...     line: int
    ...     column: int = 1
    >>> Place(3)
    Place(line=3, column=1)
    """
    known: dict[str, Any] = {}
    given, lines = [], []
    for one in fields(made):  # type: ignore[arg-type]
        if not one.init or one.default_factory is not MISSING:
            raise TypeError(f"{made.__name__}.{one.name} is not set from an argument")
        known[f"set_{one.name}"] = vars(made)[one.name].__set__
        if one.default is not MISSING:
            known[f"default_{one.name}"] = one.default
        given.append(one.name if one.default is MISSING else f"{one.name}=default_{one.name}")
        lines.append(f"    set_{one.name}(self, {one.name})")
    if hasattr(made, "__post_init__"):
        lines.append("    self.__post_init__()")
    source = "\n".join([f"def __init__(self, {', '.join(given)}):", *lines])
    exec(source, known)
    slow = made.__init__
    init = known["__init__"]
    init.__qualname__, init.__module__ = slow.__qualname__, made.__module__
    init.__annotations__ = slow.__annotations__
    type.__setattr__(made, "__init__", init)
    return made
