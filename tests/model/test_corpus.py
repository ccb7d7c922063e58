from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from fanzha.corpus import LabelledPost, label_matrix, read_corpus
from fanzha.errors import DataError
from fanzha.labels import LABELS

ROW = {"id": "a1", "text": "花呗套现", "labels": ["cash_out"]}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def test_rows_are_read_with_their_batch_and_family(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", ROW, {**ROW, "id": "a2", "family": "f", "batch": "b"})
    assert read_corpus([tmp_path]) == (
        LabelledPost("a1", "花呗套现", ("cash_out",), "mine", "a1"),
        LabelledPost("a2", "花呗套现", ("cash_out",), "b", "f"),
    )
    assert path.exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", ":2:1: not valid JSON"),
        ("[]", "a row is an object"),
        ('{"id": 1}', "'id' is absent or no string"),
        ('{"id": "x", "text": "y"}', "'labels' is absent"),
        ('{"id": "x", "text": "y", "labels": ["cashout"]}', "'cashout' is no label"),
        (json.dumps(ROW), "stands in mine.jsonl:1 too"),
    ],
)
def test_a_malformed_row_is_refused_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path / "mine.jsonl", ROW)
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(DataError, match=message):
        read_corpus([path])


def test_a_corpus_in_another_encoding_is_refused_with_the_line(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", ROW)
    path.write_bytes(path.read_bytes() + "花呗".encode("gb18030"))
    with pytest.raises(DataError, match=r"mine\.jsonl:2:1: not UTF-8; convert the file first"):
        read_corpus([path])


def test_an_absent_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no corpus at"):
        read_corpus([tmp_path / "none"])


def test_a_family_never_stands_on_both_sides_of_a_split() -> None:
    posts = [LabelledPost(str(n), "x", (), "b", f"f{n % 40}") for n in range(400)]
    sides = {(post.family, post.split, post.fold) for post in posts}
    assert len(sides) == 40
    assert {post.split for post in posts} == {"train", "test"}


def test_labels_become_a_matrix_in_the_policys_order() -> None:
    truth = label_matrix([LabelledPost("1", "x", ("phishing", "cash_out"), "b", "f")])
    assert [label for label, on in zip(LABELS, truth[0], strict=True) if on] == [
        "cash_out",
        "phishing",
    ]


CORPUS = Path(__file__).parents[2] / "data" / "corpus"


def test_the_projects_own_corpus_is_sound() -> None:
    posts = read_corpus([CORPUS])
    clean = sum(not post.labels for post in posts)
    assert clean / len(posts) >= 0.45
    texts = Counter("".join(post.text.split()) for post in posts)
    assert texts.most_common(1)[0][1] == 1


def test_no_post_of_the_test_split_is_a_near_copy_of_a_training_post() -> None:
    posts = read_corpus([CORPUS])
    grams = {post.id: _grams(post.text) for post in posts}
    by_gram: dict[str, set[str]] = {}
    for post in posts:
        if post.split == "train":
            for gram in grams[post.id]:
                by_gram.setdefault(gram, set()).add(post.id)
    near = []
    for post in posts:
        mine = grams[post.id]
        if post.split != "test" or len(mine) < 6:
            continue
        shared = Counter(other for gram in mine for other in by_gram.get(gram, ()))
        for other, n_shared in shared.most_common(1):
            if n_shared / len(mine | grams[other]) > 0.6:
                near.append((post.id, other))
    assert near == []


def _grams(text: str) -> set[str]:
    text = "".join(text.split())
    return {text[at : at + 4] for at in range(max(len(text) - 3, 0))}
