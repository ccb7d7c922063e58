from __future__ import annotations

import pickle
import re

import pytest

from fanzha.late_pattern import late_pattern


def test_it_finds_what_a_compiled_pattern_finds() -> None:
    late, made = late_pattern("套(?:现|出)", re.ASCII), re.compile("套(?:现|出)", re.ASCII)
    text = "花呗套现，套出来"
    for _ in range(2):
        assert late.findall(text) == made.findall(text)
        assert [one.span() for one in late.finditer(text)] == [(2, 4), (5, 7)]
        assert late.search(text, 4) is not None
        assert late.match(text) is None
        assert late.fullmatch("套现") is not None
        assert late.sub("_", text) == made.sub("_", text)
        assert late.split(text) == made.split(text)
        assert (late.pattern, late.flags) == (made.pattern, made.flags)


def test_what_is_wrong_is_told_at_the_first_use() -> None:
    late = late_pattern("(")
    with pytest.raises(re.error):
        late.search("")


def test_it_can_be_sent_to_another_process_before_and_after_its_use() -> None:
    late = late_pattern("[0-9]")
    assert pickle.loads(pickle.dumps(late)).findall("1a2") == late.findall("1a2")
    assert pickle.loads(pickle.dumps(late)).findall("3") == ["3"]
