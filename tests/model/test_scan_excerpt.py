from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.scan.excerpt import Excerpt
from scan_lines import line, scanned


def excerpt(text: str, *contacts: str, **more: object) -> Excerpt:
    (one,) = scanned([line("a", text, *contacts, **more)])  # type: ignore[arg-type]
    return Excerpt.of(one)


def marked(found: Excerpt) -> list[str]:
    return [piece.text for piece in found.pieces if piece.marked]


@pytest.mark.parametrize("before", ["", "𠮷😀", "e\u0301", "\ud83d"])
def test_evidence_is_marked_by_code_points_of_the_post(before: str) -> None:
    found = excerpt(f"{before}花呗套现 4000000001", "4000000001", brand="抖音", status="unlisted")
    assert marked(found) == ["套现", "4000000001"]
    assert found.whole
    assert found.text == f"{before}花呗套现 4000000001"


def test_a_number_that_is_nobodys_lie_is_not_marked() -> None:
    assert marked(excerpt("花呗套现 4000000001", "4000000001")) == ["套现"]


def test_a_long_post_is_cut_around_its_evidence() -> None:
    found = excerpt("闲" * 5000 + "花呗套现" + "聊" * 5000)
    assert marked(found) == ["套现"]
    assert not found.whole
    assert len(found.text) < 200


def test_a_post_full_of_evidence_is_cut_at_its_end() -> None:
    one = line("a", "套现" * 5000)
    one["evidence"] = [
        {**one["evidence"][0], "start": 4 * n, "end": 4 * n + 2} for n in range(2500)
    ]
    found = Excerpt.of(scanned([one])[0])
    assert len(found.text) < 1300
    assert not found.whole


def test_without_the_text_the_evidence_is_quoted() -> None:
    one = line("a", "花呗套现 4000000001", "4000000001", brand="抖音", status="unlisted")
    del one["text"]
    found = Excerpt.of(scanned([one])[0])
    assert found.text == "套现 … 4000000001"
    assert not found.whole


def test_evidence_is_marked_in_every_field_that_it_reaches_into() -> None:
    one = line("a", "花呗套现秒到")
    one["evidence"][0] |= {
        "field": "title", "start": 1, "end": 2, "text": "套",
        "continues": [{"field": "text", "start": 0, "end": 2, "text": "花呗"}],
    }  # fmt: skip
    assert marked(Excerpt.of(scanned([one])[0])) == ["套", "花呗"]


def test_the_models_wording_counts_only_where_nothing_else_speaks_for_the_label() -> None:
    one = line("a", "花呗套现秒到")
    wording = {**one["evidence"][0], "kind": "model", "start": 4, "end": 6}
    one["evidence"].append(wording)
    assert marked(Excerpt.of(scanned([one])[0])) == ["套现"]
    one["evidence"] = [wording]
    assert marked(Excerpt.of(scanned([one])[0])) == ["秒到"]


@given(st.text(), st.integers(0, 40), st.integers(0, 40))
def test_pieces_join_to_the_post_where_it_is_whole(text: str, start: int, length: int) -> None:
    one = line("a", text + "套现")
    one["evidence"][0] |= {"start": start, "end": start + length}
    assert Excerpt.of(scanned([one])[0]).text == text + "套现"


@pytest.mark.parametrize(
    ("title", "shown", "whole"),
    [
        pytest.param("花呗套现秒到", "花呗套现秒到\n套餐不错", True, id="title known"),
        pytest.param(None, "套现\n套餐不错", False, id="title not known"),
    ],
)
def test_evidence_in_a_title_marks_the_title_and_not_the_text(
    title: str | None, shown: str, whole: bool
) -> None:
    one = line("a", "花呗套现")
    one["evidence"][0] |= {"field": "title"}
    one |= {"text": "套餐不错"} | ({} if title is None else {"title": title})
    found = Excerpt.of(scanned([one])[0])
    assert (found.text, found.whole) == (shown, whole)
    assert marked(found) == ["套现"]
