from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_detector import FakeDetector
from fanzha.post import Span
from fanzha.render import Piece, draw, draw_verdict, evidence_spans, mark, reasons, visible

spans = st.lists(st.builds(lambda a, b: Span(min(a, b), max(a, b)), *[st.integers(0, 40)] * 2))


@given(st.text(min_size=40, max_size=60), spans)
def test_the_pieces_of_a_marked_post_are_the_post(post: str, marked: list[Span]) -> None:
    pieces = mark(post, marked)
    assert "".join(piece.text for piece in pieces) == post
    flags = [piece.marked for piece in pieces for _ in piece.text]
    assert flags == [any(one.start <= n < one.end for one in marked) for n in range(len(post))]


@pytest.mark.parametrize(
    ("marked", "drawn"),
    [
        pytest.param([Span(10, 12)], "…89【ab】cd…", id="one"),
        pytest.param([Span(0, 2)], "【01】23…", id="at the start"),
        pytest.param([Span(18, 20)], "…gh【ij】", id="at the end"),
        pytest.param([Span(2, 4), Span(16, 18)], "01【23】45…ef【gh】ij", id="two apart"),
        pytest.param([Span(2, 4), Span(3, 6), Span(6, 7)], "01【23456】78…", id="joined"),
        pytest.param([], "01234567…", id="none"),
    ],
)
def test_an_excerpt_keeps_what_stands_around_the_marks(marked: list[Span], drawn: str) -> None:
    assert draw(mark("0123456789abcdefghij", marked, around=2), colour=False) == drawn


def test_marks_are_coloured_on_a_terminal() -> None:
    pieces = (Piece("花呗", False), Piece("套现", True))
    assert draw(pieces, colour=True) == "花呗\x1b[1;31m套现\x1b[0m"


@given(st.text())
def test_visible_text_is_one_line_without_controls(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable() or all(sign.isprintable() or sign == " " for sign in shown.split())
    assert len((shown + ".").splitlines()) == 1
    shown.encode("utf-8")


def test_a_drawn_verdict_gives_suggestion_labels_marks_reasons_and_numbers() -> None:
    post = "花呗套现，打4000000000"
    assert draw_verdict(post, FakeDetector().check(post), colour=False).splitlines() == [
        "block  cash_out 套现取现 0.990 (from 0.500)",
        "  花呗【套现】，打【4000000000】",
        "  cash_out  CASH_OUT_OFFER  套现: offers cash",
        "  number 4000000000  unlisted, given for 抖音: 抖音 does not publish it",
    ]


def test_a_drawn_verdict_of_a_clean_post_says_pass() -> None:
    drawn = draw_verdict("你好", FakeDetector().check("你好"), colour=False)
    assert drawn.splitlines() == ["pass  no label", "  你好"]


def test_named_rules_are_marked_and_told_before_the_models_wording() -> None:
    post = "花呗套现，打4000000000"
    verdict = FakeDetector().check(post)
    [rule] = verdict.evidence
    wording = replace(rule, kind="model", rule="MODEL_WORDING", span=Span(0, 2), weight=9.0)
    both = replace(verdict, evidence=(wording, rule))
    assert evidence_spans(both) == evidence_spans(verdict)
    assert [line.split()[0] for line in reasons(both, "cash_out")] == [rule.rule, "MODEL_WORDING"]
    alone = replace(verdict, evidence=(wording,), hotlines=())
    assert evidence_spans(alone) == (Span(0, 2),)


def test_a_disguised_word_is_told_with_its_reading_and_a_long_one_is_cut() -> None:
    verdict = FakeDetector().check("套现")
    [rule] = verdict.evidence
    odd = replace(rule, text="套.現", normalized="套现")
    assert "套.現 (read as 套现):" in reasons(replace(verdict, evidence=(odd,)), "cash_out")[0]
    long = replace(rule, text="套" * 90)
    assert f"  {'套' * 20}…:" in reasons(replace(verdict, evidence=(long,)), "cash_out")[0]
