from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fanzha.errors import InputError
from fanzha.post import MAX_POST_CHARS
from fanzha.scan import DetectorLoader, Plan, scan
from fanzha.scan.shard import Checker

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytest.importorskip("pyspark", reason="pyspark is not installed")
if shutil.which("java") is None:
    pytest.skip("there is no Java on this machine", allow_module_level=True)

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample-posts" / "forum.jsonl"
ROOTS = os.pathsep.join(str(ROOT / name) for name in ("model", "api", "data"))


@dataclass(frozen=True, slots=True)
class DyingLoader:
    """Ends its process the first time, as a machine that is taken away does."""

    grave: str

    def __call__(self) -> Checker:
        path = Path(self.grave)
        if not path.exists():
            path.touch()
            os._exit(9)
        return DetectorLoader()()


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    from pyspark import cloudpickle
    from pyspark.sql import SparkSession

    # Otherwise the workers are whatever python3 the machine has.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # The executors cannot import this module.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    session = (
        SparkSession.builder.master("local[2,4]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.executorEnv.PYTHONPATH", ROOTS)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a scan of the sample posts writes."""
    output = tmp_path_factory.mktemp("scan") / "v.jsonl"
    scan(Plan((str(SAMPLE),), str(output), workers=1))
    return output.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def checked(spark: SparkSession) -> Callable[..., list[Any]]:
    from fanzha.scan.spark import check_posts

    def check(rows: list[tuple[Any, ...]], schema: str, n: int = 2, **more: Any) -> list[Any]:
        frame = spark.createDataFrame(rows, schema).repartition(n)
        return list(check_posts(frame, **more).collect())

    return check


def test_each_post_gets_the_line_that_a_scan_writes(spark: SparkSession, lines: list[str]) -> None:
    from fanzha.scan.spark import check_posts

    posts = spark.read.schema("id string, board string, text string").json(str(SAMPLE))
    found = check_posts(posts.repartition(3), keep=("board",)).collect()
    assert {row["id"]: row["verdict"] for row in found} == {
        json.loads(line)["id"]: line for line in lines
    }
    boards = {row["id"]: row["board"] for row in found}
    assert boards["p001"] == "闲聊灌水"
    for row in found:
        verdict = json.loads(row["verdict"])
        assert row["suggestion"] == verdict["suggestion"]
        assert row["labels"] == [given["label"] for given in verdict["labels"]]
        assert row["reject"] is None


def test_a_partition_whose_process_died_is_checked_again_with_the_same_result(
    spark: SparkSession, lines: list[str], tmp_path: Path
) -> None:
    from fanzha.scan.spark import check_posts

    grave = tmp_path / "died"
    posts = spark.read.schema("id string, text string").json(str(SAMPLE)).repartition(2)
    found = check_posts(posts, load=DyingLoader(str(grave))).collect()
    assert grave.exists()
    assert sorted(row["verdict"] for row in found) == sorted(lines)


def test_what_cannot_be_a_post_has_a_reject(
    spark: SparkSession, checked: Callable[..., list[Any]]
) -> None:
    rows: list[tuple[Any, ...]] = [(1, "花呗套现秒到，扣5个点"), (2, None), (None, "你好")]
    found = checked([*rows, (4, "长" * (MAX_POST_CHARS + 1))], "id long, text string", n=1)
    assert [row["suggestion"] for row in found] == ["block", None, "pass", None]
    assert [row["labels"] for row in found] == [["cash_out"], None, [], None]
    assert "the text is null" in found[1]["reject"]
    assert f"more than the limit of {MAX_POST_CHARS}" in found[3]["reject"]
    assert json.loads(found[0]["verdict"])["id"] == 1
    assert "id" not in json.loads(found[2]["verdict"])


def test_only_flagged_leaves_out_what_passes_but_no_reject(
    checked: Callable[..., list[Any]],
) -> None:
    rows: list[tuple[Any, ...]] = [(1, None), (2, "你好"), (3, "花呗套现秒到，扣5个点"), (4, None)]
    schema = "id long, text string"
    found = checked(rows, schema, n=1, only_flagged=True)
    assert [(row["id"], row["suggestion"]) for row in found] == [(1, None), (3, "block"), (4, None)]
    whole = {row["id"]: row for row in checked(rows, schema, n=1)}
    assert list(whole) == [1, 2, 3, 4]
    assert all(row == whole[row["id"]] for row in found)
    assert not checked([(2, "你好")], schema, n=1, only_flagged=True)


@pytest.mark.parametrize(
    ("schema", "more", "told"),
    [
        pytest.param("id string, body string", {}, "no column 'text', only id, body", id="absent"),
        pytest.param("id string, text long", {}, "'text' is of type long", id="no text"),
        pytest.param("id double, text string", {}, "'id' is of type double", id="no id"),
        pytest.param("a string, text string", {"keep": ("b",)}, "no column 'b'", id="no such"),
        pytest.param(
            "verdict string, text string", {"keep": ("verdict",)}, "would stand twice", id="clash"
        ),
        pytest.param("id string, text string", {"keep": ("id",)}, "would stand twice", id="twice"),
    ],
)
def test_a_frame_that_cannot_be_scanned_is_refused_before_any_work(
    spark: SparkSession, schema: str, more: dict[str, Any], told: str
) -> None:
    from fanzha.scan.spark import check_posts

    with pytest.raises(InputError, match=told):
        check_posts(spark.createDataFrame([], schema), **more)


def test_titles_and_markup_are_read_as_in_a_scan(
    checked: Callable[..., list[Any]], tmp_path: Path
) -> None:
    rows = [
        ("a", "花呗[b]套[/b]现秒到", "[color=red]扣5个点[/color]，加V：hb_9527"),
        ("b", None, "[quote]花呗套现[/quote]别信"),
        ("c", "食堂", "红烧肉"),
    ]
    dump, output = tmp_path / "d.jsonl", tmp_path / "v.jsonl"
    records = [dict(zip(("id", "title", "text"), row, strict=True)) for row in rows]
    dump.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    scan(Plan((str(dump),), str(output), workers=1))
    found = checked(list(rows), "id string, title string, text string", n=1)
    lines = output.read_text(encoding="utf-8").splitlines()
    assert [row["verdict"] for row in found] == lines
    assert '"field":"title"' in lines[0]
    assert "title" not in found[0].asDict()
