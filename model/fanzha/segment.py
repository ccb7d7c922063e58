"""Cut a text into words with jieba's dictionary, the lexicon's terms among its words."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from fanzha.dictionary import Dictionary
from fanzha.handles import WordsHandle
from fanzha.kernel import load_kernel

__all__ = ["Segmenter"]

_MOST_REMEMBERED: Final = 1 << 14


class Segmenter:
    """Words of a text by jieba's dictionary and its model of unknown words.

    The tokens are jieba's own, cut over shipped arrays of its dictionary (`fanzha.dictionary`);
    jieba itself is loaded by `segment_by_jieba` alone, which training asks.
    A pickled segmenter carries its user words and finds the dictionary anew.

    Parameters
    ----------
    user_words
        Terms that shall be kept whole.

    Examples
    --------
    >>> Segmenter(["美团月付"]).segment("用美团月付买东西")
    ['用', '美团月付', '买', '东西']
    """

    def __init__(self, user_words: Iterable[str] = ()) -> None:
        # Sorted, because jieba's frequency of a word depends on the words added before it.
        self._user_words = tuple(sorted({word for word in user_words if len(word) > 1}))
        self._dictionary: Dictionary | None = None
        self._handle: WordsHandle | None = None
        self._jieba: Any = None
        self._lock = threading.Lock()
        self._frequency_cached = lru_cache(_MOST_REMEMBERED)(self._frequency)

    def __reduce__(self) -> tuple[type[Segmenter], tuple[tuple[str, ...]]]:
        return (Segmenter, (self._user_words,))

    @property
    def user_words(self) -> tuple[str, ...]:
        """The terms that are kept whole, sorted."""
        return self._user_words

    @property
    def dictionary(self) -> Dictionary:
        """The words; read on the first use, in a tenth of a second."""
        if self._dictionary is None:
            self._dictionary = Dictionary.of(self._user_words)
        return self._dictionary

    @property
    def handle(self) -> WordsHandle:
        """The words as the kernel takes them."""
        if self._handle is None:
            self._handle = WordsHandle(self.dictionary.tables)
        return self._handle

    def segment(self, text: str) -> list[str]:
        """Give the tokens in order; joined they are `text` again. O(len(text))."""
        kernel = load_kernel()
        if kernel is None:
            return self.segment_by_jieba(text)
        return kernel.cut(self.handle, text)

    def segment_by_jieba(self, text: str) -> list[str]:
        """Give the tokens as the installed jieba cuts them, about a second for the first text."""
        if self._jieba is None:
            with self._lock:
                if self._jieba is None:
                    self._jieba = _tokenizer(self._user_words)
        tokens: list[str] = self._jieba.lcut(text)
        return tokens

    def segment_known(self, text: str) -> list[str]:
        """Give the tokens by the dictionary alone, without a guess at unknown words."""
        kernel = load_kernel()
        if kernel is None:
            return self.dictionary.cut_known(text)
        return kernel.cut(self.handle, text, known_only=True)

    def frequency(self, word: str) -> int:
        """Give how often jieba's dictionary counts a word, 0 where it has none."""
        return self._frequency_cached(word)

    def _frequency(self, word: str) -> int:
        kernel = load_kernel()
        if kernel is None:
            return self.dictionary.frequency(word) or 0
        return self.dictionary.counts[max(kernel.count(self.handle, word), 0)]

    @property
    def total(self) -> int:
        """The sum of the dictionary's counts."""
        return self.dictionary.total


@lru_cache(maxsize=2)
def _tokenizer(user_words: tuple[str, ...]) -> Any:
    """Build jieba's own dictionary, 80 MB, once for all segmenters of the same words.

    In memory only: jieba's cache file has a known name in a shared folder and is unmarshalled
    unchecked.
    """
    import jieba

    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    for word in user_words:
        tokenizer.add_word(word)
    return tokenizer
