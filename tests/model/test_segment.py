from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.kernel import load_kernel
from fanzha.lexicon import Lexicon
from fanzha.segment import Segmenter

ROOT = Path(__file__).parents[2]
SEGMENTER = Segmenter(["放心花", "秒回商家"])
LEXICON = Segmenter(term.term for term in Lexicon.load().terms)

# Words of the dictionary and of none, rare Han beyond jieba's, and all that jieba treats apart.
SIGNS = (
    "花呗套现加微信白条取现贷款借钱提额秒到账客服电话的了上海市长江大桥拍卖完了杭研科比打老师"
    " ，。!？\n\r\t\u3000aZvxQ09５ｅé.%-_+#&①❤️\u200b\ue000\ue006"
    "鱻龘齉㐀䶿\u9fd5\u9fd6𠀀𪚥\ud800豈"
)


def test_user_words_stay_whole() -> None:
    assert "秒回商家" in SEGMENTER.segment("找秒回商家用放心花")
    assert "放心花" in SEGMENTER.segment("找秒回商家用放心花")


def test_a_segmenter_of_its_own_has_its_own_words() -> None:
    assert "秒回商家" not in Segmenter().segment("找秒回商家")


def test_a_pickled_segmenter_cuts_the_same() -> None:
    again = pickle.loads(pickle.dumps(SEGMENTER))
    assert again.segment("找秒回商家用放心花") == SEGMENTER.segment("找秒回商家用放心花")


@given(st.text(max_size=40))
def test_the_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(SEGMENTER.segment(text)) == text


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from(SIGNS), max_size=60) | st.text(max_size=40))
def test_the_tokens_are_those_of_jieba(text: str) -> None:
    assert LEXICON.segment(text) == LEXICON.segment_by_jieba(text)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD6), max_size=40))
def test_the_tokens_of_any_han_characters_are_those_of_jieba(text: str) -> None:
    assert LEXICON.segment(text) == LEXICON.segment_by_jieba(text)


def test_the_tokens_of_posts_are_those_of_jieba() -> None:
    posts = [
        json.loads(line)["text"]
        for path in sorted((ROOT / "data" / "corpus").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()[::40]
    ]
    assert len(posts) > 500
    wrong = [post for post in posts if LEXICON.segment(post) != LEXICON.segment_by_jieba(post)]
    assert wrong == []


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from(SIGNS), max_size=40))
def test_known_tokens_are_those_of_jieba_without_its_model(text: str) -> None:
    LEXICON.segment_by_jieba("")
    assert LEXICON.segment_known(text) == LEXICON._jieba.lcut(text, HMM=False)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("利率3.5%起", ["利率", "3.5%", "起"]),
        ("a.b--c_d", ["a", ".", "b", "--", "c", "_", "d"]),
        ("花呗\r\n白条", ["花", "呗", "\r\n", "白条"]),
        ("\n\r", ["\n", "\r"]),
        ("", []),
    ],
    ids=["percent", "letters and marks", "a line's end", "no line's end", "empty"],
)
def test_what_is_no_han_is_cut_as_jieba_does(text: str, tokens: list[str]) -> None:
    assert SEGMENTER.segment(text) == tokens == SEGMENTER.segment_by_jieba(text)


def test_without_the_kernel_jieba_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fanzha.segment.load_kernel", lambda: None)
    assert load_kernel() is not None
    assert SEGMENTER.segment("找秒回商家用放心花") == ["找", "秒回商家", "用", "放心花"]


@pytest.mark.parametrize(
    "word", ["花呗", "秒回商家", "秒回商", "中华人民共", "鱻鱻", "", "a", "\ud800"], ids=ascii
)
def test_counts_are_those_of_jieba(word: str) -> None:
    SEGMENTER.segment_by_jieba("")
    assert SEGMENTER.frequency(word) == (SEGMENTER._jieba.FREQ.get(word) or 0)
    assert SEGMENTER.total == SEGMENTER._jieba.total


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from(SIGNS), max_size=30))
def test_without_the_kernel_known_tokens_and_counts_are_the_same(text: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        tokens = LEXICON.segment_known(text)
        counts = [LEXICON.frequency(token) for token in tokens]
        patched.setattr("fanzha.segment.load_kernel", lambda: None)
        assert LEXICON.segment_known(text) == tokens
        assert [LEXICON.frequency(token) for token in tokens] == counts
