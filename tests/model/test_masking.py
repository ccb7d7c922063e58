from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.contacts import Number, find_contacts
from fanzha.masking import Values, find_masked_values, mask, mask_many
from fanzha.normalize import normalize
from fanzha.phones import find_numbers
from fanzha.post import Span


def masked(post: str) -> str:
    text = normalize(post)
    return mask(text.text, find_contacts(text), find_numbers(text)).text


def test_two_posts_that_differ_in_their_numbers_only_read_the_same() -> None:
    assert masked("有需要打15500001234找我") == masked("有需要打15500009876找我")


@pytest.mark.parametrize(
    ("post", "text"),
    [
        ("满300减20", "满000减00"),
        ("1234567890123", "0000"),
        ("好好好好好好", "好好好"),
        ("a   b\n\nc", "a b c"),
        ("", ""),
    ],
)
def test_values_and_runs_are_shortened(post: str, text: str) -> None:
    assert masked(post) == text


@pytest.mark.parametrize("value", ["1**********", "xxxxxxxx", "[电话]", "【微信】", "***"])
def test_a_blanked_out_contact_is_seen(value: str) -> None:
    text = normalize(f"联系{value}，谢谢").text
    assert len(find_masked_values(text)) == 1
    assert mask(text, [], []).text == "联系\ue006,谢谢"


@given(st.text(st.sampled_from("花呗套现加微信vxq：:138004xX*　 a1@.com/好好\n"), max_size=60))
def test_every_character_points_into_the_normalized_text_in_order(post: str) -> None:
    text = normalize(post)
    out = mask(text.text, find_contacts(text), find_numbers(text))
    at = out.at.tolist()
    assert len(at) == len(out.text) + 1
    assert at == sorted(at)
    assert at[-1] == len(text.text)
    assert all(place < len(text.text) for place in at[:-1])


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from("019aa，, \t\u3000\x1c\x85好❤\ud800😀"), st.integers(1, 6))),
    st.lists(st.integers(0, 30), max_size=6),
)
def test_the_kernel_masks_as_the_patterns_do(runs: list[tuple[str, int]], cuts: list[int]) -> None:
    text = "".join(sign * size for sign, size in runs)
    edges = sorted({min(cut, len(text)) for cut in cuts})
    spans = [Span(*pair) for pair in zip(edges[::2], edges[1::2], strict=False)]
    numbers = [Number(span, span, span.of(text), "1") for span in spans]
    found = mask(text, [], numbers, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fanzha.masking.load_kernel", lambda: None)
        slow = mask(text, [], numbers, [])
    assert found.text == slow.text
    assert found.at.tolist() == slow.at.tolist()


@pytest.mark.parametrize(
    "posts", [[], ["", "加我", ""], ["打15500001234 [电话]", "好好好好", "扣5个点"]]
)
def test_texts_masked_together_are_masked_as_one_by_one(posts: list[str]) -> None:
    numbers = [find_numbers(normalize(post)) for post in posts]
    values = [
        Values((), found, find_masked_values(post))
        for post, found in zip(posts, numbers, strict=True)
    ]
    together = mask_many(posts, values)
    alone = [mask(post, [], found) for post, found in zip(posts, numbers, strict=True)]
    assert [one.text for one in together] == [one.text for one in alone]
    assert [one.at.tolist() for one in together] == [one.at.tolist() for one in alone]


@pytest.mark.parametrize("code", [9, 28, 32, 0x85, 0xA0, 0x1680, 0x200A, 0x2029, 0x205F, 0x3000])
def test_every_blank_of_a_pattern_is_one_to_the_kernel(code: int) -> None:
    assert mask(f"好{chr(code)}\n{chr(code)}吗", [], [], []).text == "好 吗"
