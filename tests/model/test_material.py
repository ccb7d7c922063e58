from __future__ import annotations

import numpy as np

from fanzha.features import Features, find_char_ngrams
from fanzha.masking import MaskedText
from fanzha.material import Material
from fanzha.post import Post
from fanzha.reading import Reader

TEXTS = ("花呗套现秒到", "花呗套现找我", "花呗还款日", "今天天气不错", "今天天气真好")


def material() -> Material:
    reader = Reader.load()
    return Material.gather(reader, reader.read_many([Post(text) for text in TEXTS]), len(TEXTS))


def chosen(found: Material) -> Features:
    return found.columns(np.ones(len(TEXTS), dtype=bool))


def test_rows_are_those_that_the_features_make() -> None:
    found = material()
    features = chosen(found)
    made = features.transform(found.readings)
    assert np.allclose(found.rows(features).toarray(), made.toarray())


def test_each_column_has_the_scale_of_its_kind_and_size() -> None:
    found = material()
    features = chosen(found)
    scales = found.scales(features)
    assert scales.shape == (features.n_columns,)
    occurrences = find_char_ngrams([reading.masked for reading in found.readings])
    by_size = {
        size: scales[features.chars.columns(occurrences.keys[occurrences.sizes == size])]
        for size in (1, 4)
    }
    known = {
        size: features.chars.columns(occurrences.keys[occurrences.sizes == size]) >= 0
        for size in (1, 4)
    }
    single, longest = (np.unique(by_size[size][known[size]]) for size in (1, 4))
    assert len(single) == len(longest) == 1
    assert single[0] > longest[0]
    first_word = len(features.chars.keys)
    assert len(np.unique(scales[first_word : first_word + len(features.words.keys)])) == 1


def test_further_posts_stand_behind_the_others_and_bring_no_columns() -> None:
    found = material()
    features = chosen(found)
    more = Reader.load().read_many([Post("花呗套现，天气预报"), Post("")])
    longer = found.with_more(more)
    rows = longer.rows(features).toarray()
    assert np.allclose(rows[: len(TEXTS)], found.rows(features).toarray())
    assert np.allclose(rows[len(TEXTS) :], features.transform(more).toarray())
    assert len(longer.char_keys) == len(found.char_keys)


def test_what_stands_in_one_post_has_no_column() -> None:
    found = material()
    features = chosen(found)
    keys = {sign: find_char_ngrams([MaskedText.whole(sign)]).keys[0] for sign in "呗还"}
    assert keys["呗"] in features.chars.keys
    assert keys["还"] not in features.chars.keys


def test_columns_that_are_not_kept_count_as_unknown() -> None:
    found = material()
    features = chosen(found)
    kept = np.arange(len(features.chars.keys) + len(features.words.keys)) % 2 == 0
    fewer = features.keep(kept)
    assert fewer.n_columns == int(kept.sum()) + len(features.facts)
    assert np.allclose(found.rows(fewer).toarray(), fewer.transform(found.readings).toarray())
