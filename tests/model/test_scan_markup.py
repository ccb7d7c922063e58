from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fanzha.scan.markup import strip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("[b]套[/b]现", "套现", id="bold within a word"),
        pytest.param("[quote]花呗套现[/quote]别信", "\n别信", id="quotation"),
        pytest.param("[quote]a[quote]b[/quote]c[/quote]d", "\nd", id="quotation in a quotation"),
        pytest.param("[quote]a", "\na", id="quotation never closed is the author's"),
        pytest.param("[quote]花呗套现[/quote]", "\n花呗套现\n", id="nothing but a quotation"),
        pytest.param("<blockquote>甲</blockquote> …", "\n甲\n …", id="and no word besides"),
        pytest.param("[quote=甲]引[/quote]我", "\n我", id="quotation of somebody"),
        pytest.param("[b:3k2j1x]粗[/b:3k2j1x]", "粗", id="phpBB 2"),
        pytest.param("<t>字</t>", "字", id="phpBB 3 plain"),
        pytest.param("<r><B><s>[b]</s>粗<e>[/b]</e></B></r>", "粗", id="phpBB 3 rich"),
        pytest.param("[hide]加V[/hide]", "\n加V\n", id="hidden text stays"),
        pytest.param("[url=http://a.cn/x]点我[/url]", "http://a.cn/x 点我", id="link"),
        pytest.param('<a href="http://a.cn">点我</a>', "http://a.cn 点我", id="HTML link"),
        pytest.param("[img]http://a.cn/x.png[/img]后", "后", id="picture"),
        pytest.param('前<img src="x" onerror="y">后', "前后", id="HTML picture"),
        pytest.param("一<br/>二</p>三", "一\n二\n三", id="breaks"),
        pytest.param("<script>var x = '套现'</script>好", "好", id="script"),
        pytest.param("a<!-- 套现 -->b", "ab", id="comment"),
        pytest.param("&#22871;&#x73b0;&amp;&nbsp;x", "套现& x", id="entities"),
        pytest.param("&nosuch;", "&nosuch;", id="no entity"),
        pytest.param("[color=red][size=5]大[/size][/color]", "大", id="colour and size"),
        pytest.param("[*]一[*]二", "\n一\n二", id="list"),
    ],
)
def test_markup_is_taken_off_and_what_the_author_says_stays(text: str, shown: str) -> None:
    stripped = strip(text)
    assert stripped is not None
    assert stripped.text == shown


@pytest.mark.parametrize("text", ["", "套现", "[求助] 1 < 2 > 0", "a[0] & b", "<套现>", "[图片]"])
def test_a_text_without_markup_is_none(text: str) -> None:
    assert strip(text) is None


@pytest.mark.parametrize(
    ("text", "found", "written"),
    [
        pytest.param("[b]套[/b]现", "套现", "套[/b]现", id="over a tag"),
        pytest.param("前[i]套现[/i]后", "套现", "套现", id="beside tags"),
        pytest.param("x&#22871;现y", "套现", "&#22871;现", id="entity"),
        pytest.param("[url=http://a.cn]看[/url]", "http://a.cn", "http://a.cn", id="address"),
        pytest.param("[quote]q[/quote]套现", "套现", "套现", id="after a quotation"),
    ],
)
def test_a_span_leads_back_to_what_was_written(text: str, found: str, written: str) -> None:
    stripped = strip(text)
    assert stripped is not None
    at = stripped.text.index(found)
    start, end = stripped.span(at, at + len(found))
    assert text[start:end] == written


def test_a_span_over_a_quotation_is_in_two_pieces() -> None:
    text = "[b]前[/b][quote]甲[/quote]中[img]u[/img]后[quote]乙[/quote]"
    stripped = strip(text)
    assert stripped is not None
    found = [text[start:end] for start, end in stripped.pieces(0, len(stripped.text))]
    assert found == ["前[/b]", "中", "后"]
    assert stripped.pieces(1, 2) == []
    assert [text[start:end] for start, end in stripped.pieces(1, 3)] == ["中"]


pieces = st.sampled_from(
    ["[b]", "[/b]", "[quote]", "[/quote]", "<p>", "</p>", "<a href='u'>", "</a>", "&amp;",
     "&#22871;", "套现", "[", "<", "&", "[img]", "[/img]", "<!--", "-->", "[url=u]", "\n", "x"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces, max_size=20))
@example(["[quote]", "[img]", "[/quote]", "[/img]"])
def test_every_character_that_stays_is_found_where_it_was_written(parts: list[str]) -> None:
    text = "".join(parts)
    stripped = strip(text)
    if stripped is None:
        return
    last = 0
    for at, sign in enumerate(stripped.text):
        start, end = stripped.span(at, at + 1)
        assert last <= start <= end <= len(text)
        last = start
        if sign not in "\n &套":
            assert text[start:end] == sign
            assert stripped.pieces(at, at + 1) == [(start, end)]
    found = stripped.pieces(0, len(stripped.text))
    assert all(begin < end for begin, end in found)
    assert not any(
        begin < last and first < end for begin, end in found for first, last in stripped.left_out
    )


@pytest.mark.parametrize(
    "piece", ["[quote]", "<!--", "<a ", "&#1", "[url=", "[quote][/quote]", "<b"]
)
def test_a_long_text_of_half_tags_is_read_in_one_go(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    stripped = strip(text)
    assert stripped is None or len(stripped.text) <= len(text)
