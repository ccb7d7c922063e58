"""Write the installed jieba's dictionary as arrays: `python -m fanzha.build_dictionary`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import fanzha_data
from fanzha.dictionary import FILE, FIRST_HAN, LAST_HAN
from fanzha.keys import key_words

__all__ = ["read_jieba"]


def read_jieba() -> dict[str, NDArray[Any]]:
    """Give jieba's words, their counts, and its model of unknown words, as sorted arrays.

    Takes two seconds.
    """
    import jieba
    from jieba import finalseg

    counts, total = jieba.Tokenizer.gen_pfdict(jieba.Tokenizer().get_dict_file())
    keys = key_words(list(counts))
    order = np.argsort(keys)
    frequencies, numbers = np.unique(
        np.fromiter(counts.values(), np.int64, len(counts)), return_inverse=True
    )
    states = [finalseg.emit_P[state] for state in "BEMS"]
    rows: dict[tuple[float, ...], int] = {(finalseg.MIN_FLOAT,) * 4: 0}
    signs = []
    for code in range(FIRST_HAN, LAST_HAN + 1):
        row = tuple(state.get(chr(code), finalseg.MIN_FLOAT) for state in states)
        signs.append(rows.setdefault(row, len(rows)))
    return {
        "keys": keys[order],
        "counts": numbers[order].astype(np.uint16),
        "frequencies": frequencies,
        "total": np.array([total]),
        "signs": np.array(signs, dtype=np.uint16),
        "emissions": np.array(list(rows)),
    }


if __name__ == "__main__":
    # Not compressed: most of it are keys, in which there is nothing to press out.
    np.savez(fanzha_data.path(FILE), allow_pickle=False, **read_jieba())
