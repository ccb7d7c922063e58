from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha import build_kernel, kernel
from fanzha.bundle import Bundle
from fanzha.classify import Classifier
from fanzha.explain import find_wording, strongest_spans, weigh_characters
from fanzha.features import alphanumeric_signs
from fanzha.keys import KNOWN_SIGNS
from fanzha.labels import LABELS
from fanzha.model_handle import ModelHandle
from fanzha.post import Post
from fanzha.reading import Reader, Reading

ROOT = Path(__file__).parents[2]
CLASSIFIER = Bundle.load().classifier
READER = Reader.load()
PROMOTION = "花呗套现秒到，扣5个点，加V：hb_9527。"
FILLER = "今天天气不错，我们去公园散步，看见很多花，孩子们都很高兴，晚上回家做了红烧肉。\n"
ODD_POSTS = [
    "", " ", "套", "套现", "花呗套", "。", "。" * 400, "a" * 3000, "套现" * 700, "\ud800\ud800",
    "１２３ 3.5% a.b--c", FILLER * 30, FILLER * 9 + PROMOTION + FILLER * 9,
    "花呗套现" + "，" * 60 + "白条取现" + "字" * 300, "没有标点的长句子" * 45,
    ("短。" * 30 + "长" * 90) * 5, "的" * 9000, ";套" * 700, (PROMOTION + FILLER) * 20,
    "花呗套现" * 90 + "的花呗，" * 20, "套现的，" * 30 + FILLER * 9 + "套现的，" * 30,
    "\x02套现\x02，花呗" * 30, "𠀀套现𠀀。" * 40,
]  # fmt: skip


def read(posts: Sequence[str]) -> list[Reading]:
    return [READER.read(Post(post)) for post in posts]


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    """The corpus's own sample, all lengths, and what is odd."""
    posts = [
        json.loads(line)["text"]
        for path in sorted((ROOT / "data" / "corpus").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()[::80]
    ]
    assert len(posts) > 250
    return read([*posts, *ODD_POSTS])


def assert_equal_decisions(classifier: Classifier, readings: Sequence[Reading]) -> None:
    ours, defined = classifier.decide(readings), classifier.decide_by_rows(readings)
    assert np.abs(ours.log_odds - defined.log_odds).max(initial=0) < 1e-9
    assert (ours.starts == defined.starts).all()
    assert (ours.ends == defined.ends).all()


def test_the_kernel_is_built_and_in_use() -> None:
    assert kernel.load_kernel() is not None, "run `python -m fanzha.build_kernel`"


def test_scores_are_those_of_the_training_rows(readings: list[Reading]) -> None:
    assert_equal_decisions(CLASSIFIER, readings)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(
            st.sampled_from("花呗套现取加微信 ，。!\n\r～;a0Z.%-\ue000鱻㐀𠀀\ud800的"), max_size=420
        ),
        max_size=4,
    )
)
def test_scores_of_any_texts_are_those_of_the_training_rows(posts: list[str]) -> None:
    assert_equal_decisions(CLASSIFIER, read(posts))


def test_a_post_scores_the_same_alone_and_among_others(readings: list[Reading]) -> None:
    together = CLASSIFIER.decide(readings).log_odds
    alone = np.vstack([CLASSIFIER.decide([reading]).log_odds for reading in readings])
    assert (together == alone).all()


def test_a_model_of_more_questions_than_the_kernel_has_room_for_is_refused() -> None:
    tables = CLASSIFIER.handle.tables
    with pytest.raises(ValueError, match="25 questions: the kernel takes 24"):
        ModelHandle(tables._replace(intercepts=np.zeros(25)))
    with pytest.raises(ValueError, match="21 questions for 11 labels"):
        ModelHandle(tables._replace(intercepts=np.zeros(21)))


def test_no_posts_have_no_scores() -> None:
    decisions = CLASSIFIER.decide([])
    assert decisions.log_odds.shape == decisions.starts.shape == decisions.ends.shape == (0, 11)


def test_the_wording_shown_is_that_of_the_training_rows(readings: list[Reading]) -> None:
    decisions = CLASSIFIER.decide(readings)
    n_shown = 0
    for row, reading in enumerate(readings):
        for column in np.flatnonzero(decisions.log_odds[row] > -1).tolist():
            at = int(decisions.starts[row, column]), int(decisions.ends[row, column])
            decisive = reading.masked.cut(*at)
            [ours] = find_wording(CLASSIFIER, [decisive.text], [column])
            defined = strongest_spans(weigh_characters(CLASSIFIER, decisive)[:, column])
            assert [one[:2] for one in ours] == [(at.start, at.end) for at, _ in defined]
            assert [one[2] for one in ours] == pytest.approx([weight for _, weight in defined])
            n_shown += len(ours)
    assert n_shown > 100


def test_wording_is_shown_of_many_texts_as_of_each(readings: list[Reading]) -> None:
    texts = ["", *(one.masked.text for one in readings[:60])]
    columns = [number % len(LABELS) for number in range(len(texts))]
    alone = [
        find_wording(CLASSIFIER, [text], [column])[0]
        for text, column in zip(texts, columns, strict=True)
    ]
    assert find_wording(CLASSIFIER, texts, columns) == alone
    assert find_wording(CLASSIFIER, [], []) == []


def test_a_pickled_classifier_scores_the_same(readings: list[Reading]) -> None:
    before = CLASSIFIER.score(readings[:40])
    assert (pickle.loads(pickle.dumps(CLASSIFIER)).score(readings[:40]) == before).all()


def test_threads_do_not_count_in_each_others_room(readings: list[Reading]) -> None:
    alone = CLASSIFIER.score(readings)
    with ThreadPoolExecutor(4) as pool:
        for scores in pool.map(CLASSIFIER.score, [readings] * 8):
            assert (scores == alone).all()


@pytest.fixture
def unloaded() -> Iterator[None]:
    """The kernel is looked for anew in the test and again after it."""
    kernel.load_kernel.cache_clear()
    yield
    kernel.load_kernel.cache_clear()


@pytest.mark.usefixtures("unloaded")
def test_without_the_kernel_the_scores_are_the_same_and_the_log_says_so(
    readings: list[Reading], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    some = readings[:40]
    before = CLASSIFIER.score(some)
    kernel.load_kernel.cache_clear()
    monkeypatch.setattr(build_kernel, "LIBRARY", Path("absent.so"))
    assert CLASSIFIER.score(some) == pytest.approx(before, abs=1e-9)
    assert "python -m fanzha.build_kernel" in caplog.text
    assert len(caplog.records) == 1


@pytest.mark.usefixtures("unloaded")
def test_a_kernel_of_other_sources_is_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(build_kernel, "digest", lambda: "other")
    assert kernel.load_kernel() is None
    assert "made from other sources" in caplog.text


def test_a_compiler_that_is_absent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    before = build_kernel.LIBRARY.read_bytes()
    monkeypatch.setenv("CC", "absent-compiler -v")
    assert build_kernel.build() == "absent-compiler: No such file or directory"
    assert build_kernel.LIBRARY.read_bytes() == before


def test_no_letter_or_digit_stands_above_the_known_signs() -> None:
    assert not any(chr(code).isalnum() for code in range(KNOWN_SIGNS, sys.maxunicode + 1))
    codes = [*range(0x500), *range(0xE0F0, 0xE110), 0x20000, 0x1F600]
    known = alphanumeric_signs()
    assert [bool(known[code]) for code in codes] == [
        chr(code).isalnum() or 0xE000 <= code < 0xE100 for code in codes
    ]


def test_scoring_loads_neither_scipy_nor_scikit_learn_nor_jieba() -> None:
    code = (
        "import sys; from fanzha import Detector; Detector.load().check('花呗套现秒到，加V'); "
        "print(sorted({'scipy', 'sklearn', 'jieba'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
