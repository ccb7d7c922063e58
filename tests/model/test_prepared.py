from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fanzha import prepared
from fanzha.lexicon import Lexicon, Term
from fanzha.normalize import normalize
from fanzha.prepared import MODULES, Prepared, load_prepared, write_prepared
from fanzha.variants import Restorer

MADE = Prepared(
    {"a": np.arange(5, dtype=np.uint16), "b": np.eye(3), "none": np.zeros(0, dtype=np.bool_)},
    {"words": ["花呗", "\n"], "n": 1},
)
POSTS = [
    "花❀呗陶.現秒到，扣5個點，加V：hb_9527",
    "抖音月付 客服电话 ４００-８２３-８８２３，人工客服",
    "打吱付宝客服退会员95188，微信客服电话是13800138000",
    "我家口贝怎么取规？争取现在就办",
    "今天天气不错，①②③，大家好",
    "新元宝借钱 客服 400 820 0001",
]
SCRIPT = """
import json, sys
from pathlib import Path
import fanzha.prepared
fanzha.prepared.FILE = Path(sys.argv[1])
from fanzha import Detector
from fanzha.build_prepared import prepare
from fanzha.registry import Registry
was_there = fanzha.prepared.load_prepared() is not None
fanzha.prepared.write_prepared(Path(sys.argv[2]), prepare())
detector = Detector.load()
own = detector.with_registry(Registry.load(sys.argv[3]))
posts = json.loads(sys.argv[4])
verdicts = [one.check(post).to_json() for one in (detector, own) for post in posts]
print(json.dumps([was_there, verdicts]))
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where prepared tables are looked for in this test."""
    path = tmp_path / "prepared.bin"
    monkeypatch.setattr(prepared, "FILE", path)
    load_prepared.cache_clear()
    yield path
    load_prepared.cache_clear()


def test_prepared_tables_give_the_verdicts_of_fresh_ones_and_prepare_the_same_bytes(
    tmp_path: Path,
) -> None:
    overlay = tmp_path / "own.csv"
    overlay.write_text(
        "brand,category,aliases,number,kind,confidence,role,group,as_of,sources,note\n"
        "新元宝,consumer_credit,元宝借钱,4008200001,400,high,customer_service,,2026-11,own,\n",
        encoding="utf-8",
    )
    told = []
    for before, after in (("none", "fresh"), ("fresh", "again")):
        arguments = [tmp_path / before, tmp_path / after, overlay, json.dumps(POSTS)]
        command = [sys.executable, "-c", SCRIPT, *map(str, arguments)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        told.append(json.loads(done.stdout))
    assert [was_there for was_there, _ in told] == [False, True]
    assert told[0][1] == told[1][1]
    assert (tmp_path / "fresh").read_bytes() == (tmp_path / "again").read_bytes()


def test_every_module_that_has_a_part_in_them_is_in_their_digest() -> None:
    code = "import sys, fanzha.build_prepared; print(*(m for m in sys.modules if 'fanzha.' in m))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert {name.removeprefix("fanzha.") for name in done.stdout.split()} == set(MODULES)


def test_what_was_written_is_read_again(file: Path) -> None:
    write_prepared(file, MADE)
    made = load_prepared()
    assert made is not None
    assert made.facts == MADE.facts
    for name, array in MADE.arrays.items():
        assert made.arrays[name].dtype == array.dtype
        assert np.array_equal(made.arrays[name], array)
        assert not made.arrays[name].flags.writeable
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda raw: None, id="absent"),
        pytest.param(lambda raw: b"", id="empty"),
        pytest.param(lambda raw: raw[:-64], id="cut short"),
        pytest.param(lambda raw: raw[:40], id="cut in its head"),
        pytest.param(lambda raw: raw + b"\0", id="too long"),
        pytest.param(lambda raw: b"PK" + raw[2:], id="of another format"),
        pytest.param(lambda raw: raw.replace(b'"digest":"', b'"digest":"0'), id="of other tables"),
    ],
)
def test_what_is_absent_stale_or_damaged_is_not_used(file: Path, spoil: object) -> None:
    write_prepared(file, MADE)
    raw = spoil(file.read_bytes())  # type: ignore[operator]
    file.unlink()
    if raw is not None:
        file.write_bytes(raw)
    assert load_prepared() is None


@pytest.mark.parametrize("name", ["signs.csv", "hotlines.csv", "jieba.npz"])
def test_another_table_has_another_digest(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fanzha_data

    shipped = fanzha_data.path
    before = prepared.digest()
    monkeypatch.setattr(
        "fanzha_data.path", lambda asked: tmp_path / name if asked == name else shipped(asked)
    )
    (tmp_path / name).write_bytes(b"other")
    assert prepared.digest() != before


def test_a_lexicon_of_ones_own_is_never_read_with_the_prepared_terms() -> None:
    restorer = Restorer(Lexicon([*Lexicon.load().terms, Term("白花呗条", "credit_line", "own")]))
    text, found = restorer.restore(normalize("白花呗❀条"))
    assert text.text == "白花呗条"
    assert [one.term for one in found] == ["白花呗条"]
