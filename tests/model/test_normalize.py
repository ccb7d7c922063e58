from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.folding import STEPS
from fanzha.normalize import Change, normalize, normalize_many
from fanzha.post import Span

# Whole Unicode, lone surrogates among it, with what spammers use drawn more often.
SIGNS = st.one_of(
    st.characters(),
    st.characters(categories=["Cs", "Mn", "Me", "Cf"]),
    st.sampled_from("套現花唄①⑩ⓐ🅥🇻㈠℡½ßİвх０ＡÀ四〇零幺-— \u200b\ufe0f\u20e3\r\n\x00"),
)
POSTS = st.text(SIGNS, max_size=60)


@pytest.mark.parametrize(
    ("post", "text"),
    [
        ("花唄套現", "花呗套现"),
        ("花\u200b呗\u2060套\ufeff现", "花呗套现"),
        ("ＡＰＰ４００", "app400"),
        ("Tàoxiàn", "taoxian"),
        ("вx加我", "bx加我"),
        ("4️⃣0️⃣0️⃣", "400"),
        ("①②❸", "123"),
        ("𝟙𝟛𝟠 ᴠx", "138 vx"),
        ("🅥🇻🇽", "vvx"),
        ("四〇〇-六四五五幺三八", "400-6455138"),
        ("四零零六四五伍", "4006455"),
        ("第一章 二人 三心二意", "第一章 二人 三心二意"),
        ("一二三四五，上山打老虎", "一二三四五,上山打老虎"),
        ("㊙传", "秘传"),
        ("", ""),
    ],
)
def test_spelling_is_folded(post: str, text: str) -> None:
    assert normalize(post).text == text


def test_plain_text_is_given_back_without_changes() -> None:
    folded = normalize("花呗套现秒到")
    assert (folded.text, folded.changes) == ("花呗套现秒到", ())


def test_each_change_says_step_place_and_both_readings() -> None:
    assert normalize("快套\u200b現吧").changes == (
        Change("invisible", Span(2, 3), "\u200b", ""),
        Change("traditional", Span(3, 4), "現", "现"),
    )


def test_one_sign_that_becomes_many_keeps_its_place() -> None:
    folded = normalize("a㈠b")
    assert folded.text == "a(一)b"
    assert folded.span(1, 4) == Span(1, 2)
    assert folded.span(4, 5) == Span(2, 3)


def test_a_numeral_is_reported_as_such() -> None:
    changes = normalize("电话四零零六四五五").changes
    assert [(change.step, change.after) for change in changes] == [("numeral", "4006455")]


@given(POSTS)
def test_normalize_is_idempotent(post: str) -> None:
    text = normalize(post).text
    assert normalize(text).text == text


@given(POSTS)
def test_every_character_comes_from_inside_the_post_in_order(post: str) -> None:
    folded = normalize(post)
    origin = folded.origin.tolist()
    assert len(origin) == len(folded.text)
    assert origin == sorted(origin)
    assert all(0 <= at < len(post) for at in origin)


@given(POSTS, st.data())
def test_every_span_lies_inside_the_post(post: str, data: st.DataObject) -> None:
    folded = normalize(post)
    end = data.draw(st.integers(0, len(folded.text)))
    start = data.draw(st.integers(0, end))
    span = folded.span(start, end)
    assert 0 <= span.start <= span.end <= len(post)
    assert (span.start < span.end) == (start < end)


@given(POSTS)
def test_changes_are_ordered_and_quote_the_post(post: str) -> None:
    changes = normalize(post).changes
    assert all(change.step in STEPS for change in changes)
    assert all(change.span.of(post) == change.before for change in changes)
    ends = [0] + [change.span.end for change in changes]
    assert all(end <= change.span.start for end, change in zip(ends, changes, strict=False))


@given(POSTS)
def test_the_changes_alone_make_the_text(post: str) -> None:
    folded = normalize(post)
    pieces, done = [], 0
    for change in folded.changes:
        pieces += [post[done : change.span.start], change.after]
        done = change.span.end
    assert "".join([*pieces, post[done:]]) == folded.text


@given(POSTS)
def test_the_text_can_be_written_as_utf_8(post: str) -> None:
    assert normalize(post).text.encode("utf-8") is not None


@given(posts=st.lists(st.text(SIGNS, max_size=30), max_size=5))
def test_many_posts_fold_as_each_by_itself(posts: list[str]) -> None:
    for post, text in zip(posts, normalize_many(posts), strict=True):
        alone = normalize(post)
        assert text == alone
        assert text.origin.tolist() == alone.origin.tolist()


@pytest.mark.parametrize(
    "posts",
    [
        ["12", "幺3一4", "l1—五①二Oi二"],
        ["一二三", "四五六七", "八"],
        ["", "4零0…6四五五", "\u200b", "零幺零·六二三"],
        ["bilibili", "oiloil", "1o2l", "95二o8"],
    ],
    ids=["digits before", "one post", "signs that vanish", "letters"],
)
def test_a_number_run_ends_with_its_post(posts: list[str]) -> None:
    folded = [text.text for text in normalize_many(posts)]
    assert folded == [normalize(post).text for post in posts]


def test_changes_are_found_when_they_are_asked_for_and_pickle_as_a_tuple() -> None:
    changes = normalize("花唄，Ａ").changes
    assert pickle.loads(pickle.dumps(changes)) == tuple(changes) == changes
    assert (len(changes), changes[0].step, repr(changes)) == (
        2,
        "traditional",
        repr(tuple(changes)),
    )
    assert hash(changes) == hash(tuple(changes))
