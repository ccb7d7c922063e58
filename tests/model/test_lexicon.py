from __future__ import annotations

from pathlib import Path

import pytest

from fanzha.errors import DataError
from fanzha.lexicon import Lexicon
from fanzha.post import Span

HEADER = "term,group,gloss\n"


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    path = tmp_path / "lexicon.csv"
    path.write_text(
        HEADER + "花呗,credit_line,Huabei\n套现,cash_verb,cash out\n现,money,cash\n"
        "vx,contact_word,WeChat\n套现,crime,cash out\n",
        encoding="utf-8",
    )
    return Lexicon.load(path)


def test_overlapping_terms_and_several_groups_are_all_found(lexicon: Lexicon) -> None:
    found = {(match.term, match.group, match.at) for match in lexicon.find("花呗套现")}
    assert found == {
        ("花呗", "credit_line", Span(0, 2)),
        ("套现", "cash_verb", Span(2, 4)),
        ("套现", "crime", Span(2, 4)),
        ("现", "money", Span(3, 4)),
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [("加vx吧", True), ("vx:123", True), ("avx", False), ("vxworks", False), ("vx8", True)],
)
def test_a_latin_term_counts_only_as_a_word_of_its_own(
    lexicon: Lexicon, text: str, found: bool
) -> None:
    assert bool(lexicon.find(text)) is found


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("花唄,g,x", "can never match; write it as '花呗'"),
        (",g,x", "is empty"),
        ("花呗,g", "2 fields"),
        ("花" * 30 + ",g,x", "is longer than"),
    ],
    ids=["not normalized", "empty", "missing cell", "too long"],
)
def test_a_malformed_line_is_refused_with_its_place(
    tmp_path: Path, line: str, message: str
) -> None:
    path = tmp_path / "lexicon.csv"
    path.write_text(f"{HEADER}好,g,x\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        Lexicon.load(path)
    assert str(caught.value).startswith(f"{path}:3:")


def test_a_term_listed_twice_in_a_group_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.csv"
    path.write_text(f"{HEADER}好,g,x\n好,g,y\n", encoding="utf-8")
    with pytest.raises(DataError, match="on line 2 too"):
        Lexicon.load(path)


def test_the_shipped_lexicon_loads() -> None:
    assert {"credit_line", "cash_verb", "warning"} <= set(Lexicon.load().groups)
