from __future__ import annotations

from pathlib import Path

import pytest

from fanzha.errors import InputError
from fanzha.scan import Plan


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"format": "xml"}, "unknown format 'xml'", id="format"),
        pytest.param({"encoding": "ebcdic"}, "unknown encoding 'ebcdic'", id="encoding"),
        pytest.param({"markup": "tex"}, "unknown markup 'tex'", id="markup"),
        pytest.param({"output_format": "x"}, "unknown output format 'x'", id="output format"),
        pytest.param({"resume": True}, "only a scan of files", id="resuming a stream"),
        pytest.param({"output": "-", "output_format": "sqlite"}, "cannot be written to -",
                     id="database as a stream"),
        pytest.param({"workers": 0}, "workers is 0", id="workers"),
        pytest.param({"inputs": ()}, "no input", id="no input"),
        pytest.param({"inputs": ("-", "-")}, "named twice", id="stdin twice"),
        pytest.param({"inputs": ("absent.jsonl",)}, "no file absent.jsonl", id="missing"),
        pytest.param({"output": "out.xlsx"}, "ends in .xlsx", id="other output"),
        pytest.param({"output": ""}, "name is empty", id="empty output"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_work_is_refused_before_any_work(
    change: dict[str, object], message: str
) -> None:
    plan: dict[str, object] = {"inputs": ("-",), "output": "out.jsonl", **change}
    with pytest.raises(InputError, match=message):
        Plan(**plan)  # type: ignore[arg-type]


def test_a_directory_is_refused_as_an_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory"):
        Plan((str(tmp_path),), "out.jsonl")


def test_an_input_is_never_overwritten_by_the_output(tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"text": "花呗"}\n', encoding="utf-8")
    link = tmp_path / "link.jsonl"
    link.symlink_to(posts)
    with pytest.raises(InputError, match="also an input"):
        Plan((str(posts),), str(link))


@pytest.mark.parametrize(
    ("output", "rejects"),
    [
        pytest.param("a/x.jsonl", Path("a/x.rejects.jsonl"), id="jsonl"),
        pytest.param("x.ndjson", Path("x.rejects.jsonl"), id="ndjson"),
        pytest.param("x", Path("x.rejects.jsonl"), id="bare name"),
        pytest.param("x.parquet", Path("x.rejects.jsonl"), id="parquet"),
        pytest.param("x.2026", Path("x.2026.rejects.jsonl"), id="other suffix"),
        pytest.param("-", None, id="standard output"),
        pytest.param("/dev/null", None, id="device"),
    ],
)
def test_rejects_stand_beside_an_output_file(output: str, rejects: Path | None) -> None:
    assert Plan(("-",), output).rejects == rejects


@pytest.mark.parametrize(
    ("output", "written"),
    [
        pytest.param("x.jsonl", "jsonl", id="jsonl"),
        pytest.param("x", "jsonl", id="bare name"),
        pytest.param("x.CSV", "csv", id="csv"),
        pytest.param("x.parquet", "parquet", id="parquet"),
        pytest.param("x.db", "sqlite", id="sqlite"),
    ],
)
def test_the_output_is_written_as_its_name_says(output: str, written: str) -> None:
    assert Plan(("-",), output).written_format == written
    assert Plan(("-",), "x.2026", output_format=written).written_format == written
