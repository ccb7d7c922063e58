from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fanzha.sheet import Sheet

TEXTS = st.lists(st.text(st.characters(exclude_characters="|"), max_size=6), max_size=6)


@given(texts=TEXTS)
def test_each_text_stands_between_its_start_and_end(texts: list[str]) -> None:
    sheet = Sheet.of(texts, "||")
    places = zip(sheet.starts.tolist(), sheet.ends.tolist(), strict=True)
    assert [sheet.text[start:end] for start, end in places] == texts
    assert "".join(map(chr, sheet.codes.tolist())) == sheet.text


@given(texts=TEXTS)
def test_a_place_belongs_to_the_text_that_it_lies_in(texts: list[str]) -> None:
    sheet = Sheet.of(texts, "|")
    inside = np.flatnonzero(sheet.codes != ord("|"))
    expected = [number for number, text in enumerate(texts) for _ in text]
    assert sheet.owners(inside).tolist() == expected
    assert sheet.holders(sheet.codes != ord("|")).tolist() == [bool(text) for text in texts]
