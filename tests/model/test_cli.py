from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from fake_detector import FakeDetector, FakeLoader
from fanzha import cli
from fanzha.cli import main
from fanzha.detector import Detector
from fanzha.errors import BundleError, DataError
from fanzha.policy import Policy
from fanzha.registry import Registry
from fanzha.scan.plan import ENCODINGS, FORMATS

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Detector, "load", lambda *_, **__: FakeDetector())
    monkeypatch.chdir(tmp_path)


def pipe(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))


def usage_error(arguments: list[str], capsys: Output) -> str:
    try:
        code: object = main(arguments)
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    [line] = said.err.splitlines()
    return line


def test_check_marks_the_evidence_in_place(capsys: Output) -> None:
    assert main(["check", "花呗套现", "你好"]) == 0
    assert capsys.readouterr().out == (
        "block  cash_out 套现取现 0.990 (from 0.500)\n"
        "  花呗【套现】\n"
        "  cash_out  CASH_OUT_OFFER  套现: offers cash\n"
        "\n"
        "pass  no label\n"
        "  你好\n"
        "\n"
    )


def test_check_json_is_one_verdict_a_line(capsys: Output) -> None:
    assert main(["check", "--json", "花呗套现", "\udcff你好"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["suggestion"] for line in lines] == ["block", "pass"]
    assert json.loads(lines[0]) == FakeDetector().check("花呗套现").to_json()


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        pytest.param([], ["花呗⏎套\ufffd现⏎"], id="one post"),
        pytest.param(["--lines"], ["花呗", "套\ufffd现", ""], id="one post a line"),
    ],
)
def test_check_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, options: list[str], shown: list[str]
) -> None:
    pipe(monkeypatch, "花呗\n套\0现\n\n".encode())
    assert main(["check", "-", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[2:] for line in lines if line.startswith("  ")] == shown


def test_check_says_where_standard_input_is_not_utf_8(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    pipe(monkeypatch, "花呗".encode("gb18030"))
    assert "standard input is not UTF-8 at byte 1; convert it" in usage_error(
        ["check", "-"], capsys
    )


def test_a_post_that_is_too_long_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    pipe(monkeypatch, b"x" * 9_000_000)
    assert "more than the limit of 2000000" in usage_error(["check", "-"], capsys)


def test_closed_standard_input_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input (-) is closed" in usage_error(["check", "-"], capsys)
    assert "standard input (-) is closed" in usage_error(
        ["scan", "-", "--output", "x.jsonl"], capsys
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "-花呗套现"], "write one that begins with - after --"),
        (["check", "--lines", "abc"], "--lines is about standard input"),
        (["scan", "x", "--output", "y", "--workers", "abc"], "'abc' is no whole number"),
        (["trust", "x", "--least", "abc"], "'abc' is no number"),
    ],
)
def test_a_wrong_command_line_is_told_in_words(
    arguments: list[str], told: str, capsys: Output
) -> None:
    assert told in usage_error(arguments, capsys)


def test_scan_writes_verdicts_and_prints_a_summary(capsys: Output) -> None:
    Path("posts.jsonl").write_text('{"id": 1, "text": "套现"}\n{"id": 2}\n', encoding="utf-8")
    assert main(["scan", "posts.jsonl", "--output", "x.jsonl", "--workers", "1"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "1 flagged, 1 rejected" in said.out
    assert json.loads(Path("x.jsonl").read_text(encoding="utf-8"))["id"] == 1
    assert json.loads(Path("x.rejects.jsonl").read_text(encoding="utf-8"))["line"] == 2


def test_a_scan_in_which_no_record_can_be_read_ends_with_an_error(capsys: Output) -> None:
    Path("posts.jsonl").write_text('{"id": 1}\n{"id": 2}\n', encoding="utf-8")
    assert main(["scan", "posts.jsonl", "--output", "x.jsonl", "--workers", "1"]) == 2
    said = capsys.readouterr()
    assert "0 flagged, 2 rejected" in said.out
    assert "none of the 2 records could be read as a post" in said.err
    assert len(Path("x.rejects.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_scan_to_standard_output_keeps_it_to_the_verdicts(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    pipe(monkeypatch, '{"id": 1, "text": "套现"}\n{"id": 2}\n'.encode())
    assert main(["scan", "-", "--output", "-"]) == 0
    said = capsys.readouterr()
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == [1]
    assert said.err.startswith("fanzha: rejected -:2: the field 'text' is missing")
    assert "1 flagged, 1 rejected" in said.err


def test_scan_options_reach_the_plan() -> None:
    content = "帖号,正文\n甲,套现\n乙,你好\n"
    Path("posts").write_bytes(content.encode("gb18030"))
    arguments = ["scan", "posts", "--output", "x.jsonl", "--format", "csv", "--text-field", "正文"]
    arguments += ["--id-field", "帖号", "--encoding", "gb18030", "--workers", "2"]
    assert main([*arguments, "--only", "flagged"]) == 0
    [line] = Path("x.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["id"] == "甲"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "the following arguments are required: COMMAND", id="no command"),
        pytest.param(["chek"], "invalid choice: 'chek'", id="unknown command"),
        pytest.param(["check"], "there is no TEXT", id="no text"),
        pytest.param(["check", "x", "--jso"], "unrecognized arguments: --jso", id="abbreviation"),
        pytest.param(["scan", "x.jsonl"], "required: --output", id="no output"),
        pytest.param(["scan", "x", "--output", "y", "--fast"], "arguments: --fast", id="option"),
        pytest.param(["scan", "x.jsonl", "--output", "y"], "no file x.jsonl", id="missing file"),
        pytest.param(["scan", "-", "--output", "a/y"], "cannot write a/y: No such", id="output"),
        pytest.param(["scan", "-", "--output", "y", "--workers", "x"], "--workers", id="no number"),
        pytest.param(["scan", "-", "--output", "y", "--workers", "0"], "workers is 0", id="zero"),
        pytest.param(["scan", "-", "--output", "y", "--format", "x"], "format 'x'", id="format"),
        pytest.param(["calibrate", "--labelled", "x"], "required: --precision", id="no precision"),
        pytest.param(["hotline"], "no number and no --brand", id="no number"),
        pytest.param(["hotline", "--brand", "没有的公司"], "no brand '没有的公司'", id="brand"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line_with_exit_code_2(
    arguments: list[str], message: str, capsys: Output
) -> None:
    line = usage_error(arguments, capsys)
    assert line.startswith("fanzha")
    assert message in line


def raising(error: BaseException) -> Callable[..., FakeDetector]:
    def load(*_: object, **__: object) -> FakeDetector:
        raise error

    return load


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        pytest.param(BundleError("no bundle; train one"), 3, "no bundle; train one", id="bundle"),
        pytest.param(DataError("t.csv:1:1: bad"), 3, "t.csv:1:1: bad", id="table"),
        pytest.param(KeyboardInterrupt(), 130, "interrupted; no output was written", id="Ctrl-C"),
        pytest.param(cli._TerminatedError(), 143, "terminated; no output was written", id="kill"),
    ],
)
def test_each_way_to_fail_has_its_exit_code_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, error: BaseException, code: int, message: str
) -> None:
    monkeypatch.setattr(Detector, "load", raising(error))
    Path("posts.txt").write_text("x", encoding="utf-8")
    assert main(["scan", "posts.txt", "--output", "x.jsonl"]) == code
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"fanzha: {message}")
    assert not Path("x.jsonl").exists()


def test_a_failed_shard_ends_with_4(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fanzha.scan.DetectorLoader", lambda *_, **__: FakeLoader())
    Path("posts.txt").write_text("x\n炸\n", encoding="utf-8")
    assert main(["scan", "posts.txt", "--output", "x.jsonl"]) == 4
    assert "posts.txt:2 (ZeroDivisionError)" in capsys.readouterr().err


def test_a_policy_that_is_no_policy_ends_with_3(capsys: Output) -> None:
    Path("policy.json").write_text("{}", encoding="utf-8")
    assert main(["check", "x", "--policy", "policy.json"]) == 3
    assert "policy.json" in capsys.readouterr().err


def test_hotline_tells_whose_number_it_is(capsys: Output) -> None:
    assert main(["hotline", "95152", "--brand", "抖音"]) == 0
    assert capsys.readouterr().out.startswith("95152  official")
    assert main(["hotline", "9510211", "--brand", "抖音", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["official_numbers"][0]) == ("other_brand", "95152")
    assert "淘宝" in found["owners"]


def test_hotline_lists_the_numbers_of_a_brand(capsys: Output) -> None:
    assert main(["hotline", "--brand", "抖音"]) == 0
    assert capsys.readouterr().out.startswith("95152  抖音")
    assert main(["hotline", "--brand", "抖音", "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["number"], first["role"]) == ("95152", "customer_service")


@pytest.mark.parametrize(
    ("arguments", "shown", "sourced"),
    [
        pytest.param(["9510211", "--brand", "抖音"], "9510211  淘宝", True, id="the owner"),
        pytest.param(["9510211", "--brand", "抖音"], "95152  抖音", False, id="the brand's own"),
        pytest.param(["--brand", "抖音"], "95152  抖音", True, id="a brand's list"),
        pytest.param(["0571-95188"], "057195188  支付宝", True, id="behind an area code"),
    ],
)
def test_hotline_gives_role_confidence_date_and_source_of_each_entry(
    arguments: list[str], shown: str, sourced: bool, capsys: Output
) -> None:
    assert main(["hotline", *arguments]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    (at,) = [number for number, line in enumerate(lines) if line.startswith(shown)]
    standing = r"  customer_service, (high|medium) confidence, seen 2026-[0-9]{2}"
    assert re.fullmatch(re.escape(shown) + standing, lines[at])
    assert lines[at + 1].startswith("source: ") == sourced


def test_hotline_json_gives_the_entries_whole(capsys: Output) -> None:
    fields = {"brand", "number", "kind", "role", "confidence", "as_of", "source", "note"}
    assert main(["hotline", "9510211", "--brand", "抖音", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["brand"] for entry in found["entries"]] == ["淘宝"]
    assert [entry["number"] for entry in found["official_entries"]] == found["official_numbers"]
    assert all(set(entry) == fields for entry in found["entries"] + found["official_entries"])
    assert main(["hotline", "--brand", "花呗", "--json"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(set(entry) == {*fields, "category", "group"} for entry in listed)
    assert {entry["group"] for entry in listed} == {"alibaba"}


def test_hotline_leads_from_a_brand_it_does_not_know_to_the_nearest(capsys: Output) -> None:
    assert "no brand '抖因'; did you mean 抖音" in usage_error(
        ["hotline", "--brand", "抖因"], capsys
    )
    assert main(["hotline", "95152", "--brand", "抖因"]) == 0
    assert "did you mean 抖音" in capsys.readouterr().out.splitlines()[-1]


OVERLAY = (
    "brand,category,aliases,number,kind,confidence,role,group,as_of,sources,note\n"
    "我家商行,bank,家行,{},400,high,customer_service,,2026-11,our own,\n"
)


def test_hotline_reads_one_overlay_after_another(tmp_path: Path, capsys: Output) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(OVERLAY.format("4001234567"), encoding="utf-8")
    second.write_text(OVERLAY.format("4001234568").replace("家行", ""), encoding="utf-8")
    overlays = ["--registry", str(first), "--registry", str(second)]
    assert main(["hotline", "--brand", "家行", *overlays]) == 0
    out = capsys.readouterr().out
    assert "4001234567  我家商行" in out
    assert "4001234568  我家商行" in out


@pytest.mark.parametrize(
    "command", [["check", "你好"], ["scan", "in.txt", "--output", "o.jsonl"], ["hotline", "95152"]]
)
def test_a_malformed_overlay_is_told_by_its_place_with_exit_code_3(
    command: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Output
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    Path("in.txt").write_text("你好\n", encoding="utf-8")
    Path("own.csv").write_text(OVERLAY.format("40012345"), encoding="utf-8")
    assert main([*command, "--registry", "own.csv"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("fanzha: own.csv:2:4: number '40012345' cannot exist: ")
    assert not Path("o.jsonl").exists()


def test_check_and_scan_hand_the_overlays_to_the_detector(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Output
) -> None:
    loaded: list[Registry] = []

    def load(_bundle: object, _policy: object, registry: Registry, **_: object) -> FakeDetector:
        loaded.append(registry)
        return FakeDetector()

    monkeypatch.setattr(Detector, "load", load)
    overlay, posts = tmp_path / "own.csv", tmp_path / "in.txt"
    overlay.write_text(OVERLAY.format("4001234567"), encoding="utf-8")
    posts.write_text("你好\n", encoding="utf-8")
    assert main(["check", "你好", "--registry", str(overlay)]) == 0
    assert main(["check", "你好"]) == 0
    scan = ["scan", str(posts), "--output", str(tmp_path / "o.jsonl"), "--workers", "1"]
    assert main([*scan, "--registry", str(overlay)]) == 0
    assert [registry.brand("家行") is not None for registry in loaded] == [True, False, True]
    capsys.readouterr()


def test_lint_tells_every_problem_and_ends_with_1(tmp_path: Path, capsys: Output) -> None:
    table = tmp_path / "own.csv"
    table.write_text(OVERLAY.format("40012345").replace("bank", "bnak"), encoding="utf-8")
    assert main(["lint", str(table)]) == 1
    said = capsys.readouterr()
    assert [line.split(": ")[0] for line in said.out.splitlines()] == [
        f"{table}:2:2",
        f"{table}:2:4",
    ]
    assert said.err == "fanzha: 2 problems in 1 line of 1 table\n"
    assert main(["lint", "--json", str(table)]) == 1
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (first["code"], first["refused"]) == ("unknown_category", False)
    assert (second["code"], second["line"], second["column"]) == ("malformed_number", 2, 4)


def test_lint_of_a_clean_table_ends_with_0(tmp_path: Path, capsys: Output) -> None:
    table = tmp_path / "own.csv"
    table.write_text(OVERLAY.format("4001234567").replace("2026-11", "2025-01"), encoding="utf-8")
    assert main(["lint", str(table)]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "fanzha: no problem in 1 line of 1 table\n")


def test_lint_without_a_file_reads_both_shipped_tables(capsys: Output) -> None:
    main(["lint"])
    assert re.search("in 1[0-9]{3} lines of 2 tables", capsys.readouterr().err)


def test_lint_of_a_file_that_is_absent_ends_with_3(capsys: Output) -> None:
    assert main(["lint", "none.csv"]) == 3
    assert "cannot read the table none.csv" in capsys.readouterr().err


def test_the_help_of_scan_names_every_format_and_encoding(capsys: Output) -> None:
    with pytest.raises(SystemExit):
        main(["scan", "--help"])
    words = set(re.split(r"[\s,.]+", capsys.readouterr().out))
    assert {*FORMATS, *ENCODINGS} <= words


def test_the_version_is_that_of_the_package(capsys: Output) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert re.fullmatch(r"fanzha [0-9]+\.[0-9]+\.[0-9]+\n", capsys.readouterr().out)


def test_evaluate_prints_the_figures_of_a_corpus(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    rows = [
        {"id": "1", "text": "花呗套现", "labels": ["cash_out"]},
        {"id": "2", "text": "减持套现", "labels": []},
        {"id": "3", "text": "你好", "labels": []},
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    Path("corpus.jsonl").write_text(lines, encoding="utf-8")
    arguments = ["evaluate", "--corpus", "corpus.jsonl", "--split", "all"]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_clean"], found["n_clean_flagged"]) == (2, 1)
    assert (found["labels"]["cash_out"]["recall"], found["n_posts"]) == (1.0, 3)
    assert main(arguments) == 0
    tables = capsys.readouterr().out
    assert "| `cash_out` | 1 | 2 | 0.500 (0.095–0.905) | 1.000 (0.207–1.000) |" in tables
    assert "precision at 0.50% |" in tables
    assert "| 2 | false alarm | `cash_out` | 0.990 | 0.500 | – | `减持套现` |" in tables
    assert main([*arguments, "--misses", "0", "--base-rate", "0.02"]) == 0
    tables = capsys.readouterr().out
    assert "precision at 2.00% |" in tables
    assert "减持" not in tables
    assert "misses is -1; give 0 or more" in usage_error([*arguments, "--misses", "-1"], capsys)


def write_labelled(n_offers: int) -> None:
    rows = [
        {"id": f"a{n}", "text": f"花呗套现 {n}", "labels": ["cash_out"]} for n in range(n_offers)
    ]
    rows += [{"id": f"b{n}", "text": f"你好 {n}", "labels": []} for n in range(40)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    Path("mine.jsonl").write_text(lines, encoding="utf-8")


CALIBRATE = ["calibrate", "--labelled", "mine.jsonl", "--precision", "0.98"]


def test_calibrate_writes_the_boards_policy_and_prints_what_it_promises(capsys: Output) -> None:
    write_labelled(149)
    assert main([*CALIBRATE, "--output", "board.json"]) == 0
    said = capsys.readouterr().out
    assert "| `cash_out` | 149 | 149 | 0.050 | 1.000 (0.980–1.000) |" in said
    assert said.endswith("The policy is in board.json.\n")
    assert Policy.read("board.json") == Policy("board", {"cash_out": 0.05}, {"cash_out": 0.9})
    assert main(["check", "花呗套现", "--policy", "board.json"]) == 0


def test_calibrate_takes_what_moderators_settled_instead_of_labelled_posts(capsys: Output) -> None:
    write_labelled(149)
    assert main(["calibrate", "--feedback", "mine.jsonl", "--precision", "0.98"]) == 0
    assert "| `cash_out` | 149 | 149 |" in capsys.readouterr().out
    assert "nothing to calibrate on" in usage_error(["calibrate", "--precision", "0.98"], capsys)


def test_calibrate_json_is_one_object_and_without_output_nothing_is_written(
    capsys: Output,
) -> None:
    write_labelled(149)
    assert main([*CALIBRATE, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["policy"]["review"] == {"cash_out": 0.05}
    assert (found["n_posts"], found["labels"]["cash_out"]["kept"]) == (189, False)
    assert [path.name for path in Path().iterdir()] == ["mine.jsonl"]


def test_calibrate_refuses_a_sample_too_small_and_leaves_an_earlier_policy(
    capsys: Output,
) -> None:
    write_labelled(148)
    Path("board.json").write_text("before", encoding="utf-8")
    line = usage_error([*CALIBRATE, "--output", "board.json"], capsys)
    assert "cash_out is nearest: label more posts that are flagged for it, at least 1 (" in line
    assert Path("board.json").read_text(encoding="utf-8") == "before"


def test_train_prints_the_bundle_and_where_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    asked: list[object] = []

    def train(
        corpus: list[Path],
        output: Path,
        background: list[Path],
        seed: int,
        say: Callable[[str], None],
    ) -> object:
        asked.extend((corpus, output, background, seed))
        say("reading 2 posts")
        return SimpleNamespace(id="0123456789ab")

    monkeypatch.setattr("fanzha.train.train", train)
    command = ["train", "--corpus", "a", "b", "--background", "c", "--output", "new"]
    assert main([*command, "--seed", "7", "--no-compare"]) == 0
    assert asked == [[Path("a"), Path("b")], Path("new"), [Path("c")], 7]
    said = capsys.readouterr()
    assert said.out == "bundle 0123456789ab is in new\n"
    assert said.err == "fanzha: reading 2 posts\n"
    assert main([*command, "--feedback", "mine.jsonl", "--no-compare"]) == 0
    assert asked[4] == [Path("a"), Path("b"), Path("mine.jsonl")]
