"""Cut a text into words with jieba, the lexicon's terms among them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

__all__ = ["Segmenter"]


class Segmenter:
    """Words of a text by jieba's dictionary and its model of unknown words.

    The dictionary is built from jieba's own file on the first use, about a second, and in memory
    only: jieba's cache file has a known name in a shared folder and is unmarshalled unchecked.
    A pickled segmenter carries its user words and builds the dictionary anew.

    Parameters
    ----------
    user_words
        Terms that jieba shall keep whole.

    Examples
    --------
    >>> Segmenter(["美团月付"]).segment("用美团月付买东西")
    ['用', '美团月付', '买', '东西']
    """

    def __init__(self, user_words: Iterable[str] = ()) -> None:
        # Sorted, because jieba's frequency of a word depends on the words added before it.
        self._user_words = tuple(sorted({word for word in user_words if len(word) > 1}))
        self._tokenizer: Any = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[Segmenter], tuple[tuple[str, ...]]]:
        return (Segmenter, (self._user_words,))

    @property
    def user_words(self) -> tuple[str, ...]:
        """The terms that are kept whole, sorted."""
        return self._user_words

    def segment(self, text: str) -> list[str]:
        """Give the tokens in order; joined they are `text` again."""
        tokens: list[str] = self._dictionary().lcut(text)
        return tokens

    def segment_known(self, text: str) -> list[str]:
        """Give the tokens by the dictionary alone, without a guess at unknown words."""
        tokens: list[str] = self._dictionary().lcut(text, HMM=False)
        return tokens

    def frequency(self, word: str) -> int:
        """Give how often jieba's dictionary counts a word, 0 where it has none."""
        found: int = self._dictionary().FREQ.get(word, 0)
        return found

    @property
    def total(self) -> int:
        """The sum of the dictionary's counts."""
        found: int = self._dictionary().total
        return found

    def _dictionary(self) -> Any:
        if self._tokenizer is None:
            with self._lock:
                if self._tokenizer is None:
                    self._tokenizer = _tokenizer(self._user_words)
        return self._tokenizer


@lru_cache(maxsize=2)
def _tokenizer(user_words: tuple[str, ...]) -> Any:
    """Build jieba's dictionary, 80 MB, once for all segmenters of the same words."""
    import jieba

    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    for word in user_words:
        tokenizer.add_word(word)
    return tokenizer
