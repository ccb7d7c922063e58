from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace
from inspect import signature

import pytest

from fanzha.errors import InputError
from fanzha.post import Post, Span
from fanzha.quick import quick


def test_a_quick_value_is_like_any_frozen_one() -> None:
    span = Span(2, end=4)
    assert (span, hash(span), repr(span)) == (Span(2, 4), hash(Span(2, 4)), "Span(start=2, end=4)")
    assert replace(span, end=5) == Span(2, 5)
    assert pickle.loads(pickle.dumps(span)) == span
    assert list(signature(Span).parameters) == ["start", "end"]
    with pytest.raises(FrozenInstanceError):
        span.start = 3  # type: ignore[misc]


def test_defaults_and_checks_are_kept() -> None:
    assert Post("a").id is None
    with pytest.raises(InputError):
        Post("a", id=True)
    with pytest.raises(TypeError):
        Span(1)  # type: ignore[call-arg]


def test_a_field_that_is_made_anew_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Found:
        places: list[int] = field(default_factory=list)

    with pytest.raises(TypeError, match=r"Found\.places"):
        quick(Found)
