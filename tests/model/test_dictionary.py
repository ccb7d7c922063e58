from __future__ import annotations

from pathlib import Path
from typing import Any

import jieba
import numpy as np
import pytest

import fanzha_data
from fanzha.build_dictionary import read_jieba
from fanzha.dictionary import FILE, Dictionary
from fanzha.errors import DataError

WORDS = ("人民币", "套现秒到", "花呗", "花呗套现", "秒到")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    made = jieba.Tokenizer()
    made.FREQ, made.total = made.gen_pfdict(made.get_dict_file())
    made.initialized = True
    for word in WORDS:
        made.add_word(word)
    return made


def test_the_shipped_arrays_are_those_of_the_installed_jieba() -> None:
    with np.load(fanzha_data.path(FILE), allow_pickle=False) as shipped:
        made = read_jieba()
        assert sorted(shipped.files) == sorted(made)
        assert all(np.array_equal(shipped[name], made[name]) for name in made)


def test_every_word_and_beginning_counts_as_in_jieba_with_the_user_words(tokenizer: Any) -> None:
    dictionary = Dictionary.of(WORDS)
    assert dictionary.total == tokenizer.total
    assert len(dictionary.tables.counts) == len(tokenizer.FREQ)
    parts = list(tokenizer.FREQ)[::25] + [word[:end] for word in WORDS for end in (1, 2, 3, 4)]
    assert [dictionary.frequency(part) for part in parts] == [tokenizer.FREQ[x] for x in parts]


@pytest.mark.parametrize("word", ["鱻鱻", "花呗套现秒", "", "\ud800"], ids=ascii)
def test_what_begins_no_word_has_no_count(word: str) -> None:
    assert Dictionary.of(WORDS).frequency(word) is None


def test_damaged_arrays_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE).write_bytes(b"PK\x03\x04")
    monkeypatch.setattr("fanzha_data.path", lambda name: tmp_path / name)
    Dictionary.of.cache_clear()
    with pytest.raises(DataError, match="install fanzha again"):
        Dictionary.of(("没有的词",))
